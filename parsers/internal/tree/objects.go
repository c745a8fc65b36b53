package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Damage is what could not be read of a text, in its order.
type Damage []*Error

// Cut says where and why a text was not read whole: "line 12: unexpected EOF"; ""
// for one that was.
func (d Damage) Cut() string {
	if len(d) == 0 {
		return ""
	}
	return d[0].Error()
}

// Fail is the error of a file that has nothing of what it should have: the first
// damage, or what is missing.
func (d Damage) Fail(format, file, missing string) error {
	if len(d) == 0 {
		return Fail(format, file, errors.New(missing))
	}
	return Fail(format, file, d[0])
}

// A Count is how many objects of a kind there are.
type Count struct {
	Kind string
	N    int
}

// Kinds are the kinds of objects that are counted only.
type Kinds []Count

// maxKinds bounds what is kept of a text.
const maxKinds = 100

// Add counts an object; false when its kind is one too many.
func (k *Kinds) Add(kind string) bool {
	i := slices.IndexFunc(*k, func(c Count) bool { return c.Kind == kind })
	switch {
	case i >= 0:
		(*k)[i].N++
	case len(*k) == maxKinds:
		return false
	default:
		*k = append(*k, Count{kind, 1})
	}
	return true
}

// maxDamage bounds the damages that are kept of a text.
const maxDamage = 20

// Objects reads the objects that a text holds and gives each to f, until f
// returns false: the documents one after the other, and of a list of Kubernetes
// its items, which may be many. No more than one of them is in memory. Lines of
// a command before the first document are passed over.
//
//	{                                 apiVersion: v1
//	    "apiVersion": "v1",           items:
//	    "items": [                    - apiVersion: v1
//	        {                           kind: Node
//	            "apiVersion": "v1",   kind: List
//
// An item that does not say its kind has that of its list: "NodeList". A list of
// YAML that has no kind was cut: kubectl writes it behind the items.
func Objects(text []byte, f func(*Value) bool) Damage {
	o := &objects{emit: f}
	body, line := preamble(text)
	switch {
	case len(body) == 0:
		o.damaged(line, errors.New("no document"))
	case body[0] == '{' || body[0] == '[':
		o.json(body, line)
	default:
		o.yaml(body, line)
	}
	last := bytes.Count(text, newline) + 1
	for _, e := range o.damage {
		e.Line = min(e.Line, last) // a parser may stop behind the end
	}
	return o.damage
}

// preamble leaves out the lines before the first document. It returns the line
// that the rest starts on.
func preamble(text []byte) (body []byte, line int) {
	const few = 20 // lines of a command
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	rest := text
	for n := range few {
		trimmed := bytes.TrimLeft(rest, " \t\r\n")
		line := 1 + bytes.Count(text[:len(text)-len(trimmed)], []byte("\n"))
		if len(trimmed) == 0 || startsDocument(trimmed) {
			if len(trimmed) > 0 && trimmed[0] != '{' && trimmed[0] != '[' {
				// The indent of the first line of YAML is a part of it.
				trimmed = text[bytes.LastIndexByte(text[:len(text)-len(trimmed)], '\n')+1:]
			}
			return trimmed, line
		}
		_, next, ok := bytes.Cut(trimmed, []byte("\n"))
		if !ok || n == few-1 {
			break
		}
		rest = next
	}
	return text, 1
}

// CommandLine reports whether a text starts with a command that was pasted with
// its output, behind a prompt or alone:
//
//	$ aws ec2 describe-instances --output json
//	[ec2-user@ip-10-0-12-34 ~]$ kubectl get nodes -o yaml
//	PS C:\Users\me> aws eks describe-cluster --name blue
func CommandLine(text []byte) bool {
	line, _, _ := bytes.Cut(text, newline)
	return commandLine.Match(line[:min(len(line), 300)])
}

var commandLine = regexp.MustCompile(`^(?:[^\n"']{0,200}[$#>%] ?)?(?:[A-Z_]+=\S+ +|sudo +){0,5}(?:aws(?:\.exe)?|kubectl|oc|clusterctl) +[a-z-]`)

