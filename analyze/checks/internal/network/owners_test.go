package network

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/iproute2"
)

// No row hides another one of its kind, and each is reached by what it names.
func TestOwners_rows(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range owners {
		key := string(o.kind) + " " + o.name
		if seen[key] || o.owner == "" {
			t.Errorf("%s is there twice, or without owner", key)
		}
		seen[key] = true
		got := ""
		switch o.kind {
		case chain:
			got = Owner(o.name)
		case mark:
			got = MarkOwner(o.name)
		case table:
			first, _, _ := strings.Cut(o.name, "-")
			got = TableOwner(&iproute2.Rule{Action: iproute2.Lookup, Table: first, From: netip.MustParsePrefix("10.0.12.34/32")})
		case priority:
			got = o.owner // RuleOwner has tests below
		case tunable:
			got = SysctlOwner(strings.ReplaceAll(o.name, "*", "x"))
		}
		if got != o.owner {
			t.Errorf("%s is of %q, its row says %q", key, got, o.owner)
		}
	}
}

func TestOwner(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		if got := Owner(name); got != want {
			t.Errorf("Owner(%q) = %q, want %q", name, got, want)
		}
	}
	f("KUBE-SVC-NPX46M4PTMTKRN6Y", KubeProxy)
	f("KUBE-SERVICES", KubeProxy)
	f("KUBE-PROXY-FIREWALL", KubeProxy)
	f("KUBE-FIREWALL", Kubelet)
	f("KUBE-KUBELET-CANARY", Kubelet)
	f("KUBE-MARK-DROP", Kubelet)
	f("KUBE-ROUTER-FORWARD", KubeRouter)
	f("KUBE-POD-FW-2QNHJ3VCZKXGWCFP", KubeRouter)
	f("AWS-SNAT-CHAIN-0", VPCCNI)
	f("AWS-CONNMARK-CHAIN-0", VPCCNI)
	f("CNI-E6-8f2c1d7be19d3a84c6271", VPCCNI)
	f("CNI-HOSTPORT-DNAT", PortMap)
	f("CNI-DN-0c5d2f1e7a8b9c0d1e2f3", PortMap)
	f("cali-tw-eni295aa140a91", Calico)
	f("CILIUM_FORWARD", Cilium)
	f("DOCKER-USER", Docker)
	f("FORWARD", "")
	f("PREROUTING", "")
	f("MY-KUBE-SVC", "")
	f("kube-svc-x", "")
}

func TestMarkOwner(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := MarkOwner(text); got != want {
			t.Errorf("MarkOwner(%q) = %q, want %q", text, got, want)
		}
	}
	f("0x80/0x80", VPCCNI)
	f("0x0/0x80", VPCCNI)
	f("0x80", VPCCNI)
	f("0x4000/0x4000", KubeProxy)
	f("0x8000/0x8000", Kubelet)
	f("0x200/0xf00", Cilium)
	f("0x10000/0x10000", Calico)
	f("0xc000/0xc000", "") // bits of two components
	f("0x40/0x40", "")
	f("0x1", "")
	f("0", "")
	f("", "")
	f("x/y", "")
}

func TestRuleOwner(t *testing.T) {
	f := func(r iproute2.Rule, want string) {
		t.Helper()
		if got := RuleOwner(&r); got != want {
			t.Errorf("RuleOwner(%+v) = %q, want %q", r, got, want)
		}
	}
	pod, all := netip.MustParsePrefix("10.0.14.70/32"), netip.Prefix{}
	rule := func(prio uint32, from netip.Prefix, mask uint32, table string) iproute2.Rule {
		return iproute2.Rule{Priority: prio, From: from, Mask: mask, Action: iproute2.Lookup, Table: table}
	}
	f(rule(0, all, 0, "local"), "")
	f(rule(ToPod, all, 0, "main"), VPCCNI)
	f(rule(FromPod, pod, 0, "2"), VPCCNI)
	f(rule(1024, all, 0x80, "main"), VPCCNI)
	f(rule(1024, all, 0x40, "main"), VPCCNI) // AWS_VPC_K8S_CNI_CONNMARK=0x40
	f(rule(1024, all, 0, "main"), "")
	f(rule(10, all, 0, "101"), VPCCNI)
	f(rule(30200, pod, 0, "30200"), CloudSetup)
	f(rule(30400, all, 0, "30400"), CloudSetup)
	f(rule(10001, pod, 0, "10001"), EC2Utils)
	f(rule(10001, all, 0, "10001"), "")
	f(rule(302, pod, 0, "302"), "")
	f(rule(32766, all, 0, "main"), "")
}

func TestSysctlOwner(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		if got := SysctlOwner(name); got != want {
			t.Errorf("SysctlOwner(%q) = %q, want %q", name, got, want)
		}
	}
	f("net.ipv4.conf.ens5.rp_filter", VPCCNI)
	f("net.ipv4.conf.eth0/100.rp_filter", "") // a VLAN, which the VPC CNI does not make
	f("net.ipv4.tcp_early_demux", VPCCNI)
	f("net.netfilter.nf_conntrack_max", KubeProxy)
	f("net.netfilter.nf_conntrack_count", "")
	f("net.netfilter.nf_conntrack_tcp_timeout_established", KubeProxy)
	f("net.ipv4.vs.conn_reuse_mode", KubeProxy)
	f("net.ipv4.conf.all.route_localnet", KubeProxy)
	f("vm.overcommit_memory", Kubelet)
	f("kernel.keys.root_maxkeys", Kubelet)
	f("kernel.pid_max", "")
	f("net.ipv4.ip_forward", "") // sysctl.d of the AMI
}
