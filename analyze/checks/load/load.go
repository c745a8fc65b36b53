// Package load judges how busy a node is: its load, what its processors wait
// for, and which processes are held back.
package load

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/procstat"
	"github.com/eksleuth/eksleuth/parsers/top"
)

//go:embed check.yaml
var doc []byte

// Checks are those of load.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.load.high":      high,
	"state.cpu.iowait":     waits,
	"state.io_throttling":  ioThrottling,
	"state.cpu_throttling": cpuThrottling,
})

// high compares the load with the processors. It has to be high in all three
// means: what is over does no harm, and the collector raises that of a minute.
//
//	top - 00:22:06 up 13 min,  0 user,  load average: 14.12, 11.36, 6.50
func high(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, path, note := summary(p)
	if note != "" {
		return noData(note)
	}
	cpus, note := processors(p)
	if note != "" {
		return noData(note)
	}
	least := slices.Min(s.Load[:])
	if least < 0 {
		return noData(path + " does not say the load")
	}
	said := fmt.Sprintf("the load of the last 1, 5 and 15 minutes is %.2f, %.2f and %.2f on %d processors", s.Load[0], s.Load[1], s.Load[2], cpus.n)
	of := least / float64(cpus.n)
	switch {
	case of <= p.Limit("medium"):
		return isClear(said)
	case s.Uptime >= 0 && s.Uptime.Minutes() < p.Limit("young"):
		return silent(fmt.Sprintf("%s, but the node had booted only %s before", said, s.Uptime.Round(time.Minute)))
	}
	m := analyze.Match{Summary: said, At: []parsers.Pos{{File: path, Line: s.Line}, cpus.at}}
	if of > p.Limit("high") {
		m.Severity = analyze.High
	}
	return found(m)
}

// summary is what top shows. Without it, the note says why.
func summary(p *analyze.Pass) (s *top.Summary, path, note string) {
	for _, f := range analyze.Facts[top.Summary](p) {
		return f.Value, f.Path, ""
	}
	return nil, "", whole.Absent(p, "system/top.txt")
}

// A count is how many processors there are.
type count struct {
	n  int
	at parsers.Pos
}

func processors(p *analyze.Pass) (count, string) {
	for _, f := range analyze.Facts[procstat.Stat](p) {
		if f.Value.CPUs > 0 && f.Value.CPU.Line > 0 {
			return count{f.Value.CPUs, parsers.Pos{File: f.Path, Line: f.Value.CPU.Line}}, ""
		}
	}
	return count{}, whole.Absent(p, "system/procstat.txt")
}

// noData is the verdict of a check that cannot see.
func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

// silent is the verdict of a check whose files are there and do not tell.
func silent(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note, Silent: true}, nil
}

// isClear is the verdict of a check that saw all and no problem.
func isClear(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: note}, nil
}

// found is the verdict of a check with problems.
func found(m ...analyze.Match) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Found, Matches: m}, nil
}
