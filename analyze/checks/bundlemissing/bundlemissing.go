// Package bundlemissing finds out which files a bundle lacks that its collector
// writes on any node.
package bundlemissing

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/parsers"
)

//go:embed check.yaml
var doc []byte

// Check is bundle.file_missing.
var Check = &analyze.Check{ID: "bundle.file_missing", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	c := &p.Audit.Collector
	switch {
	case c.Name == "":
		return analyze.Verdict{Outcome: analyze.NoData, Note: "not a bundle as a collector makes it"}, nil
	case !c.Whole:
		return analyze.Verdict{Outcome: analyze.NoData, Note: fmt.Sprintf("a part of a bundle: %d of %d files", c.Found, c.Of)}, nil
	}
	var names, needs []string
	for _, e := range p.Audit.Expected {
		if e.State == coverage.Missing && e.Certain {
			names = append(names, e.Path)
			if e.NeededFor != "" {
				needs = append(needs, e.NeededFor)
			}
		}
	}
	if len(names) == 0 {
		return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf("all %d files that %s writes on any node are there", c.Of, c.Name)}, nil
	}
	m := analyze.Match{
		Kind:    analyze.FromAbsence,
		Summary: fmt.Sprintf("Not in the bundle: %s", strings.Join(names, ", ")),
		At:      []parsers.Pos{{File: witness(p)}},
	}
	if len(needs) > 0 {
		m.Severity = analyze.Low
		m.Summary += "; so these could not be judged: " + strings.Join(needs, ", ")
	}
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{m}}, nil
}

// witness is a file that is there and tells which collector wrote the others.
func witness(p *analyze.Pass) string {
	for _, place := range []string{"system/script-params.txt", "kernel/uname.txt"} {
		if f := p.File(place); f != nil {
			return f.Path
		}
	}
	return p.Files[0].Path
}
