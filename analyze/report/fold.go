package report

import (
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
)

// A tree orders findings by cause: each stands once, below the first finding
// that explains it, or is a root.
type tree struct {
	byID    map[string]*analyze.Finding
	sorted  []*analyze.Finding // all of them
	roots   []*analyze.Finding
	effects map[string][]*analyze.Finding // by ID of the cause
}

// fold builds the tree. Nothing gets lost: a finding whose causes are not
// among the findings is a root, and so is one of a circle.
func fold(findings []analyze.Finding) tree {
	t := tree{byID: map[string]*analyze.Finding{}, effects: map[string][]*analyze.Finding{}}
	sorted := Sorted(findings)
	for i := range sorted {
		t.byID[sorted[i].ID] = &sorted[i]
		t.sorted = append(t.sorted, &sorted[i])
	}
	parent := map[string]string{}
	for i := range sorted {
		f := &sorted[i]
		cause := t.cause(f, parent)
		if cause == "" {
			t.roots = append(t.roots, f)
			continue
		}
		parent[f.ID] = cause
		t.effects[cause] = append(t.effects[cause], f)
	}
	return t
}

// cause picks the finding to stand below: the first one that is there and does
// not itself stand below f.
func (t *tree) cause(f *analyze.Finding, parent map[string]string) string {
	for _, id := range f.ExplainedBy {
		if t.byID[id] == nil {
			continue
		}
		up := id
		for up != "" && up != f.ID {
			up = parent[up]
		}
		if up == "" {
			return id
		}
	}
	return ""
}

// below lists all that follows from f, direct effects before theirs.
func (t *tree) below(f *analyze.Finding) []*analyze.Finding {
	all := slices.Clone(t.effects[f.ID])
	seen := map[string]bool{f.ID: true}
	for i := 0; i < len(all); i++ {
		if id := all[i].ID; !seen[id] {
			seen[id] = true
			all = append(all, t.effects[id]...)
		}
	}
	return all
}

// worst is the highest severity of f and of all that follows from it.
func (t *tree) worst(f *analyze.Finding) analyze.Severity {
	worst := f.Severity
	for _, e := range t.below(f) {
		if e.Severity.Rank() > worst.Rank() {
			worst = e.Severity
		}
	}
	return worst
}

// byRule puts together what is of one rule, in the order of the first of each.
func byRule(list []*analyze.Finding) [][]*analyze.Finding {
	var out [][]*analyze.Finding
	at := map[string]int{}
	for _, f := range list {
		i, ok := at[f.Rule]
		if !ok {
			i = len(out)
			at[f.Rule] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	return out
}
