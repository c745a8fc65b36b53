// Package contradiction finds what two sources of a bundle say differently: a
// log and the state that was seen at the collection, or two states.
//
// Each check has a proof of both sides. A side that says nothing contradicts
// nothing, and neither does a line of a log that is older than the state it
// is compared with by more than the check allows.
package contradiction

import (
	_ "embed"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
)

//go:embed check.yaml
var doc []byte

// Checks are those of state.contradiction.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.contradiction.disk_pressure":      diskPressure,
	"state.contradiction.addresses":          addresses,
	"state.contradiction.containerd_socket":  containerdSocket,
	"state.contradiction.proxy_mode":         proxyMode,
	"state.contradiction.node_ip":            nodeIP,
	"state.contradiction.max_pods":           maxPods,
	"state.contradiction.node_status":        nodeStatus,
	"state.contradiction.conntrack_full":     conntrackFull,
	"state.contradiction.unit_state":         unitState,
	"state.contradiction.clock":              clocks,
	"state.contradiction.image_version":      imageVersion,
	"state.contradiction.containerd_version": containerdVersion,
})

// last returns the last event of some rules whose time is known.
func last(p *analyze.Pass, rules ...string) (h analyze.Hit, ok bool) {
	for _, rule := range rules {
		for _, x := range p.Hits(rule) {
			if !x.At.IsZero() && (!ok || !x.At.Before(h.At)) {
				h, ok = x, true
			}
		}
	}
	return h, ok
}

// since counts the events of some rules from a time on.
func since(p *analyze.Pass, from time.Time, rules ...string) (n int) {
	for _, rule := range rules {
		for _, h := range p.Hits(rule) {
			if !h.At.IsZero() && !h.At.Before(from) {
				n++
			}
		}
	}
	return n
}

// age is how long before the collection an event was; false when that is not
// known, and for one that the clocks put far behind it.
func age(p *analyze.Pass, h analyze.Hit) (time.Duration, bool) {
	d := p.Clock.Collected.Sub(h.At)
	return d, !p.Clock.Collected.IsZero() && !h.At.IsZero() && d > -skew
}

// skew is how far the name of a bundle may be before the last lines of its logs:
// it has minutes only, and the collector takes some.
const skew = 10 * time.Minute

// minutes is a limit of the check.
func minutes(p *analyze.Pass, name string) time.Duration {
	return time.Duration(p.Limit(name) * float64(time.Minute))
}

func noData(note string) (analyze.Verdict, error) { return network.NoData(note), nil }

func isClear(note string) (analyze.Verdict, error) { return network.Clear(note), nil }

func found(matches ...analyze.Match) (analyze.Verdict, error) {
	return network.Found(matches...), nil
}

// kubeletLog is where kubelet's log stands. Those of others are told as well.
const kubeletLog = "kubelet/kubelet.log"

// unsaid is the verdict when a log says nothing that could be compared: without
// the log, nobody knows.
func unsaid(p *analyze.Pass, note string, places ...string) (analyze.Verdict, error) {
	for _, place := range places {
		if f := p.File(place); f != nil && f.Refusal == nil && f.Bytes > 0 && f.Err == "" {
			return isClear(note)
		}
	}
	return noData(note + ": " + whole.Absent(p, places[0]))
}

// clockTime writes the time of an event.
func clockTime(h analyze.Hit) string { return h.At.UTC().Format("15:04:05") }
