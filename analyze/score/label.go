// Package score says how well reports fit what is known of their bundles.
//
// A [Label] is what people know of a bundle: which lines prove what, which rules
// must and which must not be found. [Judge] compares a report with it, [Sum]
// adds up the results of many bundles, and [Board.Against] compares the sum with
// that of an earlier run. Everything here is a function of its arguments: the
// same reports and labels give the same board.
package score

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
)

// A Label is what is known of a bundle. It comes in three forms.
//
// The short one, for a bundle that one knows a little of:
//
//	{"clean": true}
//	{"expected": [{"rule": "kernel.task.hung", "file": "kernel/dmesg.current", "line": 12}], "forbidden": ["kernel.oom.*"]}
//
// The truth of somebody who broke the node: problems with the lines that prove
// them, of which a report must say each, and symptoms, of which it may.
//
//	{"problems": [{"id": "disk-pressure", "root": true,
//	  "evidence": [{"file": "storage/mounts.txt", "line_no": 36, "text": "/dev/nvme0n1p1   24G   23G  1.9G  93% /"}]}]}
//
// And the want.json of a small bundle, which goes by rules:
//
//	{"origin": "...", "cause": "state.disk.nodefs_avail", "findings": [{"rule": "kubelet.eviction.evicted", "severity": "high"}],
//	  "suppressed": [{"rule": "kubelet.node.not_ready", "reason": "recovered"}], "max_other": "low"}
type Label struct {
	Problems []Problem
	Symptoms []Problem
	Expected []Expectation
	// Forbidden are patterns of IDs of rules that must not be found, whatever
	// the severity.
	Forbidden []string
	Clean     bool // nothing is wrong with the node

	// Max makes the label complete: a finding above it that nothing accounts
	// for is false. "" means that nothing is known of other findings.
	Max analyze.Severity

	// Beside are rules that match the same lines as expected ones. Found, they
	// are right where one of these explains them, or they explain one.
	Beside []string

	// Cause is the rule of the most likely root cause; "" for none. Nil means
	// that the root problems say it, if there are any, and else that it is
	// not known.
	Cause *string

	Notes []string // what of the label was not understood
}

// A Problem is a fault or one of its effects.
type Problem struct {
	ID   string
	Root bool
	Over bool // it was over when the logs began: it must be suppressed, or found as info
	At   []Place
}

// A Place is a line of a file of the bundle. Last is the last one of several
// lines like it; 0 for one line.
type Place struct {
	File string
	Line int
	Last int
}

// An Expectation is a rule that a report must tell of.
type Expectation struct {
	Rule        string
	Severity    analyze.Severity // "" for any
	Entity      string           // one of the values of its entities; "" for any
	At          []Place          // among its evidence
	ExplainedBy []string         // rules, among its causes
	Fate        Fate
	Reason      string // of Suppressed; "" for any
}

// A Fate is what must become of a rule.
type Fate string

// The fates.
const (
	Found      Fate = ""           // it is a finding
	Suppressed Fate = "suppressed" // it matched, and is none
	Either     Fate = "either"     // one of them: a gate may hold back a short excerpt
)

// The limits of a label. One of a sick node has some hundred lines; a label may
// come with a bundle from outside.
const (
	MaxLabel   = 4 << 20 // bytes; ParseLabel refuses a longer text
	maxDepth   = 32      // brackets in brackets
	maxItems   = 10_000  // problems, places and expectations
	maxPattern = 200     // bytes of a forbidden ID
)

// ParseLabel reads a label in any of its forms.
func ParseLabel(text []byte) (*Label, error) {
	if len(text) > MaxLabel {
		return nil, fmt.Errorf("a label of %d bytes; at most %d are read", len(text), MaxLabel)
	}
	if d := depth(text); d > maxDepth {
		return nil, fmt.Errorf("a label with brackets %d deep; at most %d are read", d, maxDepth)
	}
	var f labelFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("read the label: %w", err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, fmt.Errorf("read the label: %w", err)
	}
	l, err := f.label(keys)
	if err != nil {
		return nil, err
	}
	return l, l.check()
}

// depth is how deep the brackets of a JSON text go.
func depth(text []byte) (most int) {
	d, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			d++
			most = max(most, d)
		case c == '}' || c == ']':
			d--
		}
	}
	return most
}

// A labelFile has the keys of all forms.
type labelFile struct {
	Clean     *bool             `json:"clean"`
	Expected  []expectationFile `json:"expected"`
	Forbidden []string          `json:"forbidden"`

	Problems []problemFile `json:"problems"`
	Symptoms []problemFile `json:"symptoms"`

	Findings   []wantFile       `json:"findings"`
	Suppressed []matchFile      `json:"suppressed"`
	MaxOther   analyze.Severity `json:"max_other"`
	Cause      *string          `json:"cause"`
}

// about are keys that say something about a label or its bundle, and nothing
// to compare with.
var about = []string{
	"bundle", "original_name", "collector_version", "node", "instance_id", "summary", "origin", "note", "notes",
	"benign_or_lab_artifacts", "missing", "imds",
}

// compared are the keys of a labelFile.
var compared = []string{
	"clean", "expected", "forbidden", "problems", "symptoms", "findings", "suppressed", "max_other", "cause",
}

