package network

import (
	"path"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/iproute2"
)

// Components and programs that own parts of the network of a node.
const (
	KubeProxy  = "kube-proxy"
	Kubelet    = "kubelet"
	VPCCNI     = "VPC CNI"
	PortMap    = "CNI portmap plugin"
	Calico     = "Calico"
	Cilium     = "Cilium"
	Antrea     = "Antrea"
	KubeRouter = "kube-router"
	Docker     = "Docker"
	CloudSetup = "nm-cloud-setup"
	EC2Utils   = "ec2-net-utils"
)

// A kind is what is owned.
type kind string

// The kinds, and how their rows name them.
const (
	chain    kind = "chain"    // the beginning of the name of a chain of iptables
	mark     kind = "mark"     // the bits of a packet's mark, as a mask
	table    kind = "table"    // numbers of routing tables that rules name
	priority kind = "priority" // the priority of a routing rule
	tunable  kind = "sysctl"   // a parameter of the kernel; * is a part between dots
)

// owners says who owns what. Of a kind the first row that fits counts.
//
// Chains: the sources of the components, and what they were seen to write. Marks: kube-proxy and kubelet
// pkg/kubelet/kubelet_network.go (bits 14 and 15), amazon-vpc-cni-k8s pkg/networkutils/network.go (defaultConnmark), Calico
// IptablesMarkMask, Cilium pkg/datapath/linux/linux_defaults. Tables: nm-cloud-setup takes 30200 and 30400 plus the number
// of the interface, amazon-ec2-net-utils 10000 plus it. Priorities: amazon-vpc-cni-k8s pkg/networkutils/network.go and
// cmd/routed-eni-cni-plugin/driver (10 for branch interfaces). Parameters: cmd/aws-vpc-cni-init, kube-proxy
// cmd/kube-proxy/app/conntrack.go and pkg/proxy/ipvs, kubelet pkg/kubelet/cm/container_manager_linux.go.
var owners = []struct {
	kind
	name, owner string
}{
	{chain, "KUBE-ROUTER-", KubeRouter}, {chain, "KUBE-NWPLCY-", KubeRouter}, {chain, "KUBE-POD-FW-", KubeRouter},
	{chain, "KUBE-FIREWALL", Kubelet}, {chain, "KUBE-KUBELET-CANARY", Kubelet}, {chain, "KUBE-IPTABLES-HINT", Kubelet}, {chain, "KUBE-MARK-DROP", Kubelet},
	{chain, "KUBE-HOSTPORTS", Kubelet}, {chain, "KUBE-HP-", Kubelet},
	{chain, "KUBE-", KubeProxy},
	{chain, "AWS-SNAT-CHAIN-", VPCCNI}, {chain, "AWS-CONNMARK-CHAIN-", VPCCNI}, {chain, "CNI-E4-", VPCCNI}, {chain, "CNI-E6-", VPCCNI},
	{chain, "CNI-", PortMap},
	{chain, "cali-", Calico}, {chain, "CILIUM_", Cilium}, {chain, "OLD_CILIUM_", Cilium}, {chain, "ANTREA-", Antrea},
	{chain, "WEAVE", "Weave Net"}, {chain, "FLANNEL-", "flannel"}, {chain, "ISTIO_", "Istio"}, {chain, "LINKERD_", "Linkerd"},
	{chain, "DOCKER", Docker}, {chain, "NETAVARK", "Podman"}, {chain, "LIBVIRT_", "libvirt"},
	{chain, "ufw", "ufw"}, {chain, "f2b-", "fail2ban"}, {chain, "fail2ban-", "fail2ban"}, {chain, "RH-Firewall-", "iptables.service"},
	{chain, "INPUT_ZONES", "firewalld"}, {chain, "INPUT_direct", "firewalld"}, {chain, "FORWARD_IN_ZONES", "firewalld"}, {chain, "FORWARD_OUT_ZONES", "firewalld"},
	{chain, "FORWARD_direct", "firewalld"}, {chain, "OUTPUT_direct", "firewalld"}, {chain, "IN_", "firewalld"}, {chain, "FWDI_", "firewalld"}, {chain, "FWDO_", "firewalld"}, {chain, "FWD_", "firewalld"},
	{chain, "BPF-", "a BPF firewall"}, {chain, "ts-", "Tailscale"},

	{mark, "0x80", VPCCNI}, {mark, "0x4000", KubeProxy}, {mark, "0x8000", Kubelet}, {mark, "0xf00", Cilium}, {mark, "0xffff0000", Calico},

	{table, "30200-30599", CloudSetup}, {table, "10000-10999", EC2Utils},

	{priority, "10", VPCCNI}, {priority, "512", VPCCNI}, {priority, "1024", VPCCNI}, {priority, "1535", VPCCNI}, {priority, "1536", VPCCNI},

	{tunable, "net.ipv4.conf.*.rp_filter", VPCCNI}, {tunable, "net.ipv4.tcp_early_demux", VPCCNI}, {tunable, "net.ipv6.conf.*.forwarding", VPCCNI},
	{tunable, "net.ipv6.conf.*.accept_ra", VPCCNI},
	{tunable, "net.netfilter.nf_conntrack_max", KubeProxy}, {tunable, "net.netfilter.nf_conntrack_tcp_timeout_*", KubeProxy},
	{tunable, "net.ipv4.conf.*.route_localnet", KubeProxy}, {tunable, "net.ipv4.vs.*", KubeProxy},
	{tunable, "vm.overcommit_memory", Kubelet}, {tunable, "vm.panic_on_oom", Kubelet}, {tunable, "kernel.panic", Kubelet},
	{tunable, "kernel.panic_on_oops", Kubelet}, {tunable, "kernel.keys.root_*", Kubelet},
}

