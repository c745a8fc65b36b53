package ena

import (
	"context"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/uptime"
)

// symptoms are the rules whose events are the calls that went unanswered.
var symptoms = []string{"imds.unreachable_from_pod", "nodeadm.imds.error", "cni.ipamd.imds_error", "dns.coredns.upstream_timeout", "dns.node.lookup_timeout"}

// linkLocal looks for cards that dropped packets to the services at link-local
// addresses. The allowance is that of a card, not of the instance.
func linkLocal(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	return each(p, named("linklocal_allowance_exceeded"), func(c *card, n []counter, up uptime.Time) analyze.Match {
		return unserved(p, c, n, up)
	})
}

// unserved weighs one card.
func unserved(p *analyze.Pass, c *card, dropped []counter, up uptime.Time) analyze.Match {
	n := sum(dropped)
	m := analyze.Match{
		Summary: fmt.Sprintf("%s dropped %d packets since its driver was loaded%s", c.Name, n, up.Say(n)),
		At:      up.Cite(places(dropped)),
	}
	switch {
	case up.Known() && up.Hourly(n) > p.Limit("hourly"):
		m.Severity = analyze.High
	case up.Known() && up.Hourly(n) < 1:
		m.Severity = analyze.Low
	}
	if lines, hits := imds.Hits(p, symptoms...); hits > 0 {
		m.Severity, m.Confidence = analyze.High, 0.9
		m.Summary += fmt.Sprintf("; calls to these services failed (%d in the logs)", hits)
		m.At = append(m.At, lines...)
	}
	// A few lost packets do not explain a log full of timeouts.
	if float64(n) >= p.Limit("hourly") {
		m.Explains = append([]string{"time.chrony.no_source"}, symptoms...)
	}
	return m
}
