package iptables

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// owned says why the VPC CNI need not have its rules on the node, or why that is
// not known; "" when ipamd has set up the network. It writes its rules before
// it answers.
func owned(p *analyze.Pass) (note string, applies bool) {
	switch {
	case network.OtherCNI(p) != "":
		return "the network plugin is " + network.OtherCNI(p), false
	case network.V6(p):
		return "the pods have IPv6 addresses, for which the VPC CNI writes no such rules", false
	case len(network.Pools(p)) == 0:
		return "no answer of ipamd shows that the VPC CNI has set up this node", true
	}
	return "", true
}

// snatMissing looks for the rule that gives packets of pods that leave the VPC
// the address of the node.
//
//	-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.0.12.34 --random-fully
func snatMissing(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	external, known := network.Get(p, "AWS_VPC_K8S_CNI_EXTERNALSNAT")
	if known && external.True() {
		return network.Clear(fmt.Sprintf("packets of pods keep their address: %s is true (%s)", external.Name, external.At)), nil
	}
	if note, applies := owned(p); note != "" {
		if !applies {
			return network.Clear(note), nil
		}
		return network.NoData(note), nil
	}
	t := network.GetTable(p, "nat", false)
	for _, r := range snatRules(t) {
		return network.Clear(fmt.Sprintf("line %d of %s", r.Line, t.File)), nil
	}
	switch why := unseen(t, "nat", false); {
	case why != "":
		return network.NoData(why), nil
	case !known:
		return network.NoData("whether something else translates addresses is not known: no AWS_VPC_K8S_CNI_EXTERNALSNAT"), nil
	}
	at := []parsers.Pos{external.At, t.Start()}
	if c := t.Chain("POSTROUTING"); c != nil {
		at[1] = t.Pos(c.Line)
	}
	return network.Found(analyze.Match{
		Entity:  "AWS-SNAT-CHAIN-0",
		Summary: external.Name + " is false, ipamd has set up the node, and no rule of AWS-SNAT-CHAIN-0 translates the addresses of pods",
		At:      at,
	}), nil
}

// snatRules are the rules of the VPC CNI that translate addresses. Before
// version 1.4 they stood in POSTROUTING.
func snatRules(t *network.Table) (all []*iptables.Rule) {
	if t == nil {
		return nil
	}
	for _, r := range t.Rules {
		if (r.Target == "SNAT" || r.Target == "MASQUERADE") && (strings.HasPrefix(r.Chain, "AWS-SNAT-CHAIN-") || r.Comment == "AWS, SNAT") {
			all = append(all, r)
		}
	}
	return all
}

// snatSource compares the address that packets of pods get with those that the
// node has.
func snatSource(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t := network.GetTable(p, "nat", false)
	rules := snatRules(t)
	switch why := unseen(t, "nat", false); {
	case len(rules) == 0 && why != "":
		return network.NoData(why), nil
	case len(rules) == 0:
		return network.Clear("the VPC CNI translates no addresses"), nil
	}
	own, where := network.Addresses(p)
	if own == nil {
		return network.NoData("no addresses of the node: networking/iproute.txt, networking/ifconfig.txt"), nil
	}
	var matches []analyze.Match
	seen := map[netip.Addr]bool{}
	for _, r := range rules {
		ip, ok := source(r.TargetArgs)
		if !ok || own[ip] || seen[ip] {
			continue
		}
		seen[ip] = true
		matches = append(matches, analyze.Match{
			Entity:   ip.String(),
			Entities: map[string][]string{"ip": {ip.String()}},
			Summary:  fmt.Sprintf("packets of pods leave as %s, which is no address of this node", ip),
			At:       []parsers.Pos{t.Pos(r.Line), where},
		})
	}
	if len(matches) > 0 {
		return network.Found(matches[:min(len(matches), maxAt)]...), nil
	}
	return network.Clear("the source address is one of the node"), nil
}

// source reads the address of a target: "--to-source 10.0.12.34 --random-fully",
// in a listing "to:10.0.12.34 random-fully". A range of addresses is none.
func source(args string) (netip.Addr, bool) {
	f := strings.Fields(args)
	i := slices.IndexFunc(f, func(w string) bool { return w == "--to-source" || strings.HasPrefix(w, "to:") })
	if i < 0 {
		return netip.Addr{}, false
	}
	text := strings.TrimPrefix(f[i], "to:")
	if f[i] == "--to-source" {
		if i+1 == len(f) {
			return netip.Addr{}, false
		}
		text = f[i+1]
	}
	text, _, _ = strings.Cut(text, ":")
	ip, err := netip.ParseAddr(text)
	return ip, err == nil
}

// connmarkMissing looks for the rules that send the answers of NodePorts back
// through the interface that the request came in by.
//
//	-A PREROUTING -i ens5 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80
func connmarkMissing(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	support, known := network.Get(p, "AWS_VPC_CNI_NODE_PORT_SUPPORT")
	if known && !support.True() {
		return network.Clear(fmt.Sprintf("%s is %s (%s)", support.Name, support.Value, support.At)), nil
	}
	if note, applies := owned(p); note != "" {
		if !applies {
			return network.Clear(note), nil
		}
		return network.NoData(note), nil
	}
	t := network.GetTable(p, "mangle", false)
	set, restore := primaryRules(t)
	if set && restore {
		return network.Clear("the rules of the primary interface are in " + t.File), nil
	}
	switch why := unseen(t, "mangle", false); {
	case why != "":
		return network.NoData(why), nil
	case !known:
		return network.NoData("whether the VPC CNI supports NodePorts on this node is not known: no AWS_VPC_CNI_NODE_PORT_SUPPORT"), nil
	}
	missing := "no rule marks connections that come in through the primary interface"
	if set {
		missing = "no rule gives the mark back to the packets of pods"
	}
	return network.Found(analyze.Match{
		Entity:  "AWS, primary ENI",
		Summary: fmt.Sprintf("%s is true, ipamd has set up the node, and %s", support.Name, missing),
		At:      []parsers.Pos{support.At, t.Start()},
	}), nil
}

// primaryRules reports which of the two kinds of rules there are.
func primaryRules(t *network.Table) (set, restore bool) {
	if t == nil {
		return false, false
	}
	for _, r := range t.Rules {
		if r.Comment != "AWS, primary ENI" || r.Target != "CONNMARK" {
			continue
		}
		if strings.Contains(r.TargetArgs, "restore") {
			restore = true
		} else {
			set = true
		}
	}
	return set, restore
}
