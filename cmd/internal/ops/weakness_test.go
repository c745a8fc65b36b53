package ops

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
)

// The tests of this file are about what programs that read the bundles of nodes
// are known to miss, and to blame wrongly. The number before each name is that
// of the list of such weaknesses; those below W13 and above W36 are about other
// things than findings.

// TestWeakness_missed has evidence that is easily not read, or not understood.
func TestWeakness_missed(t *testing.T) {
	runMade(t, []madeCase{{
		name:  "W14 a log of 6 MiB",
		why:   "a limit of a few MiB for each file leaves out the logs that matter, and says nothing of it",
		make:  large,
		found: []string{"kubelet.eviction.failed"},
		check: func(t *testing.T, r *analyze.Report) {
			m := madeOf(t, "")
			large(m)
			for _, f := range r.Coverage.Files {
				if f.Path == "kubelet/kubelet.log" && (f.Bytes != int64(len(m.files[f.Path])) || f.Skipped != "" || f.Unparsed > 0) {
					t.Errorf("%+v, want all %d bytes read", f, len(m.files[f.Path]))
				}
			}
		},
	}, {
		name:  "W15 rare lines among many",
		why:   "a limit on hits for each file or pattern is used up by chatty lines, and the rare ones behind them are lost",
		make:  chatty,
		found: []string{"kubelet.volume.attach_timeout", "kubelet.eviction.failed", "kubelet.pod.crashloop", "kubelet.probe.failures"},
		other: analyze.Medium,
		check: func(t *testing.T, r *analyze.Report) {
			for rule, want := range map[string]int{"kubelet.pod.crashloop": 240, "kubelet.probe.failures": 240, "kubelet.housekeeping_slow": 240, "kubelet.image.pull_backoff": 240, "kubelet.volume.attach_timeout": 2, "kubelet.eviction.failed": 1} {
				if got := findings(r, rule); len(got) != 1 || got[0].Count != want {
					t.Errorf("%s: %d findings, the first of %d lines; want one of %d", rule, len(got), got[0].Count, want)
				}
			}
		},
	}, {
		name: "W17 addresses run out",
		why:  "only the answers of ipamd are read, and not its log: a node without a free address is called healthy",
		make: func(m *made) {
			for i := range 50 {
				m.add("var_log/aws-routed-eni/ipamd.log", fmt.Sprintf(`{"level":"error","ts":"2026-11-21T00:%02d:%02d.212Z","caller":"datastore/data_store.go:618","msg":"DataStore has no available IP/Prefix addresses"}`+"\n", 12+i/6, i%6*10))
			}
		},
		found: []string{"cni.ipamd.no_available_ip"},
	}, {
		name: "W18 settings of the container",
		why:  "the settings of the VPC CNI are looked for in lines NAME=VALUE, and are in the JSON of the container",
		make: func(m *made) {
			m.env("ENABLE_PREFIX_DELEGATION=true", "WARM_PREFIX_TARGET=0", "WARM_ENI_TARGET=1")
		},
		found: []string{"state.ipamd.settings_nondefault"},
		check: says("state.ipamd.settings_nondefault", "ENABLE_PREFIX_DELEGATION=true", "no prefix is kept ready"),
	}, {
		name: "W18 external SNAT",
		why:  "without the settings, the chain that external SNAT does away with is missed",
		make: func(m *made) {
			m.env("AWS_VPC_K8S_CNI_EXTERNALSNAT=true", "ADDITIONAL_ENI_TAGS={}")
			m.cut("networking/iptables-save.txt", "AWS-SNAT-CHAIN-0")
		},
		clear: []string{"state.iptables.aws_snat_missing", "state.iptables.snat_source_stale"},
	}, {
		name: "W18 no settings in an address",
		why:  "any text with an equals sign is read as a setting",
		make: func(m *made) {
			m.env("WARM_ENI_TARGET=1", "KUBERNETES_SERVICE_HOST=172.20.0.1", "AWS_ENDPOINT_URL_EC2=http://ec2.us-west-2.amazonaws.com/?ENABLE_POD_ENI=true")
		},
		clear: []string{"state.ipamd.settings_nondefault"},
	}, {
		name: "W19 no default route but in another table",
		why:  "the default route of any table is taken for that of the node",
		make: func(m *made) {
			m.swap("networking/iproute.txt", "default via 10.0.0.1 dev ens5 proto dhcp src 10.0.12.34 metric 1024 \n", "default via 10.0.0.1 dev ens6 table 2 \n10.0.0.1 dev ens6 table 2 scope link \n")
		},
		found: []string{"state.route.default_missing"},
	}, {
		name: "W19 a rule to a table that is not there",
		why:  "the rules are not read, only the routes",
		make: func(m *made) {
			m.swap("networking/iprule.txt", "32766:", "1536:\tfrom 10.0.14.70 lookup 2\n32766:")
		},
		found: []string{"state.route.default_missing"},
		check: says("state.route.default_missing", "10.0.14.70", "table 2"),
	}, {
		name:  "W20 the policy in iptables-save",
		why:   "one of the two ways to write a policy is read, and not the other",
		make:  func(m *made) { m.dropForward("networking/iptables-save.txt") },
		found: []string{"state.iptables.forward_policy_drop"},
	}, {
		name: "W20 the policy in a listing",
		why:  "one of the two ways to write a policy is read, and not the other",
		make: func(m *made) {
			m.drop("networking/iptables-save.txt")
			for _, file := range []string{"networking/iptables-filter.txt", "networking/iptables.txt"} {
				text := m.text(file)
				i := strings.Index(text, "Chain FORWARD (policy ACCEPT")
				if i < 0 {
					m.t.Fatalf("%s has no FORWARD", file)
				}
				m.files[file] = text[:i] + strings.Replace(text[i:], "policy ACCEPT", "policy DROP", 1)
			}
		},
		found: []string{"state.iptables.forward_policy_drop"},
	}, {
		name: "W21 a megabyte of sysctls",
		why:  "the first 64 KiB are read: behind the parameters of 60 interfaces nobody looks",
		make: func(m *made) {
			var many strings.Builder
			for i := range 6000 {
				for _, key := range []string{"accept_local", "accept_redirects", "accept_source_route", "arp_accept", "arp_announce"} {
					fmt.Fprintf(&many, "net.ipv4.conf.eni%011x.%s = 0\n", i, key)
				}
			}
			m.swap("sysctls/sysctl_all.txt", "net.ipv4.ip_forward = 1\n", many.String()+"net.ipv4.ip_forward = 1\n")
			m.swap("sysctls/sysctl_all.txt", "nf_conntrack_count = 100\n", "nf_conntrack_count = 130941\n")
			if n := len(m.files["sysctls/sysctl_all.txt"]); n < 1<<20 {
				m.t.Fatalf("only %d bytes", n)
			}
		},
		found: []string{"state.conntrack.table_near_full"},
	}, {
		name:  "W22 a disk of 85 percent",
		why:   "df is not read",
		make:  func(m *made) { m.disk("24G   21G  3.6G  85% /") },
		found: []string{"state.disk.nodefs_avail"},
		check: severity("state.disk.nodefs_avail", analyze.Medium),
	}, {
		name:  "W22 a disk of 92 percent",
		why:   "df is not read",
		make:  func(m *made) { m.disk("24G   22G  2.0G  92% /") },
		found: []string{"state.disk.nodefs_avail"},
		check: severity("state.disk.nodefs_avail", analyze.High),
	}, {
		name:  "W22 a disk of 95 percent",
		why:   "df is not read",
		make:  func(m *made) { m.disk("24G   23G  1.2G  95% /") },
		found: []string{"state.disk.nodefs_avail", "state.disk.collector_refused"},
		cause: "state.disk.nodefs_avail",
		check: severity("state.disk.nodefs_avail", analyze.Critical),
	}, {
		name:  "W22 a full disk",
		why:   "df is not read",
		make:  func(m *made) { m.disk("24G   24G   20K 100% /") },
		found: []string{"state.disk.nodefs_avail", "state.disk.collector_refused"},
		cause: "state.disk.nodefs_avail",
		check: severity("state.disk.nodefs_avail", analyze.Critical),
	}, {
		name: "W22 inodes of 95 percent",
		why:  "df -i is not read",
		make: func(m *made) {
			m.swap("storage/inodes.txt", "/dev/nvme0n1p1 12581376 16177 12565199    1% /\n", "/dev/nvme0n1p1 12581376 11952308 629068   95% /\n")
		},
		found: []string{"state.disk.inodes_free"},
	}, {
		name:  "W24 one event of many lines",
		why:   "the lines of one kill are told one by one, and what they tell together is not",
		make:  func(m *made) { m.add("kernel/dmesg.current", killed) },
		found: []string{"kernel.oom.constraint", "kernel.oom.memcg_kill"},
		cause: "kernel.oom.constraint",
		check: func(t *testing.T, r *analyze.Report) {
			all := slices.DeleteFunc(r.Findings, func(f analyze.Finding) bool {
				return f.Severity.Rank() < analyze.Medium.Rank() || len(f.ExplainedBy) > 0
			})
			if len(all) != 1 {
				t.Fatalf("%d findings of one kill that no other explains, want one: %+v", len(all), all)
			}
			for kind, want := range map[string]string{"process": "tail", "pid": "4133", "pod_uid": "b16cdfe9-e0b2-4c06-b8f7-7ed21e682386"} {
				if !slices.Contains(all[0].Entities[kind], want) {
					t.Errorf("entities %v, want %s %s", all[0].Entities, kind, want)
				}
			}
			for _, want := range []string{"49152kB", "47552kB"} {
				if !strings.Contains(fmt.Sprintf("%+v", all[0]), want) {
					t.Errorf("the finding does not tell %s: %+v", want, all[0].Incidents)
				}
			}
		},
	}})
}

