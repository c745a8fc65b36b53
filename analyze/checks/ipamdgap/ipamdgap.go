// Package ipamdgap finds times in which ipamd, whose loop never rests, wrote
// nothing.
package ipamdgap

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ipamd"
)

//go:embed check.yaml
var doc []byte

// Check is cni.ipamd.log_gap.
var Check = &analyze.Check{ID: "cni.ipamd.log_gap", Doc: analyze.MustDoc(doc), Run: run}

// A silence is one if the loop missed more than a hundred rounds. That this
// ipamd has the loop (it has none in IPv6 mode, and says nothing of it at the
// level INFO) is proved by a log that never rests otherwise, for long enough:
// the more silences, the longer.
const (
	silent = 10 * time.Minute
	rests  = 2 * time.Minute
	proof  = 30 * time.Minute
	each   = 15 * time.Minute
)

// maxGaps bounds the silences that are kept; with so many there is no loop.
const maxGaps = 100

var places = []string{"var_log/aws-routed-eni/ipamd.log", "bottlerocket-logs/ipamd.log"}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	i := slices.IndexFunc(p.Files, func(f *index.File) bool {
		return slices.Contains(places, f.At()) && f.Gap.Line > 0 && f.First.Kind == parsers.Zoned
	})
	if i < 0 {
		return timeless(p), nil
	}
	l := read(p, p.Files[i])
	atEnd := l.rest >= silent
	switch {
	case atEnd && replaced(p):
		return calm("another network plugin is in use")
	case len(l.gaps) == 0 && !atEnd:
		return calm("ipamd was silent for at most %v", l.pause.Round(time.Second))
	case !l.paced():
		return calm("the log has pauses of its own: up to %v, after that %v; it covers %v", l.file.Gap.Length().Round(time.Second), l.file.Gap.Second.Round(time.Second), l.span.Round(time.Second))
	}
	var faults []gap
	why := ""
	for _, g := range l.gaps {
		if reason := l.explained(g); reason == "" {
			faults = append(faults, g)
		} else if why == "" {
			why = reason
		}
	}
	if len(faults) == 0 && !atEnd {
		return calm("%s", why)
	}
	v := analyze.Verdict{Outcome: analyze.Found}
	if len(faults) > 0 {
		v.Matches = append(v.Matches, l.inside(faults))
	}
	if atEnd {
		v.Matches = append(v.Matches, l.atEnd())
	}
	return v, nil
}

func calm(format string, args ...any) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf(format, args...)}, nil
}

// timeless is the verdict without a log that has times.
func timeless(p *analyze.Pass) analyze.Verdict {
	v := analyze.Verdict{Outcome: analyze.NoData, Note: "no ipamd.log"}
	for _, f := range p.Files {
		if slices.Contains(places, f.At()) {
			v.Note, v.Silent = f.Path+" has no two lines whose times can be told", true
		}
	}
	return v
}

// replaced reports whether the node has a network plugin, and it is another:
// then the log is one that was left behind.
func replaced(p *analyze.Pass) bool {
	others := false
	for _, f := range p.Files {
		switch name, ok := strings.CutPrefix(f.At(), "cni/"); {
		case name == "10-aws.conflist":
			return false
		case ok && (strings.HasSuffix(name, ".conflist") || strings.HasSuffix(name, ".conf")):
			others = true
		}
	}
	return others
}

// A log is what the times of ipamd.log say.
type log struct {
	*analyze.Pass
	file  *index.File
	gaps  []gap         // the silences, in the order of the log
	pause time.Duration // the longest one between lines that is no silence
	last  time.Time     // of the last line
	span  time.Duration // from the first to the last line
	rest  time.Duration // from the last line to the collection
}

// A gap is a silence, and the line that ended it.
type gap struct {
	line     int
	from, to time.Time
}

func (g gap) length() time.Duration { return g.to.Sub(g.from) }

func read(p *analyze.Pass, f *index.File) *log {
	l := &log{Pass: p, file: f}
	l.last = l.at(f.Last)
	l.span = l.last.Sub(l.at(f.First))
	if !p.Clock.Collected.IsZero() && p.Audit.Dated {
		l.rest = p.Clock.Collected.Sub(l.last)
	}
	switch g := &f.Gap; {
	case g.Second >= silent:
		l.walk()
	default:
		l.note(g)
		l.pause = max(l.pause, g.Second)
	}
	return l
}

func (l *log) at(s parsers.Stamp) time.Time { t, _ := l.Clock.Resolve(s); return t }

