package iproute2

import (
	"bytes"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Routes are the routes of all tables, in the order of the file. iproute.txt
// has those of IPv6 too, after those of IPv4.
type Routes struct {
	Routes []Route
	Cut    bool // there were more than are kept
	// Repeats are earlier runs of the collector in the same file. Their
	// routes are not among the Routes.
	Repeats int
	Notes   rows.Notes // lines that are none
}

// A Route is a line of ip route show.
type Route struct {
	Line         int
	V6           bool
	Type         string       // "unicast", "local", "broadcast", "unreachable", "blackhole", ...
	Dst          netip.Prefix // of no bits for a default route
	Table        string       // "main" when the line names none
	Via          netip.Addr   // not valid: on the link
	Dev          string
	Proto, Scope string // "kernel", "dhcp"; "link", "host"
	Src          netip.Addr
	Metric       uint32
	MTU          uint32    // 0: of the interface
	Nexthops     []Nexthop // of a route with more than one way; Via and Dev are empty then
	Flags        []string  // "onlink", "linkdown", "dead", ...
	Rest         string    // more words, as written: "pref medium"
}

// A Nexthop is one way of a route.
type Nexthop struct {
	Line   int
	Via    netip.Addr
	Dev    string
	Weight uint32
	Flags  []string
	Rest   string
}

// Default reports whether a route is for all addresses.
func (r *Route) Default() bool { return r.Dst.IsValid() && r.Dst.Bits() == 0 }

// Table returns the routes of a table and family.
func (r *Routes) Table(table string, v6 bool) []*Route {
	var out []*Route
	for i := range r.Routes {
		if r.Routes[i].Table == table && r.Routes[i].V6 == v6 {
			out = append(out, &r.Routes[i])
		}
	}
	return out
}

// ParseRoutes reads a file of routes.
//
//	default via 10.0.0.1 dev ens5 proto dhcp src 10.0.7.118 metric 1024
//	10.0.8.239 dev eni78036b9b79a scope link
//	local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
//	10.5.0.0/16 metric 5
//		nexthop via 10.0.0.5 dev ens5 weight 1
//		nexthop via 10.0.0.6 dev ens6 weight 2 onlink
func ParseRoutes(file string, text []byte) (*Routes, error) {
	r, num := &Routes{}, 0
	v6, first := strings.Contains(path.Base(file), "6"), ""
	for raw := range bytes.Lines(text) {
		line := string(raw) // what is kept holds one line in memory, not the file
		num++
		s := strings.TrimSpace(line)
		// No table has a route twice: the collector, which only appends, ran again.
		if s == first && first != "" {
			*r = Routes{Repeats: r.Repeats + 1, Notes: r.Notes}
		}
		switch {
		case s == "":
		case len(s) > maxLine || !r.line(s, num, v6):
			r.Notes.Add(num, s)
		case first == "":
			first = s
		}
	}
	if len(r.Routes) == 0 {
		return nil, noRows(file, "routes")
	}
	return r, nil
}

// line reads a line; false when it is neither a route nor a part of one.
func (r *Routes) line(s string, num int, v6 bool) bool {
	w := &words{left: strings.Fields(s)}
	last := len(r.Routes) - 1
	if w.peek() == "nexthop" {
		return r.hop(w, num)
	}
	// The routes of IPv6 are the last ones.
	route, ok := parseRoute(w, num, v6 || last >= 0 && r.Routes[last].V6)
	if !ok {
		return false
	}
	if len(r.Routes) == maxRows {
		r.Cut = true
		return true
	}
	r.Routes = append(r.Routes, route)
	return true
}

// types are the words that can stand before the destination.
var types = map[string]bool{
	"unicast": true, "local": true, "broadcast": true, "anycast": true, "multicast": true,
	"unreachable": true, "blackhole": true, "prohibit": true, "throw": true, "nat": true,
}

func parseRoute(w *words, num int, v6 bool) (Route, bool) {
	r := Route{Line: num, V6: v6, Type: "unicast", Table: "main"}
	if types[w.peek()] {
		r.Type = w.next()
	}
	dst := w.next()
	p, ok := prefix(dst)
	if !ok && dst != "default" {
		return r, false
	}
	r.Dst = p
	for s := w.next(); s != ""; s = w.next() {
		r.word(s, w)
	}
	r.Rest = w.rest()
	r.family(w.other)
	return r, true
}

// family settles the family of a route. That of a default route is told by its
// addresses, unless the gateway is a foreign one ("via inet6 fe80::1"), or by a
// preference, which only routes of IPv6 have; else it is that of its neighbours,
// until a next hop says more.
func (r *Route) family(other []string) {
	if r.Dst.IsValid() {
		r.V6 = r.Dst.Addr().Is6()
		return
	}
	switch {
	case r.Via.Is4() || r.Src.Is4() || slices.Contains(other, "inet6"):
		r.V6 = false
	case r.Via.Is6() || r.Src.Is6() || slices.Contains(other, "pref"):
		r.V6 = true
	}
	r.all()
}

// all sets the destination of a default route.
func (r *Route) all() {
	r.Dst = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	if r.V6 {
		r.Dst = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
}

// word reads a word and its value.
func (r *Route) word(s string, w *words) {
	switch s {
	case "table":
		r.Table = w.next()
	case "proto":
		r.Proto = w.next()
	case "scope":
		r.Scope = w.next()
	case "src":
		w.address(s, &r.Src)
	case "metric":
		w.number(s, &r.Metric)
	case "mtu":
		if w.peek() == "lock" { // the kernel must not change it
			w.unknown(w.next())
		}
		w.number(s, &r.MTU)
	case "encap":
		w.encap()
	default:
		w.way(s, &r.Via, &r.Dev, &r.Flags)
	}
}

// way reads a word that routes and next hops share.
func (w *words) way(s string, via *netip.Addr, dev *string, flags *[]string) {
	switch {
	case s == "via":
		w.address(s, via)
	case s == "dev":
		*dev = w.next()
	case isFlag[s]:
		*flags = append(*flags, s)
	default:
		w.unknown(s)
	}
}

// isFlag are the words without a value.
var isFlag = map[string]bool{
	"onlink": true, "linkdown": true, "dead": true, "pervasive": true, "unresolved": true, "notify": true,
	"offload": true, "offload_failed": true, "trap": true, "rt_offload": true, "rt_trap": true,
}

// encap keeps the words of a tunnel for the rest: they have addresses of their
// own. The way comes after them.
//
//	10.1.0.0/16  encap ip id 12 src 0.0.0.0 dst 10.0.0.7 ttl 0 tos 0 dev ens5 scope link
func (w *words) encap() {
	w.unknown("encap")
	for s := w.peek(); s != "" && s != "via" && s != "dev"; s = w.peek() {
		w.unknown(w.next())
	}
}

// hop reads a line of a route with more than one way.
func (r *Routes) hop(w *words, num int) bool {
	if len(r.Routes) == 0 {
		return false
	}
	h := Nexthop{Line: num}
	w.next()
	for s := w.next(); s != ""; s = w.next() {
		switch s {
		case "weight":
			w.number(s, &h.Weight)
		case "encap":
			w.encap()
		default:
			w.way(s, &h.Via, &h.Dev, &h.Flags)
		}
	}
	h.Rest = w.rest()
	if last := &r.Routes[len(r.Routes)-1]; len(last.Nexthops) < maxHops && !r.Cut {
		last.Nexthops = append(last.Nexthops, h)
		if last.Default() && h.Via.IsValid() {
			last.V6 = h.Via.Is6() && !slices.Contains(w.other, "inet6")
			last.all()
		}
	}
	return true
}
