// Package network says what is normal in the network of a node: which component
// owns a chain, a routing table or a rule, which rules that drop packets are
// there on every node, and how the VPC CNI and kube-proxy of this node work.
// The checks of iptables, of routing and of ipamd ask it before they blame
// anything.
package network

import (
	"net/netip"
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

// NoData is the verdict of a check that cannot judge.
func NoData(note string) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}
}

// Clear is the verdict of a check that has seen no problem.
func Clear(note string) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.Clear, Note: note}
}

// Found is the verdict of a check that has seen problems.
func Found(matches ...analyze.Match) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.Found, Matches: matches}
}

// Process returns the process whose program has a name, and whether the bundle
// lists processes at all.
func Process(p *analyze.Pass, program string) (proc *ps.Process, at parsers.Pos, listed bool) {
	for _, f := range analyze.Facts[ps.Table](p) {
		listed = listed || len(f.Value.Processes) > 0
		for i := range f.Value.Processes {
			x := &f.Value.Processes[i]
			command, _, _ := strings.Cut(x.Command, " ")
			if path.Base(command) == program && !strings.HasPrefix(x.State, "Z") {
				return x, parsers.Pos{File: f.Path, Line: x.Line}, true
			}
		}
	}
	return nil, parsers.Pos{}, listed
}

// Addresses are the addresses that the node itself has, and where the first of
// IPv4 stands; nil when the bundle shows none.
func Addresses(p *analyze.Pass) (map[netip.Addr]bool, parsers.Pos) {
	all := map[netip.Addr]bool{}
	var at parsers.Pos
	for _, f := range analyze.Facts[iproute2.Routes](p) {
		if f.Value.Cut || whole.Cut(p, f.Path) != "" {
			continue
		}
		for i := range f.Value.Routes {
			if r := &f.Value.Routes[i]; r.Table == "local" && r.Type == "local" && r.Dst.IsSingleIP() {
				all[r.Dst.Addr()] = true
				if at.File == "" && global4(r.Dst.Addr()) {
					at = parsers.Pos{File: f.Path, Line: r.Line}
				}
			}
		}
	}
	for _, f := range analyze.Facts[ifconfig.Interfaces](p) {
		if f.Value.Cut || whole.Cut(p, f.Path) != "" {
			continue
		}
		for _, x := range f.Value.Interfaces {
			for _, a := range x.Addrs {
				all[a.Prefix.Addr()] = true
				if at.File == "" && global4(a.Prefix.Addr()) {
					at = parsers.Pos{File: f.Path, Line: a.Line}
				}
			}
		}
	}
	if at.File == "" {
		return nil, at
	}
	return all, at
}

func global4(ip netip.Addr) bool { return ip.Is4() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() }