// TestWeakness_variants (W23) has one event in the words of several releases: a
// pattern for the words of one misses those of another, and the upper case of
// the next one.
func TestWeakness_variants(t *testing.T) {
	f := func(rule, release, file, head, text string) {
		t.Helper()
		runMade(t, []madeCase{{
			name: "W23 " + rule + " of " + release,
			why:  "texts change between releases: a word more, another order, a capital letter",
			make: func(m *made) {
				for i := range 30 {
					at := fmt.Sprintf("00:%02d:%02d", 16+i/8, i%8*7)
					m.add(file, strings.ReplaceAll(head+text, "TIME", at)+"\n")
				}
			},
			found: []string{rule},
			other: analyze.Critical,
		}})
	}
	const kubelet, runtime = "kubelet/kubelet.log", "containerd/containerd-log.txt"
	const by = "Nov 21 TIME ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: "
	const cri = "Nov 21 TIME ip-10-0-12-34.us-west-2.compute.internal containerd[444]: "
	f("containerd.cni.not_initialized", "kubelet 1.14", kubelet, by, `W1121 TIME.123456     467 cni.go:237] Unable to update cni config: no networks found in /etc/cni/net.d`)
	f("containerd.cni.not_initialized", "kubelet 1.21", kubelet, by, `E1121 TIME.101223     467 kubelet.go:2163] Container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:docker: network plugin is not ready: cni config uninitialized`)
	f("containerd.cni.not_initialized", "kubelet 1.33", kubelet, by, `E1121 TIME.735444     467 kubelet.go:3117] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"`)
	f("containerd.cni.not_initialized", "containerd 1.6", runtime, cri, `time="2026-11-21TTIME.351655305Z" level=error msg="failed to load cni during init, please check CRI plugin status before setting up network for pods" error="cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config"`)
	f("image.pull.auth", "kubelet 1.23", kubelet, by, `E1121 TIME.101223     467 remote_image.go:114] "PullImage from image service failed" err="rpc error: code = Unknown desc = failed to pull and unpack image \"111122223333.dkr.ecr.us-west-2.amazonaws.com/app:v1\": failed to resolve reference \"111122223333.dkr.ecr.us-west-2.amazonaws.com/app:v1\": pulling from host 111122223333.dkr.ecr.us-west-2.amazonaws.com failed with status code [manifests v1]: 403 Forbidden" image="111122223333.dkr.ecr.us-west-2.amazonaws.com/app:v1"`)
	f("image.pull.auth", "kubelet 1.29", kubelet, by, `E1121 TIME.101223     467 kuberuntime_image.go:53] "Failed to pull image" err="failed to pull and unpack image \"111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1\": failed to resolve reference \"111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1\": unexpected status from HEAD request to https://111122223333.dkr.ecr.us-west-2.amazonaws.com/v2/app/manifests/1: 403 Forbidden" image="111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1"`)
	f("containerd.sandbox.image_missing", "kubelet 1.33", kubelet, by, `E1121 TIME.101223     467 log.go:32] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = failed to start sandbox \"4f1c\": failed to get sandbox image \"602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.5\": failed to pull image \"602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.5\": failed to pull and unpack image \"602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.5\": failed to resolve reference \"602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.5\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials"`)
}

