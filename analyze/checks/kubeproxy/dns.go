package kubeproxy

import (
	"context"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
)

// dnsService is the Service of the cluster DNS, with its port.
const dnsService = "kube-system/kube-dns:dns"

// noEndpoints looks for a cluster DNS without any pod that is ready. Services
// without are normal, but this one is not.
//
//	-A KUBE-SERVICES -d 172.20.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns has no endpoints" -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable
//	-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns -> 10.0.8.45:53" -j KUBE-SEP-QYH5FWGYMBLQFHCD
func noEndpoints(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	if at := refused(p); len(at) > 0 {
		return network.Found(analyze.Match{
			Entities: map[string][]string{"service": {"kube-system/kube-dns"}},
			Summary:  "kube-proxy refuses requests to the cluster DNS: no pod of kube-system/kube-dns is ready",
			At:       at,
		}), nil
	}
	t := network.GetTable(p, "nat", network.V6(p))
	if t == nil {
		return network.NoData("no nat table of iptables"), nil
	}
	for _, r := range t.Rules {
		if strings.HasPrefix(r.Chain, "KUBE-SVC-") && strings.HasPrefix(r.Comment, dnsService+" ") && strings.HasPrefix(r.Target, "KUBE-SEP-") {
			return network.Clear("the cluster DNS has pods that are ready"), nil
		}
	}
	return network.NoData("no rule of kube-proxy is about " + dnsService), nil
}

// refused are the rules that refuse requests to the cluster DNS.
func refused(p *analyze.Pass) (at []parsers.Pos) {
	for _, v6 := range []bool{false, true} {
		t := network.GetTable(p, "filter", v6)
		if t == nil {
			continue
		}
		for _, r := range t.Rules {
			if network.Owner(r.Chain) == network.KubeProxy && strings.HasPrefix(r.Comment, "kube-system/kube-dns:dns") &&
				strings.HasSuffix(r.Comment, "has no endpoints") && len(at) < 4 {
				at = append(at, t.Pos(r.Line))
			}
		}
	}
	return at
}
