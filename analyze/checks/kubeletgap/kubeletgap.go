// Package kubeletgap finds a kubelet that fell silent before the bundle was made.
package kubeletgap

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/journald"
)

//go:embed check.yaml
var doc []byte

// Check is kubelet.log_gap.
var Check = &analyze.Check{ID: "kubelet.log_gap", Doc: analyze.MustDoc(doc), Run: run}

// The end of the log is cut into periods, counted back from the collection. A
// kubelet on an idle node can be silent for hours, so silence alone is no
// finding: it must follow at once on half an hour of many lines, without a word
// of pods that went or of kubelet being stopped.
const (
	period    = 5 * time.Minute
	fewLines  = 2  // of a period in which kubelet is all but silent
	busyLines = 50 // of one in which it works
	silences  = 3  // so many periods of few lines, the last ones before the collection,
	works     = 6  // behind so many of work
	tail      = 20_000
	most      = 24 * int(time.Hour/period)
)

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	f := p.File("kubelet/kubelet.log")
	switch {
	case f == nil:
		return analyze.Verdict{Outcome: analyze.NoData, Note: "no kubelet.log"}, nil
	case f.First.Kind == parsers.NoStamp:
		return analyze.Verdict{Outcome: analyze.NoData, Note: f.Path + " has no times", Silent: true}, nil
	case p.Clock.Collected.IsZero():
		return analyze.Verdict{Outcome: analyze.NoData, Note: "nothing tells when the bundle was made", Silent: true}, nil
	}
	if !p.Audit.Dated {
		return calm("the time of the collection is that of the latest line of the bundle")
	}
	last, _ := p.Clock.Resolve(f.Last)
	if age := p.Clock.Collected.Sub(last); age < period {
		return calm("kubelet wrote its last line %v before the collection, or later", max(age, 0).Round(time.Second))
	}
	if f.Last.Kind != parsers.Zoned && !p.Clock.ZoneKnown {
		return analyze.Verdict{Outcome: analyze.NoData, Note: "nothing tells the time zone of the node, so that of kubelet.log is not known", Silent: true}, nil
	}
	return read(p, f)
}

func calm(format string, args ...any) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf(format, args...)}, nil
}

// A window is the end of kubelet.log by periods, the last one first.
type window struct {
	lines []int
	last  []int // number of the last line of each
	stops bool  // kubelet was stopped, or pods went, at the end of the work
}

// partings are the lines after which a kubelet may well be silent.
var partings = [][]byte{
	[]byte("Stopping "), []byte("Stopped "), []byte("Deactivated successfully"), []byte("SyncLoop DELETE"), []byte("SyncLoop REMOVE"), []byte("Shutdown"), []byte("shutdown"),
}

func read(p *analyze.Pass, f *index.File) (analyze.Verdict, error) {
	w := &window{lines: make([]int, most), last: make([]int, most)}
	w.count(p, f)
	n := 0
	for n < most && w.lines[n] <= fewLines {
		n++
	}
	work := n + 1 // the period in which it fell silent is neither
	switch {
	case n < silences || work+works > most:
		return calm("kubelet wrote lines until the collection, or nothing for a day before")
	case !w.worked(work):
		return calm("kubelet is silent since %v, and it was not busy before, as on an idle node", time.Duration(n)*period)
	}
	if w.parted(p, f, w.last[n]); w.stops {
		return calm("kubelet is silent since %v, after pods went or it was stopped", time.Duration(n)*period)
	}
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{w.match(f, n, work)}}, nil
}

// count sorts the end of the log into periods.
func (w *window) count(p *analyze.Pass, f *index.File) {
	_ = p.Lines(f, max(1, f.Lines-tail), func(n int, line []byte) bool {
		at, _ := p.Clock.Resolve(journald.Format.Header(line).Stamp)
		if at.IsZero() {
			return true
		}
		// What came while the collector ran belongs to the last period.
		if i := int(max(p.Clock.Collected.Sub(at), 0) / period); i < most {
			w.lines[i]++
			w.last[i] = n
		}
		return true
	})
}

// worked reports whether kubelet was busy in some periods.
func (w *window) worked(from int) bool {
	for _, n := range w.lines[from : from+works] {
		if n < busyLines {
			return false
		}
	}
	return true
}

// before is how many lines before the silence are looked at.
const before = 200

// parted looks for a reason of the silence in the last lines of the work.
func (w *window) parted(p *analyze.Pass, f *index.File, last int) {
	_ = p.Lines(f, max(1, last-before), func(_ int, line []byte) bool {
		for _, part := range partings {
			w.stops = w.stops || bytes.Contains(line, part)
		}
		return !w.stops
	})
}

func (w *window) match(f *index.File, n, work int) analyze.Match {
	sum := 0
	for _, lines := range w.lines[work : work+works] {
		sum += lines
	}
	m := analyze.Match{
		Kind: analyze.FromAbsence,
		Summary: fmt.Sprintf("kubelet wrote about %d lines in five minutes, and at most %d in each five of the %v before the bundle was made",
			sum/works, fewLines, time.Duration(n)*period),
		At: []parsers.Pos{{File: f.Path, Line: w.last[n]}},
	}
	if f.Lines > w.last[n] {
		m.At = append(m.At, parsers.Pos{File: f.Path, Line: f.Lines})
	}
	return m
}
