// Package bundleempty finds files of a bundle that have no content, though
// they have some on any healthy node.
package bundleempty

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/parsers"
)

//go:embed check.yaml
var doc []byte

// Check is bundle.file_empty.
var Check = &analyze.Check{ID: "bundle.file_empty", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	if p.Audit.Collector.Name == "" {
		return analyze.Verdict{Outcome: analyze.NoData, Note: "not a bundle as a collector makes it"}, nil
	}
	var m analyze.Match
	var names, needs []string
	for i := range p.Audit.Expected {
		e := &p.Audit.Expected[i]
		if e.Normal || !without(e) {
			continue
		}
		for _, f := range p.Files {
			if e.At(f) {
				m.At = append(m.At, parsers.Pos{File: f.Path})
			}
		}
		names = append(names, e.Path)
		if e.NeededFor != "" {
			needs = append(needs, e.NeededFor)
		}
	}
	if len(m.At) == 0 {
		return analyze.Verdict{Outcome: analyze.Clear, Note: "the files of the bundle have content, or are empty on healthy nodes too"}, nil
	}
	m.Summary = said(names, needs)
	m.At = m.At[:min(len(m.At), most)]
	if len(needs) > 0 {
		m.Severity = analyze.Low
	}
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{m}}, nil
}

// most is how many files are shown.
const most = 16

// without reports whether a file is empty, or a journal has no entries.
func without(e *coverage.Expected) bool {
	return e.State == coverage.Empty || e.State == coverage.Refused && e.Refusal == parsers.Nothing
}

// said names the files and what they would tell of.
func said(names, needs []string) string {
	text := fmt.Sprintf("Without content: %s", strings.Join(names[:min(len(names), most)], ", "))
	if n := len(names) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	slices.SortFunc(needs, cmp.Compare[string])
	if needs = slices.Compact(needs); len(needs) > 0 {
		text += "; so these could not be judged: " + strings.Join(needs, ", ")
	}
	return text
}
