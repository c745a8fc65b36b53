// Package node reads who the node of a bundle is: its instance, its software
// and how that is set up, each with the line that says so.
//
// Each thing that is known of a node is one value of the list attributes, with
// the places that tell it, the most trusted first. To add one, add a value.
package node

import (
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// A Card is who a node is.
type Card struct {
	Attributes []Attribute `json:"attributes"`
	Unknown    []string    `json:"unknown"` // names of attributes that the bundle does not tell
}

// An Attribute is one thing that is known of a node.
type Attribute struct {
	Name  string `json:"name"`  // "kubelet.version"; stays the same over releases
	Group string `json:"group"` // the heading that it stands under
	Title string `json:"title"`
	Value string `json:"value"`
	Note  string `json:"note,omitempty"` // what the value is if it is not read but concluded

	// File and Line say where it stands. Line 0 is the whole file; without a
	// file it is the name of the bundle, or concluded.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`

	// Others are different values that less trusted or older places tell.
	Others []Reading `json:"others,omitempty"`
}

// A Reading is a value and where it stands.
type Reading struct {
	Value string `json:"value"`
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
	Note  string `json:"note,omitempty"`
}

// A Mark is a line that a rule marked, with what it says.
type Mark struct {
	Value string
	Pos   parsers.Pos
}

// A Bundle is what a card is read from.
type Bundle struct {
	Name  string // of the bundle, which tells the instance and the time
	Facts []index.Fact
	Files []*index.File
	Marks func(rule string) []Mark // the newest last

	Collected Reading // RFC 3339, UTC
	Booted    Reading
	Zone      []Reading // as timeline.ZoneName writes them, the one in force first; none when not known
}

// Read reads the card.
func Read(b *Bundle) *Card {
	b.Facts = index.ByPath(b.Facts)
	c := &Card{Attributes: []Attribute{}, Unknown: []string{}}
	r := &reader{Bundle: b, card: c}
	for _, a := range attributes {
		var all []Reading
		for _, read := range a.from {
			all = append(all, read(r)...)
		}
		all = slices.DeleteFunc(all, func(x Reading) bool { return x.Value == "" })
		if len(all) == 0 {
			if !a.optional {
				c.Unknown = append(c.Unknown, a.name)
			}
			continue
		}
		c.Attributes = append(c.Attributes, a.of(all))
	}
	return c
}

// Value returns the value of an attribute, "" for one that is not known.
func (c *Card) Value(name string) string {
	for _, a := range c.Attributes {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// An attribute is how one thing is read.
type attribute struct {
	name, group, title string
	from               []source // the most trusted first
	optional           bool     // not told as unknown: most nodes have none

	// same tells whether two values say the same, if not only equal ones do.
	same func(a, b string) bool
}

// A source is one kind of place that tells an attribute.
type source func(*reader) []Reading

// of makes the attribute of what was read: the first wins.
func (a *attribute) of(all []Reading) Attribute {
	first := all[0]
	out := Attribute{Name: a.name, Group: a.group, Title: a.title, Value: first.Value, Note: first.Note, File: first.File, Line: first.Line}
	seen := []string{first.Value}
	for _, x := range all[1:] {
		if len(out.Others) == maxOthers {
			break
		}
		if !slices.ContainsFunc(seen, func(s string) bool { return s == x.Value || a.same != nil && a.same(s, x.Value) }) {
			seen = append(seen, x.Value)
			out.Others = append(out.Others, x)
		}
	}
	return out
}

// maxOthers is how many different values of one attribute are told.
const maxOthers = 5

// reader is a Bundle at work, with what was read so far.
type reader struct {
	*Bundle
	card *Card
}

// known is an attribute that was read before, as a reading.
func (r *reader) known(name string) Reading {
	for _, a := range r.card.Attributes {
		if a.Name == name {
			return Reading{Value: a.Value, File: a.File, Line: a.Line}
		}
	}
	return Reading{}
}

// facts returns the decoded files of a type, by path.
func facts[T any](r *reader) (files []fact[T]) {
	for _, f := range r.Facts {
		if v, ok := f.Value.(*T); ok {
			files = append(files, fact[T]{f.File.At(), f.File.Path, v})
		}
	}
	return files
}

type fact[T any] struct {
	at, path string
	value    *T
}

// from is a source that reads each file of a type.
func from[T any](read func(f fact[T]) []Reading) source {
	return func(r *reader) (all []Reading) {
		for _, f := range facts[T](r) {
			for _, x := range read(f) {
				if x.File == "" {
					x.File = f.path
				}
				all = append(all, x)
			}
		}
		return all
	}
}

// one is a reading of a fact; its file is filled in.
func one(value string, line int) []Reading { return []Reading{{Value: value, Line: line}} }

// mark is a source that reads the lines of marks, the newest first.
func mark(rules ...string) source {
	return func(r *reader) (all []Reading) {
		for _, rule := range rules {
			marks := slices.Clone(r.Marks(rule))
			slices.Reverse(marks)
			for _, m := range marks {
				all = append(all, Reading{Value: m.Value, File: m.Pos.File, Line: m.Pos.Line})
			}
		}
		return all
	}
}

// changed is a source with the values of another one changed; "" drops one.
func changed(s source, change func(string) string) source {
	return func(r *reader) []Reading {
		all := s(r)
		for i := range all {
			all[i].Value = change(all[i].Value)
		}
		return all
	}
}

// bundleName is a source that reads the name of the bundle.
func bundleName(value func(instance string, collected time.Time, version string) string) source {
	return func(r *reader) []Reading {
		v := value(bundle.Info(r.Name))
		return []Reading{{Value: v, Note: "from the name of the bundle"}}
	}
}
