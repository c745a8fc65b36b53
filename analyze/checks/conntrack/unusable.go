package conntrack

import (
	"context"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
)

// fileUnusable looks for a file without counters of the CPUs: conntrack is not
// installed, was not allowed to ask the kernel, or is too old to.
func fileUnusable(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	note := whole.Absent(p, place)
	for _, f := range analyze.Facts[conntrack.Table](p) {
		t := f.Value
		switch {
		case len(t.CPUs) > 0:
			return isClear("")
		case whole.Cut(p, f.Path) != "":
			note = whole.Cut(p, f.Path)
		case t.Global != nil:
			return found(unusable(f.Path, t.Global.Line, "the counters are one sum of all CPUs, as versions print that cannot ask the kernel"+listing(t)))
		case t.StatsLine > 0:
			return found(unusable(f.Path, saidAt(t), "conntrack -S left no counters"+listing(t)))
		}
	}
	f := p.File(place)
	switch {
	case f == nil || whole.Cut(p, f.Path) != "":
		return noData(note)
	case f.Refusal != nil:
		return found(unusable(f.Path, f.Refusal.Line, fmt.Sprintf("conntrack did not run: %q", f.Refusal.Text)))
	case f.Err != "" && f.Lines > 0:
		return found(unusable(f.Path, 1, "the file has neither counters nor flows"))
	}
	return noData(note)
}

// saidAt is the line with what conntrack said instead, else that which
// announces its output.
func saidAt(t *conntrack.Table) int {
	if len(t.Notes) > 0 {
		return t.Notes[0].Line
	}
	return t.StatsLine
}

// listing says that the flows are missing too.
func listing(t *conntrack.Table) string {
	if t.Total > 0 {
		return ""
	}
	return ", and no flow is listed"
}

func unusable(path string, line int, summary string) analyze.Match {
	return analyze.Match{Summary: summary, At: []parsers.Pos{{File: path, Line: line}}}
}
