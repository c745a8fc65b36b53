package network

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// plugins are network plugins that bring chains of their own, which accept and
// drop packets as network policies say.
var plugins = []string{Calico, Cilium, Antrea, KubeRouter, "Weave Net", "flannel"}

// Policed reports an owner whose chains decide about the packets of pods.
func Policed(owner string) bool { return slices.Contains(plugins, owner) }

// Blocks reports a rule that ends the way of a packet.
func Blocks(r *iptables.Rule) bool { return r.Target == "DROP" || r.Target == "REJECT" }

// Expected reports a rule that drops packets and that is there on nodes that
// are well: what kubelet, kube-proxy, the CNI and Docker write for themselves.
//
//	-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" ... -j DROP
//	-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP
//	-A KUBE-SERVICES -d 172.20.221.9/32 ... --comment "kube-system/metrics-server:https has no endpoints" ... -j REJECT
//	-A FORWARD -d 169.254.172.0/22 -m comment --comment "Block Node Local Pod access via IPv4" -j REJECT
//
// The list is that of the node monitoring agent of EKS, and what these
// components were seen to write besides.
func Expected(r *iptables.Rule) bool {
	switch owner := Owner(r.Chain); owner {
	case Kubelet, KubeProxy:
		return expectedOfKube(r)
	case VPCCNI, PortMap, Calico, Cilium, Antrea, KubeRouter, "Weave Net", "flannel", "Istio", "Linkerd", "libvirt", "Podman", "Tailscale":
		return true
	case Docker:
		return r.Chain != "DOCKER-USER"
	}
	return strings.HasPrefix(r.Comment, "Block Node Local Pod access via IPv") ||
		invalid(r) || strayLoopback(r) || ofBridge(r.In.Name) || ofBridge(r.Out.Name)
}

// expectedOfKube reports a rule that kubelet or kube-proxy writes into a chain
// of theirs.
func expectedOfKube(r *iptables.Rule) bool {
	switch r.Chain {
	case "KUBE-FORWARD":
		return invalid(r)
	case "KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS":
		return strings.HasSuffix(r.Comment, "has no endpoints") || strings.HasSuffix(r.Comment, "has no local endpoints")
	case "KUBE-FIREWALL":
		return strings.Contains(r.Comment, "localnet") || strings.Contains(r.Comment, "marked packets") || markOf(r) == Kubelet
	}
	return true
}

// invalid reports a rule for packets that belong to no connection:
// "-m conntrack --ctstate INVALID", in a listing "ctstate INVALID nfacct-name x".
func invalid(r *iptables.Rule) bool {
	return slices.ContainsFunc(r.Matches, func(m string) bool {
		f := strings.Fields(m)
		i := slices.Index(f, "INVALID")
		return i > 0 && strings.HasSuffix(f[i-1], "state") && (i == 1 || f[i-2] != "!")
	})
}

// markOf is the component whose mark a rule asks for: "-m mark --mark 0x8000/0x8000".
func markOf(r *iptables.Rule) string {
	for _, m := range r.Matches {
		f := strings.Fields(m)
		if i := slices.Index(f, "--mark"); i >= 0 && i+1 < len(f) {
			return MarkOwner(f[i+1])
		}
		// In a listing: "mark match 0x8000/0x8000".
		if i := slices.Index(f, "match"); i > 0 && f[i-1] == "mark" && i+1 < len(f) {
			return MarkOwner(f[i+1])
		}
	}
	return ""
}

func marked(r *iptables.Rule, mark string) bool {
	return slices.ContainsFunc(r.Matches, func(m string) bool { return strings.Contains(m, mark) })
}

// strayLoopback reports the rule of hardening guides against packets that
// pretend to be from the node itself: -s 127.0.0.0/8 ! -i lo -j DROP.
func strayLoopback(r *iptables.Rule) bool {
	return !r.Src.Not && r.Src.From.IsValid() && r.Src.From.IsLoopback() && (r.In.Name == "" || r.In.Not && r.In.Name == "lo" || !r.In.Not && r.In.Name != "lo")
}

// ofBridge reports an interface of containers that no CNI made.
func ofBridge(dev string) bool {
	return strings.HasPrefix(dev, "docker") || strings.HasPrefix(dev, "br-") || strings.HasPrefix(dev, "virbr") || strings.HasPrefix(dev, "podman")
}

// ForPods reports an interface condition that the packets of pods can meet.
func ForPods(i iptables.Iface) bool {
	return i.Name == "" || i.Not || !ofBridge(i.Name) && i.Name != "lo"
}

// IsHost reports a prefix of one address, and which.
func IsHost(x netip.Prefix) (netip.Addr, bool) {
	if !x.IsValid() || !x.IsSingleIP() {
		return netip.Addr{}, false
	}
	return x.Addr(), true
}
