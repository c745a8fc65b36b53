package routing

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
)

// leaves reports a route by which packets leave the node.
func leaves(r *iproute2.Route) bool { return r.Default() && r.Type == "unicast" }

func hasDefault(all []*iproute2.Route) bool {
	for _, r := range all {
		if leaves(r) {
			return true
		}
	}
	return false
}

// defaultMissing looks for tables that lead nowhere: the main one, and those
// that pods of other interfaces use.
func defaultMissing(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, why := routes(p)
	if t == nil {
		return network.NoData(why), nil
	}
	rs, whyRules := rules(p)
	main := t.value.Table("main", false)
	var matches []analyze.Match
	note := "the main table has a default route"
	switch by := elsewhere(rs, t); {
	case hasDefault(main):
	case len(main) == 0:
		return network.NoData("no IPv4 route in the main table: " + t.file), nil
	case why != "":
		return network.NoData(why), nil
	case by != "":
		note = by
	default:
		matches = append(matches, analyze.Match{
			Entity:   "main",
			Severity: analyze.Critical,
			Summary:  fmt.Sprintf("%d IPv4 routes in the main table, and none for addresses outside of them", len(main)),
			At:       []parsers.Pos{t.pos(main[0].Line)},
			Explains: []string{"kubelet.apiserver.unreachable", "image.pull.network", "dns.node.lookup_timeout", "cni.ipamd.apiserver_unreachable"},
		})
	}
	if rs != nil && why == "" {
		matches = append(matches, deadTables(p, rs, t)...)
	}
	switch {
	case len(matches) > 0:
		return network.Found(matches...), nil
	case whyRules != "":
		note += "; tables of rules were not judged: " + whyRules
	}
	return network.Clear(note), nil
}

// elsewhere says which rule sends all packets to a table that has a default
// route, in place of the main one.
func elsewhere(rs *table[iproute2.Rules], t *table[iproute2.Routes]) string {
	if rs == nil {
		return ""
	}
	for i := range rs.value.Rules {
		r := &rs.value.Rules[i]
		if r.Action == iproute2.Lookup && !r.Not && r.Plain() && !r.From.IsValid() && !r.To.IsValid() && r.Table != "main" && hasDefault(t.value.Table(r.Table, false)) {
			return fmt.Sprintf("all packets can take the default route of table %s (%s)", r.Table, rs.pos(r.Line))
		}
	}
	return ""
}

// deadTables looks at the tables of rules from addresses. When ipamd has given
// an interface back its table is empty, and its rules are of no pod.
func deadTables(p *analyze.Pass, rs *table[iproute2.Rules], t *table[iproute2.Routes]) (all []analyze.Match) {
	pl, unknown := compare(p)
	index := map[string]int{}
	for i := range rs.value.Rules {
		r := &rs.value.Rules[i]
		ip, ok := network.IsHost(r.From)
		if !ok || r.Action != iproute2.Lookup || r.Not || strings.Contains("main local default", r.Table) || network.TableOwner(r) != "" {
			continue
		}
		if unknown == "" && pl.wanted[ip] == nil || hasDefault(t.value.Table(r.Table, false)) {
			continue
		}
		if at, ok := index[r.Table]; ok {
			if all[at].Count++; all[at].Count <= maxSaid {
				all[at].At = append(all[at].At, rs.pos(r.Line))
			}
			continue
		}
		index[r.Table] = len(all)
		m := analyze.Match{
			Entity:   "table " + r.Table,
			Severity: analyze.High,
			Count:    1,
			Summary:  fmt.Sprintf("packets from %s go by table %s, which has no default route", ip, r.Table),
			At:       []parsers.Pos{rs.pos(r.Line)},
			Entities: map[string][]string{"ip": {ip.String()}},
		}
		if unknown != "" {
			m.Severity, m.Confidence = analyze.Medium, 0.6
			m.Summary += "; whether a pod has this address is not known"
		}
		all = append(all, m)
	}
	return all[:min(len(all), maxSaid)]
}

// defaults looks for default routes of which none comes before the other.
func defaults(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, why := routes(p)
	if t == nil {
		return network.NoData(why), nil
	}
	byMetric := map[uint32]*analyze.Match{}
	var order []uint32
	devs := map[uint32][]string{}
	for _, r := range t.value.Table("main", false) {
		if !leaves(r) {
			continue
		}
		m := byMetric[r.Metric]
		if m == nil {
			m = &analyze.Match{Entity: fmt.Sprintf("metric %d", r.Metric)}
			byMetric[r.Metric] = m
			order = append(order, r.Metric)
		}
		if m.Count++; m.Count <= maxSaid {
			m.At = append(m.At, t.pos(r.Line))
			devs[r.Metric] = append(devs[r.Metric], r.Dev)
		}
	}
	var matches []analyze.Match
	for _, metric := range order {
		if m := byMetric[metric]; m.Count > 1 && len(matches) < maxSaid {
			m.Summary = fmt.Sprintf("%d default routes of the metric %d, by %s", m.Count, metric, strings.Join(devs[metric], ", "))
			matches = append(matches, *m)
		}
	}
	switch {
	case len(matches) > 0:
		return network.Found(matches...), nil
	case why != "":
		return network.NoData(why), nil
	}
	return network.Clear(words.Count(len(order), "default route", "default routes")), nil
}

// metadataService is what some put out of reach with a route: no program of the
// node can ask it then.
var metadataService = netip.MustParseAddr("169.254.169.254")

// blackholes looks for routes that drop packets. Calico drops those to free
// addresses of its own blocks, and says so by the protocol.
func blackholes(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, why := routes(p)
	if t == nil {
		return network.NoData(why), nil
	}
	m := analyze.Match{Entity: "main"}
	var said []string
	for _, r := range t.value.Table("main", false) {
		drops := r.Type == "blackhole" || r.Type == "unreachable" || r.Type == "prohibit"
		if !drops || r.Proto == "bird" || r.Proto == "80" {
			continue
		}
		if m.Count++; m.Count <= maxSaid {
			m.At = append(m.At, t.pos(r.Line))
			said = append(said, r.Type+" "+r.Dst.String())
		}
		if r.Dst.IsSingleIP() && r.Dst.Contains(metadataService) {
			m.Severity = analyze.High
			m.Explains = []string{"imds.unreachable_from_pod", "state.imds.unreachable_from_host", "nodeadm.imds.error", "cni.ipamd.imds_error", "aws.creds.no_providers"}
		}
	}
	switch {
	case m.Count > 0:
		m.Summary = strings.Join(said, ", ")
		return network.Found(m), nil
	case why != "":
		return network.NoData(why), nil
	}
	return network.Clear("no route of the main table drops packets"), nil
}
