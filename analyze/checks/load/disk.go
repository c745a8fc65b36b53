package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/uptime"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/throttling"
)

// vital are processes whose waiting holds up the pods of the node.
var vital = []string{"kubelet", "containerd", "dockerd", "etcd"}

// maxWaiting is how many programs are told.
const maxWaiting = 5

// ioThrottling finds processes that spent much of their time waiting for disks.
// The numbers are since a process began, which was after the boot: of the time
// since the boot they are a share that is not too large.
//
//	PID Name Block IO Delay (centisconds)
//	1844 (kubelet) 342
func ioThrottling(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := analyze.Facts[throttling.IO](p)
	if len(files) == 0 {
		return noData(whole.Absent(p, "system/io_throttling.txt"))
	}
	f := files[0]
	counted := slices.ContainsFunc(f.Value.Delays, func(d throttling.Delay) bool { return d.Known && d.Waited > 0 })
	up := uptime.Of(p)
	switch {
	case !counted:
		return silent(f.Path + " has no process that waited: most kernels since Linux 5.14 do not count it")
	case !up.Known():
		return silent("since when the processes wait is not known")
	}
	matches := waiting(p, f, up)
	if len(matches) > 0 {
		return found(matches...)
	}
	if why := whole.Cut(p, f.Path); why != "" {
		return noData(why)
	}
	if f.Value.Cut {
		return noData(f.Path + " has more processes than are read")
	}
	if gappy(p.Case.CollectorVersion) {
		return silent("the collector " + p.Case.CollectorVersion + " leaves out each process whose number ends in 0")
	}
	return isClear(fmt.Sprintf("the longest waited %s in the %s since the boot", longest(f.Value)[0].Waited, up))
}

// waiting are the findings: of each program the process that waited longest.
func waiting(p *analyze.Pass, f analyze.FileFact[throttling.IO], up uptime.Time) []analyze.Match {
	var matches []analyze.Match
	seen := map[string]bool{}
	// The first hour counts as a whole one: programs are read from a new disk.
	age := max(up.Up, time.Hour)
	for _, d := range longest(f.Value) {
		percent := d.Waited.Seconds() / age.Seconds() * 100
		limit := p.Limit("share")
		if slices.Contains(vital, d.Comm) {
			limit = p.Limit("vital_share")
		}
		if !d.Known || seen[d.Comm] || d.Waited.Seconds() <= p.Limit("seconds") || percent <= limit {
			continue
		}
		seen[d.Comm] = true
		matches = append(matches, analyze.Match{
			Entity:   d.Comm,
			Entities: map[string][]string{"process": {d.Comm}, "pid": {fmt.Sprint(d.PID)}},
			Summary:  fmt.Sprintf("%s (PID %d) waited %s for disks, of %s since the boot", d.Comm, d.PID, d.Waited.Round(time.Second), up),
			At:       up.Cite([]parsers.Pos{{File: f.Path, Line: d.Line}}),
		})
		if len(matches) == maxWaiting {
			break
		}
	}
	return matches
}

// longest are the delays, the longest first.
func longest(t *throttling.IO) []throttling.Delay {
	all := slices.Clone(t.Delays)
	slices.SortStableFunc(all, func(a, b throttling.Delay) int { return cmp.Compare(b.Waited, a.Waited) })
	return all
}

// gappy reports a collector that leaves out rows.
func gappy(version string) bool {
	var a, b, c int
	if n, _ := fmt.Sscanf(version, "%d.%d.%d", &a, &b, &c); n != 3 {
		return false
	}
	return slices.Compare([]int{a, b, c}, []int{0, 7, 9}) < 0
}
