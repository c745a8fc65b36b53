// Package processes judges the processes of a node: dead ones that nobody
// reaps, ones that hang, ones with very many threads, and ones that do not
// belong together.
package processes

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

//go:embed check.yaml
var doc []byte

// Checks are those of processes.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.proc.zombies":               zombies,
	"state.proc.dstate":                blocked,
	"state.proc.runc_init_hung":        runcInit,
	"state.proc.thread_bomb":           threadBomb,
	"state.proc.security_agents":       securityAgents,
	"state.proc.automode_with_awsnode": autoModeWithAWSNode,
})

// maxNamed is how many processes of a finding are told.
const maxNamed = 5

// A list is the processes of the node.
type list struct {
	path string
	all  []ps.Process
	// unseen says why there may be more; "" when all are there.
	unseen string
}

// read reads the processes. Without them, the note says why.
func read(p *analyze.Pass) (l list, note string) {
	t := gates.Processes(p)
	if t == nil {
		return list{}, whole.Absent(p, "system/ps.txt")
	}
	return list{t.Path, t.Value.Processes, gates.Unseen(p, t)}, ""
}

func (l *list) at(x *ps.Process) parsers.Pos { return parsers.Pos{File: l.path, Line: x.Line} }

// pick returns the processes that a test picks.
func (l *list) pick(want func(*ps.Process) bool) []*ps.Process {
	var out []*ps.Process
	for i := range l.all {
		if want(&l.all[i]) {
			out = append(out, &l.all[i])
		}
	}
	return out
}

// places are those of the first processes of some.
func (l *list) places(some []*ps.Process) []parsers.Pos {
	var at []parsers.Pos
	for _, x := range some[:min(len(some), maxNamed)] {
		at = append(at, l.at(x))
	}
	return at
}

// kernel reports a thread of the kernel: kthreadd, process 2, makes them all.
func kernel(x *ps.Process) bool {
	return x.PID == 2 || x.PPID == 2 || strings.HasPrefix(x.Command, "[") && x.Virtual == 0
}

// old is the age from which a process that should be short is not.
const old = 5 * time.Minute

// now is the time of the listing, which ps itself began at.
func (l *list) now() (time.Time, bool) {
	for i := range l.all {
		if strings.HasPrefix(l.all[i].Command, "ps fauxwww") {
			t, err := time.Parse("15:04", l.all[i].Start)
			return t, err == nil
		}
	}
	return time.Time{}, false
}

// older reports a process that surely runs for longer than old. The start is a
// time of this day, or a day before it: "00:08", "Nov20", "2025".
func (l *list) older(x *ps.Process) bool {
	now, ok := l.now()
	if !ok {
		return false
	}
	start, err := time.Parse("15:04", x.Start)
	if err != nil {
		midnight := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute
		return x.Start != "" && midnight > old
	}
	return now.Sub(start) > old
}

// named names a process.
func named(x *ps.Process) map[string][]string {
	return map[string][]string{"process": {gates.Program(x.Command)}, "pid": {fmt.Sprint(x.PID)}}
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
