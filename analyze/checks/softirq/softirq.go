// Package softirq finds processors that have to do all the work of the network
// by themselves.
package softirq

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/procstat"
)

//go:embed check.yaml
var doc []byte

// Check is state.cpu.softirq_imbalance.
var Check = &analyze.Check{ID: "state.cpu.softirq_imbalance", Doc: analyze.MustDoc(doc), Run: run}

// run compares the processors by the share of their time since the boot that
// went to soft interrupts.
//
//	cpu  28198 0 42564 10085 339 0 4639 0 0 0
//	cpu0 13992 0 21196 5112 212 0 2252 0 0 0
//	cpu1 14206 0 21367 4972 126 0 2386 0 0 0
func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := analyze.Facts[procstat.Stat](p)
	if len(files) == 0 {
		return network.NoData(whole.Absent(p, "system/procstat.txt")), nil
	}
	f := files[0]
	each := f.Value.Each
	if len(each) == 0 || len(each) != f.Value.CPUs {
		return network.NoData(f.Path + " does not have each processor"), nil
	}
	if len(each) == 1 {
		return network.Clear("there is one processor"), nil
	}
	most, next := 0, -1
	for i := range each {
		switch {
		case share(each[i]) > share(each[most]):
			most, next = i, most
		case i != most && (next < 0 || share(each[i]) > share(each[next])):
			next = i
		}
	}
	busy, others := share(each[most]), share(each[next])
	said := fmt.Sprintf("processor %d spent %.0f %% of its time since the boot on soft interrupts, any other %.0f %% at most", each[most].CPU, busy, others)
	if busy < p.Limit("busy") || others >= p.Limit("others") {
		return network.Clear(said), nil
	}
	return network.Found(analyze.Match{
		Summary: said,
		At:      []parsers.Pos{{File: f.Path, Line: each[most].Line}, {File: f.Path, Line: each[next].Line}},
	}), nil
}

// share is the share of soft interrupts, in percent. The time of guests is in
// that of users.
func share(t procstat.Times) float64 {
	var all float64
	for _, n := range []uint64{t.User, t.Nice, t.System, t.Idle, t.IOWait, t.IRQ, t.SoftIRQ, t.Steal} {
		all += float64(n)
	}
	if all == 0 {
		return 0
	}
	return float64(t.SoftIRQ) / all * 100
}
