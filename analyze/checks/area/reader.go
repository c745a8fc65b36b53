package area

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Reader is a section being read: the facts of the case, and where to say what
// they tell.
type Reader struct {
	*analyze.Pass
	Report *analyze.Report
	view   *SectionView
}

// maxFacts bounds the facts of a section.
const maxFacts = 500

// Say adds a fact.
func (r *Reader) Say(label, value string, at ...parsers.Pos) *Fact {
	f := &Fact{Label: label, Value: value, At: places(at...)}
	if len(r.view.Facts) == maxFacts {
		r.NotJudged("further values", "there are more than are shown")
		return f
	}
	r.view.Facts = append(r.view.Facts, f)
	return f
}

// FromCard adds what the identity card of the node says of an attribute, if it
// says anything.
func (r *Reader) FromCard(label, name string) bool {
	if r.Case.Card == nil {
		return false
	}
	for _, a := range r.Case.Card.Attributes {
		if a.Name == name {
			r.Say(label, a.Value, parsers.Pos{File: a.File, Line: a.Line}).Note = a.Note
			return true
		}
	}
	return false
}

// Count adds a fact that is a number of a unit.
func (r *Reader) Count(label string, n int64, unit string, at ...parsers.Pos) *Fact {
	f := r.Say(label, fmt.Sprint(n), at...)
	f.Unit = unit
	return f
}

// With adds a note.
func (f *Fact) With(format string, args ...any) *Fact {
	f.Note = fmt.Sprintf(format, args...)
	return f
}

// Table begins a table. Without rows it is left out.
func (r *Reader) Table(title string, columns ...Column) *Table {
	t := &Table{Title: title, Columns: columns, Rows: []Row{}}
	r.view.Tables = append(r.view.Tables, t)
	return t
}

// Text makes a column of words.
func Text(name string) Column { return Column{Name: name} }

// N makes a column of numbers of things.
func N(name string) Column { return Column{name, Things} }

// In makes a column of numbers of a unit.
func In(name, unit string) Column { return Column{name, unit} }

// NotJudged says what could not be told, and why.
func (r *Reader) NotJudged(what, why string) { r.view.gap(what, why) }

func (v *SectionView) gap(what, why string) {
	if g := (Gap{what, why}); !slices.Contains(v.NotJudged, g) {
		v.NotJudged = append(v.NotJudged, g)
	}
}

// maxRows bounds a table.
const maxRows = 2000

// Row adds a row; numbers are those of their columns.
func (t *Table) Row(at parsers.Pos, cells ...any) {
	if len(t.Rows) == maxRows {
		t.More++
		return
	}
	row := Row{At: places(at)}
	for _, c := range cells {
		row.Cells = append(row.Cells, fmt.Sprint(c))
	}
	t.Rows = append(t.Rows, row)
}

// places are positions as documents have them; one without a file is none.
func places(at ...parsers.Pos) []Place {
	out := []Place{}
	for _, p := range at {
		if p.File != "" {
			out = append(out, Place{p.File, p.Line})
		}
	}
	return out
}

// First returns the first file of a type that is as wanted; nil without one.
func First[T any](r *Reader, wanted func(*T) bool) *analyze.FileFact[T] {
	for _, f := range analyze.Facts[T](r.Pass) {
		if wanted == nil || wanted(f.Value) {
			return &f
		}
	}
	return nil
}

// Shorten lists at most some words, and says how many more there are.
func Shorten(words []string, most int) string {
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}
