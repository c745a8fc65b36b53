package network

import (
	"net/netip"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/resolv"
)

func dnsState(r *area.Reader) {
	resolvers(r)
	r.FromCard("cluster DNS", "kubelet.cluster_dns")
	clusterDNS(r)
	dnsFlows(r)
}

// resolvers tells resolv.conf.
func resolvers(r *area.Reader) {
	f := area.First[resolv.Conf](r, nil)
	if f == nil {
		r.NotJudged("resolvers of the node", whole.Absent(r.Pass, "networking/resolv.conf"))
		return
	}
	entries(r, f, "nameservers", f.Value.Servers)
	if len(f.Value.Search) > 0 {
		r.Say("search", strings.Join(f.Value.Search, " "), at(f.Path, f.Value.SearchLine))
	}
	entries(r, f, "options", f.Value.Options)
}

func entries(r *area.Reader, f *analyze.FileFact[resolv.Conf], label string, all []resolv.Entry) {
	var words []string
	var where []parsers.Pos
	for _, e := range all {
		words = append(words, e.Value)
		where = append(where, at(f.Path, e.Line))
	}
	if len(words) > 0 {
		r.Say(label, strings.Join(words, " "), where...)
	}
}

// clusterDNS tells the address of the service kube-dns and the pods behind it, as
// kube-proxy has written them.
//
//	-A KUBE-SERVICES -d 172.20.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" ...
func clusterDNS(r *area.Reader) {
	for _, v6 := range []bool{false, true} {
		s := servicesOf(r, v6)
		if s == nil {
			continue
		}
		for _, x := range s.all {
			if x.name != "kube-system/kube-dns:dns" {
				continue
			}
			r.Say("service kube-dns", x.address, x.at)
			if len(x.all) == 0 {
				r.Say("pods behind it", "none", x.at)
				continue
			}
			r.Say("pods behind it", area.Shorten(x.all, 6), x.endpoints.at)
		}
	}
}

// dnsFlows tells how many questions are on their way, and how many of them have no
// answer yet.
func dnsFlows(r *area.Reader) {
	for _, f := range analyze.Facts[conntrack.Table](r.Pass) {
		flows, unreplied, line := 0, 0, 0
		for _, d := range f.Value.Destinations {
			if d.Port != 53 {
				continue
			}
			flows, unreplied = flows+d.Flows, unreplied+d.Unreplied
			if line == 0 && len(d.Lines) > 0 {
				line = d.Lines[0]
			}
		}
		if flows > 0 {
			r.Count("flows to port 53", int64(flows), "flows", at(f.Path, line)).With("%d without answer", unreplied)
			return
		}
	}
}

// A service is one that kube-proxy has rules for.
type service struct {
	name, address string
	at            parsers.Pos
	*endpoints
	empty bool // it has no endpoints: packets to it are rejected
}

// endpoints are those of all addresses of a service.
type endpoints struct {
	all []string
	at  parsers.Pos // of the first
}

// services are those of a family.
type services struct {
	table *network.Table
	all   []*service
}

// servicesOf reads the services from the rules of kube-proxy; nil when there is no
// table of them.
func servicesOf(r *area.Reader, v6 bool) *services {
	t := network.GetTable(r.Pass, "nat", v6)
	if t == nil {
		return nil
	}
	s := &services{table: t}
	by, named := map[string]*service{}, map[string]*endpoints{}
	add := func(name, address string, pos parsers.Pos) *service {
		x := by[name+" "+address]
		if x == nil {
			if named[name] == nil {
				named[name] = &endpoints{}
			}
			x = &service{name: name, address: address, at: pos, endpoints: named[name]}
			by[name+" "+address] = x
			s.all = append(s.all, x)
		}
		return x
	}
	for _, rule := range t.Rules {
		if name, ok := strings.CutSuffix(rule.Comment, " cluster IP"); ok && rule.Chain == "KUBE-SERVICES" && rule.Dst.From.IsValid() {
			add(name, address(rule.Dst.From, rule.DstPorts.Text), t.Pos(rule.Line))
		}
	}
	for _, rule := range t.Rules {
		if e := named[rule.Comment]; e != nil && rule.Target == "DNAT" && strings.HasPrefix(rule.Chain, "KUBE-SEP-") {
			if e.all = append(e.all, endpointOf(rule.TargetArgs)); len(e.all) == 1 {
				e.at = t.Pos(rule.Line)
			}
		}
	}
	if filter := network.GetTable(r.Pass, "filter", v6); filter != nil {
		for _, rule := range filter.Rules {
			if name, ok := strings.CutSuffix(rule.Comment, " has no endpoints"); ok && rule.Chain == "KUBE-SERVICES" && rule.Dst.From.IsValid() {
				add(name, address(rule.Dst.From, rule.DstPorts.Text), filter.Pos(rule.Line)).empty = true
			}
		}
	}
	return s
}

func address(ip netip.Addr, port string) string {
	if port == "" {
		return ip.String()
	}
	if ip.Is6() {
		return "[" + ip.String() + "]:" + port
	}
	return ip.String() + ":" + port
}

// endpointOf is where a rule sends packets: "--to-destination 10.0.34.7:53", in a
// listing "to:10.0.34.7:53".
func endpointOf(args string) string {
	for _, w := range strings.Fields(args) {
		if to, err := netip.ParseAddrPort(strings.TrimPrefix(w, "to:")); err == nil {
			return to.String()
		}
	}
	return args
}
