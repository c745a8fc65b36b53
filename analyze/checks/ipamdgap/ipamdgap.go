// Package ipamdgap finds times in which ipamd, whose loop never rests, wrote
// nothing.
package ipamdgap

import (
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
)

//go:embed check.yaml
var doc []byte

// Check is cni.ipamd.log_gap.
var Check = &analyze.Check{ID: "cni.ipamd.log_gap", Doc: analyze.MustDoc(doc), Run: run}

// A silence is one if the loop missed more than a hundred rounds. That this
// ipamd has the loop (it has none in IPv6 mode, and says nothing of it at the
// level INFO) is proved by a log that never rests otherwise, for long enough.
const (
	silent = 10 * time.Minute
	rests  = 2 * time.Minute
	proof  = 30 * time.Minute
)

var places = []string{"var_log/aws-routed-eni/ipamd.log", "bottlerocket-logs/ipamd.log"}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	i := slices.IndexFunc(p.Files, func(f *index.File) bool {
		return slices.Contains(places, f.At()) && f.Gap.Line > 0 && f.First.Kind == parsers.Zoned
	})
	if i < 0 {
		return analyze.Verdict{Outcome: analyze.NoData, Note: "no ipamd.log with the times of several lines"}, nil
	}
	l := read(p, p.Files[i])
	inside, atEnd := l.gap.Length() >= silent, l.rest >= silent
	switch {
	case atEnd && replaced(p):
		return calm("another network plugin is in use")
	case !inside && !atEnd:
		return calm("ipamd was silent for at most %v", l.gap.Length().Round(time.Second))
	case !l.paced:
		return calm("the log has pauses of its own: up to %v, after that %v; it covers %v", l.gap.Length().Round(time.Second), l.gap.Second.Round(time.Second), l.span.Round(time.Second))
	}
	v := analyze.Verdict{Outcome: analyze.Found}
	if inside {
		if why := l.explained(); why != "" && !atEnd {
			return calm("%s", why)
		} else if why == "" {
			v.Matches = append(v.Matches, l.inside())
		}
	}
	if atEnd {
		v.Matches = append(v.Matches, l.atEnd())
	}
	return v, nil
}

func calm(format string, args ...any) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf(format, args...)}, nil
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
	file     *index.File
	gap      *index.Gap
	from, to time.Time     // of the gap
	last     time.Time     // of the last line
	span     time.Duration // from the first to the last line
	rest     time.Duration // from the last line to the collection
	paced    bool          // but for the gap, the log never rests
}

func read(p *analyze.Pass, f *index.File) *log {
	l := &log{Pass: p, file: f, gap: &f.Gap}
	at := func(s parsers.Stamp) time.Time { t, _ := p.Clock.Resolve(s); return t }
	l.from, l.to, l.last = at(f.Gap.From), at(f.Gap.To), at(f.Last)
	l.span = l.last.Sub(at(f.First))
	if !p.Clock.Collected.IsZero() && p.Audit.Dated {
		l.rest = p.Clock.Collected.Sub(l.last)
	}
	pause, busy := l.gap.Length(), l.span
	if pause >= silent {
		pause, busy = l.gap.Second, l.span-pause
	}
	l.paced = pause <= rests && busy >= proof
	return l
}

// explained says why the gap need not be a fault: the node booted in it, or
// ipamd was started again, as after the node was off or aws-node was replaced.
func (l *log) explained() string {
	if boot := l.Clock.Boot; !boot.IsZero() && boot.After(l.from.Add(-time.Minute)) && boot.Before(l.to.Add(time.Minute)) {
		return "the node booted in the time that ipamd was silent"
	}
	start := false
	_ = l.Lines(l.file, l.gap.Line, func(n int, line []byte) bool {
		start = start || strings.Contains(string(line), "Starting L-IPAMD")
		return n < l.gap.Line+20 && !start
	})
	if start {
		return fmt.Sprintf("ipamd was started again after it was silent for %v", l.gap.Length().Round(time.Second))
	}
	return ""
}

func (l *log) inside() analyze.Match {
	m := analyze.Match{
		Entity: "gap", Kind: analyze.FromAbsence,
		Summary: fmt.Sprintf("ipamd wrote nothing from %s to %s (%v), and at most %v elapsed between its other lines",
			clock(l.from), clock(l.to), l.gap.Length().Round(time.Second), l.gap.Second.Round(time.Second)),
		At: []parsers.Pos{{File: l.file.Path, Line: l.gap.Line}},
	}
	if n, quiet := l.others(); n > 0 && quiet == n {
		m.Summary += fmt.Sprintf("; so are all logs that reach over that time (%d): the node stood still, or was suspended", n)
	}
	return m
}

func (l *log) atEnd() analyze.Match {
	return analyze.Match{
		Entity: "end", Kind: analyze.FromAbsence, Severity: analyze.Medium,
		Summary: fmt.Sprintf("ipamd wrote its last line at %s, %v before the bundle was made, and at most %v elapsed between its lines before",
			clock(l.last), l.rest.Round(time.Second), l.pause().Round(time.Second)),
		At: []parsers.Pos{{File: l.file.Path, Line: l.file.Lines}},
	}
}

// pause is the longest one but for the gap.
func (l *log) pause() time.Duration {
	if l.gap.Length() >= silent {
		return l.gap.Second
	}
	return l.gap.Length()
}

func clock(t time.Time) string { return t.Format("2006-01-02 15:04:05") }

// others counts the logs that have lines before and after the gap, and those
// of them that were silent in it too. A log with few lines says nothing.
func (l *log) others() (all, quiet int) {
	for _, f := range l.Files {
		first, q := l.Clock.Resolve(f.First)
		last, _ := l.Clock.Resolve(f.Last)
		if f == l.file || q != timeline.Exact || f.Lines < 100 || !first.Before(l.from) || !last.After(l.to) {
			continue
		}
		all++
		from, _ := l.Clock.Resolve(f.Gap.From)
		to, _ := l.Clock.Resolve(f.Gap.To)
		if slack := l.gap.Length() / 10; from.Before(l.from.Add(slack)) && to.After(l.to.Add(-slack)) {
			quiet++
		}
	}
	return all, quiet
}