// TestWeakness_falseAlarms has what looks like a problem and is none.
func TestWeakness_falseAlarms(t *testing.T) {
	boot := func(t *testing.T, r *analyze.Report) {
		if !slices.ContainsFunc(r.Suppressed, func(s analyze.Suppressed) bool { return s.Rule == "containerd.cni.not_initialized" }) {
			t.Error("no line says that the network was not ready: the boot is not in the bundle")
		}
	}
	runMade(t, []madeCase{{
		name:  "W26 the boot of a node with nodeadm",
		why:   "each node says that its network is not ready until aws-node has started: that is no failure",
		from:  "healthy-boot",
		check: boot,
	}, {
		name:  "W26 the boot of an Amazon Linux 2 node",
		why:   "the same, in the words of an older kubelet with docker",
		from:  "al2-boot",
		never: []string{"containerd.*", "cni.*", "kubelet.start.*", "kubelet.node.*"},
		check: boot,
	}, {
		name:  "W26 the boot of a Bottlerocket node",
		why:   "the same, in the one journal of a system that has no files for each unit",
		from:  "healthy-boot",
		make:  bottlerocket,
		check: boot,
	}, {
		name: "W26 the network is never ready",
		why:  "the same line is a failure when it does not end",
		make: func(m *made) {
			for i := range 40 {
				m.add("kubelet/kubelet.log", fmt.Sprintf("Nov 21 00:%02d:%02d ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: E1121 00:%02d:%02d.735444     467 kubelet.go:3117] \"Container runtime network not ready\" networkReady=\"NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized\"\n", 18+i/12, i%12*5, 18+i/12, i%12*5))
			}
		},
		found: []string{"containerd.cni.not_initialized"},
	}, {
		name: "W27 lines of debugging",
		why:  "DEBUG: ends like BUG:, which the kernel writes when it is broken",
		make: func(m *made) {
			m.add("kernel/dmesg.current", "[  700.000001] nvme nvme0: DEBUG: queue 2 of 2 set up\n")
			m.add("var_log/messages", "Nov 21 00:19:01 ip-10-0-12-34 myagent[4100]: DEBUG: scheduling while waiting: unable to handle the request yet\n"+
				"Nov 21 00:19:02 ip-10-0-12-34 kernel: [  701.000002] myagent: DEBUG: unable to handle kernel request 8\n")
		},
		clear: []string{"kernel.bug.other", "kernel.oops"},
	}, {
		name: "W27 a bug of the kernel",
		why:  "the real line must be found",
		make: func(m *made) {
			m.add("kernel/dmesg.current", "[  702.438478] BUG: unable to handle kernel NULL pointer dereference at 0000000000000008\n")
		},
		found: []string{"kernel.oops"},
	}, {
		name:  "W28 files in which the collector says that there is nothing",
		why:   "\"No CPU Throttling Found\" and the title of an empty table are taken for a problem",
		clear: []string{"state.cpu_throttling"},
		check: func(t *testing.T, r *analyze.Report) {
			m := madeOf(t, "")
			for file, want := range map[string]string{"system/cpu_throttling.txt": "No CPU Throttling Found", "system/io_throttling.txt": "PID Name Block IO Delay", "docker/docker.log": "No entries"} {
				if !strings.Contains(m.text(file), want) {
					t.Errorf("%s: %q, want %q", file, m.text(file), want)
				}
				for _, f := range r.Findings {
					if slices.ContainsFunc(f.Evidence, func(e analyze.Evidence) bool { return e.File == file }) && f.Rule != "bundle.file_empty" {
						t.Errorf("%s blames %s", f.Rule, file)
					}
				}
			}
		},
	}, {
		name: "W29 Services without endpoints",
		why:  "kube-proxy rejects packets to Services that have no pods: its rules are taken for a firewall",
		make: func(m *made) {
			for _, port := range []string{"443", "53", "10250"} {
				m.swap("networking/iptables-save.txt", "COMMIT\n# Completed on Sat Nov 21 00:20:36 2026\n# Generated by iptables-save v1.8.9 (nf_tables) on Sat Nov 21 00:20:36 2026\n*nat",
					`-A KUBE-SERVICES -d 172.20.33.`+port[:2]+`/32 -p tcp -m comment --comment "default/idle-`+port+`:https has no endpoints" -m tcp --dport `+port+` -j REJECT --reject-with icmp-port-unreachable`+"\n"+
						"COMMIT\n# Completed on Sat Nov 21 00:20:36 2026\n# Generated by iptables-save v1.8.9 (nf_tables) on Sat Nov 21 00:20:36 2026\n*nat")
			}
		},
		clear: []string{"state.iptables.unexpected_reject", "state.iptables.dnat_10250"},
	}, {
		name: "W29 ports that begin like others",
		why:  "5353 is not the port of DNS, and 102500 no port of kubelet: numbers are compared as text",
		make: func(m *made) {
			m.swap("networking/iptables-save.txt", "-A INPUT -j KUBE-FIREWALL\n", "-A INPUT -j KUBE-FIREWALL\n-A INPUT -p udp -m udp --dport 5353 -j DROP\n-A INPUT -p tcp -m tcp --dport 4430 -j DROP\n")
			m.swap("networking/iptables-save.txt", "-A KUBE-MARK-MASQ -j MARK", "-A PREROUTING -p tcp -m tcp --dport 1025 -j DNAT --to-destination 10.0.14.70:10250\n-A KUBE-MARK-MASQ -j MARK")
		},
		found: []string{"state.iptables.unexpected_reject"},
		clear: []string{"state.iptables.dnat_10250"},
		check: func(t *testing.T, r *analyze.Report) {
			for _, f := range findings(r, "state.iptables.unexpected_reject") {
				if f.Severity.Rank() > analyze.Medium.Rank() || strings.Contains(strings.ToLower(f.Summary), "dns") && !strings.Contains(f.Summary, "may block pods, kubelet or DNS") {
					t.Errorf("%s: %s", f.Severity, f.Summary)
				}
			}
		},
	}, {
		name: "W30 five megabytes of rules",
		why:  "a part of the file is read, and the chains of Services stand behind it",
		make: func(m *made) {
			var sep, rules strings.Builder
			for i := range 12000 {
				fmt.Fprintf(&sep, ":KUBE-SEP-%016X - [0:0]\n", i)
				fmt.Fprintf(&rules, "-A KUBE-SEP-%016X -s 10.1.%d.%d/32 -m comment --comment \"default/svc-%d:http\" -j KUBE-MARK-MASQ\n", i, i/250, i%250, i)
				fmt.Fprintf(&rules, "-A KUBE-SEP-%016X -p tcp -m comment --comment \"default/svc-%d:http\" -m tcp -j DNAT --to-destination 10.1.%d.%d:8080\n", i, i, i/250, i%250)
				fmt.Fprintf(&rules, "-A KUBE-SEP-%016X -p tcp -m comment --comment \"%s\" -j RETURN\n", i, strings.Repeat("annotation of the mesh ", 8))
			}
			m.swap("networking/iptables-save.txt", ":KUBE-SERVICES - [0:0]\n:KUBE-SVC-CDGGSHYLG3RE2FKL", sep.String()+":KUBE-SERVICES - [0:0]\n:KUBE-SVC-CDGGSHYLG3RE2FKL")
			m.swap("networking/iptables-save.txt", "-A KUBE-SERVICES -d 172.20.0.1/32", rules.String()+"-A KUBE-SERVICES -d 172.20.0.1/32")
			if n := len(m.files["networking/iptables-save.txt"]); n < 5<<20 {
				m.t.Fatalf("only %d bytes", n)
			}
		},
		found: []string{"state.iptables.rules_total"},
		clear: []string{"state.iptables.kube_services_missing", "state.iptables.aws_snat_missing"},
	}, {
		name:  "W30 kube-proxy with IPVS",
		why:   "without chains for each Service kube-proxy is called broken",
		make:  ipvs,
		clear: []string{"state.iptables.kube_services_missing"},
	}, {
		name:  "W30 kube-proxy with nftables",
		why:   "without chains for each Service kube-proxy is called broken",
		make:  nftables,
		clear: []string{"state.iptables.kube_services_missing"},
	}, {
		name: "W31 a veth and an address with the digits of a table",
		why:  "30200 is looked for as text, and is in the name of an interface",
		make: func(m *made) {
			for file, text := range m.files {
				if strings.HasPrefix(file, "networking/") {
					m.files[file] = strings.ReplaceAll(text, "eni295aa140a91", "eni30200a1b2c3")
				}
			}
			m.add("networking/ip6route.txt", "fe80::30:2003:0400:30200 dev eni30200a1b2c3 proto kernel metric 256 pref medium\n2600:1f14:30:200::30400/128 dev ens5 proto kernel metric 256 pref medium\n")
		},
		clear: []string{"state.iprule.foreign_tables"},
	}, {
		name: "W31 rules of nm-cloud-setup",
		why:  "the real ones must be found",
		make: func(m *made) {
			m.swap("networking/iprule.txt", "32766:", "30200:\tfrom 10.0.12.34 lookup 30200\n32766:")
		},
		found: []string{"state.iprule.foreign_tables"},
	}, {
		name: "W32 modules of an IPVS node",
		why:  "the empty file for Lustre takes the place of the list of IPVS modules: they seem to be missing",
		make: func(m *made) {
			ipvs(m)
			m.add("modinfo/ip_vs", ipvsModules)
			m.add("modinfo/lustre", "")
		},
	}, {
		name:  "W33 no EBS CSI driver",
		why:   "a node without logs of the driver is blamed, though nothing on it asks for the driver",
		never: []string{"*ebs*", "*csi*", "state.proc.missing_daemon"},
	}, {
		name: "W33 a driver that pods ask for",
		why:  "the missing driver must be found where kubelet needs it",
		make: func(m *made) {
			for _, at := range []string{"00:11", "00:13", "00:15", "00:17", "00:19"} {
				m.add("kubelet/kubelet.log", "Nov 21 "+at+":12 ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: E1121 "+at+":12.101010     467 nestedpendingoperations.go:348] Operation for \"{volumeName:kubernetes.io/csi/ebs.csi.aws.com^vol-0aaaaaaaaaaaaaaaa podName: nodeName:}\" failed. No retries permitted until 2026-11-21 "+at+":44.601 +0000 UTC m=+62.1 (durationBeforeRetry 32s). Error: MountVolume.MountDevice failed for volume \"pvc-1\" (UniqueName: \"kubernetes.io/csi/ebs.csi.aws.com^vol-0aaaaaaaaaaaaaaaa\") pod \"db-0\" (UID: \"11111111-8949-11e9-ae4b-0800272baaaa\") : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name ebs.csi.aws.com not found in the list of registered CSI drivers\n")
			}
		},
		found: []string{"kubelet.csi.driver_not_registered"},
		other: analyze.Medium,
	}, {
		name: "W34 a rotated log of kube-proxy",
		why:  "kube-proxy says its version when it starts: when that line has gone, kube-proxy is called missing",
		make: func(m *made) {
			for file, text := range m.files {
				if strings.HasPrefix(file, "var_log/kube-proxy-") {
					lines := strings.SplitAfter(text, "\n")
					m.files[file] = strings.Join(lines[len(lines)-6:], "")
					if strings.Contains(m.files[file], "v1.33") || strings.Contains(m.files[file], "Proxier\"") {
						m.t.Fatal("the end of the log still has its start")
					}
				}
			}
		},
		clear: []string{"state.proc.missing_daemon", "state.port.missing_listener", "state.iptables.kube_services_missing"},
	}, {
		name:  "W35 daemons that are alive",
		why:   "\"Active: active (running)\" is looked for, which no file of a bundle has: every daemon seems dead",
		clear: []string{"state.proc.missing_daemon", "state.services.failed", "state.services.kubelet_disabled", "state.port.missing_listener"},
	}, {
		name: "W35 a daemon that is dead",
		why:  "the real one must be found",
		make: func(m *made) {
			m.cut("system/ps.txt", "/usr/bin/kubelet ")
			m.cut("system/netstat.txt", "/kubelet")
			m.cut("system/services.txt", "kubelet.service")
		},
		found: []string{"state.proc.missing_daemon"},
		other: analyze.Critical,
	}, {
		name: "W35 what a dead daemon would have started",
		why:  "kubelet is what is wrong: without it no pod of kube-proxy or aws-node is started after a boot",
		make: func(m *made) {
			for _, daemon := range []string{"kubelet", "kube-proxy", "aws-k8s-agent"} {
				m.cut("system/ps.txt", daemon)
				m.cut("system/netstat.txt", "/"+strings.Replace(daemon, "aws-k8s-agent", "./aws-k8s-agent", 1))
			}
			m.cut("system/services.txt", "kubelet.service")
		},
		found: []string{"state.proc.missing_daemon"},
		cause: "state.services.kubelet_disabled",
		other: analyze.Critical,
		check: func(t *testing.T, r *analyze.Report) {
			all := findings(r, "state.proc.missing_daemon")
			kubelet := slices.IndexFunc(all, func(f *analyze.Finding) bool { return slices.Contains(f.Entities["process"], "kubelet") })
			if kubelet < 0 || len(all) < 2 {
				t.Fatalf("%d daemons are missing, kubelet is number %d", len(all), kubelet)
			}
			for i, f := range all {
				if i != kubelet && !slices.Contains(f.ExplainedBy, all[kubelet].ID) {
					t.Errorf("%s is explained by %q, want %s", f.Title, f.ExplainedBy, all[kubelet].ID)
				}
			}
		},
	}, {
		name: "W36 words in other words",
		why:  "ntp is in mountpoint, runc in truncated, efs in ownerRefs: runbooks of other problems are named",
		make: func(m *made) {
			m.add("kubelet/kubelet.log", strings.ReplaceAll(`HEAD I1121 00:19:14.123456     467 reconciler_common.go:299] "Volume detached for volume" volumeName="kubernetes.io/projected/1-kube-api-access" mountpoint="/var/lib/kubelet/pods/1/volumes"
HEAD I1121 00:19:15.123456     467 log.go:32] "Message was truncated" ownerRefs=["ReplicaSet/web-6d4b75cb6d"] limit=1024
HEAD I1121 00:19:16.123456     467 kubelet.go:2554] "SyncLoop (PLEG): event for pod" pod="default/job-1" event={"ID":"1","Type":"ContainerDied","Data":"4f1c"} exit code 0
`, "HEAD", "Nov 21 00:19:20 ip-10-0-12-34.us-west-2.compute.internal kubelet[467]:"))
		},
		check: func(t *testing.T, r *analyze.Report) {
			for _, f := range r.Findings {
				if slices.Contains([]string{"A3", "K3", "K4", "E2"}, f.Runbook) {
					t.Errorf("%s names runbook %s: %s", f.Rule, f.Runbook, f.Summary)
				}
			}
		},
	}})
}

