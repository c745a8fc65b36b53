package boots

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/starts"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/journalboots"
	"github.com/eksleuth/eksleuth/parsers/lastreboot"
)

// reboots counts boots of a day, and looks at the last one.
//
//	reboot   system boot  6.1.158-180.294. Mon Jan  5 18:33   still running
//	reboot   system boot  6.1.158-180.294. Mon Jan  5 10:12 - 18:31  (08:19)
func reboots(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	all, note := record(p)
	if note != "" {
		return network.NoData(note), nil
	}
	all = starts.OfNode(p, all)
	if m, ok := often(p, all); ok {
		return network.Found(m), nil
	}
	if m, ok := unexplained(p, all); ok {
		return network.Found(m), nil
	}
	if why := whole.Cut(p, all[0].Pos.File); why != "" {
		return network.NoData(why), nil
	}
	return network.Clear(fmt.Sprintf("%s since %s", words.Count(len(all), "boot", "boots"), all[0].At.Format("2006-01-02"))), nil
}

// record is the list of boots, the oldest first; a note instead of an empty one.
func record(p *analyze.Pass) (all []starts.Start, note string) {
	const place = "system/last_reboot.txt"
	for _, f := range analyze.Facts[lastreboot.History](p) {
		all = append(all, starts.OfLast(p, f)...)
	}
	for _, f := range analyze.Facts[journalboots.Boots](p) {
		if len(all) == 0 {
			all = append(all, ofJournal(p, f)...)
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

// ofJournal reads the list of the journal. Its times are of the zone of the node.
func ofJournal(p *analyze.Pass, f analyze.FileFact[journalboots.Boots]) []starts.Start {
	var out []starts.Start
	for _, b := range f.Value.Boots {
		if !b.First.IsZero() {
			at := b.First
			if b.Zone != "UTC" {
				at = at.Add(-p.Clock.Zone)
			}
			out = append(out, starts.Start{At: at, Pos: parsers.Pos{File: f.Path, Line: b.Line}})
		}
	}
	return out
}

const day = 24 * time.Hour

// often finds the day with the most boots, of several the last one. The first
// boot of a node is no reboot.
func often(p *analyze.Pass, all []starts.Start) (analyze.Match, bool) {
	var most []starts.Start
	first := 0
	for last := range all {
		for all[last].At.Sub(all[first].At) > day {
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
		Summary: fmt.Sprintf("%s between %s and %s UTC", words.Count(len(most)-1, "reboot", "reboots"), stamp(most[0].At), stamp(last.At)),
	}
	for _, s := range most[max(0, len(most)-maxShown):] {
		m.At = append(m.At, s.Pos)
	}
	orderly := !slices.ContainsFunc(most[:len(most)-1], func(s starts.Start) bool { return s.Dirty }) && last.Kernel != ""
	if c := p.Clock.Collected; !c.IsZero() && c.Sub(last.At) > day {
		m.Severity = analyze.Low
		m.Summary += fmt.Sprintf(", and none in the %.0f hours since", c.Sub(last.At).Hours())
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
func unexplained(p *analyze.Pass, all []starts.Start) (analyze.Match, bool) {
	if len(all) < 2 || p.Clock.Collected.IsZero() {
		return analyze.Match{}, false
	}
	ended, last := all[len(all)-2], all[len(all)-1]
	age := p.Clock.Collected.Sub(last.At)
	if !ended.Dirty || age < 0 || age.Minutes() > p.Limit("recent") || !starts.Before(starts.Began(p), last.At) {
		return analyze.Match{}, false
	}
	return analyze.Match{
		Entity:  "last",
		Summary: fmt.Sprintf("the node was started again at %s UTC, %.0f minutes before the bundle was made, and no shutdown is recorded", stamp(last.At), age.Minutes()),
		At:      []parsers.Pos{ended.Pos, last.Pos},
	}, true
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
