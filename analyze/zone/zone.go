// Package zone finds the time zone of the node that a bundle is from.
//
// The journal, klog and dmesg --ctime write the time of the clock on the wall,
// and say nowhere in which zone that hangs. Lines that hold the same moment
// twice tell it, once by that clock and once in UTC; so do programs that write
// their times with the zone.
package zone

import (
	"cmp"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Bundle is where the zone is looked for.
type Bundle struct {
	Files []*index.File // by path
	Facts []index.Fact
	// Lines calls visit for the lines of a file from a number on, until it
	// returns false.
	Lines func(f *index.File, from int, visit func(n int, line []byte) bool) error
	// Collected is when the bundle was made, as its name says; zero if not.
	Collected time.Time
}

// A Proof is a line that tells the zone.
type Proof struct {
	Offset time.Duration // how far the clock on the wall is ahead of UTC
	At     time.Time     // when it was
	Pos    parsers.Pos
	How    string // why it tells: "it has its time twice"
}

// A Zone is what the bundle tells of the time zone of its node.
type Zone struct {
	Proof *Proof // the newest one; nil: the zone is not known

	// After is the first proof of that zone since it was set, and Before the
	// last one of another, in which the clock was before; nil if it was
	// never changed, as far as the bundle tells.
	After, Before *Proof

	// Against tell another zone for the same time, one proof for each. If
	// there is no Proof, they speak against each other.
	Against []Proof
}

// Offset is how far the clock on the wall is ahead of UTC, and whether that is
// known of all programs.
func (z *Zone) Offset() (ahead time.Duration, known bool) {
	if z.Proof == nil {
		return 0, false
	}
	return z.Proof.Offset, len(z.Against) == 0
}

// Find looks for the zone. The lines of the journal are asked first: most of
// the times that lack a zone are theirs. Others are asked if they tell nothing.
func Find(b *Bundle) Zone {
	syslog, kubelet := b.syslog(), b.kubelet()
	for _, proofs := range []func() []Proof{b.journal, told(syslog), b.zoned, b.dmesg, told(kubelet), b.containers, b.support} {
		if all := proofs(); len(all) > 0 {
			z := judge(all)
			z.compare(slices.Concat(syslog, kubelet))
			return z
		}
	}
	return Zone{}
}

func told(all []Proof) func() []Proof { return func() []Proof { return all } }

// judge makes one zone of proofs of the same weight. One that is told before and
// after another is in force: when a node hangs, the journal stamps lines a quarter
// of an hour late, and that may be the zone of a neighbour.
func judge(all []Proof) Zone {
	slices.SortStableFunc(all, func(a, b Proof) int { return a.At.Compare(b.At) })
	var changes []int // numbers of the proofs that tell another zone than the one before
	for i := 1; i < len(all); i++ {
		if all[i].Offset != all[i-1].Offset {
			changes = append(changes, i)
		}
	}
	z := Zone{Proof: &all[len(all)-1], After: &all[0]}
	switch n := len(changes); {
	case n == 0:
	case plausible(all, changes):
		z.Before, z.After = &all[changes[n-1]-1], &all[changes[n-1]]
	case n == 2 && all[0].Offset == z.Proof.Offset:
		z.Against = distinct(all[changes[0]:changes[1]])
	default:
		return Zone{Against: distinct(all)}
	}
	return z
}

// summer is the most that a zone changes by twice a year, and season how long
// that stays at least.
const (
	summer = time.Hour
	season = 30 * 24 * time.Hour
)

// plausible reports whether one clock can have told all: somebody set another
// zone, once, or summer came and went.
func plausible(all []Proof, changes []int) bool {
	if len(changes) <= 1 {
		return true
	}
	for i, at := range changes {
		if (all[at].Offset - all[at-1].Offset).Abs() > summer {
			return false
		}
		if i > 0 && all[at].At.Sub(all[changes[i-1]].At) < season {
			return false
		}
	}
	return true
}

// distinct are the newest proofs of each zone.
func distinct(all []Proof) []Proof {
	newest := map[time.Duration]Proof{}
	for _, p := range all {
		newest[p.Offset] = p
	}
	out := make([]Proof, 0, len(newest))
	for _, p := range newest {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Proof) int { return cmp.Compare(a.Offset, b.Offset) })
	return out
}

// compare notes what programs tell that write times themselves. One that was
// started before somebody set the zone may still go by the old one, while
// journalctl shows all in the new. What they tell of the time before is a change.
func (z *Zone) compare(programs []Proof) {
	if z.Proof == nil {
		return
	}
	other := z.Against
	for _, p := range programs {
		switch {
		case p.Offset == z.Proof.Offset:
		case !p.At.Before(z.After.At):
			other = append(other, p)
		case z.Before == nil || p.At.After(z.Before.At):
			z.Before = &p
		}
	}
	z.Against = distinct(other)
}

// near is how far two times of one moment may be apart: the journal stamps the
// lines of a busy node late.
const near = 2 * time.Minute

// offset is the zone that explains how far a clock on the wall is ahead of UTC.
func offset(ahead time.Duration) (time.Duration, bool) {
	zone := ahead.Round(15 * time.Minute)
	return zone, (ahead-zone).Abs() <= near && inUse(zone)
}

// inUse reports whether there is land with a zone, in winter or in summer. Any
// quarter of an hour would do for a time that is late by one.
func inUse(zone time.Duration) bool {
	if zone%time.Hour == 0 {
		return -12*time.Hour <= zone && zone <= timeline.MaxZone
	}
	return slices.Contains(odd, zone)
}

// odd are the zones that are no whole hours, by the tz database of 2025.
var odd = []time.Duration{
	-half(9), -half(3), -half(2), half(3), half(4), half(5), half(5) + quarter, half(6), half(8) + quarter, half(9), half(10), half(12) + quarter, half(13) + quarter,
}

const quarter = 15 * time.Minute

// half is so many hours and a half.
func half(hours int) time.Duration { return time.Duration(hours)*time.Hour + 30*time.Minute }

// stated is a zone that is written out. Summer in the Antarctic may be odder than
// the list.
func stated(seconds int) (time.Duration, bool) {
	zone := time.Duration(seconds) * time.Second
	return zone, zone%quarter == 0 && zone.Abs() <= timeline.MaxZone
}
