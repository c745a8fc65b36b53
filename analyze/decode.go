package analyze

import (
	"bytes"
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Problem is a mistake in a file of rules.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // from 1, in characters
	Rule    string `json:"rule"`   // id of the rule that it is in, "" for none
	Message string `json:"message"`
}

// Error writes a problem as compilers do.
func (p *Problem) Error() string {
	text := fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Rule != "" {
		text += fmt.Sprintf("rule %q: ", p.Rule)
	}
	return text + p.Message
}

// Bounds on a file of rules. Aliases of YAML can make much of little.
const (
	maxRuleFile  = 4 << 20
	maxRuleNodes = 500_000
	maxRuleDepth = 30
	maxProblems  = 1000
)

// parseRules decodes one file strictly: an unknown key is an error.
func parseRules(file string, data []byte) ([]*Rule, error) {
	f := readRules(file, data)
	var errs []error
	for _, p := range f.problems {
		errs = append(errs, p)
	}
	return f.rules, errors.Join(errs...)
}

// A ruleFile is what was read of a file of rules.
type ruleFile struct {
	name     string
	rules    []*Rule
	nodes    []*yaml.Node // of the rules
	problems []*Problem

	visited int // nodes
}

// readRules reads a file and checks each rule on its own.
func readRules(name string, data []byte) *ruleFile {
	f := &ruleFile{name: name}
	if len(data) > maxRuleFile {
		f.problem(nil, "", "the file is larger than %d MiB", maxRuleFile>>20)
		return f
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return f
	} else if err != nil {
		f.syntax(data, err)
		return f
	}
	f.list(doc.Content[0])
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		f.problem(&second, "", "a second document; a file has one list of rules")
	} else if !errors.Is(err, io.EOF) {
		f.syntax(data, err)
	}
	return f
}

// list reads the rules of a document.
func (f *ruleFile) list(list *yaml.Node) {
	if list.Kind == yaml.ScalarNode && list.Tag == "!!null" {
		return
	}
	if list.Kind != yaml.SequenceNode {
		f.problem(list, "", "not a list of rules: each begins with - id:")
		return
	}
	for _, n := range list.Content {
		if n.Kind != yaml.MappingNode {
			f.problem(n, "", "not a rule, which is a map with an id")
			continue
		}
		f.rule(n)
	}
}

func (f *ruleFile) rule(n *yaml.Node) {
	r := &Rule{at: fmt.Sprintf("%s:%d", f.name, n.Line)}
	id := ""
	if v := child(n, "id"); v != nil {
		id = v.Value
	}
	before := len(f.problems)
	f.value(n, reflect.ValueOf(r).Elem(), id, 0)
	wrong := map[[2]int]bool{}
	for _, p := range f.problems[before:] {
		wrong[[2]int{p.Line, p.Column}] = true
	}
	for _, p := range r.check() {
		// What could not be read is not what was meant.
		if at := find(n, p.at); !holds(at, wrong, 0) {
			f.problem(at, id, "%s", p.text)
		}
	}
	f.rules = append(f.rules, r)
	f.nodes = append(f.nodes, n)
}

func (f *ruleFile) problem(n *yaml.Node, rule, format string, args ...any) {
	if len(f.problems) == maxProblems {
		return
	}
	p := &Problem{File: f.name, Line: 1, Column: 1, Rule: rule, Message: fmt.Sprintf(format, args...)}
	if n != nil {
		p.Line, p.Column = max(n.Line, 1), max(n.Column, 1)
	}
	f.problems = append(f.problems, p)
}

// yamlLine is how the YAML package says where it stopped.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax reports text that is no YAML. The package knows the line only.
func (f *ruleFile) syntax(data []byte, err error) {
	text := err.Error()
	m := yamlLine.FindStringSubmatch(text)
	p := &Problem{File: f.name, Line: 1, Column: 1, Message: text}
	if m != nil {
		p.Message = "no YAML: " + text[len(m[0]):]
		if n, err := strconv.Atoi(m[1]); err == nil {
			p.Line = n
		}
	}
	lines := bytes.Split(data, []byte("\n"))
	if line := lines[min(p.Line, len(lines))-1]; len(bytes.TrimSpace(line)) > 0 {
		p.Column = len(line) - len(bytes.TrimLeft(line, " \t")) + 1
	}
	f.problems = append(f.problems, p)
}

