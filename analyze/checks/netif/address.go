package netif

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
)

// noAddress looks for a primary interface without an address. The others need
// none: those of pods, of an EFA, and those that carry the addresses of pods.
func noAddress(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	r, unrouted := locals(p)
	if len(r.devs) > 0 {
		return isClear(strings.Join(r.devs[:min(len(r.devs), 3)], ", ") + " has one, by the routes")
	}
	path, all, note := listed(p)
	if all == nil && unrouted == "" {
		m := match("", "no interface but the loopback has an address, by the routes", r.at)
		m.Entities = nil
		return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{m}}, nil
	}
	if all == nil {
		return noData(note + "; " + unrouted)
	}
	for i := range all.Interfaces {
		if dev := &all.Interfaces[i]; addressed(dev) && !dev.Has("LOOPBACK") && (dev.Name == primary(p) || card.MatchString(base(dev.Name))) {
			return isClear(dev.Name + " has one")
		}
	}
	dev := lowest(all)
	switch {
	case note != "":
		return noData(note)
	case dev == nil:
		return noData("no network card in " + path + ", which lists those that are up")
	case dev.Has("SLAVE") || slices.ContainsFunc(all.Interfaces, other):
		return noData("the cards have no address, but another interface has")
	}
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{
		match(dev.Name, fmt.Sprintf("%s has no IPv4 address", dev.Name), parsers.Pos{File: path, Line: dev.Line}),
	}}, nil
}

// base is the name of an interface without that of an alias: eth0:1 is eth0.
func base(name string) string {
	name, _, _ = strings.Cut(name, ":")
	return name
}

// addressed reports an interface that others can reach: with an address of
// IPv4, or one of IPv6 that holds beyond its link.
func addressed(dev *ifconfig.Interface) bool {
	return slices.ContainsFunc(dev.Addrs, func(a ifconfig.Addr) bool {
		ip := a.Prefix.Addr()
		return !ip.IsLoopback() && !ip.IsLinkLocalUnicast()
	})
}

// other reports an interface, neither a card nor of a container network, that
// may stand in for a card: a bridge or a bond.
func other(dev ifconfig.Interface) bool {
	return !dev.Has("LOOPBACK") && addressed(&dev) && dev.Name != "docker0" && dev.Name != "kube-ipvs0" && dev.Name != "nodelocaldns"
}

// lowest is the card with the lowest name: eth0, ens5.
func lowest(all *ifconfig.Interfaces) *ifconfig.Interface {
	var out *ifconfig.Interface
	for i := range all.Interfaces {
		dev := &all.Interfaces[i]
		if card.MatchString(dev.Name) && (out == nil || cmp.Or(cmp.Compare(len(dev.Name), len(out.Name)), strings.Compare(dev.Name, out.Name)) < 0) {
			out = dev
		}
	}
	return out
}

// local tells which interfaces have addresses.
type local struct {
	devs []string
	at   parsers.Pos // of the route to the loopback, which any node has
}

// locals reads addresses from the table local, which has a route to each.
// Without that, the note says why.
//
//	local 10.0.12.34 dev ens5 table local proto kernel scope host src 10.0.12.34
//	local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
func locals(p *analyze.Pass) (l local, note string) {
	note = whole.Absent(p, "networking/iproute.txt")
	main := primary(p)
	for _, f := range analyze.Facts[iproute2.Routes](p) {
		for _, r := range f.Value.Table("local", false) {
			switch {
			case r.Type != "local":
			case r.Dst.Addr().IsLoopback():
				l.at = parsers.Pos{File: f.Path, Line: r.Line}
				if note = whole.Cut(p, f.Path); note == "" && f.Value.Cut {
					note = f.Path + " has more routes than are read"
				}
			case (r.Dev == main || card.MatchString(r.Dev)) && !slices.Contains(l.devs, r.Dev):
				l.devs = append(l.devs, r.Dev)
			case r.Dev != "lo":
				// A bridge or a bond may have the address of the node.
				note = r.Dev + " has an address"
				return l, note
			}
		}
	}
	return l, note
}
