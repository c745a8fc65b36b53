// Package memory judges how much memory a node has left, whether it swaps, and
// how long its tasks wait for memory, disks and processors.
package memory

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/top"
)

//go:embed check.yaml
var doc []byte

// Checks are those of memory.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.mem.available": available,
	"state.mem.swap_on":   swapOn,
	"state.psi":           stalled,
})

const mib = 1 << 20

// available compares what programs can still get with what makes kubelet evict
// pods. The page cache that can be given up is in it.
//
//	MiB Mem :   2984.5 total,   2171.8 free,    487.1 used,    471.5 buff/cache
//	MiB Swap:      0.0 total,      0.0 free,      0.0 used.   2497.4 avail Mem
func available(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	note := whole.Absent(p, "system/top.txt")
	for _, f := range analyze.Facts[top.Summary](p) {
		m := f.Value.Memory
		if m.Available < 0 || m.Total <= 0 {
			note = f.Path + " does not say how much memory is available"
			continue
		}
		left, percent := float64(m.Available)/mib, float64(m.Available)/float64(m.Total)*100
		words := fmt.Sprintf("%.0f MiB of %d (%.0f %%)", left, m.Total/mib, percent)
		at := []parsers.Pos{{File: f.Path, Line: f.Value.Swap.Line}, {File: f.Path, Line: m.Line}}
		evicts, own := evictsBelow(p, m.Total)
		switch {
		case left < evicts && own.File != "":
			words += fmt.Sprintf("; kubelet evicts pods below %.0f MiB, as %s says", evicts, own.File)
			return found(analyze.Match{Summary: "programs can get only " + words, At: append(at, own)})
		case left < evicts:
			return found(analyze.Match{Summary: "programs can get only " + words, At: at})
		case percent < p.Limit("percent") && left < p.Limit("small"):
			return found(analyze.Match{Severity: analyze.Medium, Summary: "programs can get only " + words, At: at})
		}
		return isClear(words + " are available")
	}
	return noData(note)
}

// evictsBelow is how many MiB must be left, and the setting of the node that says
// so; without one, and where kubelet was told not to look, the limit of the check.
func evictsBelow(p *analyze.Pass, total int64) (float64, parsers.Pos) {
	usual := p.Limit("evict")
	own, said := ledger.Eviction(p.Ledger(), "memory.available", uint64(total))
	_, set := p.Check.Limits["evict"]
	if set || !said || own.Off() {
		return usual, parsers.Pos{}
	}
	below := (100 - own.Used) / 100 * float64(total) / mib
	if math.Abs(below-usual) < 0.5 {
		return usual, parsers.Pos{}
	}
	return below, own.At
}

// noData is the verdict of a check that cannot see.
func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

// isClear is the verdict of a check that saw all and no problem.
func isClear(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: note}, nil
}

// found is the verdict of a check with problems.
func found(m ...analyze.Match) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Found, Matches: m}, nil
}
