// Package sysctl reads the parameters of a node's kernel.
package sysctl

import (
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of sysctl --all.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Kernel parameters, sysctl --all.",
	Files:  []string{"sysctls/sysctl_all.txt"},
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "sysctl"

// maxParams and maxValue bound what is kept. Each network interface has some
// hundred parameters, and each pod an interface.
const (
	maxParams = 200_000
	maxValue  = 4096
)

// Params is the file, in its order.
type Params struct {
	All   []Param
	Cut   bool // there were more
	Notes rows.Notes

	byName map[string]int // place in All
}

// A Param is a parameter. Of one that stands in the file twice, as the
// collector appends to what an earlier run has left, this is the last.
type Param struct {
	Name string // "net.ipv4.conf.eth0/100.rp_filter": a dot in a name is a slash
	// Value is as written: lists have tabs between their parts, and a value
	// of several lines has line feeds.
	Value string
	Line  int
}

// Get returns a parameter.
func (p *Params) Get(name string) (Param, bool) {
	i, ok := p.byName[name]
	if !ok {
		return Param{}, false
	}
	return p.All[i], true
}

// Parse reads the output. The lines of a value of several stand under the same
// name one after the other. The node monitoring agent has the errors in it.
//
//	fs.file-nr = 928	0	9223372036854775807
//	fs.binfmt_misc.python3/11 = enabled
//	fs.binfmt_misc.python3/11 = interpreter /usr/bin/python3.11
//	net.ipv4.ip_local_reserved_ports = 2703,9808-9809,10249-10250
//	sysctl: permission denied on key 'fs.protected_fifos'
func Parse(file string, text []byte) (*Params, error) {
	p := &Params{byName: map[string]int{}}
	before := ""
	for num, line := range rows.Filled(text) {
		key, value, ok := strings.Cut(line, " =")
		if !ok || key == "" || strings.ContainsAny(key, " \t") {
			p.Notes.Add(num, line)
			continue
		}
		p.add(Param{key, strings.TrimSpace(value), num}, key == before)
		before = key
	}
	if len(p.All) == 0 {
		return nil, p.Notes.Fail(name, file, "no parameters")
	}
	return p, nil
}

// add keeps a line: of a new parameter, or one more of that before it.
func (p *Params) add(one Param, more bool) {
	one.Value = rows.Clip(one.Value, maxValue)
	i, known := p.byName[one.Name]
	switch {
	case known && more:
		if v := &p.All[i].Value; len(*v)+len(one.Value) < maxValue {
			*v += "\n" + one.Value
		}
	case known:
		p.All[i] = one
	case len(p.All) == maxParams:
		p.Cut = true
	default:
		p.byName[one.Name] = len(p.All)
		p.All = append(p.All, one)
	}
}
