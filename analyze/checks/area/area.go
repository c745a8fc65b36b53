// Package area tells the state of a part of the node, section by section: what
// its files say in a form that people read, which checks found what, and what
// could not be judged.
//
// A part is an [Area], such as network.Area or storage.Area. [Area.Read] looks at
// the decoded snapshots of a stored case and at its last report; logs are not
// read again. To add a section, add a value to the list of its area.
package area

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// An Area is a part of the node.
type Area struct {
	Name     string // "network"
	Sections []Section
}

// A Section is one subject of an area.
type Section struct {
	Name  string // "routes"
	Title string // what it is about, in a few words
	// Checks are patterns of the IDs of checks and rules that are about it.
	Checks []string
	// Gates are the daemons that it depends on.
	Gates []gates.Name
	// Large are the formats of large files that it reads, of those in the list
	// of that name.
	Large []*parsers.Format
	// Read tells the state.
	Read func(*Reader)
}

// Names are the names of the sections.
func (a *Area) Names() []string {
	var names []string
	for _, s := range a.Sections {
		names = append(names, s.Name)
	}
	return names
}

// Large are formats whose files have a hundred thousand lines on busy nodes. They
// are decoded only for the sections that read them.
var Large = []*parsers.Format{conntrack.Format, iptables.Format}

