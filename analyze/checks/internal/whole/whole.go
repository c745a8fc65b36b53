// Package whole tells whether a check has all of a file before it: without the
// rest, that a problem is not seen does not show that there is none.
package whole

import (
	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
)

// Cut says that the end of a file is missing; "" when it is there. The path is
// that of a fact.
func Cut(p *analyze.Pass, path string) string { return coverage.CutAt(p.Files, p.Skips, path) }

// Absent says why there is nothing to read at a place of the bundle: the file
// is missing, empty, or holds something else.
func Absent(p *analyze.Pass, place string) string { return coverage.Absent(p.Files, p.Skips, place) }
