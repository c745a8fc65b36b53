package boots

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/journalboots"
	"github.com/eksleuth/eksleuth/parsers/lastreboot"
)

// A start is one boot of a record. Its time is in UTC as far as the boot that is
// going on tells the zone of the record.
type start struct {
	at     time.Time
	kernel string
	// dirty: the record goes on to the next boot without a shutdown. A list
	// of the journal tells nothing of this.
	dirty bool
	pos   parsers.Pos
}

// reboots counts boots of a day, and looks at the last one.
//
//	reboot   system boot  6.1.158-180.294. Mon Jan  5 18:33   still running
//	reboot   system boot  6.1.158-180.294. Mon Jan  5 10:12 - 18:31  (08:19)
func reboots(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	all, note := record(p)
	if note != "" {
		return network.NoData(note), nil
	}
	all = ofNode(p, all)
	if m, ok := often(p, all); ok {
		return network.Found(m), nil
	}
	if m, ok := unexplained(p, all); ok {
		return network.Found(m), nil
	}
	if why := whole.Cut(p, all[0].pos.File); why != "" {
		return network.NoData(why), nil
	}
	return network.Clear(fmt.Sprintf("%s since %s", count(len(all), "boot"), all[0].at.Format("2006-01-02"))), nil
}

// record is the list of boots, the oldest first; a note instead of an empty one.
func record(p *analyze.Pass) (all []start, note string) {
	const place = "system/last_reboot.txt"
	for _, f := range analyze.Facts[lastreboot.History](p) {
		all = append(all, ofLast(p, f)...)
	}
	for _, f := range analyze.Facts[journalboots.Boots](p) {
		if len(all) == 0 {
			all = append(all, ofJournal(f)...)
		}
	}
	if len(all) > 0 {
		return all, ""
	}
	if len(analyze.Facts[lastreboot.History](p)) > 0 {
		return nil, place + " has no boots whose year is known"
	}
	return nil, whole.Absent(p, place)
}

// ofLast reads the record of last. Its times are of the zone of the node, by
// quarters of an hour from that of the boot that is known in UTC.
func ofLast(p *analyze.Pass, f analyze.FileFact[lastreboot.History]) []start {
	var zone time.Duration
	newest := true
	var out []start
	for _, b := range f.Value.Boots {
		if b.Start.IsZero() {
			continue
		}
		if newest && !p.Clock.Boot.IsZero() {
			if off := b.Start.Sub(p.Clock.Boot); off.Abs() < 15*time.Hour {
				zone = off.Round(15 * time.Minute)
			}
		}
		out = append(out, start{b.Start.Add(-zone), b.Kernel, !newest && !b.Down, parsers.Pos{File: f.Path, Line: b.Line}})
		newest = false
	}
	slices.Reverse(out)
	return out
}

// ofJournal reads the list of the journal.
func ofJournal(f analyze.FileFact[journalboots.Boots]) []start {
	var out []start
	for _, b := range f.Value.Boots {
		if !b.First.IsZero() {
			out = append(out, start{at: b.First, pos: parsers.Pos{File: f.Path, Line: b.Line}})
		}
	}
	return out
}

// ofNode leaves out what an image brought along: boots long before the others,
// with another kernel, from the machine that it was built on.
func ofNode(p *analyze.Pass, all []start) []start {
	first, began := 0, began(p)
	for i := 1; i < len(all); i++ {
		apart := all[i].at.Sub(all[i-1].at)
		other := all[i].kernel != all[i-1].kernel && !before(began, all[i].at)
		if apart < 0 || apart > foreign || other {
			first = i
		}
	}
	return all[first:]
}

// foreign is so long that the boot before is hardly of this node.
const foreign = 90 * 24 * time.Hour

// early is how long after the boot before its own clock lines of a boot may be.
const early = 2 * time.Minute

// began is the first time in the logs of programs that run on the node only, and
// not where its image is built; zero when there is none.
func began(p *analyze.Pass) (first time.Time) {
	for _, name := range []string{"kubelet/kubelet.log", "var_log/aws-routed-eni/ipamd.log"} {
		f := p.File(name)
		if f == nil {
			continue
		}
		if at, _ := p.Clock.Resolve(f.First); first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

// before reports that the node was there before a boot.
func before(began, boot time.Time) bool {
	return !began.IsZero() && began.Before(boot.Add(-early))
}

const day = 24 * time.Hour

// often finds the day with the most boots, of several the last one. The first
// boot of a node is no reboot.
func often(p *analyze.Pass, all []start) (analyze.Match, bool) {
	var most []start
	first := 0
	for last := range all {
		for all[last].at.Sub(all[first].at) > day {
			first++
		}
		if last+1-first >= len(most) {
			most = all[first : last+1]
		}
	}
	if float64(len(most)-1) < p.Limit("reboots") {
		return analyze.Match{}, false
	}
	last := most[len(most)-1]
	m := analyze.Match{
		Entity:  "often",
		Count:   len(most) - 1,
		Summary: fmt.Sprintf("%s between %s and %s UTC", count(len(most)-1, "reboot"), stamp(most[0].at), stamp(last.at)),
	}
	for _, s := range most[max(0, len(most)-maxShown):] {
		m.At = append(m.At, s.pos)
	}
	orderly := !slices.ContainsFunc(most[:len(most)-1], func(s start) bool { return s.dirty }) && last.kernel != ""
	if c := p.Clock.Collected; !c.IsZero() && c.Sub(last.at) > day {
		m.Severity = analyze.Low
		m.Summary += fmt.Sprintf(", and none in the %.0f hours since", c.Sub(last.at).Hours())
	}
	if orderly {
		m.Severity = analyze.Low
		m.Summary += ", each behind a shutdown"
	}
	return m, true
}

// maxShown is how many boots are shown.
const maxShown = 10

// unexplained finds a boot of the last hour without a shutdown before it, when a
// log shows that the node was there before.
func unexplained(p *analyze.Pass, all []start) (analyze.Match, bool) {
	if len(all) < 2 || p.Clock.Collected.IsZero() {
		return analyze.Match{}, false
	}
	ended, last := all[len(all)-2], all[len(all)-1]
	age := p.Clock.Collected.Sub(last.at)
	if !ended.dirty || age < 0 || age.Minutes() > p.Limit("recent") || !before(began(p), last.at) {
		return analyze.Match{}, false
	}
	return analyze.Match{
		Entity:  "last",
		Summary: fmt.Sprintf("the node was started again at %s UTC, %.0f minutes before the bundle was made, and no shutdown is recorded", stamp(last.at), age.Minutes()),
		At:      []parsers.Pos{ended.pos, last.pos},
	}, true
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// count says how many there are of something.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