// servicesElsewhere takes the chains of Services from the rules of iptables.
func servicesElsewhere(m *made) {
	for _, file := range []string{"networking/iptables-save.txt", "networking/iptables-nat.txt"} {
		var kept []string
		ours := false
		for line := range strings.Lines(m.text(file)) {
			if strings.HasPrefix(line, "Chain ") {
				ours = strings.HasPrefix(line, "Chain KUBE-SVC-") || strings.HasPrefix(line, "Chain KUBE-SEP-")
			}
			if !ours && !strings.Contains(line, "KUBE-SVC-") && !strings.Contains(line, "KUBE-SEP-") {
				kept = append(kept, line)
			}
		}
		m.files[file] = strings.Join(kept, "")
	}
}

// proxier changes the line in which kube-proxy says how it works.
func (m *made) proxier(line string) {
	for file := range m.files {
		if strings.HasPrefix(file, "var_log/kube-proxy-") {
			m.swap(file, "Using iptables Proxier", line)
		}
	}
}

// ipvs makes kube-proxy of the healthy node one that works with IPVS: the rule
// is that of pkg/proxy/ipvs/proxier.go, the table has the layout of ipvsadm 1.31.
func ipvs(m *made) {
	servicesElsewhere(m)
	m.proxier("Using ipvs Proxier")
	m.swap("networking/iptables-save.txt", "-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports;", `-A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP src,dst -j KUBE-MARK-MASQ`+"\n-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports;")
	m.files["networking/ipvsadm.txt"] = `-A -t 172.20.0.1:https -s rr
-a -t 172.20.0.1:https -r 10.0.9.201:https -m -w 1
-A -u 172.20.0.10:domain -s rr
-a -u 172.20.0.10:domain -r 10.0.8.45:domain -m -w 1

IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  172.20.0.1:443                     14      111       74     7207     8334
  -> 10.0.9.201:443                     14      111       74     7207     8334
UDP  172.20.0.10:53                      9       18       18     1022     2044
  -> 10.0.8.45:53                        9       18       18     1022     2044
`
	m.add("networking/iproute.txt", "local 172.20.0.1 dev kube-ipvs0 table local proto kernel scope host src 172.20.0.1 \nlocal 172.20.0.10 dev kube-ipvs0 table local proto kernel scope host src 172.20.0.10 \n")
	m.add("networking/ifconfig.txt", `
kube-ipvs0: flags=130<BROADCAST,NOARP>  mtu 1500
        inet 172.20.0.1  netmask 255.255.255.255  broadcast 0.0.0.0
        ether 9e:0f:3a:11:22:33  txqueuelen 0  (Ethernet)
        RX packets 0  bytes 0 (0.0 B)
        RX errors 0  dropped 0  overruns 0  frame 0
        TX packets 0  bytes 0 (0.0 B)
        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0
`)
}

