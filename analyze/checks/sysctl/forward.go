package sysctl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
)

// ipForward finds a kernel that does not pass on packets of pods.
//
//	net.ipv4.ip_forward = 1
func ipForward(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	name := "net.ipv4.ip_forward"
	if network.V6(p) {
		name = "net.ipv6.conf.all.forwarding"
	}
	v, note := readNumber(p, name)
	switch {
	case note != "":
		return noData(note)
	case v.n != 0: // 2 of IPv6 forwards too
		return isClear(fmt.Sprintf("%s is %d", name, v.n))
	}
	return found(analyze.Match{
		Summary: name + " is 0: the node drops what its pods send to others",
		At:      []parsers.Pos{v.at},
	})
}

// bridges are network plugins that connect pods by a bridge of the kernel;
// flannel calls the plugin bridge.
var bridges = []string{"bridge", "flannel", "weave-net"}

// bridgeNF finds bridged packets that do not pass the rules of kube-proxy. It
// matters only where pods are connected by a bridge.
func bridgeNF(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const name = "net.bridge.bridge-nf-call-iptables"
	plugins, bridge, at := plugins(p)
	v, note := readNumber(p, name)
	switch {
	case note == "" && v.n != 0:
		return isClear(fmt.Sprintf("%s is %d", name, v.n))
	case len(plugins) == 0:
		return noData("no configuration of a network plugin that tells whether pods are connected by a bridge")
	case bridge == "":
		return isClear("no bridge connects the pods of " + plugins[0])
	case note != "":
		return noData(note)
	}
	return found(analyze.Match{
		Summary: fmt.Sprintf("%s is 0, and the network plugin %s connects pods by a bridge", name, bridge),
		At:      []parsers.Pos{v.at, at},
	})
}

// plugins are the network plugins of the configuration that the runtime takes,
// and the one of them that makes a bridge.
func plugins(p *analyze.Pass) (names []string, bridge string, at parsers.Pos) {
	for _, f := range network.Conflists(p) {
		for _, x := range f.Value.Plugins {
			names = append(names, x.Type)
			if bridge == "" && slices.Contains(bridges, x.Type) {
				bridge, at = x.Type, parsers.Pos{File: f.Path, Line: x.Line}
			}
		}
		if len(f.Value.Plugins) > 0 && !network.Meta(f.Value.Plugins[0].Type) {
			break
		}
	}
	return names, bridge, at
}

// rpFilter finds a primary interface whose strict filter drops the answers of
// connections that came in to another interface of the node. The VPC CNI makes
// the filter loose when it starts.
//
//	net.ipv4.conf.all.rp_filter = 0
//	net.ipv4.conf.ens5.rp_filter = 2
func rpFilter(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	dev := primary(p)
	if dev == "" {
		return noData("no default route tells which interface is the primary one")
	}
	name := "net.ipv4.conf." + strings.ReplaceAll(dev, ".", "/") + ".rp_filter"
	of, note := readNumber(p, name)
	if note != "" {
		return noData(note)
	}
	all, note := readNumber(p, "net.ipv4.conf.all.rp_filter")
	if note != "" {
		return noData(note)
	}
	// The kernel takes the larger one: 0 none, 1 strict, 2 loose.
	if mode := max(of.n, all.n); mode != 1 {
		return isClear(fmt.Sprintf("the filter of %s is %d", dev, mode))
	}
	if why := strict(p); why != "" {
		return isClear(why)
	}
	if len(network.Pools(p)) == 0 {
		return noData("nothing shows that the VPC CNI has set up the network of the node")
	}
	m := analyze.Match{
		Entity:   dev,
		Entities: map[string][]string{"interface": {dev}},
		Summary:  fmt.Sprintf("the filter of source addresses of the primary interface %s is strict; the %s makes it loose when it starts", dev, network.SysctlOwner(name)),
		At:       []parsers.Pos{of.at},
	}
	if of.n == 0 {
		m.At = []parsers.Pos{all.at, of.at}
	}
	return found(m)
}

// strict says why a strict filter does no harm; "" when it does.
func strict(p *analyze.Pass) string {
	if other := network.OtherCNI(p); other != "" {
		return "the network of pods is of " + other
	}
	if network.V6(p) {
		return "pods have IPv6 addresses, which the filter is not about"
	}
	const support = "AWS_VPC_CNI_NODE_PORT_SUPPORT"
	if s, ok := network.Get(p, support); ok && s.Value == "false" {
		return support + " is false"
	}
	return ""
}

// primary is the interface of the default route of IPv4; "" when the bundle
// does not tell.
func primary(p *analyze.Pass) string {
	for _, f := range analyze.Facts[iproute2.Routes](p) {
		for _, r := range f.Value.Table("main", false) {
			if r.Default() && r.Dev != "" {
				return r.Dev
			}
		}
	}
	return ""
}