// value decodes a node into v. It does what the YAML package does for strict
// decoding, and knows the place of each mistake.
func (f *ruleFile) value(n *yaml.Node, v reflect.Value, rule string, depth int) {
	if f.visited++; f.visited == maxRuleNodes || depth > maxRuleDepth {
		f.problem(n, rule, "too much, or too deep")
	}
	if f.visited >= maxRuleNodes || depth > maxRuleDepth {
		return
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	null := n.Kind == yaml.ScalarNode && n.Tag == "!!null"
	_, text := v.Addr().Interface().(encoding.TextUnmarshaler)
	plain, isPlain := v.Addr().Interface().(interface{ plain() any }) // a map of which one value may stand alone
	switch kind := v.Kind(); {
	case null:
	case text:
		f.scalar(n, v, rule)
	case kind == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.value(n, v.Elem(), rule, depth+1)
	case kind == reflect.Struct && n.Kind == yaml.ScalarNode && isPlain:
		f.scalar(n, reflect.ValueOf(plain.plain()).Elem(), rule)
	case kind == reflect.Struct && n.Kind == yaml.MappingNode:
		f.fields(n, v, rule, depth)
	case kind == reflect.Map && n.Kind == yaml.MappingNode:
		f.entries(n, v, rule, depth)
	case kind == reflect.Slice && n.Kind == yaml.SequenceNode:
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
		for i, c := range n.Content {
			f.value(c, v.Index(i), rule, depth+1)
		}
	case kind == reflect.Struct || kind == reflect.Map:
		f.problem(n, rule, "a map is wanted here, with keys and values")
	case kind == reflect.Slice:
		f.problem(n, rule, "a list is wanted here")
	default:
		f.scalar(n, v, rule)
	}
}

func (f *ruleFile) fields(n *yaml.Node, v reflect.Value, rule string, depth int) {
	known := map[string]reflect.Value{}
	fieldsOf(v, known)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, ok := known[key.Value]
		switch {
		case !ok:
			f.problem(key, rule, "unknown key %q%s", key.Value, nearest(key.Value, known))
		case seen[key.Value]:
			f.problem(key, rule, "%s is there twice", key.Value)
		default:
			f.value(value, field, rule, depth+1)
		}
		seen[key.Value] = true
	}
}

// fieldsOf collects the fields of a struct by their yaml names, with those of
// structs that are inline.
func fieldsOf(v reflect.Value, known map[string]reflect.Value) {
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if option == "inline" {
			fieldsOf(v.Field(i), known)
		} else if name != "-" {
			known[cmp.Or(name, strings.ToLower(v.Type().Field(i).Name))] = v.Field(i)
		}
	}
}

// nearest names a known key that begins like an unknown one.
func nearest(key string, known map[string]reflect.Value) string {
	var names []string
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if n := min(3, len(key), len(name)); n > 1 && strings.EqualFold(key[:n], name[:n]) {
			return fmt.Sprintf("; did you mean %s?", name)
		}
	}
	return ""
}

func (f *ruleFile) entries(n *yaml.Node, v reflect.Value, rule string, depth int) {
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := reflect.New(v.Type().Key()).Elem()
		f.value(n.Content[i], key, rule, depth+1)
		if v.MapIndex(key).IsValid() {
			f.problem(n.Content[i], rule, "%s is there twice", n.Content[i].Value)
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		f.value(n.Content[i+1], value, rule, depth+1)
		v.SetMapIndex(key, value)
	}
}

// scalar decodes a single value.
func (f *ruleFile) scalar(n *yaml.Node, v reflect.Value, rule string) {
	if n.Kind != yaml.ScalarNode {
		f.problem(n, rule, "a single value is wanted here")
		return
	}
	if err := n.Decode(v.Addr().Interface()); err != nil {
		if t, ok := errors.AsType[*yaml.TypeError](err); ok && len(t.Errors) > 0 {
			f.problem(n, rule, "%q is no %s", n.Value, kindName(v.Kind()))
			return
		}
		f.problem(n, rule, "%v", err)
	}
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Float64:
		return "number"
	}
	return "whole number"
}

// child is the value of a key of a map, nil if it has none.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// holds reports whether a node, or one in it, stands at one of some places.
func holds(n *yaml.Node, places map[[2]int]bool, depth int) bool {
	return places[[2]int{n.Line, n.Column}] || depth < maxRuleDepth && len(places) > 0 &&
		slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return holds(c, places, depth+1) })
}

// find follows keys and positions as far as they are there.
func find(n *yaml.Node, at []any) *yaml.Node {
	for _, step := range at {
		for n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		var next *yaml.Node
		switch step := step.(type) {
		case string:
			if n.Kind == yaml.MappingNode {
				next = child(n, step)
			}
		case int:
			if n.Kind == yaml.SequenceNode && step < len(n.Content) {
				next = n.Content[step]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}