// ipvsModules are those of a node whose kube-proxy works with IPVS, as lsmod
// lists them.
const ipvsModules = `ip_vs_sh               16384  0
ip_vs_wrr              16384  0
ip_vs_rr               16384  2
ip_vs                 192512  8 ip_vs_rr,ip_vs_sh,ip_vs_wrr
nf_conntrack          188416  5 xt_conntrack,nf_nat,nf_conntrack_netlink,xt_connmark,ip_vs
nf_defrag_ipv6         24576  2 nf_conntrack,ip_vs
nf_defrag_ipv4         16384  1 nf_conntrack
libcrc32c              16384  4 nf_conntrack,nf_nat,xfs,ip_vs
`

// nftables makes kube-proxy of the healthy node one that works with nftables.
func nftables(m *made) {
	servicesElsewhere(m)
	m.proxier("Using nftables Proxier")
	m.files["networking/nftables-ip-kube-proxy.txt"] = `table ip kube-proxy {
	comment "rules for kube-proxy"

	map service-ips {
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 172.20.0.10 . udp . 53 : goto service-A,
			     172.20.0.1 . tcp . 443 : goto service-A }
	}

	chain ep1 {
		meta l4proto tcp dnat to 10.0.9.201:443
	}

	chain service-A {
		numgen random mod 1 vmap { 0 : goto ep1 }
	}

	chain nat-prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		ip daddr . meta l4proto . th dport vmap @service-ips
	}
}
`
}

