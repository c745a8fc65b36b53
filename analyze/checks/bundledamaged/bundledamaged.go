// Package bundledamaged finds bundles that were not read to their end.
package bundledamaged

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

//go:embed check.yaml
var doc []byte

// Check is bundle.damaged.
var Check = &analyze.Check{ID: "bundle.damaged", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	if len(p.Files) == 0 {
		return analyze.Verdict{Outcome: analyze.NoData, Note: "no file was read"}, nil
	}
	v := analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf("%d files were read to their end", len(p.Files))}
	if p.Broken != "" {
		v.Matches = append(v.Matches, analyze.Match{
			Entity:  "archive",
			Summary: fmt.Sprintf("The archive cannot be read to its end: %s", p.Broken),
			At:      []parsers.Pos{end(last(p.Files))},
		})
	}
	if m, ok := limits(p); ok {
		v.Matches = append(v.Matches, m)
	}
	if len(v.Matches) > 0 {
		v.Outcome, v.Note = analyze.Found, ""
	}
	return v, nil
}

// limits finds files of which a limit left out the rest. What was left out
// whole, such as a link, has no line to show; the list of files tells of it.
func limits(p *analyze.Pass) (analyze.Match, bool) {
	m := analyze.Match{Entity: "limits"}
	for _, s := range p.Skips {
		for _, f := range p.Files {
			if f.Path == s.Path {
				m.At = append(m.At, end(f))
				m.Summary = fmt.Sprintf("%s was not read to its end: %s", f.Path, s.Reason)
			}
		}
	}
	if n := len(m.At); n > 1 {
		m.Summary += fmt.Sprintf(" (and %d more)", n-1)
	}
	m.At = m.At[:min(len(m.At), most)]
	return m, len(m.At) > 0
}

// most is how many files are shown.
const most = 16

// last is the file that stands last in the archive.
func last(files []*index.File) *index.File {
	end := files[0]
	for _, f := range files {
		if f.Num > end.Num {
			end = f
		}
	}
	return end
}

// end is the last line of a file.
func end(f *index.File) parsers.Pos { return parsers.Pos{File: f.Path, Line: f.Lines} }
