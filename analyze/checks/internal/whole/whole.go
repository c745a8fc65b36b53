// Package whole tells whether a check has all of a file before it: without the
// rest, that a problem is not seen does not show that there is none.
package whole

import (
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/index"
)

// Cut says that the end of a file is missing; "" when it is there. The path is
// that of a fact.
func Cut(p *analyze.Pass, path string) string {
	for _, f := range p.Files {
		if f.Path != path {
			continue
		}
		if state, why := coverage.StateOf(f, skip(p, f)); state == coverage.Cut {
			return fmt.Sprintf("%s is cut: %s", path, why)
		}
	}
	return ""
}

// Absent says why there is nothing to read at a place of the bundle: the file
// is missing, empty, or holds something else.
func Absent(p *analyze.Pass, place string) string {
	f := p.File(place)
	if f == nil {
		return "no " + place + " in the bundle"
	}
	state, why := coverage.StateOf(f, skip(p, f))
	switch {
	case state == coverage.Empty:
		return f.Path + " is empty"
	case state == coverage.Present:
		return f.Path + " does not say it"
	case why == "":
		return fmt.Sprintf("%s is %s", f.Path, state)
	}
	return fmt.Sprintf("%s is %s: %s", f.Path, state, why)
}

// skip says that the rest of a file was not read; nil when it was.
func skip(p *analyze.Pass, f *index.File) *index.Skip {
	for i := range p.Skips {
		if p.Skips[i].Path == f.Path {
			return &p.Skips[i]
		}
	}
	return nil
}
