package kubeletconfig

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// clusterDNS looks for pods that ask a server which is not the cluster's.
func clusterDNS(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := settingsOf(p)
	if note != "" {
		return network.NoData(note), nil
	}
	v := of(&s, "cluster-dns", s.ClusterDNS)
	if strings.Trim(v.text, ", ") == "" {
		if why := s.hidden(p); why != "" {
			return network.NoData(why), nil
		}
		at := v.at
		if !v.set() {
			at = parsers.Pos{File: s.Base()}
		}
		return network.Found(analyze.Match{
			Summary:  "kubelet has no address of the cluster's DNS: pods get the resolv.conf of the node",
			At:       []parsers.Pos{at},
			Explains: []string{"kubelet.dns.no_cluster_dns"},
		}), nil
	}
	own, _ := network.Addresses(p)
	var servers []netip.Addr
	for text := range strings.SplitSeq(v.text, ",") {
		ip, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return network.NoData(fmt.Sprintf("clusterDNS %q is no address", text)), nil
		}
		if ip.IsLinkLocalUnicast() || own[ip] {
			return network.Clear(ip.String() + " is that of a cache on the node"), nil
		}
		servers = append(servers, ip)
	}
	return against(p, v, servers)
}

// against compares the servers with the Services that kube-proxy knows.
func against(p *analyze.Pass, v value, servers []netip.Addr) (analyze.Verdict, error) {
	rule, file, note := lookupService(p, servers)
	switch {
	case note != "":
		return network.NoData(note), nil
	case rule == nil:
		return network.Clear("the server is a Service"), nil
	}
	return network.Found(analyze.Match{
		Entity:   v.text,
		Entities: map[string][]string{"ip": strings.Split(v.text, ",")},
		Summary:  fmt.Sprintf("pods ask %s, which is no Service; that of the cluster's DNS is %s", v.text, rule.Dst.From),
		At:       []parsers.Pos{v.at, {File: file, Line: rule.Line}},
	}), nil
}

// lookupService returns the rule of the cluster's DNS when none of the servers
// is the address of a Service.
//
//	-A KUBE-SERVICES -d 172.20.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
func lookupService(p *analyze.Pass, servers []netip.Addr) (dns *iptables.Rule, file, note string) {
	for _, f := range analyze.Facts[iptables.Ruleset](p) {
		if f.Value.V6 != servers[0].Is6() || f.Value.Cut || whole.Cut(p, f.Path) != "" {
			continue
		}
		for i := range f.Value.Rules {
			r := &f.Value.Rules[i]
			if r.Chain != "KUBE-SERVICES" || r.Dst.Not || !r.Dst.From.IsValid() || r.Dst.From != r.Dst.To {
				continue
			}
			if slices.Contains(servers, r.Dst.From) {
				return nil, "", ""
			}
			if dns == nil && strings.HasPrefix(r.Comment, "kube-system/kube-dns:dns") {
				dns, file = r, f.Path
			}
		}
	}
	if dns == nil {
		note = "no rule of kube-proxy tells the address of kube-system/kube-dns"
	}
	return dns, file, note
}
