package iptables

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// imds are the addresses of the instance metadata service. A rule for one of
// them alone is the matter of state.imds.iptables_block.
var imds = []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254")}

// A group is the unexpected rules of one maker, or of one chain.
type group struct {
	maker   string
	rules   []dropping
	counted bool
}

// A dropping is a rule that drops packets.
type dropping struct {
	*iptables.Rule
	at     []parsers.Pos
	spares bool // it keeps outsiders from the node, and no pod from anything
}

// unexpectedReject looks for rules that drop packets and that no part of
// Kubernetes wrote.
func unexpectedReject(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var matches []analyze.Match
	var notes []string
	why := ""
	for _, v6 := range []bool{false, true} {
		for _, name := range []string{"filter", "raw", "mangle"} {
			t := network.GetTable(p, name, v6)
			if name == "filter" && !v6 {
				why = unseen(t, name, v6)
			}
			if t == nil {
				continue
			}
			groups, seen := dropped(p, t)
			notes = append(notes, seen...)
			for _, g := range groups {
				matches = append(matches, g.match(t))
			}
		}
	}
	switch {
	case len(matches) > 0:
		return network.Found(matches...), nil
	case why != "":
		return network.NoData(why), nil
	}
	return network.Clear(strings.Join(slices.Compact(notes), "; ")), nil
}

// dropped groups the rules of a table that drop packets and are not expected.
func dropped(p *analyze.Pass, t *network.Table) (groups []*group, notes []string) {
	counts := counters(p, t)
	var doors *guard // made for the first rule
	for _, r := range t.Rules {
		if !network.Blocks(r) || network.Expected(r) {
			continue
		}
		if forIMDS(r) {
			notes = append(notes, "rules about the metadata service are judged by state.imds.iptables_block")
			continue
		}
		maker := cmp.Or(network.Owner(r.Chain), "chain "+r.Chain)
		i := slices.IndexFunc(groups, func(g *group) bool { return g.maker == maker })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{maker: maker})
		}
		if doors == nil {
			doors = guardOf(p, t)
		}
		d := dropping{r, []parsers.Pos{t.Pos(r.Line)}, doors.against(r)}
		if c, ok := counts[network.Key(r)]; ok && !r.Known {
			with := *r
			with.Counters = c.Counters
			d = dropping{&with, append(d.at, c.at), d.spares}
		}
		groups[i].counted = groups[i].counted || d.Known
		groups[i].rules = append(groups[i].rules, d)
	}
	return groups, notes
}

func forIMDS(r *iptables.Rule) bool {
	return !r.Dst.Not && r.Dst.From.IsValid() && r.Dst.From == r.Dst.To && slices.Contains(imds, r.Dst.From)
}

// A count is what a listing counted for a rule.
type count struct {
	iptables.Counters
	at parsers.Pos
}

// counters are those of the listings of a table: iptables-save tells none.
func counters(p *analyze.Pass, t *network.Table) map[string]count {
	all := map[string]count{}
	for _, other := range network.Tables(p, t.Name, t.V6) {
		if !other.Set.Listing || other == t {
			continue
		}
		for _, r := range other.Rules {
			key := network.Key(r)
			if _, ok := all[key]; !ok && r.Known && network.Blocks(r) {
				all[key] = count{r.Counters, other.Pos(r.Line)}
			}
		}
	}
	return all
}

// match makes a finding of a group: low when nothing was dropped so far.
func (g *group) match(t *network.Table) analyze.Match {
	family := ""
	if t.V6 {
		family = "IPv6 "
	}
	m := analyze.Match{Entity: family + t.Name + " " + g.maker, Severity: analyze.Low, Confidence: 0.6, Count: len(g.rules)}
	var said []string
	var packets uint64
	for _, d := range g.rules {
		packets += d.Packets
		if s := d.severity(); s.Rank() > m.Severity.Rank() {
			m.Severity = s
		}
		if len(said) < maxSaid {
			said = append(said, network.Describe(d.Rule))
		}
		if len(m.At) < maxAt {
			m.At = append(m.At, d.at...)
		}
	}
	if rest := len(g.rules) - len(said); rest > 0 {
		said = append(said, fmt.Sprintf("and %d more", rest))
	}
	m.Summary = strings.Join(said, "; ")
	if owner := network.Owner(g.rules[0].Chain); owner != "" {
		m.Summary += " (" + owner + ")"
	}
	switch {
	case !g.counted:
		m.Summary += "; whether packets were dropped is not known"
	case packets > 0:
		m.Confidence = 0.85
		m.Summary += "; " + words.Count(packets, "packet", "packets") + " so far"
	default:
		m.Summary += "; no packet so far"
	}
	if !slices.ContainsFunc(g.rules, func(d dropping) bool { return !d.spares }) {
		m.Summary += "; it is for those who come to the node from outside, not for pods"
	}
	if g.takesDNS() {
		m.Explains = []string{"dns.node.lookup_timeout", "dns.coredns.upstream_timeout"}
	}
	return m
}

// severity follows what a rule has dropped.
func (d dropping) severity() analyze.Severity {
	switch {
	case d.Known && d.Packets == 0:
		return analyze.Low
	case d.Packets > 0 && (dns(d.Rule) || d.Chain == "FORWARD" && everything(d.Rule)):
		return analyze.High
	case d.spares:
		return analyze.Low
	}
	return analyze.Medium
}

// dns reports a rule about port 53 and no other.
func dns(r *iptables.Rule) bool {
	only := func(p iptables.Ports) bool {
		return !p.Not && len(p.Ranges) == 1 && p.Ranges[0] == iptables.PortRange{First: 53, Last: 53}
	}
	return only(r.DstPorts) || only(r.SrcPorts)
}

// everything reports a rule that takes the packets of all pods.
func everything(r *iptables.Rule) bool {
	return r.Src.Any() && r.Dst.Any() && r.SrcPorts.Text == "" && r.DstPorts.Text == "" && r.Proto == "" && len(r.Matches) == 0 &&
		network.ForPods(r.In) && network.ForPods(r.Out)
}

func (g *group) takesDNS() bool {
	return slices.ContainsFunc(g.rules, func(d dropping) bool { return dns(d.Rule) && (!d.Known || d.Packets > 0) })
}
