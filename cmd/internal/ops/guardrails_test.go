package ops

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
)

// A guardrail is a setting or a sight that is easily blamed. The number is that
// of the list of guardrails; why says what disqualifies the blame.
//
// never are the rules and checks that could blame it. What the report says of
// settings for information (state.ipamd.settings_nondefault) blames nobody.

// cniBlamed are the rules and checks that make the VPC CNI the cause.
var cniBlamed = []string{"cni.*", "npa.*", "state.iptables.aws_*", "state.iptables.snat_source_stale", "state.iprule.*", "state.route.*", "state.networkd.*", "state.ipamd.*"}

// routed are the rules and checks about the way of packets.
var routed = []string{"state.iprule.*", "state.route.*", "state.iptables.*", "state.networkd.*", "state.if.*", "state.sysctl.*", "kubeproxy.*"}

// TestGuardrails_settings has settings of the VPC CNI that are no fault.
func TestGuardrails_settings(t *testing.T) {
	runMade(t, []madeCase{{
		name: "G1 security groups for pods",
		why:  "strict enforcing is about pods with a branch interface: this node has no trunk, and no such pod",
		make: func(m *made) {
			m.env("ENABLE_POD_ENI=true", "POD_SECURITY_GROUP_ENFORCING_MODE=strict", "DISABLE_TCP_EARLY_DEMUX=false")
			m.add("sysctls/sysctl_all.txt", "net.ipv4.tcp_early_demux = 1\n")
		},
		never: append(slices.Clone(routed), "cni.*", "npa.*"),
	}, {
		name: "G2 external SNAT",
		why:  "with external SNAT there are no rules that translate addresses, and Services work without them",
		make: func(m *made) {
			m.env("AWS_VPC_K8S_CNI_EXTERNALSNAT=true")
			m.cut("networking/iptables-save.txt", "AWS-SNAT-CHAIN-0")
			m.drop("networking/iptables-nat.txt")
		},
		clear: []string{"state.iptables.aws_snat_missing", "state.iptables.kube_services_missing"},
		never: cniBlamed,
	}, {
		name: "G2 addresses without SNAT",
		why:  "packets to these addresses keep the address of the pod: routes of the VPC, which no bundle has, decide the rest",
		make: func(m *made) {
			m.env("AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS=10.1.0.0/16")
			m.swap("networking/iptables-save.txt", "-A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16", `-A AWS-SNAT-CHAIN-0 -d 10.1.0.0/16 -m comment --comment "AWS SNAT CHAIN EXCLUDED" -j RETURN`+"\n-A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16")
			for i := range 40 {
				m.add("networking/conntrack.txt", fmt.Sprintf("tcp      6 %d SYN_SENT src=10.0.14.70 dst=10.1.7.%d sport=%d dport=5432 [UNREPLIED] src=10.1.7.%d dst=10.0.14.70 sport=5432 dport=%d mark=0 use=1\n", 60+i, i%3, 40000+i, i%3, 40000+i))
			}
		},
		clear: []string{"state.iptables.aws_snat_missing"},
		never: cniBlamed,
		other: analyze.Medium,
	}, {
		name:  "G3 custom networking",
		why:   "pods have addresses of another subnet on further interfaces, and the first one has none of theirs: that is the purpose",
		make:  customNetworking,
		never: append(slices.Clone(routed), "cni.*"),
		clear: []string{"state.iprule.pod_rule_missing", "state.iptables.snat_source_stale", "state.route.default_missing"},
	}, {
		name:  "G4 prefix delegation",
		why:   "prefixes change how addresses are given, not how packets are routed",
		make:  func(m *made) { m.env("ENABLE_PREFIX_DELEGATION=true", "WARM_PREFIX_TARGET=1") },
		never: append(slices.Clone(routed), "cni.*"),
	}, {
		name:  "G8 IPv6",
		why:   "with IPv6 the VPC CNI writes no rules that translate addresses or mark connections",
		from:  "ipv6-no-snat",
		clear: []string{"state.iptables.aws_snat_missing", "state.iptables.aws_connmark_missing"},
		never: cniBlamed,
	}, {
		name: "G9 strict security groups are no strict policies",
		why:  "a policy that denies packets does so in the standard mode too; the mode of security groups has no part in it",
		from: "network-policy-strict",
		make: func(m *made) {
			m.env("ENABLE_POD_ENI=true", "POD_SECURITY_GROUP_ENFORCING_MODE=strict", "NETWORK_POLICY_ENFORCING_MODE=standard")
		},
		clear: []string{"state.netpolicy.strict_denied"},
		never: append(slices.Clone(routed), "cni.*"),
	}, {
		name: "G20 resources that others provide",
		why:  "the setting stops the attachment of interfaces, and nothing for the pods that have addresses",
		make: func(m *made) { m.env("DISABLE_NETWORK_RESOURCE_PROVISIONING=true") },
		clear: []string{
			"state.ipamd.pool_exhausted", "state.iprule.pod_rule_missing", "state.proc.missing_daemon",
		},
		never: append(slices.Clone(routed), "cni.*"),
	}, {
		name: "G21 addresses that are kept ready",
		why:  "WARM_IP_TARGET says how many addresses are kept free; how many pods run is kubelet's limit",
		make: func(m *made) {
			m.env("WARM_IP_TARGET=2", "MINIMUM_IP_TARGET=4")
			for i := range 3 {
				m.add("kubelet/kubelet.log", fmt.Sprintf("Nov 21 00:19:1%d ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: I1121 00:19:1%d.101010     467 predicate.go:143] \"Predicate failed on Pod\" pod=\"default/web-%d\" err=\"Node didn't have enough resource: pods, requested: 1, used: 29, capacity: 29\"\n", i, i, i))
			}
		},
		found: []string{"kubelet.admission.too_many_pods"},
		cause: "kubelet.admission.too_many_pods",
		never: append(slices.Clone(cniBlamed), "state.kubelet.max_pods"),
	}, {
		name: "G22 pods with smaller packets",
		why:  "POD_MTU is for pods and AWS_VPC_ENI_MTU for the interfaces of the node: they may differ",
		make: func(m *made) {
			m.env("AWS_VPC_ENI_MTU=9001", "POD_MTU=8951")
			text := m.text("networking/ifconfig.txt")
			for line := range strings.Lines(text) {
				if strings.HasPrefix(line, "eni") {
					text = strings.Replace(text, line, strings.Replace(line, "mtu 9001", "mtu 8951", 1), 1)
				}
			}
			m.files["networking/ifconfig.txt"] = text
			m.files["cni/10-aws.conflist"] = strings.ReplaceAll(m.text("cni/10-aws.conflist"), `"mtu": "9001"`, `"mtu": "8951"`)
		},
		clear: []string{"state.if.mtu_mismatch"},
	}, {
		name: "G24 chains of the egress plugin",
		why:  "the plugin for IPv6 has its chains in ip6tables; they are its own, and say nothing of those of the VPC CNI",
		make: func(m *made) {
			m.env("ENABLE_V6_EGRESS=true", "ENABLE_IPv4=true")
			m.swap("cni/10-aws.conflist", `"enabled": "false"`, `"enabled": "true"`)
			m.add("networking/ip6tables-save.txt", egress6)
		},
		clear: []string{"state.iptables.aws_snat_missing", "state.iptables.snat_source_stale", "state.iptables.unexpected_reject"},
		never: append(slices.Clone(routed), "cni.*"),
	}, {
		name: "G25 the bandwidth plugin",
		why:  "it is for pods with an annotation, and one more plugin in the same chain is no second network",
		make: func(m *made) {
			m.swap("cni/10-aws.conflist", "      \"type\": \"portmap\",\n", "      \"type\": \"bandwidth\",\n      \"capabilities\": {\"bandwidth\": true}\n    },\n    {\n      \"type\": \"portmap\",\n")
		},
		clear: []string{"state.cni.multiple_conflists", "state.cni.conflist_missing"},
		never: append(slices.Clone(routed), "cni.*"),
	}, {
		name:  "G27 metadata service only",
		why:   "ipamd asks EC2 for nothing then, and pods keep what they have",
		make:  func(m *made) { m.env("ENABLE_IMDS_ONLY_MODE=true") },
		never: append(slices.Clone(routed), "cni.*", "imds.*", "state.imds.*"),
	}, {
		name:  "G28 egress of the other family",
		why:   "ENABLE_V4_EGRESS is for clusters with IPv6: on this one it does nothing, and ENABLE_V6_EGRESS is what was meant",
		from:  "v4-egress-on-ipv4",
		never: append(slices.Clone(routed), "cni.*"),
	}})
}

