// Package unit reads systemd units as systemctl cat prints them: the unit file
// and its drop-ins, one after the other.
package unit

import (
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of systemctl cat.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "A systemd unit with its drop-ins, systemctl cat.",
	Files:  []string{"kubelet/kubelet_service.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "unit"

// maxSettings and maxValue bound what is kept of a file, and of a setting that
// goes on over many lines, in bytes.
const (
	maxSettings = 50_000
	maxValue    = 64 << 10
)

// A Unit is a unit with its drop-ins.
type Unit struct {
	Parts    []Part
	Settings []Setting
	Env      []Var    // of Environment=, in force at the end
	EnvFiles []string // of EnvironmentFile=, without the "-" of optional ones

	// Notes are what systemctl says of the unit, and lines that set nothing.
	Notes rows.Notes
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

// Parse reads the output. What systemctl says of the unit stands above its
// first file, in the form of comments.
//
//	# Warning: kubelet.service changed on disk, the version systemd has loaded is outdated.
//	# Run 'systemctl daemon-reload' to reload units.
//	# /etc/systemd/system/kubelet.service
//	[Service]
//	EnvironmentFile=/etc/eks/kubelet/environment
//	Environment="HTTP_PROXY=http://proxy.example.com:3128" NO_PROXY=localhost
//	ExecStart=/usr/bin/kubelet $NODEADM_KUBELET_ARGS
//
// The syntax is that of systemd.syntax(7); continued lines end in a backslash
// and may have comments between them. Written by verb_cat in
// src/systemctl/systemctl-edit.c of systemd.
func Parse(file string, text []byte) (*Unit, error) {
	p := parser{unit: &Unit{}}
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(line)
	}
	p.flush()
	if len(p.unit.Settings) == 0 {
		return nil, p.unit.Notes.Fail(name, file, "not a unit")
	}
	p.unit.Env = inForce(p.unit.Env)
	return p.unit, nil
}

type parser struct {
	unit    *Unit
	num     int
	section string
	open    []string // parts of a continued line
	size    int      // of them together
	first   int      // its number
}

func (p *parser) line(s string) {
	trimmed := strings.TrimSpace(s)
	switch {
	case len(p.open) == 0 && isHead(s):
		if len(p.unit.Parts) < maxSettings {
			p.unit.Parts = append(p.unit.Parts, Part{s[len("# "):], p.num})
		}
		p.section = ""
	case strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";"):
		if len(p.unit.Parts) == 0 && len(p.unit.Settings) == 0 {
			p.unit.Notes.Add(p.num, s)
		}
	case trimmed == "":
		p.flush()
	default:
		p.add(trimmed)
	}
}

// isHead tells "# /etc/systemd/system/kubelet.service.d/10-proxy.conf" from a
// comment that starts with the path of another file, or has more words.
func isHead(s string) bool {
	file, ok := strings.CutPrefix(s, "# ")
	if !ok || !path.IsAbs(file) {
		return false
	}
	if path.Ext(file) == ".conf" {
		return path.Ext(path.Dir(file)) == ".d"
	}
	return unitTypes[path.Ext(file)]
}

// unitTypes are the extensions of the files of units, systemd.unit(5).
var unitTypes = map[string]bool{
	".service": true, ".socket": true, ".device": true, ".mount": true, ".automount": true, ".swap": true,
	".target": true, ".path": true, ".timer": true, ".slice": true, ".scope": true,
}

// add takes a line, or a part of one.
func (p *parser) add(s string) {
	if len(p.open) == 0 {
		p.first, p.size = p.num, 0
	}
	body, more := strings.CutSuffix(s, "\\")
	if p.size += len(body) + 1; p.size <= maxValue {
		p.open = append(p.open, strings.TrimSpace(body))
	} else {
		p.unit.Notes.Add(p.num, s)
	}
	if !more {
		p.flush()
	}
}

// flush reads a line whose continuations are all there.
func (p *parser) flush() {
	s := strings.Join(p.open, " ")
	p.open = p.open[:0]
	if s == "" {
		return
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		p.section = s[1 : len(s)-1]
		return
	}
	key, value, ok := strings.Cut(s, "=")
	if !ok || p.section == "" || len(p.unit.Settings) == maxSettings {
		p.unit.Notes.Add(p.first, s)
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
// before it.
func (p *parser) environment(set Setting) {
	if set.Value == "" {
		p.unit.Env = nil
	}
	for _, word := range words(set.Value) {
		name, value, ok := strings.Cut(word, "=")
		if ok && len(p.unit.Env) < maxSettings {
			p.unit.Env = append(p.unit.Env, Var{name, value, set.Line})
		}
	}
}

// inForce drops the values that later ones replace.
func inForce(env []Var) []Var {
	last := make(map[string]int, len(env))
	for i, v := range env {
		last[v.Name] = i
	}
	var out []Var
	for i, v := range env {
		if last[v.Name] == i {
			out = append(out, v)
		}
	}
	return out
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