// bottlerocket puts the logs of a node into the one journal that logdog takes,
// and takes away what it does not collect.
func bottlerocket(m *made) {
	var journal strings.Builder
	for _, file := range []string{"containerd/containerd-log.txt", "kubelet/kubelet.log"} {
		journal.WriteString(m.text(file))
	}
	files := map[string]string{
		"bottlerocket-logs/journalctl.log": journal.String(),
		"bottlerocket-logs/dmesg":          m.text("kernel/dmesg.current"),
		"bottlerocket-logs/ipamd.log":      m.text("var_log/aws-routed-eni/ipamd.log"),
		"bottlerocket-logs/plugin.log":     m.text("var_log/aws-routed-eni/plugin.log"),
		"bottlerocket-logs/os-release":     "NAME=Bottlerocket\nID=bottlerocket\nVERSION=\"1.29.0 (aws-k8s-1.33)\"\nPRETTY_NAME=\"Bottlerocket OS 1.29.0 (aws-k8s-1.33)\"\nVARIANT_ID=aws-k8s-1.33\nVERSION_ID=1.29.0\n",
		"bottlerocket-logs/df":             "Filesystem      Size  Used Avail Use% Mounted on\n/dev/root       412M  412M     0 100% /\n/dev/nvme1n1p1   80G  2.9G   78G   4% /local\n",
	}
	m.files = files
}

