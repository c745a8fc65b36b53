// Package network tells the state of the network of a node: packet filter, plugin
// configuration, routes, name resolution, interfaces, addresses of pods, services,
// metadata service, connection tracking, limits of EC2 and network policy.
package network

import (
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// Area is the network. To add a section, add a value.
var Area = &area.Area{Name: "network", Sections: []area.Section{
	{
		Name: "iptables", Title: "packet filter", Read: iptablesState,
		Large: []*parsers.Format{iptables.Format},
		Checks: []string{
			"state.iptables.*", "state.networkd.foreign_rules", "state.imds.iptables_block", "state.sysctl.bridge_nf", "net.iptables.*",
			"cni.iptables.*", "kubeproxy.iptables_*", "net.docker_bridge_conflict",
		},
		Gates: []gates.Name{gates.KubeProxy, gates.AWSNode},
	},
	{
		Name: "cni", Title: "configuration of the network plugin", Read: cniState,
		Checks: []string{
			"state.cni.*", "state.ipamd.settings_nondefault", "state.networkd.mac_policy", "state.proc.automode_with_awsnode", "state.pkg.conflicting",
			"cni.plugin.*", "cni.awsnode.*", "containerd.cni.*", "containerd.sandbox.network_failed",
		},
		Gates: []gates.Name{gates.AWSNode, gates.Containerd},
	},
	{
		Name: "routes", Title: "routing tables and rules, and the way to the API server", Read: routesState,
		Checks: []string{
			"state.iprule.*", "state.route.*", "state.networkd.foreign_rules", "state.sysctl.ip_forward", "state.sysctl.rp_filter", "net.martian", "state.api.*",
			"kubelet.apiserver.*",
		},
	},
	{
		Name: "dns", Title: "name resolution", Read: dnsState,
		Large: []*parsers.Format{iptables.Format, conntrack.Format},
		Checks: []string{
			"dns.*", "state.dns.*", "state.resolv.*", "state.ping.failed", "state.conntrack.dns_unreplied", "state.kubelet.cluster_dns", "kubelet.dns.*",
		},
		Gates: []gates.Name{gates.CoreDNS},
	},
	{
		Name: "eni", Title: "network interfaces", Read: eniState,
		Checks: []string{
			"state.if.*", "state.ipamd.eni_max_reached", "state.ipamd.force_removed", "cni.ipamd.eni_*", "cni.ipamd.force_remove_eni", "cni.ipamd.pod_eni",
			"cni.ipamd.eniconfig_missing", "net.link.*", "net.networkd.*", "net.neigh.*", "state.sysctl.arp_gc", "kernel.net.*",
		},
	},
	{
		Name: "ipamd", Title: "addresses of pods", Read: ipamdState,
		Checks: []string{"state.ipamd.*", "state.contradiction.addresses", "state.kubelet.max_pods", "state.pods.at_limit", "cni.ipamd.*", "cni.plugin.*ip*", "npa.ipamd_connect"},
		Gates:  []gates.Name{gates.IPAMD},
	},
	{
		Name: "kube-proxy", Title: "services", Read: proxyState,
		Large: []*parsers.Format{iptables.Format},
		Checks: []string{
			"kubeproxy.*", "state.iptables.kube_services_missing", "state.iptables.endpoint_stale", "state.iptables.rules_total", "state.conntrack.service_unreplied",
			"net.ipvs.*", "state.ipvs.*", "state.contradiction.proxy_mode",
		},
		Gates: []gates.Name{gates.KubeProxy},
	},
	{
		Name: "imds", Title: "instance metadata service and credentials", Read: imdsState,
		Checks: []string{
			"state.imds.*", "imds.*", "aws.*", "irsa.*", "podidentity.*", "state.ena.linklocal_allowance_exceeded", "cni.ipamd.imds_error", "nodeadm.imds.error",
			"csi.ebs.metadata_unavailable",
		},
		Gates: []gates.Name{gates.PodIdentity},
	},
	{
		Name: "conntrack", Title: "connection tracking and sockets", Read: conntrackState,
		Large: []*parsers.Format{conntrack.Format},
		Checks: []string{
			"state.conntrack.*", "state.contradiction.conntrack_full", "net.conntrack.*", "kubeproxy.conntrack_*", "state.ena.conntrack_*", "state.netstat.*", "state.sysctl.port_range", "state.sysctl.somaxconn",
			"state.sysctl.tcp_mem", "net.tcp.*", "state.sysctl.reserved_ports",
		},
	},
	{
		Name: "ena", Title: "limits of EC2 and driver counters", Read: enaState,
		Checks: []string{"state.ena.*", "state.efa.*", "net.ena.*", "state.cpu.softirq_imbalance"},
	},
	{
		Name: "policy", Title: "network policy agent", Read: policyState,
		Checks: []string{"npa.*", "state.netpolicy.*"},
	},
}}

// at is a place of a file.
func at(file string, line int) parsers.Pos { return parsers.Pos{File: file, Line: line} }
