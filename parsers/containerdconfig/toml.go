package containerdconfig

import (
	"bytes"
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Bounds of a document. A dump of containerd has 300 values in 9 KB.
const (
	maxText   = 1 << 20
	maxValues = 20_000
	maxErrors = 50
	maxDepth  = 20  // of tables within values
	maxString = 500 // bytes of a value
	maxList   = 1000
	maxPath   = 1000 // bytes of the keys that lead to a value
)

// A doc is the values of a document by their path, with the lines they stand
// on. The stable part of go-toml knows no lines, so this reads its syntax tree.
type doc struct {
	values map[string]value
	paths  []string // in the order of the text
	notes  []Note
	cut    bool // there was more than is kept
}

// A value is a scalar, a list of scalars, or, without text, the head of a table.
type value struct {
	line int
	text string
	list []string
}

// sep separates the keys of a path. TOML allows no such byte in a key unless
// it is escaped.
const sep = "\x00"

func join(keys ...string) string { return strings.Join(keys, sep) }

// read reads a document. Behind an expression that is none it goes on with the
// next line; a broken head leaves what follows without a place.
func read(text []byte) *doc {
	d := &doc{values: map[string]value{}}
	if len(text) > maxText {
		text, d.cut = text[:maxText], true
	}
	r := reader{doc: d, left: text, line: 1}
	for len(r.left) > 0 {
		if len(d.notes) == maxErrors {
			d.cut = true
			break
		}
		r.run()
	}
	return d
}

type reader struct {
	*doc
	left  []byte // not read yet
	line  int    // of its start
	table []string
	lost  bool // the head of the table could not be read
}

// run reads expressions up to one that is none, and skips its line.
func (r *reader) run() {
	var p unstable.Parser
	text := r.left
	p.Reset(text)
	at, line := 0, r.line // of the expression before
	for p.NextExpression() {
		e := p.Expression()
		key := e.Key()
		if !key.Next() {
			continue
		}
		off := int(key.Node().Raw.Offset)
		line += bytes.Count(text[at:off], newline)
		at = off
		r.expression(e, line)
	}
	err := p.Error()
	if err == nil {
		r.left = nil
		return
	}
	if bad, ok := errors.AsType[*unstable.ParserError](err); ok {
		to := int(p.Range(bad.Highlight).Offset)
		line += bytes.Count(text[min(at, to):to], newline)
		at = max(at, to)
	}
	r.skip(text, at, line, err)
}

// skip notes the line of a problem and goes on behind it.
func (r *reader) skip(text []byte, at, line int, err error) {
	start := bytes.LastIndexByte(text[:at], '\n') + 1
	bad, rest, _ := bytes.Cut(text[start:], newline)
	r.note(line, bad, err)
	if bytes.HasPrefix(bytes.TrimLeft(bad, " \t"), []byte("[")) {
		r.lost = true
	}
	r.left, r.line = rest, line+1
}

// note keeps what containerd said. Of other lines it keeps what is wrong with
// them: they may hold a password.
func (r *reader) note(line int, text []byte, err error) {
	n := Note{Line: line, Text: "no TOML: " + err.Error()}
	if said.Match(text) {
		n.Said, n.Text = true, clip(strings.TrimSpace(string(text)))
	}
	r.notes = append(r.notes, n)
}

func (r *reader) expression(e *unstable.Node, line int) {
	keys := keysOf(e.Key())
	switch e.Kind {
	case unstable.Table, unstable.ArrayTable:
		r.table, r.lost = keys, false
		r.add(keys, value{line: line})
	case unstable.KeyValue:
		if !r.lost {
			r.value(append(r.table[:len(r.table):len(r.table)], keys...), e.Value(), line, 0)
		}
	}
}

// value keeps a value; those of a table within the line stand on that line.
func (r *reader) value(keys []string, n *unstable.Node, line, depth int) {
	if depth == maxDepth {
		r.cut = true
		return
	}
	switch n.Kind {
	case unstable.InlineTable:
		r.add(keys, value{line: line})
		for it := n.Children(); it.Next(); {
			r.value(append(keys[:len(keys):len(keys)], keysOf(it.Node().Key())...), it.Node().Value(), line, depth+1)
		}
	case unstable.Array:
		v := value{line: line, list: []string{}}
		for it := n.Children(); it.Next(); {
			if len(v.list) == maxList {
				r.cut = true
				break
			}
			v.list = append(v.list, clip(string(it.Node().Data)))
		}
		r.add(keys, v)
	default:
		r.add(keys, value{line: line, text: clip(string(n.Data))})
	}
}

func (r *reader) add(keys []string, v value) {
	p := join(keys...)
	if len(p) > maxPath {
		r.cut = true
		return
	}
	if _, there := r.values[p]; !there {
		if len(r.values) == maxValues {
			r.cut = true
			return
		}
		r.paths = append(r.paths, p)
	}
	r.values[p] = v
}

func keysOf(it unstable.Iterator) (keys []string) {
	for it.Next() && len(keys) < maxDepth {
		keys = append(keys, clip(string(it.Node().Data)))
	}
	return keys
}

func clip(s string) string {
	return strings.ToValidUTF8(strings.Clone(s[:min(len(s), maxString)]), "?")
}

var newline = []byte{'\n'}