// egress6 is what the egress plugin writes for a pod: cmd/egress-cni-plugin/snat
// of amazon-vpc-cni-k8s 1.20.
const egress6 = `# Generated by ip6tables-save v1.8.9 (nf_tables) on Sat Nov 21 00:20:36 2026
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CNI-E6-8f2c1d7be19d3a84c6271 - [0:0]
:KUBE-KUBELET-CANARY - [0:0]
-A POSTROUTING -s fd00::ac:5/128 -m comment --comment "name: \"aws-cni\" id: \"2eb3ee86323d\"" -j CNI-E6-8f2c1d7be19d3a84c6271
-A CNI-E6-8f2c1d7be19d3a84c6271 -d ff00::/8 -m comment --comment "name: \"aws-cni\" id: \"2eb3ee86323d\"" -j RETURN
-A CNI-E6-8f2c1d7be19d3a84c6271 -m comment --comment "name: \"aws-cni\" id: \"2eb3ee86323d\"" -j SNAT --to-source 2600:1f14:30:200:a1::34 --random-fully
COMMIT
# Completed on Sat Nov 21 00:20:36 2026
# Generated by ip6tables-save v1.8.9 (nf_tables) on Sat Nov 21 00:20:36 2026
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -d fd00::ac:0/118 -m comment --comment "Block Node Local Pod access via IPv6" -j REJECT --reject-with icmp6-port-unreachable
COMMIT
# Completed on Sat Nov 21 00:20:36 2026
`

