// Package starts reads which boots of a record are of the node, and not of the
// machine that its image was built on.
package starts

import (
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/lastreboot"
)

// A Start is one boot of a record. Its time is in UTC as far as the boot that is
// going on tells the zone of the record.
type Start struct {
	At     time.Time
	Kernel string
	// Dirty: the record goes on to the next boot without a shutdown. A list
	// of the journal tells nothing of this.
	Dirty bool
	Pos   parsers.Pos
}

// OfLast reads the record of last. Its times are of the zone of the node, by
// quarters of an hour from that of the boot that is known in UTC, else by what the
// bundle tells of the zone.
func OfLast(p *analyze.Pass, f analyze.FileFact[lastreboot.History]) []Start {
	zone := p.Clock.Zone
	newest := true
	var out []Start
	for _, b := range f.Value.Boots {
		if b.Start.IsZero() {
			continue
		}
		if newest && !p.Clock.Boot.IsZero() {
			if off := b.Start.Sub(p.Clock.Boot); off.Abs() < 15*time.Hour {
				zone = off.Round(15 * time.Minute)
			}
		}
		out = append(out, Start{b.Start.Add(-zone), b.Kernel, !newest && !b.Down, parsers.Pos{File: f.Path, Line: b.Line}})
		newest = false
	}
	slices.Reverse(out)
	return out
}

// OfNode leaves out what an image brought along: boots long before the others,
// with another kernel, from the machine that it was built on.
func OfNode(p *analyze.Pass, all []Start) []Start {
	first, began := 0, Began(p)
	for i := 1; i < len(all); i++ {
		apart := all[i].At.Sub(all[i-1].At)
		other := all[i].Kernel != all[i-1].Kernel && !Before(began, all[i].At)
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

// Began is the first time in the logs of programs that run on the node only, and
// not where its image is built; zero when there is none.
func Began(p *analyze.Pass) (first time.Time) {
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

// Before reports that the node was there before a boot.
func Before(began, boot time.Time) bool {
	return !began.IsZero() && began.Before(boot.Add(-early))
}
