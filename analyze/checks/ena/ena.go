// Package ena judges the counters of the network cards of EC2: what the instance
// was not allowed to send and receive, and what its driver had to repair. All
// count since the driver was loaded, which is at the boot.
package ena

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ethtool"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the families state.ena and state.efa.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.ena.bw_in_allowance_exceeded": func(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
		return bandwidth(p, "bw_in_allowance_exceeded"), nil
	},
	"state.ena.bw_out_allowance_exceeded": func(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
		return bandwidth(p, "bw_out_allowance_exceeded"), nil
	},
	"state.ena.pps_allowance_exceeded":        packets,
	"state.ena.conntrack_allowance_exceeded":  connections,
	"state.ena.linklocal_allowance_exceeded":  linkLocal,
	"state.ena.conntrack_allowance_available": available,
	"state.ena.resets":                        resets,
	"state.ena.suspected_poll_starvation":     starvation,
	"state.ena.rx_alloc_fail":                 allocations,
	"state.ena.tx_queue_stop":                 stopped,
	"state.ena.driver_old":                    oldDriver,
	"state.efa.errors":                        efa,
})

// place is where the collector writes the counters.
const place = "networking/ethtool.txt"

// A card is an interface of the ena driver.
type card struct {
	path string
	*ethtool.Interface
}

// A counter is one of a card.
type counter struct {
	card *card
	ethtool.Counter
}

func (c *counter) at() parsers.Pos { return parsers.Pos{File: c.card.path, Line: c.Line} }

// cards are the interfaces that have a counter of the driver with one of the
// names. Without one, the note says why.
func cards(p *analyze.Pass, has func(name string) bool) (out []card, note string) {
	note = whole.Absent(p, place)
	for _, f := range analyze.Facts[ethtool.Stats](p) {
		note = "no interface in " + f.Path + " has the counter: it is not of the ena driver, or the driver is too old"
		for i := range f.Value.Interfaces {
			dev := &f.Value.Interfaces[i]
			if slices.ContainsFunc(dev.Counters, func(c ethtool.Counter) bool { return has(c.Name) }) {
				out = append(out, card{f.Path, dev})
			}
		}
	}
	if len(out) > 0 {
		note = ""
	}
	return out, note
}

// counters are those of a card with one of the names, and a value.
func (c *card) counters(has func(name string) bool) []counter {
	var out []counter
	for _, n := range c.Counters {
		if n.Value > 0 && has(n.Name) {
			out = append(out, counter{c, n})
		}
	}
	return out
}

// named is a test for one name.
func named(name string) func(string) bool { return func(s string) bool { return s == name } }

// entities name a card.
func (c *card) entities() map[string][]string { return map[string][]string{"interface": {c.Name}} }

// maxAt is how many counters a finding cites.
const maxAt = 6

// places are those of the first counters.
func places(counters []counter) []parsers.Pos {
	var at []parsers.Pos
	for _, c := range counters[:min(len(counters), maxAt)] {
		at = append(at, c.at())
	}
	return at
}

// list says counters: "total_resets 2, wd_expired 1".
func list(counters []counter) string {
	var parts []string
	for _, c := range counters[:min(len(counters), maxAt)] {
		parts = append(parts, fmt.Sprintf("%s %d", c.Name, c.Value))
	}
	return strings.Join(parts, ", ")
}

// sum adds counters.
func sum(counters []counter) (n uint64) {
	for _, c := range counters {
		n += c.Value
	}
	return n
}

// times is a counter as the count of a finding.
func times(n uint64) int { return int(min(n, 1<<31-1)) }

// verdict is found with matches; without, clear when all files were read whole
// and no-data when they were not.
func verdict(p *analyze.Pass, matches []analyze.Match) analyze.Verdict {
	if len(matches) > 0 {
		return analyze.Verdict{Outcome: analyze.Found, Matches: matches}
	}
	for _, f := range analyze.Facts[ethtool.Stats](p) {
		if why := whole.Cut(p, f.Path); why != "" {
			return analyze.Verdict{Outcome: analyze.NoData, Note: why}
		}
		if f.Value.Cut {
			return analyze.Verdict{Outcome: analyze.NoData, Note: f.Path + " has more counters than are read"}
		}
	}
	return analyze.Verdict{Outcome: analyze.Clear}
}
