// Package tree reads JSON and YAML into values that know the line they stand
// on, for snapshot files of which a check has to cite a line.
package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eksleuth/eksleuth/parsers"
)

// A Kind is what a Value is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Scalar
	List
	Map
)

// A Value is a part of a document.
type Value struct {
	Kind  Kind
	Line  int    // of its first character, or of its key
	Text  string // of a scalar: the string, the number or the word as written; at most maxText bytes
	Keys  []string
	Items []*Value // of a list; of a map, with Keys
}

// Get returns the value at a path of keys, nil when there is none.
func (v *Value) Get(path ...string) *Value {
	for _, key := range path {
		v = v.child(key)
	}
	return v
}

func (v *Value) child(key string) *Value {
	if v == nil {
		return nil
	}
	for i, k := range v.Keys {
		if k == key {
			return v.Items[i]
		}
	}
	return nil
}

// All returns the values of a key, more than one where it is repeated: a command
// that appended its answer to that of the last time made one map of both.
func (v *Value) All(key string) (all []*Value) {
	for i, k := range v.Keys {
		if k == key {
			all = append(all, v.Items[i])
		}
	}
	return all
}

// String returns the text at a path, "" when there is none.
func (v *Value) String(path ...string) string {
	if v = v.Get(path...); v == nil || v.Kind != Scalar {
		return ""
	}
	return v.Text
}

// Limits of a document: a value costs a few hundred bytes, so that a hostile
// file could cost a hundred times its size. A thousand instances are 300,000.
const (
	maxValues = 500_000
	maxDepth  = 100
	maxYAML   = 4 << 20
	maxMarks  = 1_000_000 // characters of YAML that can start a value

	// maxText is how many bytes are kept of a string or a key: as many as all
	// annotations of a Kubernetes object may have. User data has 22 KiB.
	maxText = 256 << 10
)

var errTooMuch = errors.New("too many values")
var errTooDeep = errors.New("nested too deeply")

// JSON reads the first document of text, which starts on the given line. It
// returns how many bytes the document takes. Of a damaged document it returns
// what stands before the damage, with the error.
func JSON(text []byte, line int) (*Value, int, error) {
	r := newReader(text, line, 0)
	v, err := r.value(0)
	if err != nil {
		err = firstError(nil, r.line, err)
	}
	return v, int(r.dec.InputOffset()), err
}

// An Error is damage in a document.
type Error struct {
	Line int
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// Fail is the error of a file that could not be read, at the line of an [*Error].
func Fail(format, file string, err error) error {
	e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: format, Err: err}
	if damage, ok := errors.AsType[*Error](err); ok {
		e.Pos.Line, e.Err = damage.Line, damage.Err
	}
	return e
}

type jsonReader struct {
	dec   *json.Decoder
	text  []byte
	line  int
	at    int // where line was counted
	count int
}

// newReader starts a reader behind documents with count values.
func newReader(text []byte, line, count int) *jsonReader {
	r := &jsonReader{dec: json.NewDecoder(bytes.NewReader(text)), text: text, line: line, count: count}
	r.dec.UseNumber()
	return r
}

// token reads the next token and counts the lines up to its end.
func (r *jsonReader) token() (json.Token, error) {
	t, err := r.dec.Token()
	to := int(r.dec.InputOffset())
	r.line += bytes.Count(r.text[r.at:to], []byte("\n"))
	r.at = to
	return t, err
}

func (r *jsonReader) value(depth int) (*Value, error) {
	v, err := r.open()
	if err != nil {
		return nil, err
	}
	return v, r.rest(v, depth)
}

// key reads the name of a field.
func (r *jsonReader) key() (string, error) {
	t, err := r.token()
	key, _ := t.(string)
	return clip(key), err
}

// open reads a scalar, or the start of a list or a map.
func (r *jsonReader) open() (*Value, error) {
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	if r.count++; r.count > maxValues {
		return nil, errTooMuch
	}
	v := &Value{Kind: Scalar, Line: r.line}
	switch t := t.(type) {
	case json.Delim:
		v.Kind = List
		if t == '{' {
			v.Kind = Map
		}
	case nil:
		v.Kind = Null
	case string:
		v.Text = clip(t)
	default:
		v.Text = clip(fmt.Sprint(t))
	}
	return v, nil
}

// rest reads what stands between the delimiters of a list or a map.
func (r *jsonReader) rest(v *Value, depth int) error {
	if v.Kind == Scalar || v.Kind == Null {
		return nil
	}
	if depth == maxDepth {
		return errTooDeep
	}
	for r.dec.More() {
		key, line := "", 0
		if v.Kind == Map {
			var err error
			if key, err = r.key(); err != nil {
				return err
			}
			line = r.line
		}
		item, err := r.value(depth + 1)
		if item != nil {
			if v.Kind == Map {
				v.Keys = append(v.Keys, key)
				item.Line = line
			}
			v.Items = append(v.Items, item)
		}
		if err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// clip shortens a text that is longer than any that is read.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(strings.Clone(s[:maxText]), "?")
}

// YAML reads the documents of text. Of a damaged text it returns those before the
// damage, with the error.
func YAML(text []byte) ([]*Value, error) {
	if len(text) > maxYAML {
		return nil, fmt.Errorf("%d bytes of YAML are too many", len(text))
	}
	if marks(text) > maxMarks {
		return nil, errTooMuch
	}
	var out []*Value
	last := bytes.Count(text, newline) + 1
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); err != nil {
			if len(out) > 0 && errors.Is(err, io.EOF) {
				return out, nil
			}
			return out, yamlError(err, last)
		}
		v, err := fromYAML(&n, 0, last)
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
}

// yamlError gives an error of the library, "yaml: line 3: did not find expected
// key", the form of those of JSON. YAML breaks lines also where sed does not, at
// a carriage return for example: no line is behind the last.
func yamlError(err error, last int) error {
	var line int
	text, ok := strings.CutPrefix(err.Error(), "yaml: line ")
	if _, scan := fmt.Sscanf(text, "%d:", &line); !ok || scan != nil {
		return err
	}
	_, text, _ = strings.Cut(text, ": ")
	return &Error{min(line, last), errors.New(text)}
}

// marks counts the characters that can start a value of YAML.
func marks(text []byte) (n int) {
	for _, c := range text {
		switch c {
		case '\n', ',', ':', '-', '[', '{', '?':
			n++
		}
	}
	return n
}

// fromYAML converts a node. Aliases are not followed: what reads these
// documents has no use for them, and they make small files large.
func fromYAML(n *yaml.Node, depth, last int) (*Value, error) {
	v := &Value{Line: min(n.Line, last)}
	if depth == maxDepth {
		return v, errTooDeep
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return v, nil
		}
		return fromYAML(n.Content[0], depth+1, last)
	case yaml.ScalarNode:
		if n.Tag != "!!null" {
			v.Kind, v.Text = Scalar, clip(n.Value)
		}
	case yaml.SequenceNode:
		v.Kind = List
		for _, c := range n.Content {
			item, err := fromYAML(c, depth+1, last)
			if err != nil {
				return v, err
			}
			v.Items = append(v.Items, item)
		}
	case yaml.MappingNode:
		v.Kind = Map
		for i := 0; i+1 < len(n.Content); i += 2 {
			item, err := fromYAML(n.Content[i+1], depth+1, last)
			if err != nil {
				return v, err
			}
			item.Line = min(n.Content[i].Line, last)
			v.Keys = append(v.Keys, clip(n.Content[i].Value))
			v.Items = append(v.Items, item)
		}
	}
	return v, nil
}
