// Package bundlefailed finds files of a bundle that hold the error of a command
// instead of its output.
package bundlefailed

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

//go:embed check.yaml
var doc []byte

// Check is bundle.command_failed.
var Check = &analyze.Check{ID: "bundle.command_failed", Doc: analyze.MustDoc(doc), Run: run}

// kinds are the ways in which a command fails, each a finding of its own. A
// decoder that fails is one of them: it is mostly for an error among the text.
var kinds = []struct{ name, words string }{
	{string(parsers.NotServed), "The program that was asked did not answer"},
	{string(parsers.Denied), "The command was not allowed to read"},
	{string(parsers.TimedOut), "The command took too long and was stopped"},
	{string(parsers.NotInstalled), "The command is not installed"},
	{undecoded, "The text could not be decoded"},
}

const undecoded = "undecoded"

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := collected(p.Files)
	if len(files) == 0 {
		return analyze.Verdict{Outcome: analyze.NoData, Note: "no file was read"}, nil
	}
	failed := map[string][]*index.File{}
	for _, f := range files {
		if kind := kindOf(p, f); kind != "" {
			failed[kind] = append(failed[kind], f)
		}
	}
	v := analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf("%d files hold no error that a healthy node does not have", len(files))}
	for _, k := range kinds {
		if files := failed[k.name]; len(files) > 0 {
			v.Outcome, v.Note = analyze.Found, ""
			v.Matches = append(v.Matches, match(p, k.name, k.words, files))
		}
	}
	return v, nil
}

// collected are the files of the bundle itself. What was given beside it is not
// the collector's work; the list of side inputs says what became of it.
func collected(all []*index.File) (files []*index.File) {
	for _, f := range all {
		if !strings.HasPrefix(f.Path, index.ExtraDir+"/") {
			files = append(files, f)
		}
	}
	return files
}

// kindOf is how the command of a file failed; "" when it did not, or does so
// on healthy nodes. Of a file that the collector is not known to write, that
// something is not installed or empty says nothing, nor that a log has the form
// of another: people put such files there.
func kindOf(p *analyze.Pass, f *index.File) string {
	e := expected(p, f)
	state, _ := coverage.StateOf(f, nil)
	switch {
	case e == nil && f.Err == "" && state == coverage.Undecoded:
		return ""
	case state == coverage.Undecoded:
		return undecoded
	case state != coverage.Refused, e != nil && e.Normal, f.Refusal.Kind == parsers.Nothing,
		e == nil && f.Refusal.Kind == parsers.NotInstalled:
		return ""
	}
	return string(f.Refusal.Kind)
}

func expected(p *analyze.Pass, f *index.File) *coverage.Expected {
	for i := range p.Audit.Expected {
		if e := &p.Audit.Expected[i]; e.At(f) {
			return e
		}
	}
	return nil
}

// most is how many files are shown.
const most = 16

func match(p *analyze.Pass, kind, words string, files []*index.File) analyze.Match {
	m := analyze.Match{Entity: kind}
	for _, f := range files {
		m.At = append(m.At, parsers.Pos{File: f.Path, Line: lineOf(p, f)})
		if e := expected(p, f); e != nil && e.NeededFor != "" {
			m.Severity = analyze.Low
		}
	}
	_, detail := coverage.StateOf(files[0], nil)
	m.Summary = fmt.Sprintf("%s: %s: %s", words, files[0].Path, detail)
	if strings.HasPrefix(detail, files[0].Path+":") { // that of a decoder
		m.Summary = fmt.Sprintf("%s: %s", words, detail)
	}
	if n := len(files); n > 1 {
		m.Summary += fmt.Sprintf(" (and %d more)", n-1)
	}
	m.At = m.At[:min(len(m.At), most)]
	return m
}

// lineOf is the line that says how the command failed; 0 when none does.
func lineOf(p *analyze.Pass, f *index.File) int {
	if f.Refusal != nil {
		return f.Refusal.Line
	}
	for _, fact := range p.Facts {
		if err, ok := errors.AsType[*parsers.ParseError](fact.Err); ok && fact.File == f {
			return min(err.Pos.Line, f.Lines)
		}
	}
	return 0
}
