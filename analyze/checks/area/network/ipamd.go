package network

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/metrics"
)

func ipamdState(r *area.Reader) {
	pools := network.Pools(r.Pass)
	if len(pools) == 0 {
		r.NotJudged("addresses that ipamd has", whole.Absent(r.Pass, "ipamd/enis.json"))
	}
	for _, f := range pools {
		pool(r, f)
	}
	for _, name := range []string{"WARM_ENI_TARGET", "WARM_IP_TARGET", "MINIMUM_IP_TARGET", "WARM_PREFIX_TARGET", "ENABLE_PREFIX_DELEGATION", "MAX_ENI"} {
		if s, ok := network.Get(r.Pass, name); ok && !slices.Contains(off, s.Value) {
			r.Say(name, s.Value, s.At)
		}
	}
	counters(r)
	allocations(r, pools)
}

// pool tells how many addresses ipamd has, and how many of them pods have.
func pool(r *area.Reader, f analyze.FileFact[enis.Pool]) {
	for _, c := range f.Value.Cards {
		label := "addresses"
		if c.Number > 0 {
			label = fmt.Sprintf("addresses, card %d", c.Number)
		}
		words := fmt.Sprintf("%d of %d in use", c.Assigned, c.Capacity())
		if c.Capacity() > 1e9 {
			words = fmt.Sprintf("%d in use, of a prefix of IPv6", c.Assigned)
		}
		r.Say(label, words, at(f.Path, c.Line))
		cooling, period := 0, cooldown(r)
		for _, e := range c.ENIs {
			for _, x := range e.Ranges {
				for _, a := range x.Addresses {
					if !a.Assigned && a.Cooling(r.Clock.Collected, period) {
						cooling++
					}
				}
			}
		}
		if cooling > 0 {
			r.Count("just given back", int64(cooling), "addresses", at(f.Path, c.Line)).With("given out again after %v", period)
		}
	}
}

// cooldown is for how long ipamd does not give out an address again.
func cooldown(r *area.Reader) time.Duration {
	if s, ok := network.Get(r.Pass, "IP_COOLDOWN_PERIOD"); ok {
		if n, err := strconv.ParseUint(s.Value, 10, 16); err == nil {
			return time.Duration(n) * time.Second
		}
	}
	return 30 * time.Second
}

// gauges are metrics of ipamd worth a line, besides those of the ledger.
//
//	awscni_no_available_ip_addresses 8
//	awscni_force_removed_enis 0
var gauges = []struct{ name, label string }{
	{"awscni_no_available_ip_addresses", "requests without address"},
	{"awscni_err_no_avail_addrs", "requests without address"},
	{"awscni_force_removed_enis", "interfaces removed by force"},
	{"awscni_force_removed_ips", "addresses removed by force"},
}

// counters tells the metrics of ipamd, and the calls to EC2 that failed.
func counters(r *area.Reader) {
	f := area.First(r, func(m *metrics.Metrics) bool { return len(m.Samples) > 0 })
	if f == nil {
		r.NotJudged("metrics of ipamd", whole.Absent(r.Pass, "ipamd/metrics.json"))
		return
	}
	for _, g := range gauges {
		sum, line := 0.0, 0
		for _, s := range f.Value.Get(g.name) {
			sum, line = sum+float64(s.Value), cmp.Or(line, s.Line)
		}
		if line > 0 && (sum > 0 || !strings.HasSuffix(g.label, "by force")) {
			r.Say(g.label, fmt.Sprintf("%.0f", sum), at(f.Path, line))
		}
	}
	t := r.Table("failed calls since aws-node started", area.Text("counter"), area.Text("of"), area.N("failed"))
	for _, s := range f.Value.Samples {
		if s.Value <= 0 || !strings.HasPrefix(s.Name, "awscni_") || !strings.HasSuffix(s.Name, "_error_count") {
			continue
		}
		var of []string
		for _, l := range s.Labels {
			of = append(of, l.Value)
		}
		t.Row(at(f.Path, s.Line), s.Name, cmp.Or(strings.Join(of, ", "), "-"), fmt.Sprintf("%.0f", float64(s.Value)))
	}
}

// An allocation is an address that a pod has.
type allocation struct {
	pod, ip string
	since   time.Time
	at      parsers.Pos
}

// allocations lists the addresses that pods have, the newest first.
func allocations(r *area.Reader, pools []analyze.FileFact[enis.Pool]) {
	all := assigned(pools)
	if len(pools) == 0 {
		all = kept(r)
	}
	slices.SortStableFunc(all, func(a, b allocation) int {
		return cmp.Or(b.since.Compare(a.since), strings.Compare(a.ip, b.ip))
	})
	t := r.Table("addresses of pods, the newest first", area.Text("pod"), area.Text("address"), area.Text("since (UTC)"))
	for _, a := range all {
		since := "-"
		if !a.since.IsZero() {
			since = a.since.UTC().Format(time.DateTime)
		}
		t.Row(a.at, a.pod, a.ip, since)
	}
}

// assigned are those that ipamd answers.
func assigned(pools []analyze.FileFact[enis.Pool]) (all []allocation) {
	for _, f := range pools {
		for _, c := range f.Value.Cards {
			for _, e := range c.ENIs {
				for _, x := range e.Ranges {
					for _, a := range x.Addresses {
						if a.Assigned {
							all = append(all, allocation{podName(a.Namespace, a.Pod), a.IP.String(), a.AssignedAt, at(f.Path, a.Line)})
						}
					}
				}
			}
		}
	}
	return all
}

// kept are those of the checkpoint of ipamd.
func kept(r *area.Reader) (all []allocation) {
	for _, f := range analyze.Facts[ipam.Checkpoint](r.Pass) {
		if strings.Contains(f.Path, ".tmp") {
			continue
		}
		for _, a := range f.Value.Allocations {
			ip := a.IPv4
			if !ip.IsValid() {
				ip = a.IPv6
			}
			all = append(all, allocation{podName(a.Namespace, a.Pod), ip.String(), a.At, at(f.Path, a.Line)})
		}
	}
	return all
}

func podName(namespace, name string) string {
	if name == "" {
		return "-"
	}
	return namespace + "/" + name
}
