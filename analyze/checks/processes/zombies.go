package processes

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ps"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
	"github.com/eksleuth/eksleuth/parsers/top"
)

// zombies counts processes that ended and whose parent does not ask how. Each
// keeps its number.
//
//	nobody    4188  0.0  0.0      0     0 ?        Z    00:02   0:00  |   \_ [sh] <defunct>
func zombies(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	l, note := read(p)
	dead := l.pick(func(x *ps.Process) bool { return strings.HasPrefix(x.State, "Z") })
	n, at := len(dead), l.places(dead)
	counted, where := countOfTop(p)
	if counted > n {
		n, at = counted, append([]parsers.Pos{where}, at...)
	}
	said := words.Count(n, "dead process is not reaped", "dead processes are not reaped")
	switch {
	case float64(n) >= p.Limit("many"):
	case counted < 0 && note != "":
		return noData(note)
	case counted < 0 && l.unseen != "":
		return noData(l.unseen)
	default:
		return isClear(said)
	}
	m := analyze.Match{Summary: said, At: at}
	if parent, children := busiest(&l, dead); parent != nil {
		m.Summary += fmt.Sprintf(", %d of them of %s (PID %d)", children, gates.Program(parent.Command), parent.PID)
		m.Entities = named(parent)
		m.At = append(m.At, l.at(parent))
	}
	limit, of := pidMax(p)
	if float64(n) >= p.Limit("high") || limit > 0 && float64(n)/limit*100 >= p.Limit("share") {
		m.Severity = analyze.High
		m.Explains = []string{"kubelet.process.fork_failed"}
		if of.File != "" {
			m.At = append(m.At, of)
		}
	}
	return found(m)
}

// countOfTop is how many zombies top counts, or -1.
func countOfTop(p *analyze.Pass) (int, parsers.Pos) {
	for _, f := range analyze.Facts[top.Summary](p) {
		if t := f.Value.Tasks; t.Line > 0 && t.Zombie >= 0 {
			return t.Zombie, parsers.Pos{File: f.Path, Line: t.Line}
		}
	}
	return -1, parsers.Pos{}
}

// busiest is the parent of most of some processes.
func busiest(l *list, some []*ps.Process) (parent *ps.Process, children int) {
	count := map[int]int{}
	for _, x := range some {
		count[x.PPID]++
	}
	for i := range l.all {
		if n := count[l.all[i].PID]; n > children {
			parent, children = &l.all[i], n
		}
	}
	return parent, children
}

// pidMax is how many processes there may be; 0 when that is not known.
func pidMax(p *analyze.Pass) (float64, parsers.Pos) {
	for _, f := range analyze.Facts[sysctl.Params](p) {
		if s, ok := f.Value.Get("kernel.pid_max"); ok {
			if n, err := strconv.ParseUint(s.Value, 10, 32); err == nil {
				return float64(n), parsers.Pos{File: f.Path, Line: s.Line}
			}
		}
	}
	return 0, parsers.Pos{}
}
