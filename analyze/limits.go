package analyze

import (
	"slices"

	"github.com/eksleuth/eksleuth/analyze/ledger"
)

// limits keeps the books of the node, beside what was found of each entry.
func (w *writer) limits() {
	w.report.Limits = ledger.Read(&ledger.Bundle{Facts: w.c.Facts, Files: w.c.Files, Skips: w.c.Skips, Card: w.report.Case.Card})
	for i := range w.report.Limits {
		e := &w.report.Limits[i]
		for _, d := range w.drafts {
			if !slices.Contains(e.Rules, d.Rule) || e.Of != "" && d.entity != "" && d.entity != e.Of && d.rule == nil {
				continue
			}
			e.Findings = append(e.Findings, d.ID)
			e.Tight = e.Tight || d.Severity.Rank() >= Medium.Rank()
		}
	}
}
