// Package snapget reads the settings of the kubelet of Ubuntu, which is a snap:
// they are its flags.
package snapget

import (
	"bytes"
	"errors"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is the output of snap get.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Settings of the kubelet snap of Ubuntu, snap get kubelet-eks.",
	Files:  []string{"kubelet/kubelet-eks_service.txt"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "snapget"

// What is kept of a file. The snap has about fifty settings.
const (
	maxSettings = 10_000
	maxValue    = 16 << 10
	maxText     = 300
)

// Settings is a file.
type Settings struct {
	Settings []Setting
	Notes    rows.Notes // lines before the table: messages of snap
	More     int        // lines that were too many to be kept
}

// A Setting is a flag of kubelet without its dashes: "cluster-dns". A value of
// several lines keeps them; that of a whole group is "{...}".
type Setting struct {
	Line       int
	Key, Value string
}

// Get returns a setting.
func (s *Settings) Get(key string) (Setting, bool) {
	for _, x := range s.Settings {
		if x.Key == key {
			return x, true
		}
	}
	return Setting{}, false
}

// Parse reads the table, or the JSON of snap get -d.
//
//	Key                         Value
//	address                     0.0.0.0
//	cluster-dns                 172.20.0.10
//	container-runtime-endpoint  unix:///run/containerd/containerd.sock
//
// Written by github.com/canonical/snapd, cmd/snap/cmd_get.go.
func Parse(file string, text []byte) (*Settings, error) {
	if s := bytes.TrimLeft(text, " \t\r\n"); len(s) > 0 && s[0] == '{' {
		return parseJSON(file, text)
	}
	p := parser{out: &Settings{}}
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(strings.TrimRight(line, " \r"))
	}
	if !p.table {
		e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no settings")}
		if n := p.out.Notes; len(n) > 0 {
			e.Pos.Line, e.Err = n[len(n)-1].Line, errors.New("no settings: "+n[len(n)-1].Text)
		}
		return nil, e
	}
	return p.out, nil
}

type parser struct {
	out   *Settings
	num   int
	table bool // the head was read
}

func (p *parser) line(s string) {
	switch f := strings.Fields(s); {
	case !p.table && len(f) >= 2 && f[0] == "Key" && f[1] == "Value":
		p.table = true
	case !p.table:
		p.out.Notes.Add(p.num, s)
	default:
		p.row(s)
	}
}

// row reads a setting, or one more line of the value before.
func (p *parser) row(s string) {
	key, value, _ := strings.Cut(s, "  ")
	n := len(p.out.Settings)
	switch {
	case known(key) && n < maxSettings:
		p.out.Settings = append(p.out.Settings, Setting{p.num, key, shorten(key, strings.TrimLeft(value, " "))})
	case n > 0 && len(p.out.Settings[n-1].Value)+len(s) < maxValue:
		last := &p.out.Settings[n-1]
		last.Value = shorten(last.Key, last.Value+"\n"+s)
	default:
		p.out.More++
	}
}

// known reports whether a word can be a key: letters, digits, dashes and points.
func known(key string) bool {
	for i := range len(key) {
		c := key[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' && i > 0 || c == '.' && i > 0) {
			return false
		}
	}
	return key != ""
}

// shorten bounds a value and drops one that may be a secret.
func shorten(key, value string) string {
	if strings.Contains(key, "token") && !strings.HasSuffix(key, "-file") && value != "true" && value != "false" || strings.Contains(key, "password") {
		return ""
	}
	return value[:min(len(value), maxValue)]
}

func parseJSON(file string, text []byte) (*Settings, error) {
	v, _, err := tree.JSON(text, 1)
	if damage, ok := errors.AsType[*tree.Error](err); ok {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file, Line: damage.Line}, Format: name, Err: damage.Err}
	}
	out := &Settings{}
	out.add("", v)
	return out, nil
}

// add reads a group; the keys in it are joined with points.
func (s *Settings) add(prefix string, v *tree.Value) {
	for i, key := range v.Keys {
		item := v.Items[i]
		switch key = prefix + key; {
		case len(s.Settings) == maxSettings || len(key) > maxText:
		case item.Kind == tree.Map:
			s.add(key+".", item)
		default:
			s.Settings = append(s.Settings, Setting{item.Line, key, shorten(key, item.Text)})
		}
	}
}

func sniff(head []byte) bool {
	if !bytes.HasPrefix(head, []byte("Key ")) {
		return false
	}
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	f := bytes.Fields(first)
	return len(f) == 2 && string(f[0]) == "Key" && string(f[1]) == "Value" && bytes.Contains(rest, []byte("kube"))
}
