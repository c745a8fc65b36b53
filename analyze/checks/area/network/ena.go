package network

import (
	"math"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers/ethtool"
)

// enaState tells which limits of EC2 were exceeded, and which counters of the
// driver tell of trouble.
func enaState(r *area.Reader) {
	f := area.First[ethtool.Stats](r, nil)
	if f == nil {
		r.NotJudged("counters of the driver", whole.Absent(r.Pass, "networking/ethtool.txt"))
		return
	}
	limits := r.Table("limits of EC2", area.Text("interface"), area.Text("counter"), area.N("packets"))
	bad := r.Table("other counters of trouble that are not zero", area.Text("interface"), area.Text("counter"), area.N("count"))
	seen := 0
	for i := range f.Value.Interfaces {
		x := &f.Value.Interfaces[i]
		exceeded, line := 0, 0
		for _, c := range x.Counters {
			seen++
			switch {
			case strings.HasSuffix(c.Name, "_allowance_exceeded"):
				if line = c.Line; c.Value > 0 {
					exceeded++
					limits.Row(at(f.Path, c.Line), x.Name, c.Name, c.Value)
				}
			case c.Name == "conntrack_allowance_available":
				r.Count(x.Name+" connections left", int64(min(c.Value, math.MaxInt64)), area.Things, at(f.Path, c.Line))
			case c.Value > 0 && trouble(c.Name):
				bad.Row(at(f.Path, c.Line), x.Name, c.Name, c.Value)
			}
		}
		if line > 0 && exceeded == 0 {
			r.Say(x.Name+" limits of EC2", "none exceeded", at(f.Path, line))
		}
	}
	if seen == 0 {
		r.NotJudged("counters of the driver", f.Path+" has none")
	} else if len(limits.Rows) == 0 && !slices.ContainsFunc(f.Value.Interfaces, hasLimits) {
		r.NotJudged("limits of EC2", "no interface has counters of them: the driver is not ena, or is old")
	}
}

func hasLimits(x ethtool.Interface) bool {
	return slices.ContainsFunc(x.Counters, func(c ethtool.Counter) bool { return strings.HasSuffix(c.Name, "_allowance_exceeded") })
}

// signs are parts of the names of counters that tell of trouble.
//
//	tx_timeout: 0
//	queue_0_rx_bad_csum: 0
//	suspected_poll_starvation: 0
var signs = []string{"_err", "error", "drop", "bad_", "fail", "reset", "timeout", "queue_stop", "missed", "starvation", "missing", "wd_expired"}

func trouble(name string) bool {
	return slices.ContainsFunc(signs, func(s string) bool { return strings.Contains(name, s) })
}
