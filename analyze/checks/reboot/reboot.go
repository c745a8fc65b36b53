// Package reboot finds boots before which the node was not shut down.
package reboot

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/starts"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/journald"
	"github.com/eksleuth/eksleuth/parsers/lastreboot"
)

//go:embed check.yaml
var doc []byte

// Check is kernel.reboot.unexpected.
var Check = &analyze.Check{ID: "kernel.reboot.unexpected", Doc: analyze.MustDoc(doc), Run: run}

// The marks of a boot: the first line of the kernel in a log of the system, and
// what journalctl puts between the entries of two boots.
const (
	banner  = "mark.kernel.boot"
	divider = "mark.journal.boot"
)

const (
	together = 10 * time.Minute // boots in several logs that are less apart are one
	recent   = 24 * time.Hour   // what is older has no part in today's trouble
	early    = 2 * time.Minute  // syslog may hold lines of a boot before its banner
	window   = 300              // so many lines before a boot are read
	units    = 30               // of the log of one unit
	later    = 2000             // so many lines of a boot are read for the name of the node
	maxShown = 8
)

// A boot is one as the logs tell it.
type boot struct {
	at      time.Time // about when; zero when unknown
	orderly bool      // a log tells of the shutdown before
	stops   []stop    // logs that just stop
}

// A stop is the end of a log before a boot.
type stop struct {
	last  parsers.Pos // its last line
	begin parsers.Pos // the boot
}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	boots, err := fromLogs(p)
	if err != nil {
		return analyze.Verdict{}, err
	}
	h := history(p)
	if len(boots) == 0 && h == nil {
		return analyze.Verdict{Outcome: analyze.NoData, Note: "no log goes back to the boot before, and no last_reboot.txt"}, nil
	}
	boots = trust(p, boots, h)
	crashed := slices.DeleteFunc(slices.Clone(boots), func(b *boot) bool { return b.orderly })
	switch {
	case len(crashed) > 0:
		return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{match(p, crashed)}}, nil
	case len(boots) == 0 && again(p, h):
		return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{recorded(h)}}, nil
	}
	if n := max(len(boots), down(h)); n > 0 {
		return clear("%s behind a shutdown", words.Count(n, "boot", "boots"))
	}
	return clear("no boot but the first is in the logs and in last_reboot.txt")
}

func clear(format string, args ...any) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf(format, args...)}, nil
}

func history(p *analyze.Pass) *analyze.FileFact[lastreboot.History] {
	if all := analyze.Facts[lastreboot.History](p); len(all) > 0 {
		return &all[0]
	}
	return nil
}

// down is how many shutdowns are recorded.
func down(h *analyze.FileFact[lastreboot.History]) int {
	n := 0
	if h != nil {
		for _, b := range h.Value.Boots {
			if b.Down {
				n++
			}
		}
	}
	return n
}

// trust takes the word of last for the boot that is going on: it is the one
// whose time tells which row it is.
func trust(p *analyze.Pass, boots []*boot, h *analyze.FileFact[lastreboot.History]) []*boot {
	if h == nil || len(h.Value.Boots) < 2 || !h.Value.Boots[1].Down || p.Clock.Boot.IsZero() {
		return boots
	}
	for _, b := range boots {
		if !b.at.IsZero() && b.at.Sub(p.Clock.Boot).Abs() < together {
			b.orderly = true
		}
	}
	return boots
}

// fromLogs are the boots that stand in logs, with what is before them.
func fromLogs(p *analyze.Pass) ([]*boot, error) {
	var boots []*boot
	for _, mark := range []string{banner, divider} {
		for _, hit := range p.Hits(mark) {
			f := file(p, hit.Pos.File)
			if f == nil || hit.Pos.Line < 2 || !isLog(f) {
				continue
			}
			b, err := look(p, f, hit.Pos, mark)
			if err != nil {
				return nil, err
			}
			if b != nil {
				boots = merge(boots, b)
			}
		}
	}
	slices.SortStableFunc(boots, func(a, b *boot) int { return a.at.Compare(b.at) })
	return boots, nil
}

func file(p *analyze.Pass, path string) *index.File {
	for _, f := range p.Files {
		if f.Path == path {
			return f
		}
	}
	return nil
}