// startsDocument reports whether a document of JSON or YAML starts here, and
// not a line that a command wrote.
func startsDocument(b []byte) bool {
	if CommandLine(b) {
		return false
	}
	if b[0] == '{' || b[0] == '[' || b[0] == '#' || bytes.HasPrefix(b, []byte("---")) || bytes.HasPrefix(b, []byte("- ")) {
		return true
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	key, value, ok := strings.Cut(strings.TrimRight(string(line[:min(len(line), 200)]), " \r"), ":")
	return ok && key != "" && !strings.ContainsAny(key, " \t/[(") && (value == "" || value[0] == ' ') && !strings.EqualFold(key, "warning") && !strings.EqualFold(key, "error")
}

type objects struct {
	emit    func(*Value) bool
	stopped bool
	damage  Damage
}

func (o *objects) damaged(line int, err error) {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if len(o.damage) < maxDamage {
		o.damage = append(o.damage, &Error{line, err})
	}
}

func (o *objects) give(v *Value) {
	if v != nil && !o.stopped {
		o.stopped = !o.emit(v)
	}
}

// json reads documents that follow each other.
func (o *objects) json(text []byte, line int) {
	r := newReader(text, line, 0)
	for !o.stopped {
		r.count = 0
		t, err := r.token()
		if err != nil {
			if r.dec.InputOffset() < int64(len(bytes.TrimRight(text, " \t\r\n"))) {
				o.damaged(r.line, err)
			}
			return
		}
		switch t {
		case json.Delim('{'):
			err = o.document(r)
		case json.Delim('['):
			err = o.items(r, "")
		}
		if err != nil {
			o.damaged(r.line, err)
			return
		}
	}
}

// document reads a document up to its end: an object, or a list with items.
func (o *objects) document(r *jsonReader) error {
	head := &Value{Kind: Map, Line: r.line}
	list := false
	for r.dec.More() {
		key, err := r.key()
		if err != nil {
			return err
		}
		line := r.line
		item, err := r.open()
		if err != nil {
			return err
		}
		if key == "items" && item.Kind == List {
			list = true
			if err := o.items(r, itemKind(head)); err != nil || o.stopped {
				return err
			}
			continue
		}
		err = r.rest(item, 1)
		item.Line = line
		head.Keys, head.Items = append(head.Keys, key), append(head.Items, item)
		if err != nil {
			o.give(head)
			return err
		}
	}
	if _, err := r.token(); err != nil {
		o.give(head)
		return err
	}
	if !list {
		o.give(head)
	}
	return nil
}

// items reads the items of a list up to its end.
func (o *objects) items(r *jsonReader, kind string) error {
	for r.dec.More() {
		r.count = 0
		v, err := r.value(1)
		o.give(withKind(v, kind))
		if err != nil || o.stopped {
			return err
		}
	}
	_, err := r.token()
	return err
}

// itemKind is the kind of the items of a list; "" for a list of any.
func itemKind(head *Value) string {
	kind, ok := strings.CutSuffix(head.String("kind"), "List")
	if !ok {
		return ""
	}
	return kind
}

func withKind(v *Value, kind string) *Value {
	if v != nil && v.Kind == Map && kind != "" && v.Get("kind") == nil {
		v.Keys = append(v.Keys, "kind")
		v.Items = append(v.Items, &Value{Kind: Scalar, Line: v.Line, Text: kind})
	}
	return v
}

// yaml cuts a text into its documents, and lists into their items, at the line
// ends where only that can be: each part is read on its own.
func (o *objects) yaml(text []byte, line int) {
	start, at, num := 0, 0, line
	first, appended := "", 0
	for at < len(text) && !o.stopped {
		end := lineEnd(text, at)
		key := topKey(text[at:end])
		switch {
		case key != "" && key == first && appended < maxDocuments: // the answer of the next time, without dashes
			appended++
			o.yamlDocument(text[start:at], line)
			start, line = at, num
		case first == "":
			first = key
		}
		if s := text[at:end]; bytes.HasPrefix(s, []byte("---")) && (len(bytes.TrimRight(s, "\r\n")) == 3 || s[3] == ' ') || string(bytes.TrimRight(s, "\r\n")) == "..." {
			o.yamlDocument(text[start:at], line)
			// What follows the dashes in their line belongs to the document.
			start, line, first = at+3, num, ""
		}
		num++
		at = end
	}
	if !o.stopped {
		o.yamlDocument(text[start:], line)
	}
}

// topKey is the key of a line of the outermost map, "" for another line.
func topKey(line []byte) string {
	if len(line) == 0 || bytes.IndexByte([]byte(" \t#-"), line[0]) >= 0 {
		return ""
	}
	key, rest, ok := bytes.Cut(line[:min(len(line), 200)], []byte(":"))
	if !ok || bytes.ContainsAny(key, " \t[{\"'") || len(bytes.TrimSpace(rest)) > 0 && rest[0] != ' ' {
		return ""
	}
	return string(key)
}

func lineEnd(text []byte, at int) int {
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

func (o *objects) yamlDocument(text []byte, line int) {
	if len(bytes.TrimSpace(text)) == 0 {
		return
	}
	before, items, after, at := yamlList(text)
	if items == nil {
		for _, v := range o.yamlPart(text, line) {
			o.give(v)
		}
		return
	}
	kind, whole := "", false
	for _, part := range [][]byte{before, after} {
		for _, v := range o.yamlPart(part, line) {
			whole = whole || v.Get("kind") != nil
			if k := itemKind(v); k != "" {
				kind = k
			}
		}
	}
	known := len(o.damage)
	o.yamlItems(items, line+at, kind)
	if !whole && !o.stopped && len(o.damage) == known {
		o.damaged(line+bytes.Count(text, newline), io.ErrUnexpectedEOF)
	}
}

// yamlItems reads items that start with a dash in the same column each.
func (o *objects) yamlItems(text []byte, line int, kind string) {
	indent := len(text) - len(bytes.TrimLeft(text, " "))
	start, num, first := 0, line, line
	give := func(part []byte) {
		for _, v := range o.yamlPart(part, first) {
			for _, item := range v.Items {
				o.give(withKind(item, kind))
			}
		}
	}
	for at := 0; at < len(text) && !o.stopped; num++ {
		end := lineEnd(text, at)
		if at > start && isItem(text[at:end], indent) {
			give(text[start:at])
			start, first = at, num
		}
		at = end
	}
	if !o.stopped {
		give(text[start:])
	}
}

func isItem(line []byte, indent int) bool {
	trimmed := bytes.TrimLeft(line, " ")
	return len(line)-len(trimmed) == indent && len(trimmed) > 1 && trimmed[0] == '-' && (trimmed[1] == ' ' || trimmed[1] == '\n' || trimmed[1] == '\r')
}

// yamlPart reads a part of a text that starts on a line.
func (o *objects) yamlPart(text []byte, line int) []*Value {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	docs, err := YAML(text)
	if e, ok := errors.AsType[*Error](err); ok {
		o.damaged(line-1+e.Line, e.Err)
	} else if err != nil {
		o.damaged(line, err)
	}
	for _, v := range docs {
		v.move(line - 1)
	}
	return docs
}

// move adds to the lines of a value.
func (v *Value) move(by int) {
	v.Line += by
	for _, item := range v.Items {
		item.move(by)
	}
}

// yamlList finds the items of a document that is a list of Kubernetes, and the
// line they start on, counted from 0. Items are nil if the document is none.
func yamlList(text []byte) (before, items, after []byte, line int) {
	start := -1
	indent := 0
	num := 0
	for at := 0; at < len(text); num++ {
		end := lineEnd(text, at)
		s := bytes.TrimRight(text[at:end], " \r\n")
		trimmed := bytes.TrimLeft(s, " ")
		blank := len(trimmed) == 0 || trimmed[0] == '#'
		switch {
		case start < 0 && items == nil && string(s) == "items:":
			before, items = text[:at], []byte{}
		case items == nil || blank:
		case start < 0:
			indent = len(s) - len(trimmed)
			if !isItem(text[at:end], indent) {
				return nil, nil, nil, 0
			}
			start, line = at, num
		case len(s)-len(trimmed) < indent || len(s)-len(trimmed) == indent && !isItem(text[at:end], indent):
			return before, text[start:at], text[at:], line
		}
		at = end
	}
	if start < 0 {
		return nil, nil, nil, 0
	}
	return before, text[start:], nil, line
}

// Body returns a text from its first document on, as Objects sees it.
func Body(text []byte) []byte {
	body, _ := preamble(text)
	return body
}
