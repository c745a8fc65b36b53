// Package bundleincomplete finds bundles that are a part of what the collector
// made, and logs whose beginning it left out. What is damaged, empty or missing
// in a whole bundle is told by other checks.
package bundleincomplete

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/eksleuth/eksleuth/parsers/syslog"
)

//go:embed check.yaml
var doc []byte

// Check is state.bundle.incomplete.
var Check = &analyze.Check{ID: "state.bundle.incomplete", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	c := &p.Audit.Collector
	if c.Name == "" {
		return noData("not a bundle as a collector makes it")
	}
	var out []analyze.Match
	if m, ok := part(p); ok {
		out = append(out, m)
	}
	for _, f := range p.Files {
		if m, ok := begun(p, f); ok {
			out = append(out, m)
		}
	}
	_, named, _ := bundle.Info(p.Case.Bundle)
	switch {
	case len(out) > 0:
		return analyze.Verdict{Outcome: analyze.Found, Matches: out}, nil
	case p.Broken != "":
		return noData("the archive is damaged, and bundle.damaged tells of it")
	case !c.Whole && named.IsZero():
		return noData(fmt.Sprintf("a folder or an archive with some files of a bundle: %d of %d", c.Found, c.Of))
	}
	return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf("%d of %d files that %s writes on any node are there", c.Found, c.Of, c.Name)}, nil
}

func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

// folders are those in which the collectors write something on any node; logdog
// has one only.
var folders = []string{"containerd", "kernel", "kubelet", "networking", "storage", "sysctls", "system", "var_log"}

// part finds an archive with the name of a bundle that has few of its files. A
// folder of any other name is what somebody chose to show.
func part(p *analyze.Pass) (analyze.Match, bool) {
	c := &p.Audit.Collector
	if _, named, _ := bundle.Info(p.Case.Bundle); c.Whole || p.Broken != "" || named.IsZero() {
		return analyze.Match{}, false
	}
	m := analyze.Match{
		Entity:  "part",
		Kind:    analyze.FromAbsence,
		Summary: fmt.Sprintf("%d of the %d files that %s writes on any node are there", c.Found, c.Of, c.Name),
		At:      []parsers.Pos{{File: p.Files[0].Path}},
	}
	missing := slices.DeleteFunc(slices.Clone(folders), func(dir string) bool {
		return slices.ContainsFunc(p.Files, func(f *index.File) bool { return strings.HasPrefix(f.At(), dir+"/") })
	})
	if len(missing) > 0 && c.Name != coverage.Logdog {
		m.Summary += "; nothing is there of " + strings.Join(missing, ", ")
	}
	return m, true
}

// begun finds a log of the system that begins in the middle of a line: the
// collector takes its last 100 MB.
//
//	-12-34 kubelet: I1121 00:00:31.001 prober.go:120] "Probe failed"
func begun(p *analyze.Pass, f *index.File) (analyze.Match, bool) {
	if name := path.Base(f.At()); f.Format != syslog.Format.Name || name != "messages" && name != "syslog" || f.First.Kind == parsers.NoStamp {
		return analyze.Match{}, false
	}
	at := parsers.Pos{File: f.Path, Line: 1}
	if text := p.Line(at); text == "" || syslog.Format.Header([]byte(text)).OK {
		return analyze.Match{}, false
	}
	m := analyze.Match{
		Entity:   f.Path,
		Entities: map[string][]string{"file": {f.Path}},
		Summary:  f.Path + " begins in the middle of a line: what was before was left out",
		At:       []parsers.Pos{at},
	}
	if t, _ := p.Clock.Resolve(f.First); !t.IsZero() {
		m.Summary = fmt.Sprintf("%s begins in the middle of a line at %s: what was before was left out", f.Path, t.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return m, true
}
