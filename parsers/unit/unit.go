// Package unit reads systemd units as systemctl cat prints them: the unit file
// and its drop-ins, one after the other.
package unit

import (
	"errors"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format is the output of systemctl cat.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "A systemd unit with its drop-ins, systemctl cat.",
	Files:  []string{"kubelet/kubelet_service.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "unit"

// maxSettings bounds what is kept of a file.
const maxSettings = 50_000

// A Unit is a unit with its drop-ins.
type Unit struct {
	Parts    []Part
	Settings []Setting
	Env      []Var    // of Environment=, in force at the end
	EnvFiles []string // of EnvironmentFile=, without the "-" of optional ones
}

// A Part is a file that the unit is made of.
type Part struct {
	Path string // on the node
	Line int
}

// A Setting is an assignment. Continued lines are joined with a blank; Line is
// the first of them.
type Setting struct {
	Section, Key, Value string
	Line                int
}

// A Var is an environment variable.
type Var struct {
	Name, Value string
	Line        int
}

// All returns the settings of a key, "Service", "ExecStart".
func (u *Unit) All(section, key string) []Setting {
	var out []Setting
	for _, s := range u.Settings {
		if s.Section == section && s.Key == key {
			out = append(out, s)
		}
	}
	return out
}

// Parse reads the output.
//
//	# /etc/systemd/system/kubelet.service
//	[Service]
//	EnvironmentFile=/etc/eks/kubelet/environment
//	Environment="HTTP_PROXY=http://proxy.example.com:3128" NO_PROXY=localhost
//	ExecStart=/usr/bin/kubelet $NODEADM_KUBELET_ARGS
//
// The syntax is that of systemd.syntax(7); continued lines end in a backslash
// and may have comments between them.
func Parse(file string, text []byte) (*Unit, error) {
	p := parser{unit: &Unit{}}
	for line := range strings.Lines(string(text)) {
		p.num++
		p.line(strings.TrimRight(line, "\r\n"))
	}
	p.flush()
	if len(p.unit.Settings) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("not a unit")}
	}
	return p.unit, nil
}

type parser struct {
	unit    *Unit
	num     int
	section string
	open    []string // parts of a continued line
	first   int      // its number
}

func (p *parser) line(s string) {
	trimmed := strings.TrimSpace(s)
	switch {
	case strings.HasPrefix(s, "# /") && len(p.open) == 0:
		if len(p.unit.Parts) < maxSettings {
			p.unit.Parts = append(p.unit.Parts, Part{strings.TrimPrefix(s, "# "), p.num})
		}
		p.section = ""
	case strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";"):
	case trimmed == "":
		p.flush()
	default:
		if len(p.open) == 0 {
			p.first = p.num
		}
		body, more := strings.CutSuffix(trimmed, "\\")
		p.open = append(p.open, strings.TrimSpace(body))
		if !more {
			p.flush()
		}
	}
}

// flush reads a line whose continuations are all there.
func (p *parser) flush() {
	s := strings.Join(p.open, " ")
	p.open = p.open[:0]
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		p.section = s[1 : len(s)-1]
		return
	}
	key, value, ok := strings.Cut(s, "=")
	if !ok || p.section == "" || len(p.unit.Settings) == maxSettings {
		return
	}
	set := Setting{p.section, strings.TrimSpace(key), strings.TrimSpace(value), p.first}
	p.unit.Settings = append(p.unit.Settings, set)
	switch set.Key {
	case "Environment":
		p.environment(set)
	case "EnvironmentFile":
		p.environmentFile(set.Value)
	}
}

// environment reads the assignments of a line; an empty line forgets all
// before it, and a later value replaces an earlier one.
func (p *parser) environment(set Setting) {
	if set.Value == "" {
		p.unit.Env = nil
	}
	for _, word := range words(set.Value) {
		name, value, ok := strings.Cut(word, "=")
		if !ok || len(p.unit.Env) == maxSettings {
			continue
		}
		p.unset(name)
		p.unit.Env = append(p.unit.Env, Var{name, value, set.Line})
	}
}

// unset drops a variable; units have few of them.
func (p *parser) unset(name string) {
	for i, v := range p.unit.Env {
		if v.Name == name {
			p.unit.Env = append(p.unit.Env[:i], p.unit.Env[i+1:]...)
			return
		}
		if i == 1000 {
			return
		}
	}
}

func (p *parser) environmentFile(value string) {
	if value == "" {
		p.unit.EnvFiles = nil
		return
	}
	p.unit.EnvFiles = append(p.unit.EnvFiles, strings.TrimPrefix(value, "-"))
}

// words splits at blanks outside of quotes. Quotes may be double or single and
// a backslash takes the next character as it is.
func words(s string) []string {
	var out []string
	var b strings.Builder
	var quote byte
	in := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && quote != '\'':
			i++
			b.WriteByte(s[i])
			in = true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			b.WriteByte(c)
		case c == '"' || c == '\'':
			quote, in = c, true
		case c == ' ' || c == '\t':
			if in {
				out = append(out, b.String())
			}
			b.Reset()
			in = false
		default:
			b.WriteByte(c)
			in = true
		}
	}
	if in {
		out = append(out, b.String())
	}
	return out
}
