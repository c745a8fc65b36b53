package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// JSON writes a report, or another value with json tags, as one JSON document
// and a newline: indented, or compact on a single line. Lists are never null.
// Every character that a terminal could act on stands as an escape.
func JSON(w io.Writer, v any, indent bool) error {
	text, err := encode(v)
	if err != nil {
		return err
	}
	if indent {
		var out bytes.Buffer
		if err := json.Indent(&out, text, "", "  "); err != nil {
			return err
		}
		text = out.Bytes()
	}
	_, err = w.Write(escape(append(text, '\n'), surrogates))
	return err
}

// YAML writes the same document as JSON does, in YAML.
func YAML(w io.Writer, v any) error { return writeYAML(w, v, func(*yaml.Node) {}) }

// Outline writes what a document says for people to read: YAML without what is
// empty, null or false.
func Outline(w io.Writer, v any) error { return writeYAML(w, v, prune) }

// prune takes what says nothing out of the maps of a document.
func prune(n *yaml.Node) {
	for _, c := range n.Content {
		prune(c)
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	var kept []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if v := n.Content[i+1]; len(v.Content) > 0 || v.Kind == yaml.ScalarNode && v.Value != "" && v.Value != "null" && v.Value != "false" {
			kept = append(kept, n.Content[i], v)
		}
	}
	n.Content = kept
}

func writeYAML(w io.Writer, v any, edit func(*yaml.Node)) error {
	text, err := encode(v)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	node, err := yamlNode(d)
	if err != nil {
		return err
	}
	edit(node)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(node); err != nil {
		return err
	}
	_, err = w.Write(escape(out.Bytes(), escaped))
	return err
}

// encode is compact JSON without HTML escapes and without null lists.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(filled(reflect.ValueOf(v)).Interface()); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// filled copies v with empty lists and maps in place of nil ones.
func filled(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(filled(v.Elem()))
		return out
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return filled(v.Elem())
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		fillFields(out)
		return out
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(filled(v.Index(i)))
		}
		return out
	case reflect.Map:
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for k, e := range v.Seq2() {
			out.SetMapIndex(k, filled(e))
		}
		return out
	}
	return v
}

// fillFields is filled for the fields of a struct. Those of an embedded one count as its
// own in JSON, whether its type is exported or not.
func fillFields(s reflect.Value) {
	for i := range s.NumField() {
		switch f := s.Type().Field(i); {
		case f.IsExported():
			s.Field(i).Set(filled(s.Field(i)))
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			fillFields(s.Field(i))
		}
	}
}

// escape writes the characters that JSON and YAML leave raw and a terminal
// acts on as \uXXXX. They only stand in quoted strings, where both languages
// read that form; they differ in how they write what is above U+FFFF.
func escape(text []byte, wide func(rune) string) []byte {
	if !bytes.ContainsFunc(text, unsafe) {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case !unsafe(r):
			out = append(out, text[:n]...)
		case r > 0xffff:
			out = append(out, wide(r)...)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}

// surrogates is how JSON writes a character above U+FFFF.
func surrogates(r rune) string {
	hi, lo := utf16.EncodeRune(r)
	return fmt.Sprintf(`\u%04x\u%04x`, hi, lo)
}

// unsafe are the hidden characters, but for those that lay out the document.
func unsafe(r rune) bool { return r != '\n' && hidden(r) }

// yamlNode turns the next JSON value into YAML, in the same order of fields.
func yamlNode(d *json.Decoder) (*yaml.Node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		return yamlList(d, t)
	case string:
		return yamlString(t), nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: t.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(t)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
}

// yamlList reads up to the end of an array or object.
func yamlList(d *json.Decoder, open json.Delim) (*yaml.Node, error) {
	node := &yaml.Node{Kind: yaml.SequenceNode}
	if open == '{' {
		node.Kind = yaml.MappingNode
	}
	for d.More() {
		child, err := yamlNode(d)
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, child)
	}
	if len(node.Content) == 0 {
		node.Style = yaml.FlowStyle
	}
	_, err := d.Token()
	return node, err
}

// yamlString quotes what holds hidden characters, so that escape may rewrite them.
func yamlString(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	if bytes.ContainsFunc([]byte(s), hidden) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
