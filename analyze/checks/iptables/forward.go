package iptables

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// forwardPolicy looks at what becomes of the packets of pods that no rule of
// FORWARD takes: in the family that the pods have.
func forwardPolicy(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	v6 := network.V6(p)
	t := network.GetTable(p, "filter", v6)
	if t == nil {
		return network.NoData(unseen(t, "filter", v6)), nil
	}
	c := t.Chain("FORWARD")
	switch {
	case c == nil || c.Policy == "":
		return network.NoData("the policy of FORWARD is not in " + t.File), nil
	case c.Policy != "DROP":
		return network.Clear("the policy of FORWARD is " + c.Policy), nil
	}
	if s := lets(t); s != "" {
		return network.Clear("the policy of FORWARD is DROP, and " + s), nil
	}
	if !t.Whole {
		return network.NoData("the policy of FORWARD is DROP, and " + unseen(t, "filter", v6)), nil
	}
	return network.Found(dropsPods(p, t, c)), nil
}

// lets says which rule lets the packets of pods through; "" when none does.
func lets(t *network.Table) string {
	for _, r := range t.Rules {
		if r.Chain != "FORWARD" || !network.ForPods(r.In) || !network.ForPods(r.Out) {
			continue
		}
		if owner := network.Owner(r.Target); network.Policed(owner) {
			return fmt.Sprintf("%s decides in %s (line %d)", owner, r.Target, r.Line)
		}
		if r.Target == "ACCEPT" && broad(r) {
			return fmt.Sprintf("line %d accepts", r.Line)
		}
	}
	return ""
}

// broad reports a rule for new connections of any kind.
func broad(r *iptables.Rule) bool {
	if r.Proto != "" || r.SrcPorts.Text != "" || r.DstPorts.Text != "" {
		return false
	}
	for _, m := range r.Matches {
		if !strings.Contains(m, "state") || !strings.Contains(m, "NEW") || strings.Contains(m, "! ") {
			return false
		}
	}
	return true
}

// dropsPods makes the finding. A policy that has dropped nothing may be that of
// a node without pods of its own.
func dropsPods(p *analyze.Pass, t *network.Table, c *iptables.Chain) analyze.Match {
	m := analyze.Match{
		Entity:     "FORWARD",
		Severity:   analyze.High,
		Confidence: 0.85,
		Summary:    "the policy of FORWARD is DROP, and no rule accepts the packets of pods",
		At:         []parsers.Pos{t.Pos(c.Line)},
		Explains:   []string{"dns.coredns.upstream_timeout", "dns.coredns.k8s_api"},
	}
	for _, copy := range network.Tables(p, "filter", t.V6) {
		l := copy.Chain("FORWARD")
		if l == nil || l.Policy != "DROP" || !copy.Set.Listing || !l.Known {
			continue
		}
		if pos := copy.Pos(l.Line); pos != m.At[0] {
			m.At = append(m.At, pos)
		}
		m.Summary += fmt.Sprintf("; %d packets were dropped", l.Packets)
		m.Confidence = 0.95
		if l.Packets == 0 {
			m.Severity, m.Confidence, m.Explains = analyze.Medium, 0.6, nil
		}
		break
	}
	for _, r := range t.Rules {
		if network.Owner(r.Chain) == network.Docker || network.Owner(r.Target) == network.Docker {
			m.Summary += "; Docker, which sets this policy when it starts, has rules on the node"
			m.At = append(m.At, t.Pos(r.Line))
			break
		}
	}
	return m
}