// customNetworking puts the pods on a second interface, with addresses of a
// subnet of their own.
func customNetworking(m *made) {
	m.env("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG=true", "ENI_CONFIG_LABEL_DEF=topology.kubernetes.io/zone")
	pods := map[string]string{"10.0.13.155": "100.64.13.155", "10.0.14.70": "100.64.14.70", "10.0.15.121": "100.64.15.121", "10.0.15.189": "100.64.15.189"}
	for file, text := range m.files {
		for old, ip := range pods {
			text = strings.ReplaceAll(text, old, ip)
		}
		m.files[file] = text
	}
	from := ""
	for _, ip := range pods {
		from += "1536:\tfrom " + ip + " lookup 2\n"
	}
	m.swap("networking/iprule.txt", "32766:", from+"32766:")
	m.swap("networking/iproute.txt", "local 10.0.12.34 dev", "default via 100.64.0.1 dev ens6 table 2 \n100.64.0.1 dev ens6 table 2 scope link \nlocal 10.0.12.34 dev")
	m.swap("ipamd/enis.json", `"IsPrimary":true`, `"IsPrimary":false`)
	m.swap("ipamd/enis.json", `"DeviceNumber":0`, `"DeviceNumber":1`)
	m.swap("ipamd/enis.json", `"RouteTableID":254`, `"RouteTableID":2`)
	m.swap("ipamd/enis.json", `"ENIs":{`, `"ENIs":{"eni-0aaaa1ce7790aa4331":{"ID":"eni-0aaaa1ce7790aa4331","IsPrimary":true,"IsTrunk":false,"IsEFA":false,"DeviceNumber":0,"AvailableIPv4Cidrs":{},"IPv6Cidrs":{},"RouteTableID":254},`)
	m.swap("networking/ifconfig.txt", "lo: flags=73", `ens6: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 9001
        ether 02:5f:31:a1:0c:23  txqueuelen 1000  (Ethernet)
        RX packets 1204  bytes 903102 (881.9 KiB)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 988  bytes 88102 (86.0 KiB)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0

lo: flags=73`)
}

