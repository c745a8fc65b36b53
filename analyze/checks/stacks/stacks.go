// Package stacks reads what the collector had containerd write of itself: what
// each of its goroutines does.
package stacks

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/gostack"
)

//go:embed check.yaml
var doc []byte

// Check is state.containerd.goroutines_stuck.
var Check = &analyze.Check{ID: "state.containerd.goroutines_stuck", Doc: analyze.MustDoc(doc), Run: run}

// locks are the states of goroutines that wait for a lock. Waiting for a group
// of others is none: each container has one that waits for its end.
//
//	goroutine 88 [sync.Mutex.Lock, 75 minutes]:
//	goroutine 122 [sync.WaitGroup.Wait, 10 minutes]:
var locks = []string{"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock"}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var out []analyze.Match
	note, seen := "no stacks of containerd in the bundle", 0
	for _, f := range analyze.Facts[gostack.Dump](p) {
		if !strings.HasPrefix(path.Base(f.Path), "containerd.") {
			continue
		}
		if why := whole.Cut(p, f.Path); why != "" {
			note = why
			continue
		}
		if seen++; gone(p, f.Value.PID) {
			continue
		}
		if m, ok := stuck(p, f); ok && len(out) < maxDumps {
			out = append(out, m)
		}
	}
	switch {
	case len(out) > 0:
		return network.Found(out...), nil
	case seen == 0:
		return network.NoData(note), nil
	}
	return network.Clear("no goroutines of containerd wait for a lock for long"), nil
}

// maxDumps bounds the findings.
const maxDumps = 5

// stuck looks at one dump.
func stuck(p *analyze.Pass, f analyze.FileFact[gostack.Dump]) (analyze.Match, bool) {
	n, longest, where := 0, 0, ""
	var at []parsers.Pos
	for _, s := range f.Value.States {
		if !isLock(s.Name) || float64(s.MaxMinutes) < p.Limit("minutes") {
			continue
		}
		n += s.Count
		if s.MaxMinutes > longest {
			longest, where = s.MaxMinutes, s.Own
		}
		at = append(at, parsers.Pos{File: f.Path, Line: s.Line})
	}
	if float64(n) < p.Limit("goroutines") {
		return analyze.Match{}, false
	}
	m := analyze.Match{
		Entity:  f.Path,
		Count:   n,
		Summary: fmt.Sprintf("%d goroutines of containerd wait for locks, the longest for %d minutes", n, longest),
		At:      at,
	}
	if where != "" {
		m.Summary += ", in " + path.Base(where)
	}
	return m, true
}

// gone reports a dump of a containerd that runs no more: such files stay.
func gone(p *analyze.Pass, pid int) bool {
	proc, _, _ := network.Process(p, "containerd")
	return proc != nil && pid != 0 && proc.PID != pid
}

func isLock(state string) bool { return slices.Contains(locks, state) }
