// Package kmod reads which modules of the kernel are loaded on a node, and what
// one of them is.
package kmod

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of modinfo lustre and, in spite of its name, lines of
// lsmod in modinfo/ip_vs.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Kernel modules: modinfo, and lsmod of IPVS and connection tracking.",
	Files:  []string{"modinfo/lustre", "modinfo/ip_vs"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "kmod"

// maxRows and maxValue bound what is kept.
const (
	maxRows  = 20_000
	maxValue = 4096
)

// A Table is a file: modinfo/ip_vs has Loaded, modinfo/lustre Fields.
type Table struct {
	Loaded []Module
	Fields []Field
	Notes  rows.Notes
}

// A Module is a line of lsmod. The collector keeps those that have "ip_vs" or
// "nf_conntrack" anywhere, so there are users of these too.
type Module struct {
	Name   string
	Size   uint64   // bytes
	Used   int      // how often: by modules, and by others such as rules
	UsedBy []string // the modules
	Line   int
}

// A Field is a line of modinfo. Some names are there often: "parm", "alias".
type Field struct {
	Name, Value string
	Line        int
}

// Module returns a module that is loaded.
func (t *Table) Module(name string) (Module, bool) {
	for _, m := range t.Loaded {
		if m.Name == name {
			return m, true
		}
	}
	return Module{}, false
}

// Field returns the first field of a name: "version", "filename".
func (t *Table) Field(name string) (Field, bool) {
	for _, f := range t.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Parse reads either file.
//
//	ip_vs                 155648  6 ip_vs_rr,ip_vs_sh,ip_vs_wrr
//	nf_conntrack          139264  1 ip_vs
//
//	filename:       /lib/modules/5.10.225-213.878.amzn2.x86_64/extra/lustre.ko
//	version:        2.12.8
//	signature:      3A:41:6D:9E:
//			7F:20:11
func Parse(file string, text []byte) (*Table, error) {
	t := &Table{}
	for num, line := range rows.Filled(text) {
		t.line(num, line)
	}
	if len(t.Loaded)+len(t.Fields) == 0 {
		return nil, t.Notes.Fail(name, file, "neither modules nor the fields of one")
	}
	return t, nil
}

func (t *Table) line(num int, s string) {
	words := strings.Fields(s)
	key, value, field := strings.Cut(s, ":")
	switch {
	case len(words) > 1 && words[0] == "Module" && words[1] == "Size":
	case strings.HasPrefix(s, "\t") && len(t.Fields) > 0:
		t.more(strings.TrimSpace(s))
	case key == "modinfo": // an error of the command
		t.Notes.Add(num, s)
	case field && key != "" && !strings.ContainsAny(key, " \t") && (value == "" || strings.HasPrefix(value, " ")):
		if len(t.Fields) < maxRows {
			t.Fields = append(t.Fields, Field{key, rows.Clip(strings.TrimSpace(value), maxValue), num})
		}
	default:
		t.module(num, s, words)
	}
}

// more adds a line to the last field.
func (t *Table) more(s string) {
	if v := &t.Fields[len(t.Fields)-1].Value; len(*v)+len(s) < maxValue {
		*v += s
	}
}

// module reads a line of lsmod; the use of a module that cannot be unloaded
// may be -2.
func (t *Table) module(num int, s string, words []string) {
	if len(words) < 3 || len(words) > 4 {
		t.Notes.Add(num, s)
		return
	}
	bytes, err := strconv.ParseUint(words[1], 10, 63)
	used, err2 := strconv.ParseInt(words[2], 10, 32)
	if err != nil || err2 != nil {
		t.Notes.Add(num, s)
		return
	}
	m := Module{Name: words[0], Size: bytes, Used: int(used), Line: num}
	if len(words) == 4 {
		m.UsedBy = strings.FieldsFunc(rows.Clip(words[3], maxValue), func(r rune) bool { return r == ',' })
	}
	if len(t.Loaded) < maxRows {
		t.Loaded = append(t.Loaded, m)
	}
}
