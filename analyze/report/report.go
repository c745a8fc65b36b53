// Package report writes an [analyze.Report] for people and for programs:
// [Terminal] as text, [JSON] and [YAML] as documents whose shape [Schema]
// describes.
//
// All text of a report that came out of a bundle is untrusted. What these
// writers print holds no control characters: see [Visible].
package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
)

// Options say how the terminal writers lay out a report.
type Options struct {
	Width    int              // columns; 0 means 80, less than 40 means 40
	Color    bool             // paint with SGR sequences
	Severity analyze.Severity // leave out findings below this one; "" shows all
	Home     string           // where cases are kept, for the commands that are named; "" when that need not be said
	All      bool             // nothing folded or shortened: explained findings in full, each suppressed line
}

// Sorted returns the findings in reading order: the worst first, then by ID.
func Sorted(findings []analyze.Finding) []analyze.Finding {
	return slices.SortedStableFunc(slices.Values(findings), func(a, b analyze.Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
			cmp.Compare(len(a.ID), len(b.ID)), // F-1000 comes after F-999
			strings.Compare(a.ID, b.ID),
		)
	})
}

// Worst returns the highest severity among the findings, "" for none.
func Worst(findings []analyze.Finding) analyze.Severity {
	var worst analyze.Severity
	for _, f := range findings {
		if f.Severity.Rank() > worst.Rank() {
			worst = f.Severity
		}
	}
	return worst
}
