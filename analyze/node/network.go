package node

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// networkAttributes are how packets go.
var networkAttributes = []attribute{
	{name: "network.proxy_mode", group: "network", title: "proxy mode", from: []source{
		mark("mark.node.proxy_mode"),
	}},
	{name: "network.iptables", group: "network", title: "iptables", from: []source{backend}},
	{name: "network.ip_family", group: "network", title: "IP family", from: []source{ipFamily}},
	{name: "network.enis", group: "network", title: "interfaces", from: []source{
		from(func(f fact[enis.Pool]) []Reading {
			n, line := 0, 0
			for _, c := range f.value.Cards {
				n += len(c.ENIs)
				line = cmp.Or(line, c.Line)
			}
			return one(count(n), line)
		}),
	}},
	{name: "network.addresses", group: "network", title: "pod addresses", from: []source{addresses}},
}

// backend is the kernel part that the iptables command works with.
func backend(r *reader) []Reading {
	rules := facts[iptables.Ruleset](r)
	slices.SortStableFunc(rules, func(a, b fact[iptables.Ruleset]) int { return cmp.Compare(rank(a.value.V6), rank(b.value.V6)) })
	for _, f := range rules {
		if f.value.Backend != "" {
			return []Reading{{Value: f.value.Backend, File: f.path, Line: 1}}
		}
	}
	return nil
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ipFamily is the family of the pods' addresses: the CNI gives one or the other.
func ipFamily(r *reader) []Reading {
	for _, family := range []struct{ variable, name string }{{"cni.ENABLE_IPv6", "IPv6"}, {"cni.ENABLE_IPv4", "IPv4"}} {
		for _, x := range settingOf(family.variable[len("cni."):])(r) {
			if x.Value == "true" {
				x.Value, x.Note = family.name, family.variable[len("cni."):]+" is true"
				return []Reading{x}
			}
		}
	}
	return familyOfDNS(r)
}

// familyOfDNS tells the family by the address of the cluster DNS, which is one of
// the services: they have the family of the pods.
func familyOfDNS(r *reader) (all []Reading) {
	for _, read := range clusterDNS {
		for _, x := range read(r) {
			first, _, _ := strings.Cut(x.Value, ",")
			ip, err := netip.ParseAddr(strings.TrimSpace(first))
			if err != nil || ip.IsLinkLocalUnicast() { // a cache on the node
				continue
			}
			x.Value, x.Note = "IPv4", "by the address of the cluster DNS"
			if ip.Is6() {
				x.Value = "IPv6"
			}
			all = append(all, x)
		}
	}
	return all
}

// addresses are those that ipamd has for pods, and how many are in use.
func addresses(r *reader) (all []Reading) {
	for _, f := range facts[enis.Pool](r) {
		var total, assigned int64
		line := 0
		for _, c := range f.value.Cards {
			total += c.Capacity()
			assigned += c.Assigned
			line = cmp.Or(line, c.Line)
		}
		if line > 0 {
			all = append(all, Reading{Value: strconv.FormatInt(assigned, 10) + " of " + strconv.FormatInt(total, 10) + " in use", File: f.path, Line: line, Note: "at the collection"})
		}
	}
	return all
}