// isLog leaves out the ring buffer of the kernel, which begins with each boot.
func isLog(f *index.File) bool { return f.Format == "syslog" || f.Format == "journald" }

// merge adds a boot to those of other logs.
func merge(boots []*boot, b *boot) []*boot {
	for _, o := range boots {
		if !o.at.IsZero() && !b.at.IsZero() && o.at.Sub(b.at).Abs() < together {
			o.orderly = o.orderly || b.orderly
			o.stops = append(o.stops, b.stops...)
			return boots
		}
	}
	return append(boots, b)
}

// What a shutdown writes. An initial RAM disk stops targets too when it hands
// over, so those of every boot are not among them:
//
//	Jan 05 18:31:00 ip-10-0-1-23 systemd-logind[2101]: Power key pressed short.
//	Jan 05 18:31:08 ip-10-0-1-23 systemd[1]: Reached target reboot.target - System Reboot.
//	Jan 05 18:31:09 ip-10-0-1-23 kernel: reboot: Restarting system
//	Jan 05 18:31:01 ip-10-0-1-23 rsyslogd: [origin software="rsyslogd" swVersion="8.24.0"] exiting on signal 15.
var (
	shutdown = regexp.MustCompile(`reboot: (?:Restarting system|Power down)|systemd-logind\S* (?:Power key pressed|System is (?:powering down|rebooting)|The system will (?:power ?off|reboot|halt))|systemd-shutdown\[|systemd\[1\]: (?:Shutting down\.|Starting .*(?:System Reboot|Reboot\.|Power-Off|Power Off)|Reached target .*(?:[Rr]eboot|[Pp]ower-?[Oo]ff|[Pp]ower Off|[Ss]hutdown|[Hh]alt|[Ff]inal)|Stopped target .*(?:[Mm]ulti-[Uu]ser|[Gg]raphical))|rsyslogd.* exiting on signal|Shutdown manager detected new shutdown event`)
	// A unit that is stopped ends its own log.
	stopped = regexp.MustCompile(`systemd\[1\]: (?:Stopping |Stopped )|systemd\[1\]: \S+: (?:Deactivated successfully|Succeeded)|Shutdown manager detected`)
	host    = regexp.MustCompile(`^(?:[A-Z][a-z]{2} [ \d]\d [\d:.]+|\d{4}-\d\d-\d\dT\S+) (\S+) `)
)

// look reads what is before a boot. It returns nil when nothing there tells how
// the boot before ended.
func look(p *analyze.Pass, f *index.File, at parsers.Pos, mark string) (*boot, error) {
	b := &boot{at: timeFrom(p, f, at.Line)}
	r := &reader{clock: p.Clock, lines: window, orderly: shutdown}
	unit := !mixed(f)
	if unit {
		r.lines, r.orderly = units, stopped
	}
	if mark == banner {
		if r.limit = limit(p, b.at); r.limit.IsZero() {
			return nil, nil
		}
	}
	if err := r.read(p, f, at.Line); err != nil || r.last == 0 && !r.found {
		return nil, err
	}
	switch {
	case r.found:
		b.orderly = true
	case unit && strings.Contains(r.text, " systemd[1]: "): // the unit did not run when the boot ended
		return nil, nil
	case !unit && r.elsewhere(p, f, at.Line): // where the image was built
		return nil, nil
	default:
		b.stops = []stop{{parsers.Pos{File: f.Path, Line: r.last}, at}}
	}
	return b, nil
}

// mixed reports whether all programs of the node write in a log.
func mixed(f *index.File) bool {
	return slices.ContainsFunc(analyze.MixedLogs, func(pattern string) bool {
		ok, _ := path.Match(pattern, f.At())
		return ok
	})
}

// limit is when the last line of the boot before was written at the latest:
// syslog may hold lines of a boot in front of its banner.
func limit(p *analyze.Pass, at time.Time) time.Time {
	if boot := p.Clock.Boot; !at.IsZero() && !boot.IsZero() && at.Sub(boot).Abs() < together {
		return boot
	}
	if at.IsZero() {
		return at
	}
	return at.Add(-early)
}

// timeFrom is the time of a line, or of the first behind it that has one.
func timeFrom(p *analyze.Pass, f *index.File, line int) (at time.Time) {
	_ = p.Lines(f, line, func(n int, text []byte) bool {
		at, _ = p.Clock.Resolve(journald.Format.Header(text).Stamp)
		return at.IsZero() && n < line+units
	})
	return at
}

