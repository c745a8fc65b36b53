package ops

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks"
)

const corpus = "../../../testdata/corpus"

// An excerpt is a row of the corpus' index.tsv.
type excerpt struct {
	name   string
	benign bool
	place  string   // in a bundle, in words
	want   []string // rules and checks
}

// heldBack are the excerpts that are too short, or too early, for the rule that
// reads them: the rule must have matched and a gate must hold it back.
var heldBack = map[string]map[string]string{
	"containerd__status-deadline-pleg-66h":        {"kubelet.cri.deadline_exceeded": "two calls ran out of time; single ones do on any busy node"},
	"coredns__upstream-timeout-tcp-eks":           {"dns.coredns.upstream_timeout": "two lookups; single packets get lost on healthy nodes"},
	"coredns__upstream-timeout-udp":               {"dns.coredns.upstream_timeout": "one lookup"},
	"kube-proxy__canary-check-lock":               {"net.iptables.lock_contention": "one wait for the lock, which kube-proxy repeats by itself"},
	"kube-proxy__xtables-lock-structured":         {"kubeproxy.iptables_restore_failed": "one failure; the next sync 30 seconds later may succeed"},
	"kubelet__crashloop-growing-backoff-minikube": {"kubelet.pod.crashloop": "one line; a container that waits once is not yet one that goes on crashing"},
	"kubelet__csi-driver-not-registered-efs":      {"kubelet.csi.driver_not_registered": "one line; the driver registers after kubelet"},
	"kubelet__housekeeping-slow":                  {"kubelet.housekeeping_slow": "two slow rounds; a weak signal anyway"},
	"kubelet__orphaned-pod-structured":            {"kubelet.volume.orphaned_pod": "one line; kubelet repeats the clean-up every two seconds"},
	"plugin__del-grpc-refused":                    {"cni.plugin.ipamd_unreachable": "one call; ipamd refuses calls while it starts"},
	"podidentity__context-canceled":               {"podidentity.context_canceled": "one call that its client gave up"},
	"podidentity__probe-503-proxy":                {"podidentity.probe_failed": "one probe, in the second of the start"},
}

// notBuilt are checks that excerpts ask for and that do not exist yet.
var notBuilt = []string{
	"state.conntrack.file_unusable",
	"state.ena.bw_in_allowance_exceeded",
	"state.ena.pps_allowance_exceeded",
	"state.ipamd.migrated_from_cri",
	"state.iptables.kube_services_missing",
	"state.services.failed",
}

// TestCorpus puts each excerpt at its place in a bundle of its own.
func TestCorpus(t *testing.T) {
	for _, e := range readCorpus(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			r := analyzed(t, AnalyzeRequest{Input: e.bundle(t), Home: t.TempDir(), Workers: 1})
			if e.benign {
				(&want{MaxOther: analyze.Low}).check(t, r)
				return
			}
			for _, id := range e.want {
				if !slices.Contains(notBuilt, id) {
					e.check(t, r, id)
				}
			}
		})
	}
}

// TestCorpus_notBuilt fails when a check comes into existence that excerpts wait for.
func TestCorpus_notBuilt(t *testing.T) {
	for _, c := range checks.All() {
		if slices.Contains(notBuilt, c.ID) {
			t.Errorf("%s exists: take it from notBuilt", c.ID)
		}
	}
}

// check looks for a finding, or for what held it back.
func (e *excerpt) check(t *testing.T, r *analyze.Report, id string) {
	t.Helper()
	found := slices.ContainsFunc(r.Findings, func(f analyze.Finding) bool { return f.Rule == id })
	why, held := heldBack[e.name][id]
	switch {
	case found && held:
		t.Errorf("%s is a finding; heldBack says that it is none: %s", id, why)
	case held && !slices.ContainsFunc(r.Suppressed, func(s analyze.Suppressed) bool { return s.Rule == id }):
		t.Errorf("%s did not match at all", id)
	case !found && !held:
		t.Errorf("no finding of %s; %s", id, fateOf(r, id))
	}
}

func readCorpus(t *testing.T) []excerpt {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(corpus, "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var out []excerpt
	for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		cells := strings.Split(line, "\t")
		if i == 0 || len(cells) < 4 {
			continue
		}
		e := excerpt{name: strings.TrimSuffix(cells[0], ".log"), benign: cells[1] == "benign", place: cells[2]}
		if cells[3] != "none" {
			e.want = strings.Split(cells[3], ",")
		}
		if e.benign != (e.want == nil) {
			t.Errorf("index.tsv:%d: kind %q with findings %q", i+1, cells[1], cells[3])
		}
		out = append(out, e)
	}
	if files, _ := filepath.Glob(filepath.Join(corpus, "*.log")); len(files) != len(out) || len(out) == 0 {
		t.Fatalf("index.tsv has %d excerpts, the folder %d", len(out), len(files))
	}
	return out
}

// bundle makes a folder with the excerpt in it. The first two lines of an
// excerpt are about it and no part of the log.
func (e *excerpt) bundle(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(corpus, e.name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "# source: ") || !strings.HasPrefix(lines[1], "# expect: ") {
		t.Fatalf("%s.log does not begin with its source and what to expect", e.name)
	}
	files := map[string]string{}
	for _, line := range lines[2:] {
		files[e.fileOf(t, line)] += line
	}
	dir := filepath.Join(t.TempDir(), "eks_i-0f00f00f00f00f00f_2026-11-21_0101-UTC_0.7.9")
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var (
	kernelLine     = regexp.MustCompile(`^\w{3} +\d+ [\d:]+ \S+ kernel: `)
	kubeletLine    = regexp.MustCompile(`^\w{3} +\d+ [\d:.]+ \S+ kubelet(?:\[\d+\])?: `)
	containerdLine = regexp.MustCompile(`^(?:\w{3} +\d+ [\d:.]+ \S+ containerd(?:\[\d+\])?: |time=)`)
)

// fileOf is the path that a line of the excerpt has in a bundle.
func (e *excerpt) fileOf(t *testing.T, line string) string {
	t.Helper()
	first, _, _ := strings.Cut(e.place, " ")
	pod, isPod := strings.CutPrefix(e.place, "pod log ")
	switch {
	case strings.HasPrefix(pod, "(any"):
		return podLog("aws-load-balancer-controller")
	case isPod:
		return podLog(pod)
	case first == "var_log/containers":
		return podLog("aws-node")
	case first == "kernel/dmesg.current" && kernelLine.MatchString(line):
		return "var_log/messages"
	case first == "containerd/containerd-log.txt" && kubeletLine.MatchString(line):
		return "kubelet/kubelet.log"
	case strings.Contains(e.place, " or containerd/") && containerdLine.MatchString(line):
		return "containerd/containerd-log.txt"
	case strings.Contains(first, "/"):
		return first
	}
	t.Fatalf("%s: cannot tell the path from %q", e.name, e.place)
	return ""
}

func podLog(pod string) string {
	return fmt.Sprintf("var_log/%s-x7k2p_kube-system_%s-%s.log", pod, pod, strings.Repeat("5f0c7be1", 8))
}
