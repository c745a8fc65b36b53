package iptables

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// kubeletListens is the port of kubelet on the node.
const kubeletListens = 10250

// kubeletPort looks for rules that send what comes to kubelet's port of the node
// to a pod. A Service with that port has an address of its own, and a pod that
// listens on it, as metrics-server does, gets its packets from there.
func kubeletPort(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t := network.GetTable(p, "nat", false)
	if t == nil {
		return network.NoData(unseen(t, "nat", false)), nil
	}
	own, _ := network.Addresses(p)
	var taken []*iptables.Rule
	for _, r := range t.Rules {
		hits := !r.DstPorts.Not && r.DstPorts.Text != "" && r.DstPorts.Contains(kubeletListens)
		tcp := r.Proto == "" || r.Proto == "tcp" || r.Proto == "6"
		if hits && tcp && toNode(r, own) && takes(r) {
			taken = append(taken, r)
		}
	}
	switch why := unseen(t, "nat", false); {
	case len(taken) > 0:
	case why != "":
		return network.NoData(why), nil
	default:
		return network.Clear("no rule takes port 10250 of the node"), nil
	}
	m := analyze.Match{Entity: "10250", Count: len(taken)}
	for _, r := range taken[:min(len(taken), maxAt)] {
		m.At = append(m.At, t.Pos(r.Line))
	}
	m.Summary = fmt.Sprintf("packets to port 10250 of this node go to %s instead of kubelet", goal(t, taken))
	return network.Found(m), nil
}

// toNode reports a rule for packets to addresses of the node.
func toNode(r *iptables.Rule, own map[netip.Addr]bool) bool {
	if r.Dst.Any() {
		return true
	}
	for ip := range own {
		if !ip.IsLoopback() && r.Dst.Contains(ip) {
			return true
		}
	}
	return false
}

// takes reports a rule that sends packets elsewhere: itself, or by a chain of
// the host ports or node ports.
func takes(r *iptables.Rule) bool {
	switch r.Target {
	case "DNAT", "REDIRECT":
		return true
	}
	for _, prefix := range []string{"CNI-DN-", "KUBE-HP-", "KUBE-SVC-", "KUBE-EXT-", "KUBE-XLB-"} {
		if strings.HasPrefix(r.Target, prefix) {
			return true
		}
	}
	return false
}

// goal names the pod that gets the packets.
func goal(t *network.Table, taken []*iptables.Rule) string {
	name := ""
	for _, r := range taken {
		if r.Target == "DNAT" {
			return strings.TrimPrefix(strings.TrimPrefix(r.TargetArgs, "--to-destination "), "to:")
		}
		if r.Target == "REDIRECT" {
			name = "another port"
		}
	}
	for _, r := range t.Rules {
		if r.Target == "DNAT" && r.Chain == taken[0].Target {
			return strings.TrimPrefix(strings.TrimPrefix(r.TargetArgs, "--to-destination "), "to:")
		}
	}
	if name != "" {
		return name
	}
	return "a pod"
}

// backends looks at what iptables says of rules that it cannot show.
func backends(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var matches []analyze.Match
	files := analyze.Facts[iptables.Ruleset](p)
	if len(files) == 0 {
		return network.NoData("no file with iptables rules could be read"), nil
	}
	seen := map[string]int{}
	add := func(entity string, s analyze.Severity, confidence float64, summary string, at parsers.Pos) {
		if i, ok := seen[entity]; ok {
			if len(matches[i].At) < maxAt {
				matches[i].At = append(matches[i].At, at)
			}
			return
		}
		seen[entity] = len(matches)
		matches = append(matches, analyze.Match{Entity: entity, Severity: s, Confidence: confidence, Summary: summary, At: []parsers.Pos{at}})
	}
	for _, f := range files {
		for _, n := range f.Value.Notes {
			at := parsers.Pos{File: f.Path, Line: n.Line}
			switch {
			case strings.Contains(n.Text, "tables present, use ip") && strings.Contains(n.Text, "-legacy"):
				add("legacy", analyze.Low, 0.5, "tables of the old kind are there beside those of nf_tables; they may be empty: programs that look for rules in both kinds make them", at)
			case strings.Contains(n.Text, "is incompatible, use 'nft'"):
				add("incompatible", analyze.Medium, 0.8, "a table has rules that iptables cannot show, as another program wrote them with nft", at)
			}
		}
	}
	if len(matches) > 0 {
		return network.Found(matches...), nil
	}
	for _, f := range files {
		if p.Audit.Collector.Name == coverage.Agent && f.Value.Whole {
			return network.Clear(f.Path + " has the messages of the command, and none is about tables of the other kind"), nil
		}
	}
	return network.NoData("the messages of iptables, which would tell, are not kept by this collector"), nil
}