// A reader reads the lines in front of a boot.
type reader struct {
	clock   timeline.Clock
	limit   time.Time // lines behind it are of the boot itself; zero: none is
	lines   int
	orderly *regexp.Regexp

	last  int    // number of the last line of the boot before; 0 for none
	text  string // that line
	found bool   // a shutdown
}

func (r *reader) read(p *analyze.Pass, f *index.File, boot int) error {
	return p.Lines(f, max(1, boot-r.lines), func(n int, line []byte) bool {
		if n >= boot {
			return false
		}
		r.found = r.found || r.orderly.Match(line)
		if at, _ := r.clock.Resolve(journald.Format.Header(line).Stamp); !at.IsZero() && (r.limit.IsZero() || at.Before(r.limit)) {
			r.last, r.text = n, string(line)
		}
		return true
	})
}

// elsewhere reports that the last line was written on another machine than those
// of the boot. Early in a boot a node calls itself localhost.
func (r *reader) elsewhere(p *analyze.Pass, f *index.File, boot int) bool {
	before := hostOf([]byte(r.text))
	node, _, _ := strings.Cut(p.Case.Node.Hostname, ".")
	if before == "" || before == node {
		return false
	}
	others := node != ""
	_ = p.Lines(f, boot, func(n int, line []byte) bool {
		switch hostOf(line) {
		case "":
		case before:
			others = false
			return false
		default:
			others = true
		}
		return n < boot+later
	})
	return others
}

// hostOf is the first part of the name of the machine that wrote a line; "" for localhost.
func hostOf(line []byte) string {
	m := host.FindSubmatch(line)
	if m == nil || string(m[1]) == "localhost" {
		return ""
	}
	name, _, _ := strings.Cut(string(m[1]), ".")
	return name
}

// match makes the finding of boots without a shutdown before.
func match(p *analyze.Pass, crashed []*boot) analyze.Match {
	newest := crashed[len(crashed)-1]
	m := analyze.Match{Kind: analyze.FromAbsence, Count: len(crashed), Summary: times(len(crashed)) + when(newest)}
	if c := p.Clock.Collected; !c.IsZero() && !newest.at.IsZero() && c.Sub(newest.at) > recent {
		m.Severity = analyze.Low // the node has been well since
		m.Summary += fmt.Sprintf(", %d hours before the bundle was made", c.Sub(newest.at)/time.Hour)
	}
	for _, b := range slices.Backward(crashed) {
		for _, s := range b.stops {
			if len(m.At) < 2*maxShown {
				m.At = append(m.At, s.last, s.begin)
			}
		}
	}
	return m
}

func times(n int) string {
	if n == 1 {
		return "The node restarted without a shutdown"
	}
	return fmt.Sprintf("The node restarted without a shutdown %d times, the last time", n)
}

func when(b *boot) string {
	if b.at.IsZero() {
		return ""
	}
	return " at about " + b.at.UTC().Format("2006-01-02 15:04") + " UTC"
}

// again reports that the record has a boot of this node without a shutdown
// before the one that is going on.
func again(p *analyze.Pass, h *analyze.FileFact[lastreboot.History]) bool {
	boots := h.Value.Boots
	if len(boots) < 2 || boots[1].Down {
		return false
	}
	if boots[0].Start.IsZero() || boots[1].Start.IsZero() {
		return true // a record without years tells no more
	}
	return len(starts.OfNode(p, starts.OfLast(p, *h))) > 1
}

// recorded is what last alone says. An image that was made from a running
// machine brings the record of that along, so it is weak.
func recorded(h *analyze.FileFact[lastreboot.History]) analyze.Match {
	boots := h.Value.Boots
	return analyze.Match{
		Kind: analyze.FromAbsence, Severity: analyze.Low, Confidence: 0.5,
		Summary: fmt.Sprintf("No shutdown is recorded between the boots of %s and %s; no log goes back to the first of them", cmp.Or(boots[1].Text, "?"), cmp.Or(boots[0].Text, "?")),
		At:      []parsers.Pos{{File: h.Path, Line: boots[1].Line}, {File: h.Path, Line: boots[0].Line}},
	}
}
