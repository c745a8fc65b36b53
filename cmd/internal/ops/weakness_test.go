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
		name: "W14 a log of 6 MiB",
		why:  "a limit of a few MiB for each file leaves out the logs that matter, and says nothing of it",
		make: func(m *made) {
			line := "Nov 21 00:19:43 ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: I1121 00:19:43.418774     467 kubelet.go:2522] \"SyncLoop ADD\" source=\"api\" pods=[\"default/api-lsklndvtp-njqjs\"]\n"
			m.files["kubelet/kubelet.log"] = repeated(line, 6<<20+len(line)) + noneEvicted + m.files["kubelet/kubelet.log"]
		},
		found: []string{"kubelet.eviction.failed"},
		check: func(t *testing.T, r *analyze.Report) {
			for _, f := range r.Coverage.Files {
				if f.Path == "kubelet/kubelet.log" && (f.Bytes < 6<<20 || f.Skipped != "" || f.Unparsed > 0) {
					t.Errorf("%+v, want all of it read", f)
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
			for rule, want := range map[string]int{"kubelet.pod.crashloop": 240, "kubelet.probe.failures": 240, "kubelet.volume.attach_timeout": 2, "kubelet.eviction.failed": 1} {
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
			for i := range 4000 {
				for _, key := range []string{"accept_local", "accept_redirects", "accept_source_route", "arp_accept", "arp_announce"} {
					fmt.Fprintf(&many, "net.ipv4.conf.eni%011x.%s = 0\n", i, key)
				}
			}
			m.swap("sysctls/sysctl_all.txt", "net.ipv4.ip_forward = 1\n", many.String()+"net.ipv4.ip_forward = 1\n")
			m.swap("sysctls/sysctl_all.txt", "nf_conntrack_count = 100\n", "nf_conntrack_count = 130941\n")
			if n := len(m.files["sysctls/sysctl_all.txt"]); n < 800<<10 {
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
			all := slices.DeleteFunc(r.Findings, func(f analyze.Finding) bool { return f.Severity.Rank() < analyze.Medium.Rank() || len(f.ExplainedBy) > 0 })
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

// noneEvicted is a line of kubelet 1.33 that is a finding by itself.
const noneEvicted = "Nov 21 00:19:25 ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: I1121 00:19:25.345793     467 eviction_manager.go:439] \"Eviction manager: unable to evict any pods from the node\"\n"

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

// chatty makes a kubelet that says two things 240 times in twelve minutes, and
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
	large := repeated(line, 60<<20)
	put(t, filepath.Join(dir, "var_log", "large_default_app-"+strings.Repeat("f", 64)+".log"), large+strings.Replace(line, "many", "lasttoken", 1))
	home := t.TempDir()
	id := analyzed(t, AnalyzeRequest{Input: dir, Home: home}).Case.ID
	for query, want := range map[string]place{
		"token199":           {"var_log/app-199_default_app-" + fmt.Sprintf("%064x", 199) + ".log", 1},
		"token249":           {"var_log/app-249_default_app-" + fmt.Sprintf("%064x", 249) + ".log", 1},
		"lasttoken":          {"var_log/large_default_app-" + strings.Repeat("f", 64) + ".log", strings.Count(large, "\n") + 1},
		"/batch.*l.sttoken/": {"var_log/large_default_app-" + strings.Repeat("f", 64) + ".log", strings.Count(large, "\n") + 1},
	} {
		r := search1(t, SearchRequest{Home: home, Case: id, Query: query, Limit: 10})
		if len(r.Hits) != 1 || r.Truncated || (place{r.Hits[0].File, r.Hits[0].Line}) != want {
			t.Errorf("search %q finds %q, truncated %v; want %s", query, hitPlaces(r), r.Truncated, want)
		}
	}
}
