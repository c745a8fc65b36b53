package conntrack

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
)

// A target is where flows go: the destinations of a protocol at one address and
// port, whatever the state of the flows is.
type target struct {
	proto string
	to    netip.AddrPort

	flows, unreplied int
	direct           int           // of the unreplied ones
	at               []parsers.Pos // the first unreplied ones
}

// targets joins the states of destinations, those with the most flows without
// an answer first.
func targets(tables []table) []target {
	type key struct {
		proto string
		to    netip.AddrPort
	}
	index := map[key]int{}
	var out []target
	for _, t := range tables {
		for i := range t.Destinations {
			d := &t.Destinations[i]
			k := key{d.Proto, netip.AddrPortFrom(d.Addr, d.Port)}
			n, ok := index[k]
			if !ok {
				n = len(out)
				index[k] = n
				out = append(out, target{proto: d.Proto, to: k.to})
			}
			out[n].add(t.Path, d)
		}
	}
	slices.SortStableFunc(out, func(a, b target) int { return cmp.Compare(b.unreplied, a.unreplied) })
	return out
}

// What a check cites of a target, and how many targets it names.
const (
	maxFlows   = 5
	maxMatches = 10
)

func (t *target) add(path string, d *conntrack.Destination) {
	t.flows += d.Flows
	if d.Unreplied == 0 {
		return
	}
	t.unreplied += d.Unreplied
	t.direct += min(d.Direct, d.Unreplied)
	for _, line := range d.Lines[:min(len(d.Lines), maxFlows-len(t.at))] {
		t.at = append(t.at, parsers.Pos{File: path, Line: line})
	}
}

func (t *target) String() string { return t.proto + " " + t.to.String() }

func (t *target) entities() map[string][]string {
	return map[string][]string{"ip": {t.to.Addr().String()}}
}

// oneWay are ports of udp to which nobody answers: syslog, statsd, VXLAN in its
// two ports, Geneve, and the servers of DHCPv6.
var oneWay = []uint16{514, 8125, 4789, 8472, 6081, 547}

// answers reports whether a target should answer.
func (t *target) answers() bool {
	a := t.to.Addr()
	return !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255}) && (t.proto != "udp" || !slices.Contains(oneWay, t.to.Port()))
}

// unrepliedShare looks for a table that is mostly of flows without an answer.
func unrepliedShare(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	listed := tables(p)
	var all, unreplied int
	for _, t := range listed {
		all += t.Total
		unreplied += t.Unreplied()
	}
	var top *target
	to := targets(listed)
	for i := range to {
		if t := &to[i]; !t.answers() {
			all, unreplied = all-t.flows, unreplied-t.unreplied
		} else if top == nil {
			top = t
		}
	}
	if float64(unreplied) >= p.Limit("flows") && float64(unreplied)*100 >= p.Limit("share")*float64(all) && top != nil && len(top.at) > 0 {
		return found(analyze.Match{
			Summary: fmt.Sprintf("%d of %d connections got no answer, %d of them to %s", unreplied, all, top.unreplied, top),
			Count:   unreplied,
			At:      top.at, Entities: top.entities(),
		})
	}
	if why := unlisted(p); why != "" {
		return noData(why)
	}
	return isClear(fmt.Sprintf("%d of %d connections wait for an answer", unreplied, all))
}

// dnsUnreplied looks for lookups that nobody answers.
//
//	udp      17 21 src=10.0.12.34 dst=10.0.0.2 sport=51147 dport=53 [UNREPLIED] src=10.0.0.2 dst=10.0.12.34 sport=53 dport=51147 mark=128 use=1
func dnsUnreplied(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	listed := tables(p)
	var out []analyze.Match
	for _, t := range targets(listed) {
		if len(out) == maxMatches {
			break
		}
		if t.proto != "udp" || t.to.Port() != 53 || float64(t.unreplied) < p.Limit("lookups") {
			continue
		}
		m := analyze.Match{
			Entity: t.to.Addr().String(), Entities: t.entities(),
			Severity: analyze.High,
			Summary:  fmt.Sprintf("%d of %d lookups to %s wait for an answer", t.unreplied, t.flows, t.to.Addr()),
			Count:    t.unreplied,
			At:       t.at,
		}
		if float64(t.unreplied)*100 < p.Limit("share")*float64(t.flows) {
			m.Severity = analyze.Medium
		}
		out = append(out, m)
	}
	if len(out) > 0 {
		return found(out...)
	}
	if why := unlisted(p); why != "" {
		return noData(why)
	}
	return isClear("")
}

// serviceUnreplied looks for connections to the address of a Service that get
// no answer. The answer to one whose address kube-proxy translated is awaited
// from a pod; here it is awaited from the Service itself:
//
//	tcp      6 73 SYN_SENT src=10.0.12.34 dst=172.20.0.1 sport=58408 dport=443 [UNREPLIED] src=172.20.0.1 dst=10.0.12.34 sport=443 dport=64339 mark=0 use=1
func serviceUnreplied(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	listed := tables(p)
	known := servicesOf(p)
	var out []analyze.Match
	var notes []string
	for _, t := range targets(listed) {
		api := known.api(t.to)
		switch {
		case len(out) == maxMatches:
		case t.proto != "tcp" || t.unreplied == 0 || !known.has(t.to) || !known.told && t.direct == 0:
		case api && float64(t.unreplied) >= p.Limit("api") && t.unreplied == t.flows,
			float64(t.unreplied) >= p.Limit("connections") && t.unreplied*2 >= t.flows:
			out = append(out, unanswered(&t, api, known.told))
		default:
			notes = append(notes, fmt.Sprintf("%d of %d connections to %s wait for an answer", t.unreplied, t.flows, t.to))
		}
	}
	if len(out) > 0 {
		return found(out...)
	}
	if why := unlisted(p); why != "" {
		return noData(why)
	}
	if !known.told {
		return noData(strings.Join(append([]string{"the addresses of Services are not known: the configuration of kubelet has no clusterDNS that tells them"}, notes[:min(len(notes), 3)]...), "; "))
	}
	return isClear(strings.Join(notes[:min(len(notes), 3)], "; "))
}

// unanswered weighs a Service.
func unanswered(t *target, api, told bool) analyze.Match {
	m := analyze.Match{
		Entity: t.to.String(), Entities: t.entities(),
		Severity: analyze.Medium,
		Summary:  fmt.Sprintf("%d of %d connections to %s got no answer", t.unreplied, t.flows, t.to),
		Count:    t.unreplied,
		At:       t.at,
	}
	if api {
		m.Severity = analyze.High
		m.Summary += ", the Service of the API server"
		m.Explains = []string{"cni.ipamd.apiserver_unreachable", "cni.ipamd.restart_loop", "cni.awsnode.ipam_timeout", "dns.coredns.k8s_api"}
	}
	if t.direct == t.unreplied {
		m.Summary += "; no rule translates the address, so kube-proxy, or what stands in for it, has not programmed the Service"
	} else if t.direct == 0 {
		m.Summary += "; the address is translated, so the endpoint behind it does not answer"
	}
	if !told {
		m.Confidence = 0.6
	}
	return m
}
