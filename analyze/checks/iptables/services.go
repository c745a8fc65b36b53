package iptables

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
)

// servicesMissing looks for the chains of Services. The Service "kubernetes" is
// in every cluster, so a kube-proxy that works with iptables has at least one.
func servicesMissing(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	v6 := network.V6(p)
	t := network.GetTable(p, "nat", v6)
	if t == nil {
		return network.NoData(unseen(t, "nat", v6)), nil
	}
	for _, c := range t.Chains {
		if strings.HasPrefix(c.Name, "KUBE-SVC-") {
			return network.Clear("kube-proxy has chains of Services in " + t.File), nil
		}
	}
	if !t.Whole {
		return network.NoData(unseen(t, "nat", v6)), nil
	}
	mode, at := network.ProxyMode(p)
	switch {
	case mode != network.Unknown && mode != network.Iptables:
		return network.Clear(fmt.Sprintf("Services are made by %s (%s), which has no such chains", mode, at)), nil
	case incompatible(t):
		return network.NoData("iptables could not show all rules: " + t.File), nil
	}
	return noServices(p, t), nil
}

// noServices judges a nat table without chains of Services: whether kube-proxy
// is there and should have made them.
func noServices(p *analyze.Pass, t *network.Table) analyze.Verdict {
	proc, at, listed := network.Process(p, "kube-proxy")
	jumps, left := kubeChains(t)
	switch {
	case listed && proc == nil:
		return withoutProxy(p, t, jumps)
	case proc == nil && len(jumps) == 0:
		return network.NoData("no sign of kube-proxy in " + t.File + ", and no list of processes")
	case network.ProxyStartedLate(p):
		return network.NoData("kube-proxy had just started")
	}
	m := analyze.Match{
		Entity:     "nat",
		Confidence: 0.8,
		Summary:    "kube-proxy has no chain of any Service in the nat table, not even of the Service kubernetes",
		At:         append(jumps, t.Start()),
	}
	if len(left) > 0 {
		m.Summary += "; it has " + strings.Join(left, ", ")
	}
	if proc != nil {
		m.Confidence = 0.95
		m.At = append(m.At, at)
	}
	return network.Found(m)
}

// withoutProxy judges a node on which no kube-proxy runs: it may be missing, or
// the node may have something else for Services.
func withoutProxy(p *analyze.Pass, t *network.Table, jumps []parsers.Pos) analyze.Verdict {
	g := gates.Of(p, gates.KubeProxy)
	if g.Wanted == nil || g.State != gates.Dead {
		return network.NoData("no kube-proxy runs: nothing on this node is to make Services")
	}
	m := analyze.Match{
		Entity:     "nat",
		Confidence: 0.9,
		Summary:    "no kube-proxy runs, and the nat table has no chain of any Service, not even of the Service kubernetes",
		At:         append(jumps, t.Start()),
	}
	for _, proof := range g.Which(gates.Down) {
		if proof.At.File != "" {
			m.At = append(m.At, proof.At)
		}
	}
	return network.Found(m)
}

// kubeChains returns the jumps to the chain of Services, and the names of the
// chains of kube-proxy that are there.
func kubeChains(t *network.Table) (jumps []parsers.Pos, left []string) {
	for _, r := range t.Rules {
		if r.Target == "KUBE-SERVICES" {
			jumps = append(jumps, t.Pos(r.Line))
		}
	}
	for _, c := range t.Chains {
		if network.Owner(c.Name) == network.KubeProxy && len(left) < maxSaid {
			left = append(left, c.Name)
		}
	}
	return jumps[:min(len(jumps), maxSaid)], left
}

// incompatible reports a table that the tool could not show, as other tools
// have written to it.
func incompatible(t *network.Table) bool {
	for _, n := range t.Set.Notes {
		if strings.Contains(n.Text, "is incompatible, use 'nft'") {
			return true
		}
	}
	return false
}