// noneEvicted is a line of kubelet 1.33 that is a finding by itself.
const noneEvicted = "Nov 21 00:19:25 ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: I1121 00:19:25.345793     467 eviction_manager.go:439] \"Eviction manager: unable to evict any pods from the node\"\n"

// large makes a log of kubelet of more than 6 MiB, with a line that matters in the
// middle.
func large(m *made) {
	line := "Nov 21 00:19:43 ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: I1121 00:19:43.418774     467 kubelet.go:2522] \"SyncLoop ADD\" source=\"api\" pods=[\"default/api-lsklndvtp-njqjs\"]\n"
	m.files["kubelet/kubelet.log"] = repeated(line, 6<<20+len(line)) + noneEvicted + m.files["kubelet/kubelet.log"]
}

// killed is the report of a kill as a 6.1 kernel writes it, in the order of its
// lines, without the processes that were not killed.
const killed = `[  684.736988] tail invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=990
[  684.737402] CPU: 1 PID: 4133 Comm: tail Not tainted 6.1.0-40-cloud-amd64 #1  Debian 6.1.153-1
[  684.738190] memory: usage 49152kB, limit 49152kB, failcnt 36
[  684.738252] Memory cgroup stats for /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podb16cdfe9_e0b2_4c06_b8f7_7ed21e682386.slice:
[  684.738301] Tasks state (memory values in pages):
[  684.738302] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[  684.738312] [   4133]     0  4133    12453    11964   135168        0           990 tail
[  684.738324] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-f094916f4ad448f8e620ddca731ee3c8007948bbb8d7b6988c225206d822fcba.scope,mems_allowed=0,oom_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podb16cdfe9_e0b2_4c06_b8f7_7ed21e682386.slice,task_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podb16cdfe9_e0b2_4c06_b8f7_7ed21e682386.slice/cri-containerd-f094916f4ad448f8e620ddca731ee3c8007948bbb8d7b6988c225206d822fcba.scope,task=tail,pid=4133,uid=0
[  684.738372] Memory cgroup out of memory: Killed process 4133 (tail) total-vm:49812kB, anon-rss:47552kB, file-rss:304kB, shmem-rss:0kB, UID:0 pgtables:132kB oom_score_adj:990
`

// chatty makes a kubelet that says four things 240 times in twelve minutes, and
// at the end three things once or twice.
func chatty(m *made) {
	var b strings.Builder
	say := func(sec int, text string) {
		at := fmt.Sprintf("00:%02d:%02d", sec/60, sec%60)
		fmt.Fprintf(&b, "Nov 21 %s ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: %s\n", at, strings.Replace(text, "TIME", at, 1))
	}
	for i := range 240 {
		say(8*60+3*i, `I1121 TIME.687783     467 prober.go:120] "Probe failed" probeType="Readiness" pod="kube-system/aws-node-xglhr" podUID="7d20a266-2502-4fd0-99fd-bc641f3c3c53" containerName="aws-node" probeResult="failure" output=<`)
		say(8*60+3*i+1, `E1121 TIME.570766     467 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"aws-vpc-cni-init\" with CrashLoopBackOff: \"back-off 10s restarting failed container=aws-vpc-cni-init pod=aws-node-xglhr_kube-system(7d20a266-2502-4fd0-99fd-bc641f3c3c53)\"" pod="kube-system/aws-node-xglhr" podUID="7d20a266-2502-4fd0-99fd-bc641f3c3c53"`)
		say(8*60+3*i+1, `E1121 TIME.405489     467 kubelet.go:2627] "Housekeeping took longer than expected" err="housekeeping took too long" expected="1s" actual="1.439s"`)
		say(8*60+3*i+2, `E1121 TIME.123456     467 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"app\" with ImagePullBackOff: \"Back-off pulling image \\\"private.example.com/app:v1\\\"\"" pod="default/app" podUID="22222222-8949-11e9-ae4b-0800272baaaa"`)
		if i == 100 || i == 230 {
			say(8*60+3*i+2, `E1121 TIME.300001     467 pod_workers.go:1301] "Error syncing pod, skipping" err="unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: context deadline exceeded" pod="default/web-0" podUID="11111111-8949-11e9-ae4b-0800272baaaa"`)
		}
	}
	m.files["kubelet/kubelet.log"] = b.String() + noneEvicted
}