// ownerOf is the owner of the first row of a kind that fits; "" for none.
func ownerOf(k kind, fits func(name string) bool) string {
	for _, o := range owners {
		if o.kind == k && fits(o.name) {
			return o.owner
		}
	}
	return ""
}

// Owner is the component that makes a chain; "" for a base chain and for one
// that nobody is known for.
func Owner(name string) string {
	return ownerOf(chain, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// MarkOwner is the component that a mark is of, "0x4000/0x4000" or "0x80"; ""
// for none. Its bits have to be all of the same component.
func MarkOwner(text string) string {
	value, mask, masked := strings.Cut(text, "/")
	if !masked {
		mask = value
	}
	bits, err := strconv.ParseUint(mask, 0, 32)
	if err != nil || bits == 0 {
		return ""
	}
	return ownerOf(mark, func(name string) bool {
		own, err := strconv.ParseUint(name, 0, 32)
		return err == nil && bits&^own == 0
	})
}

// TableOwner is the program that a rule is of by its table, when it is not the
// VPC CNI. The CNI's are 2 and up for the interfaces of the node, 101 and up
// for the branch interfaces of pods.
func TableOwner(r *iproute2.Rule) string {
	n, err := strconv.Atoi(r.Table)
	if err != nil || r.Action != iproute2.Lookup {
		return ""
	}
	owner := ownerOf(table, func(name string) bool {
		from, to, _ := strings.Cut(name, "-")
		first, _ := strconv.Atoi(from)
		last, _ := strconv.Atoi(to)
		return first <= n && n <= last
	})
	if owner == EC2Utils && !r.From.IsValid() {
		return "" // its rules are for addresses; the number alone is anybody's
	}
	return owner
}

// Priorities of the rules of the VPC CNI.
const (
	ToPod   = 512  // to a pod: lookup main
	FromPod = 1536 // from a pod of another interface: lookup its table
)

// RuleOwner is who made a rule: by its table, or by its priority, which alone is
// a good guess. The rule of the VPC CNI for marked packets has its mark besides,
// or another one when AWS_VPC_K8S_CNI_CONNMARK says so.
func RuleOwner(r *iproute2.Rule) string {
	if owner := TableOwner(r); owner != "" {
		return owner
	}
	n := strconv.FormatUint(uint64(r.Priority), 10)
	owner := ownerOf(priority, func(name string) bool { return name == n })
	if n == "1024" && r.Mask == 0 {
		return ""
	}
	return owner
}

// SysctlOwner is the component that sets a parameter of the kernel when it
// starts; "" for none.
func SysctlOwner(name string) string {
	parts := strings.ReplaceAll(name, ".", "/")
	return ownerOf(tunable, func(pattern string) bool {
		ok, err := path.Match(strings.ReplaceAll(pattern, ".", "/"), parts)
		return ok && err == nil
	})
}
