package iptables

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// gone is how long an address must have been without a pod: kube-proxy learns
// of it within seconds, and the collector reads the rules minutes before ipamd.
const gone = 5 * time.Minute

// staleEndpoints looks for Services that send packets to addresses of this node
// that no pod has. What pods of other nodes have is not in the bundle.
func staleEndpoints(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t := network.GetTable(p, "nat", false)
	if t == nil {
		return network.NoData(unseen(t, "nat", false)), nil
	}
	pools := network.Pools(p)
	if len(pools) == 0 {
		return network.NoData("no addresses of pods: ipamd/enis.json"), nil
	}
	free := freeAddresses(p, pools)
	byIP := map[netip.Addr]*analyze.Match{}
	var order []netip.Addr
	judged := 0
	for _, r := range t.Rules {
		ip, ok := endpoint(r)
		if !ok {
			continue
		}
		judged++
		at, ok := free[ip]
		if !ok {
			continue
		}
		m := byIP[ip]
		if m == nil {
			m = stale(ip, at)
			byIP[ip] = m
			order = append(order, ip)
		}
		m.At = append(m.At, t.Pos(r.Line))
		if !slices.Contains(m.Entities["service"], r.Comment) && r.Comment != "" && len(m.Entities["service"]) < maxSaid {
			m.Entities["service"] = append(m.Entities["service"], r.Comment)
		}
	}
	switch why := unseen(t, "nat", false); {
	case len(order) > 0:
	case why != "":
		return network.NoData(why), nil
	default:
		return network.Clear(fmt.Sprintf("%d endpoints, none at an address of this node that no pod has", judged)), nil
	}
	var matches []analyze.Match
	for _, ip := range order[:min(len(order), maxAt)] {
		m := byIP[ip]
		m.At = m.At[:min(len(m.At), maxAt)]
		if s := m.Entities["service"]; len(s) > 0 {
			m.Summary += ": " + strings.Join(s, ", ")
		}
		matches = append(matches, *m)
	}
	return network.Found(matches...), nil
}

func stale(ip netip.Addr, at parsers.Pos) *analyze.Match {
	return &analyze.Match{
		Entity:   ip.String(),
		Entities: map[string][]string{"ip": {ip.String()}},
		Summary:  fmt.Sprintf("Services send packets to %s, an address of this node that no pod has", ip),
		At:       []parsers.Pos{at},
	}
}

// endpoint is the address that a rule of an endpoint sends packets to:
//
//	-A KUBE-SEP-5SPW2AXFMQ4ITPOT -p tcp -m comment --comment "kube-system/kube-dns:dns-tcp" -m tcp -j DNAT --to-destination 10.0.8.45:53
func endpoint(r *iptables.Rule) (netip.Addr, bool) {
	if r.Target != "DNAT" || !strings.HasPrefix(r.Chain, "KUBE-SEP-") {
		return netip.Addr{}, false
	}
	for _, w := range strings.Fields(r.TargetArgs) {
		if at, err := netip.ParseAddrPort(strings.TrimPrefix(w, "to:")); err == nil {
			return at.Addr(), true
		}
	}
	return netip.Addr{}, false
}

// freeAddresses are those that ipamd has and that no pod has had for a while.
// Of a range only addresses that a pod once had are listed: of the others
// nothing tells since when they are free, but that ipamd started after it.
func freeAddresses(p *analyze.Pass, pools []analyze.FileFact[enis.Pool]) map[netip.Addr]parsers.Pos {
	free := map[netip.Addr]parsers.Pos{}
	assigned := map[netip.Addr]bool{}
	for _, f := range pools {
		for _, c := range f.Value.Cards {
			for _, e := range c.ENIs {
				for _, r := range e.Ranges {
					if len(r.Addresses) == 0 && r.CIDR.IsSingleIP() {
						free[r.CIDR.Addr()] = parsers.Pos{File: f.Path, Line: r.Line}
					}
					for _, a := range r.Addresses {
						assigned[a.IP] = assigned[a.IP] || a.Assigned
						if !a.Assigned && longFree(p, a) {
							free[a.IP] = parsers.Pos{File: f.Path, Line: a.Line}
						}
					}
				}
			}
		}
	}
	for ip := range assigned {
		if assigned[ip] {
			delete(free, ip)
		}
	}
	return free
}

func longFree(p *analyze.Pass, a enis.Address) bool {
	return !a.UnassignedAt.IsZero() && !p.Clock.Collected.IsZero() && p.Clock.Collected.Sub(a.UnassignedAt) > gone
}