// walk reads the log once more: of several silences its file knows one.
func (l *log) walk() {
	var last parsers.Stamp
	_ = l.Lines(l.file, 1, func(n int, line []byte) bool {
		if s := ipamd.Format.Header(line).Stamp; s.Kind != parsers.NoStamp {
			var g index.Gap
			last = g.Step(last, s, n)
			l.note(&g)
		}
		return len(l.gaps) <= maxGaps
	})
}

// note adds the time between two lines.
func (l *log) note(g *index.Gap) {
	switch {
	case g.Line == 0:
	case g.Length() >= silent:
		l.gaps = append(l.gaps, gap{g.Line, l.at(g.From), l.at(g.To)})
	default:
		l.pause = max(l.pause, g.Length())
	}
}

// paced reports whether, but for the silences, the log never rests.
func (l *log) paced() bool {
	busy, silences := l.span, time.Duration(len(l.gaps))
	for _, g := range l.gaps {
		busy -= g.length()
	}
	return l.pause <= rests && busy >= max(proof, silences*each)
}

// explained says why a gap need not be a fault: the node booted in it, or
// ipamd was started again, as after the node was off or aws-node was replaced.
func (l *log) explained(g gap) string {
	if boot := l.Clock.Boot; !boot.IsZero() && boot.After(g.from.Add(-time.Minute)) && boot.Before(g.to.Add(time.Minute)) {
		return "the node booted in the time that ipamd was silent"
	}
	start := false
	_ = l.Lines(l.file, g.line, func(n int, line []byte) bool {
		start = start || strings.Contains(string(line), "Starting L-IPAMD")
		return n < g.line+20 && !start
	})
	if start {
		return fmt.Sprintf("ipamd was started again after it was silent for %v", g.length().Round(time.Second))
	}
	return ""
}

// inside tells of the silences within the log, the longest one first.
func (l *log) inside(faults []gap) analyze.Match {
	slices.SortStableFunc(faults, func(a, b gap) int { return cmp.Compare(b.length(), a.length()) })
	g := faults[0]
	m := analyze.Match{Entity: "gap", Kind: analyze.FromAbsence}
	m.Summary = fmt.Sprintf("ipamd wrote nothing from %s to %s (%v)", clock(g.from), clock(g.to), g.length().Round(time.Second))
	when := "that time"
	if n := len(faults) - 1; n > 0 {
		when = "the longest of these times"
		next := faults[1]
		m.Summary += fmt.Sprintf(", from %s to %s (%v)", clock(next.from), clock(next.to), next.length().Round(time.Second))
		if n > 1 {
			m.Summary += fmt.Sprintf(" and %d times more", n-1)
		}
	}
	m.Summary += fmt.Sprintf(", and at most %v elapsed between its other lines", l.pause.Round(time.Second))
	if n, quiet := l.others(g); n > 0 && quiet == n {
		m.Summary += fmt.Sprintf("; so are all logs that reach over %s (%d): the node stood still, or was suspended", when, n)
	}
	for _, g := range faults[:min(len(faults), maxShown)] {
		m.At = append(m.At, parsers.Pos{File: l.file.Path, Line: g.line})
	}
	return m
}

// maxShown is how many silences are cited.
const maxShown = 8

func (l *log) atEnd() analyze.Match {
	return analyze.Match{
		Entity: "end", Kind: analyze.FromAbsence, Severity: analyze.Medium,
		Summary: fmt.Sprintf("ipamd wrote its last line at %s, %v before the bundle was made, and at most %v elapsed between its lines before",
			clock(l.last), l.rest.Round(time.Second), l.pause.Round(time.Second)),
		At: []parsers.Pos{{File: l.file.Path, Line: l.file.Lines}},
	}
}

func clock(t time.Time) string { return t.Format("2006-01-02 15:04:05") }

// others counts the logs that have lines before and after the gap, and those
// of them that were silent in it too. A log with few lines says nothing.
func (l *log) others(g gap) (all, quiet int) {
	for _, f := range l.Files {
		first, q := l.Clock.Resolve(f.First)
		last, _ := l.Clock.Resolve(f.Last)
		if f == l.file || q != timeline.Exact || f.Lines < 100 || !first.Before(g.from) || !last.After(g.to) {
			continue
		}
		all++
		from, _ := l.Clock.Resolve(f.Gap.From)
		to, _ := l.Clock.Resolve(f.Gap.To)
		if slack := g.length() / 10; from.Before(g.from.Add(slack)) && to.After(g.to.Add(-slack)) {
			quiet++
		}
	}
	return all, quiet
}
