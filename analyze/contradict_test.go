package analyze

import (
	"slices"
	"testing"
)

// What is contradicted is less sure, says by what, and its hypothesis too.
func TestContradict(t *testing.T) {
	of := func(rule, entity string, confidence float64, contradicts ...string) *draft {
		d := &draft{entity: entity, contradicts: contradicts}
		d.Rule, d.Title, d.Severity, d.Confidence = rule, rule, High, confidence
		return d
	}
	w := &writer{report: &Report{}, req: Request{Ledger: Ledger{}}}
	w.drafts = []*draft{
		of("kubelet.node.pressure", "DiskPressure", 0.8),
		of("kubelet.node.pressure", "Memory", 0.8),
		of("kubelet.eviction.reclaim", "", 0.9),
		of("state.a", "", 0.6, "kubelet.node.pressure@DiskPressure", "kubelet.eviction.*"),
		of("state.b", "", 0.6, "kubelet.eviction.reclaim", "state.b"),
	}
	w.contradict()
	w.number()
	w.hypotheses()
	f := func(rule string, n int, confidence float64, by ...string) {
		t.Helper()
		var all []Finding
		for _, x := range w.report.Findings {
			if x.Rule == rule {
				all = append(all, x)
			}
		}
		got := all[n]
		var want []string
		for _, id := range by {
			i := slices.IndexFunc(w.report.Findings, func(x Finding) bool { return x.Rule == id })
			want = append(want, w.report.Findings[i].ID)
		}
		if got.Confidence != confidence || !slices.Equal(got.ContradictedBy, want) {
			t.Errorf("%s: confidence %v, contradicted by %q; want %v, %q", rule, got.Confidence, got.ContradictedBy, confidence, want)
		}
	}
	f("kubelet.node.pressure", 0, 0.48, "state.a")
	f("kubelet.node.pressure", 1, 0.8)
	f("kubelet.eviction.reclaim", 0, 0.54, "state.a", "state.b")
	f("state.b", 0, 0.6)
	var against []string
	for _, h := range w.report.Hypotheses {
		if h.Title == "kubelet.eviction.reclaim" {
			against = h.Against
		}
	}
	if want := "F-001 is contradicted by F-004, F-005"; !slices.Contains(against, want) {
		t.Errorf("hypothesis: against %q, want %q", against, want)
	}
}