func (f *labelFile) label(keys map[string]json.RawMessage) (*Label, error) {
	l := &Label{Forbidden: f.Forbidden, Cause: f.Cause}
	known := false
	for key := range keys {
		switch {
		case slices.Contains(compared, key):
			known = true
		case !slices.Contains(about, key):
			l.Notes = append(l.Notes, fmt.Sprintf("the key %.40q means nothing in a label", key))
		}
	}
	slices.Sort(l.Notes)
	l.Notes = l.Notes[:min(len(l.Notes), 5)]
	if !known {
		return nil, fmt.Errorf("the label says nothing: it has none of the keys %s", strings.Join(compared, ", "))
	}
	l.Problems, l.Symptoms = problems(f.Problems), problems(f.Symptoms)
	for _, e := range f.Expected {
		l.Expected = append(l.Expected, e.expectation())
	}
	for _, w := range f.Findings {
		l.Expected = append(l.Expected, w.expectation())
	}
	for _, m := range f.Suppressed {
		l.Expected = append(l.Expected, Expectation{Rule: m.Rule, Reason: m.Reason, Fate: Suppressed})
	}
	_, truth := keys["problems"]
	_, want := keys["findings"]
	switch {
	case f.MaxOther != "":
		l.Max = f.MaxOther
	case truth, want, f.Clean != nil && *f.Clean:
		l.Max = analyze.Low
	}
	l.Clean = f.Clean != nil && *f.Clean
	if f.Clean == nil {
		l.Clean = l.Max != "" && l.healthy()
	}
	return l, nil
}

// healthy reports that a complete label tells of nothing above Max.
func (l *Label) healthy() bool {
	wrong := func(e Expectation) bool {
		return e.Fate == Found && (e.Severity == "" || e.Severity.Rank() > l.Max.Rank())
	}
	return len(l.Problems)+len(l.Symptoms) == 0 && !slices.ContainsFunc(l.Expected, wrong)
}

// check refuses labels that cannot be meant.
func (l *Label) check() error {
	items := len(l.Problems) + len(l.Symptoms) + len(l.Expected) + len(l.Forbidden)
	for _, list := range [][]Problem{l.Problems, l.Symptoms} {
		for i := range list {
			items += len(list[i].At)
		}
	}
	if items > maxItems {
		return fmt.Errorf("a label with %d entries; at most %d are read", items, maxItems)
	}
	if l.Max != "" && l.Max.Rank() == 0 {
		return fmt.Errorf("max_other %q is no severity", l.Max)
	}
	for _, pattern := range l.Forbidden {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" || len(pattern) > maxPattern {
			return fmt.Errorf("forbidden %.40q is no pattern of IDs", pattern)
		}
	}
	for _, e := range l.Expected {
		switch {
		case e.Rule == "":
			return errors.New("an expected finding without a rule")
		case e.Severity != "" && e.Severity.Rank() == 0:
			return fmt.Errorf("%s: %q is no severity", e.Rule, e.Severity)
		case e.Fate == Found && l.forbids(e.Rule):
			return fmt.Errorf("%s is both expected and forbidden", e.Rule)
		}
	}
	return nil
}

// forbids reports whether a rule must not be found.
func (l *Label) forbids(rule string) bool {
	return slices.ContainsFunc(l.Forbidden, func(pattern string) bool { return analyze.IDGlob(pattern, rule) })
}

// An expectationFile is an expected rule: an object, or only its ID.
type expectationFile struct {
	Rule        string           `json:"rule"`
	Severity    analyze.Severity `json:"severity"`
	Entity      string           `json:"entity"`
	File        string           `json:"file"`
	Line        int              `json:"line"`
	ExplainedBy []string         `json:"explained_by"`
	Suppressed  bool             `json:"suppressed"`
	Reason      string           `json:"reason"`
}

// UnmarshalJSON reads both forms.
func (e *expectationFile) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte(`"`)) {
		return json.Unmarshal(text, &e.Rule)
	}
	type plain expectationFile // without this method
	return json.Unmarshal(text, (*plain)(e))
}

func (e *expectationFile) expectation() Expectation {
	out := Expectation{Rule: e.Rule, Severity: e.Severity, Entity: e.Entity, ExplainedBy: e.ExplainedBy, Reason: e.Reason}
	if e.File != "" {
		out.At = []Place{{File: e.File, Line: e.Line}}
	}
	if e.Suppressed {
		out.Fate = Suppressed
	}
	return out
}

// A problemFile is a problem in the truth form.
type problemFile struct {
	ID       string `json:"id"`
	Root     bool   `json:"root"`
	Severity string `json:"severity"` // "residue ..." for what was over when the logs began
	Evidence []struct {
		File string `json:"file"`
		Line int    `json:"line_no"`
		Last int    `json:"last_line_no"`
	} `json:"evidence"`
}

func problems(files []problemFile) []Problem {
	var out []Problem
	for _, f := range files {
		p := Problem{ID: f.ID, Root: f.Root, Over: strings.HasPrefix(f.Severity, "residue")}
		for _, e := range f.Evidence {
			p.At = append(p.At, Place{e.File, e.Line, e.Last})
		}
		out = append(out, p)
	}
	return out
}

// A wantFile is a finding of a want.json.
type wantFile struct {
	Rule     string           `json:"rule"`
	Severity analyze.Severity `json:"severity"`
	Entity   string           `json:"entity"`
	Evidence []struct {
		File string `json:"file"`
		Line int    `json:"line"`
	} `json:"evidence"`
	ExplainedBy []string `json:"explained_by"`
}

func (w *wantFile) expectation() Expectation {
	e := Expectation{Rule: w.Rule, Severity: w.Severity, Entity: w.Entity, ExplainedBy: w.ExplainedBy}
	for _, at := range w.Evidence {
		e.At = append(e.At, Place{File: at.File, Line: at.Line})
	}
	return e
}

// A matchFile is a suppressed rule of a want.json.
type matchFile struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
}
