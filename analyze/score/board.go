package score

import (
	"math"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
)

// Schema is the name of the JSON form of a Board. A field is added to it
// freely; removing or renaming one makes a v2.
const Schema = "eksleuth.regress/v1"

// A Board is what came of an archive.
type Board struct {
	Schema  string       `json:"schema"`
	Tool    analyze.Tool `json:"tool"`
	Bundles Bundles      `json:"bundles"`
	Overall Score        `json:"overall"`
	Causes  Causes       `json:"causes"`
	Rules   []RuleScore  `json:"rules"`   // by ID; those with anything to count
	Results []*Result    `json:"results"` // in the order of the archive

	// Baseline is the comparison with an earlier board; nil without one.
	Baseline *Diff `json:"baseline,omitempty"`
}

// Bundles counts the bundles of an archive.
type Bundles struct {
	Total      int `json:"total"`
	Labelled   int `json:"labelled"`
	Clean      int `json:"clean"`       // nothing is wrong with the node, the label says
	CleanQuiet int `json:"clean_quiet"` // those of them without a false finding
	Damaged    int `json:"damaged"`     // read up to the damage
	Failed     int `json:"failed"`      // not analyzed at all
	Labels     int `json:"bad_labels"`  // labels that cannot be read
}

// A Score counts what is right. Recall goes by what the labels ask for,
// precision by the findings that they judge; a share without anything to count
// is nil.
type Score struct {
	True     int `json:"true"`     // findings that the labels know of
	False    int `json:"false"`    // findings that are wrong
	Unjudged int `json:"unjudged"` // findings that no label judges

	Met           int `json:"met"`           // asked for, and a finding
	Held          int `json:"held"`          // asked for, and held back by a gate, as it should or may
	Missed        int `json:"missed"`        // asked for, and not there
	Indeterminate int `json:"indeterminate"` // asked for, and nobody could judge it

	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
	F1        *float64 `json:"f1"`
}

// A RuleScore is the score of one rule. What is asked for by lines, not by
// rule, counts only in the score of all.
type RuleScore struct {
	Rule    string `json:"rule"`
	Bundles int    `json:"bundles"` // with a finding of it
	Score
}

// Causes counts the judged root causes.
type Causes struct {
	Right         int `json:"right"`
	Wrong         int `json:"wrong"`
	Indeterminate int `json:"indeterminate"`
}

// Sum adds up results.
func Sum(tool analyze.Tool, results []*Result) *Board {
	b := &Board{Schema: Schema, Tool: tool, Results: results}
	rules := map[string]*RuleScore{}
	rule := func(id string) *RuleScore {
		if rules[id] == nil {
			rules[id] = &RuleScore{Rule: id}
		}
		return rules[id]
	}
	for _, r := range results {
		b.count(r)
		found := map[string]bool{}
		for i := range r.Findings {
			f := &r.Findings[i]
			b.Overall.finding(f)
			rule(f.Rule).finding(f)
			found[f.Rule] = true
		}
		for id := range found {
			rule(id).Bundles++
		}
		for i := range r.Wants {
			w := &r.Wants[i]
			b.Overall.want(w)
			if w.Rule != "" {
				rule(w.Rule).want(w)
			}
		}
	}
	for _, r := range rules {
		r.shares()
		b.Rules = append(b.Rules, *r)
	}
	slices.SortFunc(b.Rules, func(a, b RuleScore) int { return strings.Compare(a.Rule, b.Rule) })
	b.Overall.shares()
	return b
}

func (b *Board) count(r *Result) {
	n := &b.Bundles
	n.Total++
	tally(&n.Labelled, r.Labelled)
	tally(&n.Failed, r.Error != "")
	tally(&n.Damaged, r.Broken != "")
	tally(&n.Labels, r.LabelError != "")
	tally(&n.Clean, r.Clean)
	tally(&n.CleanQuiet, r.Clean && r.Error == "" && !r.hasFalse())
	tally(&b.Causes.Right, r.Cause == Met)
	tally(&b.Causes.Wrong, r.Cause == Missed)
	tally(&b.Causes.Indeterminate, r.Cause == Indeterminate)
}

func tally(n *int, yes bool) {
	if yes {
		*n++
	}
}

func (r *Result) hasFalse() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Verdict == False })
}

func (s *Score) finding(f *Finding) {
	tally(&s.True, f.Verdict == True)
	tally(&s.False, f.Verdict == False)
	tally(&s.Unjudged, f.Verdict == Unjudged)
}

func (s *Score) want(w *Want) {
	tally(&s.Met, w.State == Met)
	tally(&s.Held, w.State == Held)
	tally(&s.Missed, w.State == Missed)
	tally(&s.Indeterminate, w.State == Indeterminate)
}

// shares computes the shares from the counts.
func (s *Score) shares() {
	s.Precision = share(s.True, s.True+s.False)
	s.Recall = share(s.Met+s.Held, s.Met+s.Held+s.Missed)
	if s.Precision == nil || s.Recall == nil {
		return
	}
	f1 := 0.0
	if sum := *s.Precision + *s.Recall; sum > 0 {
		f1 = round(2 * *s.Precision * *s.Recall / sum)
	}
	s.F1 = &f1
}

func share(n, of int) *float64 {
	if of == 0 {
		return nil
	}
	v := round(float64(n) / float64(of))
	return &v
}

// round keeps four digits, so that a board is the same on every machine.
func round(f float64) float64 { return math.Round(f*1e4) / 1e4 }

// Below says which of the least shares, 0 for any, a board does not reach, in
// sentences. A share that could not be computed does not reach any.
func (b *Board) Below(precision, recall float64) []Shortfall {
	var out []Shortfall
	check := func(name string, got *float64, want float64) {
		if want > 0 && (got == nil || *got < want) {
			out = append(out, Shortfall{name, got, want})
		}
	}
	check("precision", b.Overall.Precision, precision)
	check("recall", b.Overall.Recall, recall)
	return out
}

// A Shortfall is a share that is less than was asked for.
type Shortfall struct {
	Name string
	Got  *float64 // nil: there was nothing to count
	Want float64
}
