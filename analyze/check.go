package analyze

import (
	"cmp"
	"fmt"
	"time"

	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Check is a finding that needs code: counting, comparing, joining files.
// Each lives in a folder of its own below checks/, with a check.yaml that holds
// the constant part of its finding, and is listed in package checks.
type Check struct {
	ID  string
	Doc *Doc // from the check.yaml beside the code
	// Run looks at the facts. It returns NoData when the bundle has none of
	// what it needs, Clear when that shows no problem, and Found with
	// findings. An error, or a panic, makes the outcome Failed.
	Run Run

	// Severity, if the user set one, is that of all its findings.
	Severity Severity
	// Limits are those that the user set, by name.
	Limits map[string]float64
	// Off: the user switched it off, and what it finds is only listed.
	Off bool
	// ChangedAt is the file and line where the user did.
	ChangedAt string
}

// A Doc is the constant part of a finding: the same text for every bundle.
type Doc struct {
	ID        string   `yaml:"id"`
	Title     string   `yaml:"title"`
	Severity  Severity `yaml:"severity"`
	Component string   `yaml:"component"`
	Summary   string   `yaml:"summary"`
	Runbook   string   `yaml:"runbook"`
	Explains  []string `yaml:"explains"`
	// Contradicts are the rules and checks whose findings are less sure when
	// this is found, or "id@entity" for one finding of them.
	Contradicts []string `yaml:"contradicts"`
	Actions     []Action `yaml:"actions"`
	References  []string `yaml:"references"`
	Needs       string   `yaml:"needs"` // the files it needs, for "could not be judged: no ..."
	Confidence  float64  `yaml:"confidence"`
	// Limits are the numbers that the check compares with, by name.
	Limits map[string]Limit `yaml:"limits"`
}

// A Limit is a number that a check compares with. A user can set another value
// where the nodes are known to differ.
type Limit struct {
	Value  float64 `yaml:"value" json:"value"`
	Unit   string  `yaml:"unit" json:"unit"`     // "% of nf_conntrack_max", "packets"
	Source string  `yaml:"source" json:"source"` // who uses it, and why this one
}

// A Verdict is what one check says of one bundle.
type Verdict struct {
	Outcome Outcome
	Note    string // what was looked at, or what was missing

	// Silent, with NoData, says that what the check needs is there and does
	// not tell; the note says what.
	Silent bool

	Matches []Match
}

// A Match is one problem that a check found. Zero fields take the Doc's value.
type Match struct {
	Summary    string // the title with this bundle's facts
	Severity   Severity
	Kind       Kind // "" means FromState
	Confidence float64
	Entity     string // tells apart several matches of one check; part of the fingerprint
	Entities   map[string][]string
	Count      int           // 0 means 1
	At         []parsers.Pos // never empty: a finding without evidence is a bug
	Actions    []Action
	Explains   []string // added to those of the Doc

	Contradicts []string // added to those of the Doc
}

// A Pass is one run of one check over one bundle.
type Pass struct {
	Check *Check
	Case  *CaseInfo
	// Facts are the decoded snapshots, by path.
	Facts []index.Fact
	// Files are all files of the bundle, by path.
	Files []*index.File
	// Hits returns the events of a rule, those that did not pass its gate
	// too, in order of file and line.
	Hits func(rule string) []Hit
	// Line returns the text of a line, without its end.
	Line func(parsers.Pos) string
	// Lines calls visit for the lines of a file from a number on, each cut
	// to 2 KiB, until it returns false. The text is valid during the call.
	Lines func(f *index.File, from int, visit func(n int, line []byte) bool) error
	// Audit says which collector made the bundle and what became of its files.
	Audit *coverage.Audit
	// Broken says where a damaged archive stopped; "" when it was whole.
	Broken string
	// Skips are the parts of the bundle that were not read.
	Skips []index.Skip
	// Clock makes instants of the stamps of lines.
	Clock timeline.Clock
}

// Ledger is what package ledger says how much of a resource is in use from.
func (p *Pass) Ledger() *ledger.Bundle {
	return &ledger.Bundle{Facts: p.Facts, Files: p.Files, Skips: p.Skips, Card: p.Case.Card, Marks: p.marks}
}

// Card is who the node is, as far as the bundle and the files beside it tell.
func (p *Pass) Card() *node.Card {
	if p.Case.Card != nil {
		return p.Case.Card
	}
	return node.Read(&node.Bundle{Name: p.Case.Bundle, Facts: p.Facts, Files: p.Files, Marks: p.marks})
}

// marks are the lines of a mark with the value or version that they tell.
func (p *Pass) marks(rule string) (all []node.Mark) {
	for _, h := range p.Hits(rule) {
		if v := cmp.Or(h.Entities["value"], h.Entities["version"]); v != "" {
			all = append(all, node.Mark{Value: v, Pos: h.Pos})
		}
	}
	return all
}

// Limit is the value of a limit of the check: the user's, or that of its Doc.
func (p *Pass) Limit(name string) float64 {
	if v, ok := p.Check.Limits[name]; ok {
		return v
	}
	l, ok := p.Check.Doc.Limits[name]
	if !ok {
		panic(fmt.Sprintf("%s has no limit %q", p.Check.ID, name))
	}
	return l.Value
}

// A Hit is one line that a rule matched.
type Hit struct {
	Pos parsers.Pos
	At  time.Time // zero when unknown
	// Entities are, for a mark, those of the line; for another rule those
	// that all lines of its group share. They must not be changed.
	Entities map[string]string
}

// A FileFact is a decoded file of type *T.
type FileFact[T any] struct {
	Path  string
	Value *T
}

// Facts returns the decoded snapshots of type *T, by path.
func Facts[T any](p *Pass) []FileFact[T] {
	var out []FileFact[T]
	for _, f := range p.Facts {
		if v, ok := f.Value.(*T); ok {
			out = append(out, FileFact[T]{f.File.Path, v})
		}
	}
	return out
}

// File returns the file at a path of the bundle, or nil.
func (p *Pass) File(name string) *index.File {
	for _, f := range p.Files {
		if f.At() == name {
			return f
		}
	}
	return nil
}