// dropForward changes the policy of the chain FORWARD of the table filter.
func (m *made) dropForward(file string) {
	m.swap(file, ":FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-EXTERNAL-SERVICES", ":FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-EXTERNAL-SERVICES")
}

// disk changes what df says of the root disk.
func (m *made) disk(row string) { m.swap("storage/mounts.txt", "24G  1.4G   23G   6% /", row) }

// says looks for words in the summary of the first finding of a rule.
func says(rule string, words ...string) func(*testing.T, *analyze.Report) {
	return func(t *testing.T, r *analyze.Report) {
		for _, f := range findings(r, rule)[:min(1, len(findings(r, rule)))] {
			for _, w := range words {
				if !strings.Contains(f.Summary, w) {
					t.Errorf("%s does not say %q: %s", rule, w, f.Summary)
				}
			}
		}
	}
}

// severity looks at that of the first finding of a rule.
func severity(rule string, want analyze.Severity) func(*testing.T, *analyze.Report) {
	return func(t *testing.T, r *analyze.Report) {
		for _, f := range findings(r, rule)[:min(1, len(findings(r, rule)))] {
			if f.Severity != want {
				t.Errorf("%s is %s, want %s: %s", rule, f.Severity, want, f.Summary)
			}
		}
	}
}

// TestWeakness_endOfLog (W13) puts the only error on the last line of a log of
// 100 MB, of which the collector takes the end: who reads the beginning of the
// file reads what is oldest.
func TestWeakness_endOfLog(t *testing.T) {
	slow(t)
	text := repeated(madeOf(t, "").text("kubelet/kubelet.log"), 100<<20) + noneEvicted
	size := int64(len(text))
	r := analyzed(t, AnalyzeRequest{Input: "-", Stdin: tarStream("kubelet/kubelet.log", size, strings.NewReader(text)), Home: t.TempDir(), NoIndex: true})
	found := findings(r, "kubelet.eviction.failed")
	if len(found) != 1 {
		t.Fatalf("%d findings of the last line; %s", len(found), fateOf(r, "kubelet.eviction.failed"))
	}
	f := r.Coverage.Files[0]
	if at := places(found[0].Evidence)[0]; f.Bytes != size || at.Line != f.Lines || f.Skipped != "" {
		t.Errorf("evidence at %s, the file has %d lines; %d of %d bytes read", at, f.Lines, f.Bytes, size)
	}
}

// TestWeakness_search (W25) looks for a word that is in one of many files, and
// for one at the end of a large one: neither a number of files nor a size nor a
// time ends a search before all is read.
func TestWeakness_search(t *testing.T) {
	slow(t)
	dir := filepath.Join(t.TempDir(), "made")
	for i := range 250 {
		put(t, filepath.Join(dir, "var_log", fmt.Sprintf("app-%03d_default_app-%064x.log", i, i)), fmt.Sprintf("2026-11-21T00:19:%02d.123456789Z stdout F processed batch token%03d\n", i%60, i))
	}
	line := "2026-11-21T00:19:01.123456789Z stdout F processed batch of many\n"
	many := repeated(line, 100<<20)
	put(t, filepath.Join(dir, "var_log", "large_default_app-"+strings.Repeat("f", 64)+".log"), many+strings.Replace(line, "many", "lasttoken", 1))
	home := t.TempDir()
	id := analyzed(t, AnalyzeRequest{Input: dir, Home: home}).Case.ID
	for query, want := range map[string]place{
		"token199":           {"var_log/app-199_default_app-" + fmt.Sprintf("%064x", 199) + ".log", 1},
		"token249":           {"var_log/app-249_default_app-" + fmt.Sprintf("%064x", 249) + ".log", 1},
		"lasttoken":          {"var_log/large_default_app-" + strings.Repeat("f", 64) + ".log", strings.Count(many, "\n") + 1},
		"/batch.*l.sttoken/": {"var_log/large_default_app-" + strings.Repeat("f", 64) + ".log", strings.Count(many, "\n") + 1},
	} {
		r := search1(t, SearchRequest{Home: home, Case: id, Query: query, Limit: 10})
		if len(r.Hits) != 1 || r.Truncated || (place{r.Hits[0].File, r.Hits[0].Line}) != want {
			t.Errorf("search %q finds %q, truncated %v; want %s", query, hitPlaces(r), r.Truncated, want)
		}
	}
}
