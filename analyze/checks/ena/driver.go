package ena

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/uptime"
	"github.com/eksleuth/eksleuth/analyze/ledger"
)

// each weighs the cards with counters of some names: weigh is asked only when
// one of them is not 0.
func each(p *analyze.Pass, has func(string) bool, weigh func(c *card, n []counter, up uptime.Time) analyze.Match) (analyze.Verdict, error) {
	all, note := cards(p, has)
	if note != "" {
		return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
	}
	up := uptime.Of(p)
	var out []analyze.Match
	for i := range all {
		if n := all[i].counters(has); len(n) > 0 && len(out) < maxCards {
			m := weigh(&all[i], n, up)
			m.Entity, m.Entities, m.Count = all[i].Name, all[i].entities(), times(sum(n))
			out = append(out, m)
		}
	}
	return verdict(p, unique(out)), nil
}

// maxCards is how many cards are named; instances have at most 60 interfaces.
const maxCards = 64

// unique leaves one finding for each card.
func unique(m []analyze.Match) []analyze.Match {
	var out []analyze.Match
	for _, x := range m {
		if !slices.ContainsFunc(out, func(y analyze.Match) bool { return y.Entity == x.Entity }) {
			out = append(out, x)
		}
	}
	return out
}

// faults are the counters of the driver that go with a reset of the card. A
// card is suspended, resumed and put up and down on healthy nodes too.
var faults = []string{
	"total_resets", "reset_fail", "tx_timeout", "wd_expired", "bad_tx_req_id", "bad_rx_req_id", "bad_rx_desc_num", "invalid_state",
	"admin_to", "missing_first_intr", "missing_intr", "missing_admin_interrupt", "missing_tx_cmpl", "device_request_reset", "os_netdev_wd",
}

// resets looks for cards that the driver restarted.
func resets(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	return each(p, func(name string) bool { return slices.Contains(faults, name) }, func(c *card, n []counter, up uptime.Time) analyze.Match {
		m := analyze.Match{
			Severity: analyze.High,
			Summary:  fmt.Sprintf("%s: %s%s", c.Name, list(n), up.Say(most(n))),
			At:       places(n),
		}
		switch {
		case requested(n):
			// The device wants a reset when EC2 updates it.
			m.Severity = analyze.Low
		case most(n) == 1 && up.Up.Hours() > p.Limit("old"):
			m.Severity = analyze.Medium
		}
		return m
	})
}

// requested reports resets that the device itself asked for, and no other fault.
func requested(n []counter) bool {
	var asked, other uint64
	for _, c := range n {
		switch c.Name {
		case "device_request_reset":
			asked = c.Value
		case "total_resets":
			other += c.Value
		default:
			return false
		}
	}
	return asked > 0 && other <= asked
}

// most is the highest of counters.
func most(n []counter) (v uint64) {
	for _, c := range n {
		v = max(v, c.Value)
	}
	return v
}

// starvation looks for cards whose interrupts came long after the packets.
func starvation(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	return each(p, named("suspected_poll_starvation"), func(c *card, n []counter, up uptime.Time) analyze.Match {
		m := analyze.Match{
			Summary: fmt.Sprintf("%s was polled too late: %d%s", c.Name, sum(n), up.Say(sum(n))),
			At:      places(n),
		}
		if up.Known() && up.Hourly(sum(n)) < 1 {
			m.Severity = analyze.Low
		}
		return m
	})
}

// lost are the counters of a receive queue that had no memory.
var lost = []string{"rx_page_alloc_fail", "rx_skb_alloc_fail", "rx_refil_partial", "rx_empty_rx_ring", "rx_dma_mapping_err"}

// allocations looks for cards without memory for what they receive.
//
//	queue_0_rx_page_alloc_fail: 0
func allocations(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	has := func(name string) bool {
		what, ok := ledger.OfQueue(name)
		return ok && slices.Contains(lost, what)
	}
	return each(p, has, func(c *card, n []counter, up uptime.Time) analyze.Match {
		m := analyze.Match{
			Severity: analyze.Low,
			Summary:  fmt.Sprintf("%s: %s%s", c.Name, list(n), up.Say(sum(n))),
			At:       places(n),
		}
		if float64(sum(n)) > p.Limit("many") && !(up.Known() && up.Hourly(sum(n)) < 1) {
			m.Severity = analyze.Medium
		}
		return m
	})
}

// stopped compares how often a send queue was stopped and woken up again: more
// stops are a queue that stands still.
//
//	queue_0_tx_queue_stop: 12
//	queue_0_tx_queue_wakeup: 12
func stopped(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	has := func(name string) bool {
		what, ok := ledger.OfQueue(name)
		return ok && what == "tx_queue_stop"
	}
	return each(p, has, func(c *card, n []counter, up uptime.Time) analyze.Match {
		m := analyze.Match{
			Severity: analyze.Info,
			Summary:  fmt.Sprintf("send queues of %s were full for a moment: %d times%s", c.Name, sum(n), up.Say(sum(n))),
			At:       places(n),
		}
		for i := range n {
			woken, ok := c.Counter(strings.TrimSuffix(n[i].Name, "stop") + "wakeup")
			if ok && woken.Value < n[i].Value {
				m.Severity = still(p, &n[i])
				m.Summary = fmt.Sprintf("a send queue of %s stands still: %s %d, %s %d", c.Name, n[i].Name, n[i].Value, woken.Name, woken.Value)
				m.At = append(places(n[i:i+1]), (&counter{c, woken}).at())
				break
			}
		}
		return m
	})
}

// still is how bad a queue is that stands still. One that is often full is so
// at any moment, that of the collection too; and after a reset the counters may
// differ.
func still(p *analyze.Pass, n *counter) analyze.Severity {
	down, _ := n.card.Counter("interface_down")
	if float64(n.Value) > p.Limit("often") || down.Value > 0 {
		return analyze.Low
	}
	return analyze.High
}