// Formats are those of some formats that are read for the sections with some
// names; for none, of all sections.
func (a *Area) Formats(all []*parsers.Format, names []string) []*parsers.Format {
	read := map[*parsers.Format]bool{}
	for _, s := range a.Sections {
		for _, f := range s.Large {
			read[f] = read[f] || len(names) == 0 || slices.Contains(names, s.Name)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(f *parsers.Format) bool { return slices.Contains(Large, f) && !read[f] })
}

// A View is what an area says of one case. Its JSON form is a contract.
type View struct {
	Schema      string        `json:"schema"` // "eksleuth.network/v1"
	Case        string        `json:"case"`
	Bundle      string        `json:"bundle"`
	CollectedAt string        `json:"collected_at"`
	Sections    []SectionView `json:"sections"`
}

// A SectionView is what is known of one subject.
type SectionView struct {
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Facts  []*Fact  `json:"facts"`
	Tables []*Table `json:"tables"`
	// Limits are the resources that a check or rule of the section judges.
	Limits    []ledger.Entry `json:"limits"`
	Daemons   []Daemon       `json:"daemons"`
	Checks    []Check        `json:"checks"`    // found first, then clear, failed, no-data; by ID
	Findings  []Finding      `json:"findings"`  // of rules on logs, the worst first
	Rules     Rules          `json:"log_rules"` // how the rules on logs ended
	NotJudged []Gap          `json:"not_judged"`
}

// A Gap is something that could not be told or judged.
type Gap struct {
	What string `json:"what"` // a part of the state in words, or the ID of a check or rule
	Why  string `json:"why"`
}

// A Fact is one value with the places that say it.
type Fact struct {
	Label string  `json:"label"`
	Value string  `json:"value"`
	Unit  string  `json:"unit,omitempty"` // of a number: Bytes, Percent, or what is counted
	Note  string  `json:"note,omitempty"` // what it means, or how it is known
	At    []Place `json:"at"`
}

// A Place is a line of a file of the bundle; line 0 is the whole file.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// A Table is a list of things of one kind.
type Table struct {
	Title   string   `json:"title"`
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`
	More    int      `json:"more"` // rows that are left out
}

// A Column is the head of a column.
type Column struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"` // of numbers: Bytes, Percent, Things; "" for text
}

// Units of numbers. Sizes are whole bytes, so that programs can count with them.
const (
	Bytes   = "bytes"
	Percent = "%"
	Things  = "n"
)

// A Row is a line of a table.
type Row struct {
	Cells []string `json:"cells"`
	At    []Place  `json:"at"`
}

// A Daemon is whether a daemon was alive, by which sources.
type Daemon struct {
	Name   gates.Name  `json:"name"`
	State  gates.State `json:"state"`
	Wanted bool        `json:"wanted"` // something shows that it is meant to run on this node
	Note   string      `json:"note,omitempty"`
	Proofs []Proof     `json:"proofs"`
}

// A Proof is what one source says of a daemon.
type Proof struct {
	Source gates.Source `json:"source"`
	Says   gates.Says   `json:"says"`
	Text   string       `json:"text"`
	At     []Place      `json:"at"`
}

// A Check is how a check ended; one that found several things is there for each.
type Check struct {
	ID       string           `json:"id"`
	Outcome  analyze.Outcome  `json:"outcome"`
	Finding  string           `json:"finding,omitempty"` // "F-001"
	Severity analyze.Severity `json:"severity,omitempty"`
	Title    string           `json:"title"`          // of the finding, else what the check looks for
	Note     string           `json:"note,omitempty"` // what was looked at, or what was missing
	At       []Place          `json:"at"`
}

// A Finding is what lines of logs tell.
type Finding struct {
	ID          string           `json:"id"`
	Rule        string           `json:"rule"`
	Severity    analyze.Severity `json:"severity"`
	Title       string           `json:"title"`
	Count       int              `json:"count"`
	FirstSeen   string           `json:"first_seen"`
	LastSeen    string           `json:"last_seen"`
	ExplainedBy []string         `json:"explained_by"`
	At          []Place          `json:"at"`
}

// Rules counts the rules on logs by their outcome.
type Rules struct {
	Found  int `json:"found"`
	Clear  int `json:"clear"`
	NoData int `json:"no_data"`
	Failed int `json:"failed"`
}

// Read tells the sections with some names, in the order of the area; all for
// none. The pass is one of analyze.NewPass.
func (a *Area) Read(p *analyze.Pass, r *analyze.Report, names []string) *View {
	v := &View{
		Schema: "eksleuth." + a.Name + "/v1", Case: r.Case.ID, Bundle: r.Case.Bundle, CollectedAt: r.Case.CollectedAt,
		Sections: []SectionView{},
	}
	for i := range a.Sections {
		if s := &a.Sections[i]; len(names) == 0 || slices.Contains(names, s.Name) {
			v.Sections = append(v.Sections, s.view(p, r))
		}
	}
	return v
}

func (s *Section) view(p *analyze.Pass, r *analyze.Report) SectionView {
	v := SectionView{
		Name: s.Name, Title: s.Title, Facts: []*Fact{}, Tables: []*Table{}, Limits: []ledger.Entry{}, Daemons: []Daemon{}, Checks: []Check{},
		Findings: []Finding{}, NotJudged: []Gap{},
	}
	rd := &Reader{Pass: p, Report: r, view: &v}
	rd.safely(s.Read)
	v.Tables = slices.DeleteFunc(v.Tables, func(t *Table) bool { return len(t.Rows) == 0 })
	for _, name := range s.Gates {
		v.Daemons = append(v.Daemons, daemonOf(gates.Of(p, name)))
	}
	v.judged(s, r)
	return v
}

// safely reads a section; a panic in it is its failure and leaves what was told.
func (r *Reader) safely(read func(*Reader)) {
	defer func() {
		if x := recover(); x != nil {
			r.NotJudged("the rest of the section", fmt.Sprintf("stopped: %v", x))
		}
	}()
	read(r)
}

// Daemons are all daemons that a node can have.
func Daemons(p *analyze.Pass) []Daemon {
	var all []Daemon
	for _, g := range gates.All(p) {
		all = append(all, daemonOf(g))
	}
	return all
}

// daemonOf leaves out the sources that say nothing.
func daemonOf(g *gates.Gate) Daemon {
	d := Daemon{Name: g.Name, State: g.State, Wanted: g.Wanted != nil, Note: g.Note, Proofs: []Proof{}}
	for _, x := range g.Which(gates.Up, gates.Down, gates.Halfway) {
		d.Proofs = append(d.Proofs, Proof{x.Source, x.Says, x.Text, places(x.At)})
	}
	return d
}

// A Reader is a section being read: the facts of the case, and where to say what
// they tell.
type Reader struct {
	*analyze.Pass
	Report *analyze.Report
	view   *SectionView
}

// Say adds a fact.
func (r *Reader) Say(label, value string, at ...parsers.Pos) *Fact {
	f := &Fact{Label: label, Value: value, At: places(at...)}
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