// TestGuardrails_owners has faults and sights that belong to one component, and
// are easily taken for another's.
func TestGuardrails_owners(t *testing.T) {
	runMade(t, []madeCase{{
		name: "G5 other nodes do not answer",
		why:  "the VPC CNI sets up its own node: when pods of this one are in order, the way between nodes is that of the VPC",
		make: func(m *made) {
			for i := range 60 {
				m.add("networking/conntrack.txt", fmt.Sprintf("tcp      6 %d SYN_SENT src=10.0.14.70 dst=10.0.8.45 sport=%d dport=8080 [UNREPLIED] src=10.0.8.45 dst=10.0.14.70 sport=8080 dport=%d mark=0 use=1\n", 30+i, 40000+i, 40000+i))
			}
		},
		clear: []string{"state.iprule.pod_rule_missing", "state.route.default_missing", "state.iptables.forward_policy_drop"},
		never: append(slices.Clone(cniBlamed), "kubeproxy.*"),
		other: analyze.Medium,
	}, {
		name:  "G6 no Service works",
		why:   "Services are kube-proxy's: that ipamd does not reach the API server follows from that",
		from:  "kubeproxy-sync-fail",
		found: []string{"kubeproxy.iptables_restore_failed"},
		cause: "kubeproxy.iptables_restore_failed",
		other: analyze.Critical,
		check: func(t *testing.T, r *analyze.Report) {
			for _, f := range r.Findings {
				if f.Component == "cni" && f.Severity.Rank() >= analyze.Medium.Rank() && len(f.ExplainedBy) == 0 {
					t.Errorf("%s is a cause of its own: %s", f.Rule, f.Summary)
				}
			}
		},
	}, {
		name: "G7 chains of others",
		why:  "kube-proxy, Calico and kubelet drop packets in chains of their own, as they are told: no firewall came from outside",
		make: func(m *made) {
			m.swap("networking/iptables-save.txt", ":KUBE-SERVICES - [0:0]\n-A INPUT", ":KUBE-SERVICES - [0:0]\n:cali-FORWARD - [0:0]\n:cali-tw-eni295aa140a91 - [0:0]\n-A INPUT")
			m.swap("networking/iptables-save.txt", "-A INPUT -j KUBE-FIREWALL\n", "-A INPUT -j KUBE-FIREWALL\n"+
				`-A KUBE-PROXY-FIREWALL -d 172.20.114.83/32 -p tcp -m comment --comment "default/web:http traffic not accepted by KUBE-FW-CDGGSHYLG3RE2FKL" -m tcp --dport 80 -j DROP`+"\n"+
				`-A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP`+"\n"+
				`-A cali-tw-eni295aa140a91 -m comment --comment "cali:xyz" -m conntrack --ctstate INVALID -j DROP`+"\n"+
				`-A cali-tw-eni295aa140a91 -m comment --comment "cali:abc Drop if no profiles matched" -j DROP`+"\n")
		},
		clear: []string{"state.iptables.unexpected_reject", "state.iptables.aws_snat_missing", "state.iptables.kube_services_missing"},
		never: append(slices.Clone(routed), "cni.*"),
	}, {
		name: "G10 nm-cloud-setup without rules",
		why:  "the service alone does nothing: only its rules, of the tables 30200 and 30400, take packets",
		make: func(m *made) {
			m.swap("system/services.txt", "  systemd-networkd.service ", "  nm-cloud-setup.service                                                                                                            loaded active exited    Automatically configure NetworkManager in cloud\n  systemd-networkd.service ")
		},
		clear: []string{"state.iprule.foreign_tables", "state.iprule.pod_rule_missing"},
		never: routed,
	}, {
		name:  "G10 nm-cloud-setup with rules",
		why:   "its rules come behind those of the VPC CNI: it is a risk while these are there, and no cause",
		from:  "nm-cloud-setup-intact",
		found: []string{"state.iprule.foreign_tables"},
		check: func(t *testing.T, r *analyze.Report) {
			if got := causeOf(r); got != "" {
				t.Errorf("the most likely root cause is %s, want none", got)
			}
		},
	}, {
		name:  "G11 rules that nft does not show",
		why:   "the chains of the VPC CNI are in iptables-save: what nft lists of kube-proxy is another part",
		make:  nftables,
		clear: []string{"state.iptables.aws_snat_missing", "state.iptables.aws_connmark_missing", "state.iptables.kube_services_missing"},
		never: append(slices.Clone(routed), "cni.*"),
	}, {
		name: "G12 no address for some seconds",
		why:  "addresses of ended pods cool down for half a minute: then there are some again",
		make: func(m *made) {
			for i := range 3 {
				m.add("var_log/aws-routed-eni/ipamd.log", fmt.Sprintf(`{"level":"error","ts":"2026-11-21T00:18:%d.212Z","caller":"datastore/data_store.go:618","msg":"DataStore has no available IP/Prefix addresses"}`+"\n", 10+7*i))
				m.add("kubelet/kubelet.log", fmt.Sprintf("Nov 21 00:18:%d ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: E1121 00:18:%d.770394     467 kuberuntime_manager.go:1252] \"CreatePodSandbox for pod failed\" err=\"rpc error: code = Unknown desc = failed to setup network for sandbox \\\"6de6109b9381198a0eff3cb9f0630d0693d157fd6fe7d0915242a1b9999914fe\\\": plugin type=\\\"aws-cni\\\" name=\\\"aws-cni\\\" failed (add): add cmd: failed to assign an IP address to container\" pod=\"default/api-lsklndvtp-njqjs\"\n", 11+7*i, 11+7*i))
			}
			m.add("var_log/aws-routed-eni/ipamd.log", `{"level":"info","ts":"2026-11-21T00:18:34.321Z","caller":"rpc/rpc_grpc.pb.go:117","msg":"Send AddNetworkReply: Success: true IPAddr: [IPv4Addr:\"10.0.13.155\" RouteTableId:254], resp: Success:true IPAllocationMetadata:{IPv4Addr:\"10.0.13.155\" RouteTableId:254} VPCv4CIDRs:\"10.0.0.0/16\", err: <nil>"}`+"\n")
			m.sort("var_log/aws-routed-eni/ipamd.log", `"ts":"`)
		},
		never: append(slices.Clone(cniBlamed), "containerd.*", "kubelet.pod.*"),
	}, {
		name: "G12 no address for a minute",
		why:  "after EC2 had no block ipamd waits two minutes before it asks again",
		make: func(m *made) {
			for i := range 3 {
				m.add("var_log/aws-routed-eni/ipamd.log", fmt.Sprintf(`{"level":"error","ts":"2026-11-21T00:1%d:%d.212Z","caller":"datastore/data_store.go:618","msg":"DataStore has no available IP/Prefix addresses"}`+"\n", 8+i/2, 10+35*i%70))
			}
			m.sort("var_log/aws-routed-eni/ipamd.log", `"ts":"`)
		},
		never: cniBlamed,
	}, {
		name: "G13 one call that EC2 throttles",
		why:  "throttling is of the account, not of the node, and ipamd tries again",
		make: func(m *made) {
			m.add("var_log/aws-routed-eni/ipamd.log", `{"level":"error","ts":"2026-11-21T00:14:38.048Z","caller":"awsutils/awsutils.go:917","msg":"Failed to CreateNetworkInterface operation error EC2: CreateNetworkInterface, exceeded maximum number of attempts, 10, https response error StatusCode: 503, RequestID: 4e11902d-a38a-44d0-8a43-f0b3a9a3aaaa, api error RequestLimitExceeded: Request limit exceeded."}`+"\n")
		},
		never: cniBlamed,
	}, {
		name: "G14 a policy that rules make up for",
		why:  "what a rule accepts the policy does not drop",
		make: func(m *made) {
			m.dropForward("networking/iptables-save.txt")
			m.swap("networking/iptables-save.txt", "-A OUTPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\"", "-A FORWARD -j ACCEPT\n-A OUTPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\"")
		},
		clear: []string{"state.iptables.forward_policy_drop"},
	}, {
		name: "G15 addresses that systemd leaves alone",
		why:  "a drop-in takes the setting of the distribution back, as on Amazon Linux 2023",
		make: func(m *made) {
			m.add("networking/systemd-network/99-default.link", "# /usr/lib/systemd/network/99-default.link\n[Match]\nOriginalName=*\n\n[Link]\nMACAddressPolicy=persistent\n\n# /etc/systemd/network/99-default.link.d/99-no-policy.conf\n[Link]\nMACAddressPolicy=none\n")
		},
		clear: []string{"state.networkd.mac_policy"},
	}, {
		name: "G16 the table of connections is full",
		why:  "the kernel drops packets of new connections; kube-proxy and the VPC CNI do what they should",
		make: func(m *made) {
			m.swap("sysctls/sysctl_all.txt", "nf_conntrack_count = 100\n", "nf_conntrack_count = 131072\n")
			for i := range 20 {
				m.add("kernel/dmesg.current", fmt.Sprintf("[  %d.100000] nf_conntrack: nf_conntrack: table full, dropping packet\n", 663+i))
			}
		},
		found: []string{"net.conntrack.table_full", "state.conntrack.table_near_full"},
		cause: "net.conntrack.table_full",
		never: append(slices.Clone(cniBlamed), "kubeproxy.*", "state.proc.*", "state.port.*", "state.iptables.*"),
	}, {
		name: "G17 a kube-proxy one release behind",
		why:  "kube-proxy may be up to three minor releases behind: an upgrade that is not done yet is no fault",
		make: func(m *made) {
			for file := range m.files {
				if strings.HasPrefix(file, "var_log/kube-proxy-") {
					m.swap(file, `"Version info" version="v1.33.5-eks-113cf36"`, `"Version info" version="v1.32.9-eks-113cf36"`)
				}
			}
			m.swap("containerd/containerd-containers.txt", "eks/kube-proxy:v1.33.5-minimal-eksbuild.2", "eks/kube-proxy:v1.32.9-minimal-eksbuild.2")
		},
		never: append(slices.Clone(cniBlamed), "kubeproxy.*", "state.version.*"),
	}, {
		name:  "G18 the API server is gone",
		why:   "the rules of kube-proxy stay and work: nothing is to be restarted",
		from:  "apiserver-unreachable",
		cause: "kubelet.apiserver.unreachable",
		found: []string{"kubelet.apiserver.unreachable"},
		clear: []string{"state.iptables.kube_services_missing"},
		never: []string{"kubeproxy.*", "cni.ipamd.*", "state.proc.missing_daemon"},
	}, {
		name:  "G19 kube-proxy with IPVS",
		why:   "in this mode there are no chains for each Service",
		make:  ipvs,
		clear: []string{"state.iptables.kube_services_missing"},
		never: append(slices.Clone(routed), "cni.*"),
	}, {
		name: "G23 nothing in the main table",
		why:  "rules lead each pod to the table of its interface; a main table that is not in the file is no proof",
		make: func(m *made) {
			var kept []string
			for line := range strings.Lines(m.text("networking/iproute.txt")) {
				if strings.Contains(line, " table ") {
					kept = append(kept, line)
				}
			}
			m.files["networking/iproute.txt"] = "default via 10.0.0.1 dev ens5 table 2 \n10.0.0.1 dev ens5 table 2 scope link \n" + strings.Join(kept, "")
			m.swap("networking/iprule.txt", "32766:", "1536:\tfrom all lookup 2\n32766:")
		},
		never: []string{"state.route.*"},
		other: analyze.High,
	}, {
		name: "G26 a cordoned node",
		why:  "ipamd neither attaches nor gives back interfaces of a node that takes no pods: its pool may be used up",
		make: func(m *made) {
			for i := range 12 {
				m.add("var_log/aws-routed-eni/ipamd.log", fmt.Sprintf(`{"level":"debug","ts":"2026-11-21T00:19:%02d.048Z","caller":"ipamd/ipamd.go:936","msg":"Node found \"ip-10-0-12-34.us-west-2.compute.internal\" - no of taints - 1"}`+"\n"+
					`{"level":"debug","ts":"2026-11-21T00:19:%02d.050Z","caller":"ipamd/ipamd.go:765","msg":"Skipping ENI management: node is not schedulable and AWS_MANAGE_ENIS_NON_SCHEDULABLE is false"}`+"\n", 5*i%60, 5*i%60))
			}
		},
		never: append(slices.Clone(cniBlamed), "kubelet.node.*"),
	}})
}
