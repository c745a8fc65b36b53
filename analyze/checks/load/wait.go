package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/procstat"
	"github.com/eksleuth/eksleuth/parsers/top"
)

// A wait is a way in which processors lose time.
type wait struct {
	entity   string
	said     string
	now      func(*top.CPU) float64
	ever     func(procstat.Times) uint64
	explains []string
}

var waitKinds = []wait{
	{
		"iowait", "the processors idle while tasks wait for disks",
		func(c *top.CPU) float64 { return c.Wait }, func(t procstat.Times) uint64 { return t.IOWait },
		[]string{"kubelet.housekeeping_slow", "containerd.io.slow", "storage.kubelet.disk_usage_slow"},
	},
	{
		"steal", "the hypervisor gives the time of the processors to others",
		func(c *top.CPU) float64 { return c.Stolen }, func(t procstat.Times) uint64 { return t.Steal },
		[]string{"kubelet.housekeeping_slow"},
	},
}

// waits looks at the time that processors lose. What top shows may be a moment
// only, so the mean since the boot has to agree.
//
//	%Cpu(s): 28.1 us, 65.6 sy,  0.0 ni,  0.0 id,  0.0 wa,  0.0 hi,  6.2 si,  0.0 st
//	cpu  85763 0 126690 46917 356 0 11827 0 0 0
func waits(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, path, note := summary(p)
	if note != "" {
		return noData(note)
	}
	cpu := together(s)
	if cpu == nil {
		return noData(path + " does not say what the processors do")
	}
	times, at, note := sinceBoot(p)
	if note != "" {
		return noData(note)
	}
	var matches []analyze.Match
	var well []string
	for _, w := range waitKinds {
		now, ever := w.now(cpu), share(w.ever(times), times)
		words := fmt.Sprintf("%s: %.1f %% of the time, and %.1f %% since the boot", w.said, now, ever)
		if now <= p.Limit(w.entity) || ever <= p.Limit(w.entity+"_boot") {
			well = append(well, fmt.Sprintf("%s %.1f %%, since the boot %.1f %%", w.entity, now, ever))
			continue
		}
		m := analyze.Match{Entity: w.entity, Summary: words, At: []parsers.Pos{{File: path, Line: cpu.Line}, at}, Explains: w.explains}
		if w.entity == "steal" && now > p.Limit("steal_high") {
			m.Severity = analyze.High
		}
		matches = append(matches, m)
	}
	if len(matches) == 0 {
		return isClear(strings.Join(well, "; "))
	}
	return found(matches...)
}

// together is the line of all processors; nil without it.
func together(s *top.Summary) *top.CPU {
	for i := range s.CPUs {
		if c := &s.CPUs[i]; c.Name == "(s)" && c.Wait >= 0 && c.Stolen >= 0 {
			return c
		}
	}
	return nil
}

// sinceBoot is what all processors did. Without it, the note says why.
func sinceBoot(p *analyze.Pass) (procstat.Times, parsers.Pos, string) {
	for _, f := range analyze.Facts[procstat.Stat](p) {
		if t := f.Value.CPU; t.Line > 0 && sum(t) > 0 {
			return t, parsers.Pos{File: f.Path, Line: t.Line}, ""
		}
	}
	return procstat.Times{}, parsers.Pos{}, whole.Absent(p, "system/procstat.txt")
}

// sum is all time. Guest time is in that of users.
func sum(t procstat.Times) float64 {
	all := 0.0
	for _, n := range []uint64{t.User, t.Nice, t.System, t.Idle, t.IOWait, t.IRQ, t.SoftIRQ, t.Steal} {
		all += float64(n)
	}
	return all
}

func share(n uint64, t procstat.Times) float64 { return float64(n) / sum(t) * 100 }
