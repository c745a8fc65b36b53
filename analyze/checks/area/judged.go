package area

import (
	"cmp"
	"slices"
	"sync"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks"
)

// judged tells how the checks and rules of a section ended.
func (v *SectionView) judged(s *Section, r *analyze.Report) {
	found := map[string][]*analyze.Finding{}
	for i := range r.Findings {
		f := &r.Findings[i]
		found[f.Rule] = append(found[f.Rule], f)
	}
	for _, state := range r.Checks {
		if !s.About(state.ID) {
			continue
		}
		if doc := docs()[state.ID]; doc != nil {
			v.check(state, doc, found[state.ID])
		} else {
			v.rule(state, found[state.ID])
		}
	}
	for _, e := range r.Limits {
		if slices.ContainsFunc(e.Rules, s.About) {
			v.Limits = append(v.Limits, e)
		}
	}
	slices.SortStableFunc(v.Checks, func(a, b Check) int {
		return cmp.Or(outcomeRank(a.Outcome)-outcomeRank(b.Outcome), b.Severity.Rank()-a.Severity.Rank())
	})
	slices.SortStableFunc(v.Findings, func(a, b Finding) int { return b.Severity.Rank() - a.Severity.Rank() })
}

// About reports whether a check or rule is one of the section.
func (s *Section) About(id string) bool {
	return slices.ContainsFunc(s.Checks, func(pattern string) bool { return analyze.IDGlob(pattern, id) })
}

// docs are those of the checks, by ID. Other IDs are of rules.
var docs = sync.OnceValue(func() map[string]*analyze.Doc {
	all := map[string]*analyze.Doc{}
	for _, c := range checks.All() {
		all[c.ID] = c.Doc
	}
	return all
})

func outcomeRank(o analyze.Outcome) int {
	return slices.Index([]analyze.Outcome{analyze.Found, analyze.Clear, analyze.Failed, analyze.NoData}, o)
}

// check tells how a check ended.
func (v *SectionView) check(state analyze.CheckState, doc *analyze.Doc, found []*analyze.Finding) {
	c := Check{ID: state.ID, Outcome: state.Outcome, Title: doc.Title, Note: state.Note, At: []Place{}}
	switch state.Outcome {
	case analyze.Found:
		for _, f := range found {
			c.Finding, c.Severity, c.Title, c.At = f.ID, f.Severity, f.Title, placesOf(f)
			v.Checks = append(v.Checks, c)
		}
		if len(found) > 0 {
			return
		}
		c.Note = cmp.Or(state.Note, "switched off: what it found is held back")
	case analyze.NoData:
		v.gap(state.ID, cmp.Or(state.Note, "no "+doc.Needs))
	case analyze.Failed:
		c.Note = state.Error
		v.gap(state.ID, "failed: "+state.Error)
	}
	v.Checks = append(v.Checks, c)
}

// rule counts a rule on logs, and tells what it found.
func (v *SectionView) rule(state analyze.CheckState, found []*analyze.Finding) {
	switch state.Outcome {
	case analyze.Found:
		v.Rules.Found++
	case analyze.Clear:
		v.Rules.Clear++
	case analyze.NoData:
		v.Rules.NoData++
		v.gap(state.ID, state.Note)
	case analyze.Failed:
		v.Rules.Failed++
		v.gap(state.ID, "failed: "+state.Error)
	}
	for _, f := range found {
		by := []string{}
		v.Findings = append(v.Findings, Finding{
			ID: f.ID, Rule: f.Rule, Severity: f.Severity, Title: f.Title, Count: f.Count,
			FirstSeen: f.FirstSeen, LastSeen: f.LastSeen, ExplainedBy: append(by, f.ExplainedBy...), At: placesOf(f),
		})
	}
}

func placesOf(f *analyze.Finding) []Place {
	at := []Place{}
	for _, e := range f.Evidence {
		at = append(at, Place{e.File, e.Line})
	}
	return at
}
