package iptables

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/iptables"
	"github.com/eksleuth/eksleuth/parsers/netstat"
)

// A guard tells which rules of a table keep outsiders from the node, and are no
// matter of pods, kubelet or DNS: those of fail2ban, those for ssh, and those
// for public addresses that the node does not talk to.
//
//	-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd
//	-A f2b-sshd -s 198.51.100.4/32 -j REJECT --reject-with icmp-port-unreachable
//	-A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 60 --hitcount 10 --name SSH -j DROP
type guard struct {
	input map[string]bool // chains that INPUT leads to, and no other base chain
	near  []span          // the network of the node, and whom it talks to; in order, none overlaps
	heard bool            // the latter are known
}

// A span is a range of addresses.
type span struct{ from, to netip.Addr }

// merged sorts ranges and joins those that overlap, so that a search is short
// in a list of thousands.
func merged(all []span) (out []span) {
	slices.SortFunc(all, func(a, b span) int { return a.from.Compare(b.from) })
	for _, s := range all {
		if n := len(out); n > 0 && out[n-1].from.BitLen() == s.from.BitLen() && s.from.Compare(out[n-1].to) <= 0 {
			if s.to.Compare(out[n-1].to) > 0 {
				out[n-1].to = s.to
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

func guardOf(p *analyze.Pass, t *network.Table) *guard {
	g := &guard{input: reached(t, "INPUT"), near: merged(slices.Concat(private, ofNode(p, t.V6), peers(p)))}
	g.heard = len(analyze.Facts[netstat.Sockets](p)) > 0
	for _, base := range []string{"PREROUTING", "FORWARD", "OUTPUT", "POSTROUTING"} {
		for chain := range reached(t, base) {
			delete(g.input, chain)
		}
	}
	return g
}

// reached are the chains that a packet may come to from a base chain.
func reached(t *network.Table, base string) map[string]bool {
	jumps := map[string][]string{}
	for _, r := range t.Rules {
		jumps[r.Chain] = append(jumps[r.Chain], r.Target)
	}
	seen := map[string]bool{base: true}
	for queue := []string{base}; len(queue) > 0; queue = queue[1:] {
		for _, next := range jumps[queue[0]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return seen
}

// against reports whether a rule is for outsiders only.
func (g *guard) against(r *iptables.Rule) bool {
	if !g.input[r.Chain] || r.SrcPorts.Text != "" {
		return false
	}
	banned := slices.ContainsFunc(r.Matches, func(m string) bool { return strings.Contains(m, "match-set f2b-") })
	return network.Owner(r.Chain) == "fail2ban" || banned || onlySSH(r) || g.far(r.Src)
}

// onlySSH reports a rule about port 22 and no other.
func onlySSH(r *iptables.Rule) bool {
	return !r.DstPorts.Not && len(r.DstPorts.Ranges) == 1 && r.DstPorts.Ranges[0] == iptables.PortRange{First: 22, Last: 22}
}

// far reports a source that has nothing of the network of the node.
func (g *guard) far(a iptables.Addr) bool {
	if !g.heard || a.Not || !a.From.IsValid() || !a.To.IsValid() {
		return false
	}
	i, _ := slices.BinarySearchFunc(g.near, a.From, func(s span, ip netip.Addr) int { return s.to.Compare(ip) })
	return i == len(g.near) || g.near[i].from.Compare(a.To) > 0
}

// private are the addresses that may be those of a VPC, of pods, of Services or
// of a network that is linked to it.
var private = []span{
	of("10.0.0.0", "10.255.255.255"), of("172.16.0.0", "172.31.255.255"), of("192.168.0.0", "192.168.255.255"),
	of("100.64.0.0", "100.127.255.255"), of("198.18.0.0", "198.19.255.255"), of("169.254.0.0", "169.254.255.255"), of("127.0.0.0", "127.255.255.255"),
	of("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), of("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), of("::1", "::1"),
}

func of(from, to string) span { return span{netip.MustParseAddr(from), netip.MustParseAddr(to)} }

// ofNode are the addresses and the networks of the node, and those of its VPC
// that the VPC CNI does not translate: a VPC may have public addresses.
//
//	-A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
func ofNode(p *analyze.Pass, v6 bool) (all []span) {
	addresses, _ := network.Addresses(p)
	for ip := range addresses {
		all = append(all, span{ip, ip})
	}
	for _, f := range analyze.Facts[iproute2.Routes](p) {
		for i := range f.Value.Routes {
			if to := f.Value.Routes[i].Dst; to.IsValid() && to.Bits() > 0 {
				first, last := iptables.Bounds(to)
				all = append(all, span{first, last})
			}
		}
	}
	if t := network.GetTable(p, "nat", v6); t != nil {
		for _, r := range t.Rules {
			if network.Owner(r.Chain) == network.VPCCNI && !r.Dst.Not && r.Dst.From.IsValid() {
				all = append(all, span{r.Dst.From, r.Dst.To})
			}
		}
	}
	return all
}

// peers are the addresses to which programs of the node made connections: what
// they answer comes in through INPUT.
func peers(p *analyze.Pass) (all []span) {
	for _, f := range analyze.Facts[netstat.Sockets](p) {
		open := map[uint16]bool{}
		for _, k := range f.Value.Sockets {
			open[k.Local.Port] = open[k.Local.Port] || k.State == "LISTEN"
		}
		for _, k := range f.Value.Sockets {
			if ip := k.Foreign.Addr.Unmap(); ip.IsValid() && !ip.IsUnspecified() && !open[k.Local.Port] {
				all = append(all, span{ip, ip})
			}
		}
	}
	return all
}
