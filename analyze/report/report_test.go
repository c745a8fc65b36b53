package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v3"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/parsers"
)

func at(file string, line int, time, text string) analyze.Evidence {
	return analyze.Evidence{File: file, Line: line, Time: time, Text: text}
}

func action(text string, s analyze.Safety) analyze.Action {
	return analyze.Action{Text: text, Safety: s}
}

// sick is a report on a real bundle: a node made with the real collector, on
// which an iptables rule rejected the metadata service. The lines, paths and
// line numbers are those of that bundle.
func sick() *analyze.Report {
	const (
		initLog = "var_log/aws-node-qqvv9_kube-system_aws-vpc-cni-init-3b6f0d9afc0fd7fb43fb85327ac9800e429d61606d60d7901a0f7a06f48ca7d1.log"
		kubelet = "kubelet/kubelet.log"
	)
	return &analyze.Report{
		Schema: analyze.Schema,
		Tool:   analyze.Tool{Version: "v0.1.0", Rules: "3f9a2c71d0b4"},
		Case: analyze.CaseInfo{
			ID: "noinstance-20261121-0039-5b1c", Bundle: "eks__2026-11-21_0039-UTC_0.7.9.tar.gz",
			CollectorVersion: "0.7.9", CollectedAt: "2026-11-21T00:39:00.000Z",
			Node: analyze.Node{
				Hostname: "ip-10-0-7-118.us-west-2.compute.internal", OS: "Debian GNU/Linux 12 (bookworm)",
				Kernel: "6.1.0-50-cloud-amd64", Kubelet: "v1.33.5-eks-113cf36", Containerd: "1.7.28",
				BootedAt: "2026-11-20T23:41:09.000Z",
			},
		},
		Coverage: analyze.Coverage{
			Files: []analyze.CoveredFile{
				{Path: kubelet, Format: "klog", Bytes: 48211, Lines: 131, Unparsed: 2, State: coverage.Present},
				{Path: "networking/iptables-save.txt", Format: "iptables", Bytes: 2744, Lines: 58, State: coverage.Present},
				{Path: "var_log/messages", Format: "syslog", Bytes: 104857600, Lines: 1204311, Skipped: "cut after 100 MiB", State: coverage.Cut},
			},
			Collector: coverage.Collector{Name: coverage.Script, Version: "0.7.9", Since: "2025-11-01", Whole: true, Found: 62, Of: 62},
			Totals:    coverage.Totals{Files: 3, Bytes: 104908555, Lines: 1204500, Unparsed: 2, Skipped: 1, SkippedBytes: 20_000_000},
			Expected: []coverage.Expected{
				{Path: "system/instance-id.txt", State: coverage.Missing, NeededFor: "which instance it is"},
				{Path: "var_log/messages", State: coverage.Cut, NeededFor: "events of the system", Detail: "cut after 100 MiB"},
				{Path: "modinfo/lustre", State: coverage.Empty, Certain: true, Normal: true},
				{Path: "networking/iptables-save.txt", State: coverage.Present, Certain: true, Normal: true},
				{Path: "networking/ipset.txt", State: coverage.Refused, Certain: true, Normal: true, Refusal: parsers.NotInstalled, Detail: "ipset not installed"},
				{Path: "kubelet/kubelet.log", State: coverage.Present, Certain: true, Normal: true},
				{Path: "nodeadm/udev-net-manager_*.log", State: coverage.Missing, Normal: true},
				{Path: "containerd/containerd-tasks.txt", State: coverage.Refused, NeededFor: "which containers run", Refusal: parsers.NotServed,
					Detail: "ctr: failed to dial \"/run/containerd/containerd.sock\": context deadline exceeded"},
			},
			Logs: []coverage.Log{
				{Path: kubelet, Lines: 131, First: "2026-11-20T22:37:42Z", Last: "2026-11-21T00:40:11Z", Quality: "year-inferred", Begins: coverage.AtLimit},
				{Path: "var_log/messages", Lines: 1204311, First: "2026-11-21T00:01:00Z", Last: "2026-11-21T00:40:00Z", Quality: "exact",
					Silence: &coverage.Silence{Line: 20_000, Seconds: 754, From: "2026-11-21T00:10:00Z", To: "2026-11-21T00:22:34Z"},
					Begins:  coverage.AtSize, Rotated: 2, Nuls: 4096},
			},
			Side: []side.Input{
				{Path: "extra/instances.json", Format: "ec2", Match: side.Same, Detail: "3 instances, this node is i-0123456789abcdef0 (by its instance ID)"},
				{Path: "extra/nodes.yaml", Format: "kubeobjects", Match: side.Several, Candidates: []string{"ip-10-0-1-23.us-west-2.compute.internal"},
					Detail: "2 nodes, and nothing tells which is this node's: ambiguous: ip-10-0-1-23.us-west-2.compute.internal"},
			},
			Missing: []string{
				"whether the instance type limits its pods: no system/instance-id.txt",
				"network interfaces: ipamd/enis.json is empty",
			},
		},
		Checks: []analyze.CheckState{
			{ID: "network.imds-blocked", Outcome: analyze.Found},
			{ID: "cni.init-imds", Outcome: analyze.Found},
			{ID: "kubelet.crashloop", Outcome: analyze.Found},
			{ID: "storage.full", Outcome: analyze.Clear},
			{ID: "network.eni-limit", Outcome: analyze.NoData},
			{ID: "network.conntrack", Outcome: analyze.Failed, Error: "read networking/conntrack.txt:7: no table name"},
		},
		Findings: []analyze.Finding{
			{
				ID: "F-003", Rule: "kubelet.crashloop", Kind: analyze.FromLog, Severity: analyze.High, Confidence: 0.8,
				Component: "kubelet", Title: "A container of a system pod crashes again and again", Count: 6,
				FirstSeen: "2026-11-21T00:38:27.860Z", LastSeen: "2026-11-21T00:39:52.978Z", TimeQuality: analyze.YearInferred,
				Entities: map[string][]string{"pod": {"kube-system/aws-node-qqvv9"}, "container": {"aws-vpc-cni-init"}},
				Evidence: []analyze.Evidence{at(kubelet, 83, "2026-11-21T00:38:27.860Z",
					`Nov 21 00:38:27 ip-10-0-7-118.us-west-2.compute.internal kubelet[464]: E1121 00:38:27.860940     464 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"aws-vpc-cni-init\" with CrashLoopBackOff: \"back-off 10s restarting failed container=aws-vpc-cni-init pod=aws-node-qqvv9_kube-system(a4d729b2-5ea0-47c9-824d-c63cbc158875)\"" pod="kube-system/aws-node-qqvv9" podUID="a4d729b2-5ea0-47c9-824d-c63cbc158875"`)},
				ExplainedBy: []string{"F-002"},
				Actions:     []analyze.Action{action("Look at the log of the container: kubectl logs -p", analyze.Green)},
			},
			{
				ID: "F-002", Rule: "cni.init-imds", Kind: analyze.FromLog, Severity: analyze.Critical, Confidence: 0.9,
				Component: "cni", Title: "The VPC CNI cannot start: no answer from the metadata service", Count: 3,
				FirstSeen: "2026-11-21T00:38:46.963Z", LastSeen: "2026-11-21T00:38:46.963Z", TimeQuality: analyze.Exact,
				Evidence: []analyze.Evidence{at(initLog, 3, "2026-11-21T00:38:46.963Z",
					`2026-11-21T00:38:46.96372181Z stderr F time="2026-11-21T00:38:46Z" level=error msg="Failed to get primary IF" error="Failed to get primary MAC from IMDS: get instance metadata: failed to retrieve mac - operation error ec2imds: GetMetadata, exceeded maximum number of attempts, 3, request send failed, Get \"http://169.254.169.254/latest/meta-data/mac\": dial tcp 169.254.169.254:80: connect: connection refused"`)},
				ExplainedBy: []string{"F-001"}, Runbook: "H3",
			},
			{
				ID: "F-001", Rule: "network.imds-blocked", Kind: analyze.FromState, Severity: analyze.Critical, Confidence: 0.95,
				Component: "network", Title: "iptables rules block the instance metadata service",
				Summary: "Two rules drop or reject what goes to 169.254.169.254. kubelet, the VPC CNI and everything that needs the credentials of the node stop working.", Count: 2, TimeQuality: analyze.NoTime,
				Entities: map[string][]string{"ip": {"169.254.169.254"}},
				Evidence: []analyze.Evidence{
					at("networking/iptables-save.txt", 33, "", "-A FORWARD -d 169.254.169.254/32 -j DROP"),
					at("networking/iptables-save.txt", 38, "", "-A OUTPUT -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -m owner --uid-owner 0 -j REJECT --reject-with icmp-port-unreachable"),
					at("networking/iptables-filter.txt", 10, "", "    0     0 DROP       0    --  *      *       0.0.0.0/0            169.254.169.254     "),
					at("networking/iptables-filter.txt", 18, "", "   20  1192 REJECT     6    --  *      *       0.0.0.0/0            169.254.169.254      tcp dpt:80 owner UID match 0 reject-with icmp-port-unreachable"),
				},
				Runbook: "H3",
				Actions: []analyze.Action{
					action("List the rules with their counters: iptables -L -v -n", analyze.Green),
					action("Find out what adds the rules (a security agent, user data), then delete them on one node", analyze.Yellow),
					action("Replace the node group with one whose launch template does not add the rules", analyze.Red),
				},
				References: []string{"https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html"},
			},
			{
				ID: "F-004", Rule: "aws.no-region", Kind: analyze.FromAbsence, Severity: analyze.Low, Confidence: 0.6,
				Component: "aws", Title: "The collector could not ask for the instance ID", Count: 1,
				Evidence: []analyze.Evidence{at("system/instance-id.txt", 0, "", "")},
			},
		},
		Suppressed: []analyze.Suppressed{
			{Rule: "kubelet.cni-not-ready", Reason: "recovered", Detail: "the network was ready 17 s after the last line", Count: 130,
				Evidence: []analyze.Evidence{at(kubelet, 12, "", "x")}},
			{Rule: "containerd.shim-cleanup", Reason: "benign", Count: 2},
			{Rule: "kubelet.sandbox-changed", Reason: "gate", Detail: "default/api-kpqks4qvc-zrp6p: needs 10 events", Count: 4},
			{Rule: "kubelet.sandbox-changed", Reason: "gate", Detail: "default/api-x5m9mw28v-44fhc: needs 10 events", Count: 4},
		},
		Hypotheses: []analyze.Hypothesis{{
			ID: "H-01", Title: "iptables rules block the instance metadata service", Confidence: 0.93,
			Chain: []string{"F-001", "F-002", "F-003"}, For: []string{"F-002", "F-004"},
			Against: []string{"The FORWARD rule has counted no packet."}, Runbook: "H3",
		}},
	}
}

// healthy is a report without findings.
func healthy() *analyze.Report {
	return &analyze.Report{
		Schema: analyze.Schema,
		Case: analyze.CaseInfo{
			ID: "i-0123456789abcdef0-20261121-0100-77aa", Bundle: "eks_i-0123456789abcdef0_2026-11-21_0100-UTC_0.7.9.tar.gz",
			InstanceID: "i-0123456789abcdef0", CollectorVersion: "0.7.9", CollectedAt: "2026-11-21T01:00:00.000Z",
			Node: analyze.Node{InstanceType: "m5.large", AvailabilityZone: "us-west-2a", Kubelet: "v1.33.5-eks-113cf36"},
		},
		Coverage: analyze.Coverage{
			Files:     []analyze.CoveredFile{{Path: "kubelet/kubelet.log", Bytes: 900, Lines: 9, State: coverage.Present}},
			Collector: coverage.Collector{Name: coverage.Script, Version: "0.7.9", Whole: true, Found: 62, Of: 62},
		},
		Checks: []analyze.CheckState{{ID: "storage.full", Outcome: analyze.Clear}},
	}
}

// broken is a report on an archive that ends in the middle.
func broken() *analyze.Report {
	r := healthy()
	r.Coverage.Broken = "var_log/messages: unexpected EOF after 3 files"
	r.Coverage.Missing = []string{"the state of the network: no networking/iptables-save.txt"}
	return r
}

// text writes a report for a terminal.
func text(t *testing.T, r *analyze.Report, o Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := Terminal(&out, r, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	analyzetest.GoldenFile(t, filepath.Join("testdata", name), got)
}

// withoutTokens is a report on a node of which one pod is behind a hop limit of
// 1, and another asks without a token.
func withoutTokens() *analyze.Report {
	at := func(file string, line int) []imds.Place { return []imds.Place{{File: file, Line: line}} }
	const log = "var_log/kube-system_aws-load-balancer-controller-5f8f7d9c6b-x2k4d_3d1f9ab2-5c0e-4a77-9a57-0b6c42d51e90/controller/0.log"
	return &analyze.Report{
		Schema: analyze.Schema,
		Case:   analyze.CaseInfo{ID: "i-07c3d9ab1e4f301ef-20261121-0039-5b1c", InstanceID: "i-07c3d9ab1e4f301ef"},
		Checks: []analyze.CheckState{{ID: "state.imds.hop_limit", Outcome: analyze.Found}},
		IMDS: &imds.Conclusion{
			State: imds.Failing, Class: imds.HopLimit, Confidence: 0.9,
			Detail: "HttpPutResponseHopLimit is 1, so that tokens do not reach pods with a network of their own; 1 pod fails",
			Host:   imds.Reach{Says: imds.Answered, Point: imds.Point{Text: "the collector got an answer", At: at("system/region.txt", 1)}},
			Pods: []imds.Pod{
				{Pod: "kube-system/aws-load-balancer-controller-5f8f7d9c6b-x2k4d", Network: imds.Own, Kinds: []imds.Kind{imds.Status401}, Count: 3, Lasting: true, At: at(log, 2)},
				{Pod: "kube-system/ebs-csi-node-x7k2p", Network: imds.Either, Kinds: []imds.Kind{imds.Timeout}, Count: 1},
			},
			Quiet:   []string{"default/web-0", "default/web-1"},
			Callers: []imds.Caller{{Process: "python3", Pod: "shop/report-5b8c7d4f9-x2k4d", Count: 5, At: at("var_log/imds/imds-trace.log", 1)}},
			Makers: []imds.Maker{{
				Kind: "LaunchTemplate", Name: "lt-0d4e5f6a7b8c91234 version 3", Settings: imds.Settings{HopLimit: 1},
				At: imds.Place{File: "describe-launch-template-versions.json", Line: 13},
			}},
			Classes: []imds.Judged{
				{Class: imds.Disabled, Says: imds.RuledOut, Text: "HttpEndpoint is enabled"},
				{Class: imds.Blocked, Says: imds.RuledOut, Text: "no packet filter rule is in the way"},
				{Class: imds.NoProfile, Says: imds.Unjudged, Needs: "the output of aws ec2 describe-instances"},
				{Class: imds.HopLimit, Says: imds.Root},
				{Class: imds.Proxy, Says: imds.NoSign},
				{Class: imds.SDKVersion, Says: imds.Latent, Text: "HttpTokens is optional; once it is required, calls of python3 in pod shop/report-5b8c7d4f9-x2k4d get 401"},
				{Class: imds.Throttled, Says: imds.Unjudged, Needs: "an ENA interface in networking/ethtool.txt"},
			},
		},
	}
}

func TestTerminal(t *testing.T) {
	for _, tt := range []struct {
		name   string
		report *analyze.Report
		o      Options
	}{
		{"sick_60.txt", sick(), Options{Width: 60}},
		{"imds.txt", withoutTokens(), Options{}},
		{"imds_all.txt", withoutTokens(), Options{All: true, Width: 100}},
		{"sick_80.txt", sick(), Options{Width: 80}},
		{"sick_120.txt", sick(), Options{Width: 120}},
		{"sick_color.txt", sick(), Options{Color: true}},
		{"sick_all.txt", sick(), Options{All: true}},
		{"sick_high.txt", sick(), Options{Severity: analyze.High}},
		{"healthy.txt", healthy(), Options{}},
		{"broken.txt", broken(), Options{}},
		{"empty.txt", &analyze.Report{}, Options{}},
	} {
		t.Run(tt.name, func(t *testing.T) { golden(t, tt.name, text(t, tt.report, tt.o)) })
	}
}

// TestWidth holds every line inside the page but for places and commands, which are
// copied whole, and finds no space at the end of one.
func TestWidth(t *testing.T) {
	r := sick()
	r.Findings[0].Title = strings.Repeat("節點磁碟已滿", 30)
	for _, width := range []int{40, 60, 80, 120} {
		for i, line := range strings.Split(text(t, r, Options{Width: width, All: true}), "\n") {
			if strings.HasSuffix(line, " ") {
				t.Errorf("width %d, line %d ends with a space: %q", width, i+1, line)
			}
			place := strings.Contains(line, "/") && !strings.Contains(strings.TrimSpace(line), " ")
			command := strings.HasPrefix(line, "  eksleuth ")
			if n := columns(line); n > width && !place && !command {
				t.Errorf("width %d, line %d has %d columns: %q", width, i+1, n, line)
			}
		}
	}
}

// TestOnward holds which command a report names, and that it can be copied.
func TestOnward(t *testing.T) {
	const id = "noinstance-20261121-0039-5b1c"
	f := func(name string, r *analyze.Report, home, want string) {
		t.Helper()
		got := ""
		for line := range strings.Lines(text(t, r, Options{Home: home})) {
			if command := strings.TrimSpace(line); strings.HasPrefix(command, "eksleuth ") && strings.Contains(command, id) {
				got += command
			}
		}
		if got != want {
			t.Errorf("%s: the report names %q, want %q", name, got, want)
		}
	}
	f("cause", sick(), "", "eksleuth findings "+id+" --id F-001")
	f("home", sick(), "bin/demo", "eksleuth findings "+id+" --id F-001 --home bin/demo")
	f("odd home", sick(), "it's $HOME", `eksleuth findings `+id+` --id F-001 --home 'it'\''s $HOME'`)
	r := sick()
	r.Hypotheses = nil
	f("worst", r, "", "eksleuth findings "+id+" --id "+Sorted(r.Findings)[0].ID)
	r.Findings = nil
	f("gaps", r, "", "eksleuth validate "+id)
	r.Coverage.Missing = nil
	f("nothing", r, "", "")
}

// TestOtherBundles holds that a report about one of several bundles says so where
// it is read first, and names each once below.
func TestOtherBundles(t *testing.T) {
	r := healthy()
	f := func(want ...string) {
		t.Helper()
		got := strings.Join(strings.Fields(text(t, r, Options{})), " ")
		for _, w := range want {
			if strings.Count(got, w) != 1 {
				t.Errorf("the report has %q %d times, want once:\n%s", w, strings.Count(got, w), got)
			}
		}
	}
	skipped := func(name string) {
		for _, file := range []string{"kubelet/kubelet.log", "storage/mounts.txt"} {
			r.Coverage.Files = append(r.Coverage.Files, analyze.CoveredFile{
				Path: name + "/" + file, Bytes: 5 << 20, Skipped: "belongs to another bundle: " + name + "; analyze it on its own",
			})
		}
	}
	read := readLine(r.Coverage.Files)
	skipped("a.tar.gz")
	f("The input holds another bundle, which was not judged: a.tar.gz; eksleuth batch", "- a.tar.gz: 2 files of another bundle", read)
	for _, name := range []string{"b", "c", "d", "e"} {
		skipped(name)
	}
	f("The input holds 5 other bundles, which were not judged: a.tar.gz, b, c, d and 1 more; eksleuth batch", "- e: 2 files of another bundle", read)
}

func TestPlacesAreWhole(t *testing.T) {
	r := sick()
	got := text(t, r, Options{Width: 40, All: true})
	for _, f := range r.Findings {
		for _, e := range f.Evidence {
			want := e.File
			if e.Line > 0 {
				want = fmt.Sprintf("%s:%d", e.File, e.Line)
			}
			if !strings.Contains(got, want) {
				t.Errorf("%s: the report lacks %s", f.ID, want)
			}
		}
	}
}

// TestColorOnlyPaints holds that colour adds nothing but paint.
func TestColorOnlyPaints(t *testing.T) {
	painted := text(t, sick(), Options{Color: true})
	for _, s := range []style{bold, faint, red, green, yellow, cyan, alarm} {
		painted = strings.ReplaceAll(painted, "\x1b["+string(s)+"m", "")
	}
	painted = strings.ReplaceAll(painted, "\x1b[0m", "")
	if diff := cmp.Diff(text(t, sick(), Options{}), painted); diff != "" {
		t.Errorf("colour changes the text (-plain +painted):\n%s", diff)
	}
}

// hostile is text as an attacker would put it in a log: it clears the screen,
// sets the title, turns the line around, and is no UTF-8.
const hostile = "\x1b[2J\x1b]0;owned\x07\r\u202eabc\u2066\u009b31m\x9b\x00\x7f\u2028\U000e0041\ufeff end\xff"

// fill puts text into every string of a value.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() { // the writers see no other
				fill(v.Field(i), text)
			}
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string][]string{text: {text, text}}))
	}
}

func hostileReport() *analyze.Report {
	r := sick()
	fill(reflect.ValueOf(r).Elem(), hostile)
	return r
}

// harmless fails on any character that a terminal may act on.
func harmless(t *testing.T, what, got string) {
	t.Helper()
	for i, r := range got {
		if r != '\n' && hidden(r) || strings.HasPrefix(got[i:], "\xff") {
			t.Fatalf("%s: %q at byte %d: %q", what, r, i, got[max(0, i-20):min(len(got), i+20)])
		}
	}
	if !strings.Contains(got, `\u202e`) {
		t.Errorf("%s: the bidi override is not shown: %q", what, got)
	}
}

func TestHostileText(t *testing.T) {
	r := hostileReport()
	write := func(f func(*bytes.Buffer) error) string {
		t.Helper()
		var out bytes.Buffer
		if err := f(&out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for _, width := range []int{40, 80} {
		harmless(t, "Terminal", text(t, r, Options{Width: width, All: true}))
		harmless(t, "Terminal", text(t, r, Options{Width: width}))
	}
	f := &r.Findings[0]
	proof := []Proof{{f.Evidence[0], []Line{{1, hostile}, {2, hostile}}}}
	harmless(t, "List", write(func(w *bytes.Buffer) error { return List(w, r.Findings, Options{}) }))
	harmless(t, "Detail", write(func(w *bytes.Buffer) error { return Detail(w, f, proof, Options{}) }))
	harmless(t, "SuppressedList", write(func(w *bytes.Buffer) error { return SuppressedList(w, r.Suppressed, Options{}) }))
	harmless(t, "JSON", write(func(w *bytes.Buffer) error { return JSON(w, r, true) }))
	harmless(t, "YAML", write(func(w *bytes.Buffer) error { return YAML(w, r) }))
}

// TestHostileTextSurvives holds that escapes are read back as the characters
// they stand for; only bytes that are no UTF-8 are replaced.
func TestHostileTextSurvives(t *testing.T) {
	want := strings.ToValidUTF8(hostile, "\ufffd")
	var j, y bytes.Buffer
	if err := JSON(&j, hostileReport(), false); err != nil {
		t.Fatal(err)
	}
	if err := YAML(&y, hostileReport()); err != nil {
		t.Fatal(err)
	}
	var r analyze.Report
	if err := json.Unmarshal(j.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if got := r.Findings[0].Evidence[0].Text; got != want {
		t.Errorf("JSON reads back as %q, want %q", got, want)
	}
	var doc struct {
		Hypotheses []struct{ Title string }
	}
	if err := yaml.Unmarshal(y.Bytes(), &doc); err != nil {
		t.Fatalf("%v\n%s", err, y.Bytes())
	}
	if got := doc.Hypotheses[0].Title; got != want {
		t.Errorf("YAML reads back as %q, want %q", got, want)
	}
}

func TestVisible(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
		if again := Visible(want); again != want {
			t.Errorf("Visible(%q) = %q, want it unchanged", want, again)
		}
	}
	f("plain text", "plain text")
	f("\x1b[31mred", `\x1b[31mred`)
	f("a\tb\nc", "a b c")
	f("cr\rlf", `cr\x0dlf`)
	f("\u202egpj.exe", `\u202egpj.exe`)
	f("\u009b31m", `\u009b31m`)
	f("bad \xff\xc3", `bad \xff\xc3`)
	f("\U000e0041", `\U000e0041`)
	f("zażółć 節點 \ufffd", "zażółć 節點 \ufffd")
}

func TestWrap(t *testing.T) {
	f := func(in string, width int, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, wrap(in, width)); diff != "" {
			t.Errorf("wrap(%q, %d) (-want +got):\n%s", in, width, diff)
		}
	}
	f("", 10)
	f("  one   two ", 10, "one two")
	f("one two three", 7, "one two", "three")
	f("abcdefghij k", 4, "abcd", "efgh", "ij k")
	f("節點磁碟", 5, "節點", "磁碟")
	f("at var_log/messages:1234, x", 9, "at", "var_log/messages:1234,", "x")
	f(`{"level":"error","caller":"awsutils/awsutils.go:1017"}`, 40, `{"level":"error","caller":"awsutils/`, `awsutils.go:1017"}`)
	f("[ 684.738324] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x", 40, "[ 684.738324] oom-kill:constraint=", "CONSTRAINT_MEMCG,nodemask=(null),cpuset=", "x")
	f("x 節點磁碟", 1, "x", "節", "點", "磁", "碟")
}

func TestWithoutHeader(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := withoutHeader(in); got != want {
			t.Errorf("withoutHeader(%q) = %q, want %q", in, got, want)
		}
	}
	// kubelet/kubelet.log, and var_log/messages as rsyslog of Debian 12 writes it.
	f("Nov 21 00:00:34 ip-10-0-12-34.us-west-2.compute.internal systemd[1]: Started kubelet.service", "systemd[1]: Started kubelet.service")
	f("2026-11-21T00:10:15.056410+00:00 ip-10-0-12-34 systemd[1]: Started x", "systemd[1]: Started x")
	// var_log/aws-node-*.log; the last one is only a part of a line, which is worth showing.
	f("2026-11-21T00:38:46.96372181Z stderr F time=x", "time=x")
	f("2026-11-21T00:38:46.96372181Z stderr F ", "")
	f("2026-11-21T00:38:46.96372181Z stderr P time=x", "2026-11-21T00:38:46.96372181Z stderr P time=x")
	f("[ 1761.536806] EXT4-fs error", "[ 1761.536806] EXT4-fs error")
	f("Nov 21 00:00:34 ", "Nov 21 00:00:34 ")
	f("", "")
}

// TestFoldLosesNothing folds findings that explain each other in a circle, or
// are explained by one that is not there.
func TestFoldLosesNothing(t *testing.T) {
	by := func(id string, causes ...string) analyze.Finding {
		return analyze.Finding{ID: id, Severity: analyze.Low, ExplainedBy: causes}
	}
	tr := fold([]analyze.Finding{
		by("F-001", "F-002"), by("F-002", "F-003"), by("F-003", "F-001"), // a circle
		by("F-004", "F-999"), by("F-005", "F-005"), by("F-006", "F-999", "F-004"), by("F-006", "F-001"),
	})
	seen := map[string]int{}
	for _, r := range tr.roots {
		seen[r.ID]++
		for _, e := range tr.below(r) {
			seen[e.ID]++
		}
	}
	want := map[string]int{"F-001": 1, "F-002": 1, "F-003": 1, "F-004": 1, "F-005": 1, "F-006": 2}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("times shown (-want +got):\n%s", diff)
	}
}

func TestJSONHasNoNull(t *testing.T) {
	r := sick()
	before, _ := json.Marshal(r)
	var out bytes.Buffer
	for _, r := range []*analyze.Report{r, {}} {
		if err := JSON(&out, r, false); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(out.String(), "null") {
		t.Errorf("null in %s", out.String())
	}
	if got := strings.Count(out.String(), "\n"); got != 2 {
		t.Errorf("two compact documents have %d lines", got)
	}
	if after, _ := json.Marshal(r); !bytes.Equal(before, after) {
		t.Error("JSON changed the report it was given")
	}
	if strings.Contains(out.String(), `\u003c`) {
		t.Error("JSON has HTML escapes")
	}
}

// TestSameInYAML holds that both documents say the same.
func TestSameInYAML(t *testing.T) {
	var j, y bytes.Buffer
	if err := JSON(&j, sick(), true); err != nil {
		t.Fatal(err)
	}
	if err := YAML(&y, sick()); err != nil {
		t.Fatal(err)
	}
	var fromJSON, fromYAML any
	if err := yaml.Unmarshal(j.Bytes(), &fromJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(y.Bytes(), &fromYAML); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fromJSON, fromYAML); diff != "" {
		t.Errorf("(-json +yaml):\n%s", diff)
	}
}

// schema is the schema as a program would read it.
func schema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	var out bytes.Buffer
	if err := Schema(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "schema.json", out.String())
	var s jsonschema.Schema
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

func TestSchema(t *testing.T) {
	s := schema(t)
	valid := func(change func(doc map[string]any)) error {
		t.Helper()
		var out bytes.Buffer
		var doc map[string]any
		r := sick()
		r.Findings[3].TimeQuality = analyze.NoTime
		if err := JSON(&out, r, true); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		change(doc)
		return s.Validate(doc)
	}
	if err := valid(func(map[string]any) {}); err != nil {
		t.Errorf("a report is not valid: %v", err)
	}
	if err := valid(func(doc map[string]any) { doc["later"] = 1 }); err != nil {
		t.Errorf("a further field is not valid: %v", err)
	}
	for name, change := range map[string]func(doc map[string]any){
		"null findings":    func(doc map[string]any) { doc["findings"] = nil },
		"no coverage":      func(doc map[string]any) { delete(doc, "coverage") },
		"other schema":     func(doc map[string]any) { doc["schema"] = "x" },
		"unknown severity": func(doc map[string]any) { doc["findings"].([]any)[0].(map[string]any)["severity"] = "bad" },
	} {
		if valid(change) == nil {
			t.Errorf("%s: the schema allows it", name)
		}
	}
}

// TestShape holds that two lines of one kind have one shape, lines of two kinds do not.
func TestShape(t *testing.T) {
	f := func(a, b string, want bool) {
		t.Helper()
		if got := shape(a) == shape(b); got != want {
			t.Errorf("same shape of %q and %q: %t, want %t", a, b, got, want)
		}
	}
	f(`Nov 21 00:19:43 ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: E1121 00:19:43.405489     467 kubelet.go:2627] "Housekeeping took longer than expected" err="housekeeping took too long" expected="1s" actual="1.439s"`,
		`Nov 21 01:11:49 ip-10-0-7-118.us-west-2.compute.internal kubelet[7683]: E1121 01:11:49.326433    7683 kubelet.go:2627] "Housekeeping took longer than expected" err="housekeeping took too long" expected="1s" actual="8.809s"`, true)
	f("-A FORWARD -d 169.254.169.254/32 -j DROP", "-A OUTPUT -d 169.254.169.254/32 -p tcp -j REJECT", false)
	f(`{"level":"debug","ts":"2026-11-21T01:11:40.348Z","caller":"awsutils/awsutils.go:1098","msg":"checkAPIErrorAndBroadcastEvent resulted in`,
		`{"level":"error","ts":"2026-11-21T01:11:40.373Z","caller":"awsutils/awsutils.go:1017","msg":"Failed to CreateNetworkInterface`, false)
}

// A hundred pods with the same trouble are told by the first in full and some
// by name; a program or --all has all of them.
func TestManyAlike(t *testing.T) {
	r := &analyze.Report{Schema: analyze.Schema}
	for i := range 100 {
		pod := fmt.Sprintf("default/web-%03d", i)
		r.Findings = append(r.Findings, analyze.Finding{
			ID: fmt.Sprintf("F-%03d", i+2), Rule: "kubelet.probe.failures", Severity: analyze.Low,
			Title: "Probes of a pod fail: " + pod, Evidence: []analyze.Evidence{at("kubelet/kubelet.log", i+1, "", "text of "+pod)},
		})
	}
	cause := analyze.Finding{ID: "F-001", Rule: "kernel.conntrack.table_full", Severity: analyze.Critical, Title: "The table is full"}
	for name, c := range map[string]struct {
		explained bool
		all       bool
		want      map[string]int // how often a text stands there
	}{
		"alone":     {want: map[string]int{"F-002 ": 1, "F-010 ": 1, "F-011 ": 0, "99 more findings of this rule:": 1, "and 91 more of kubelet.probe.failures": 1, "text of": 1}},
		"explained": {explained: true, want: map[string]int{"F-004 ": 2, "F-005 ": 0, "and 97 more of kubelet.probe.failures": 2}},
		"all":       {all: true, want: map[string]int{"F-101 ": 1, "more of": 0, "text of": 100}},
	} {
		t.Run(name, func(t *testing.T) {
			r := *r
			r.Findings = append([]analyze.Finding{cause}, r.Findings...)
			if c.explained {
				h := analyze.Hypothesis{ID: "H-01", Title: cause.Title, Chain: []string{"F-001"}}
				for i := range r.Findings[1:] {
					r.Findings[i+1].ExplainedBy = []string{"F-001"}
					h.Chain = append(h.Chain, r.Findings[i+1].ID)
				}
				r.Hypotheses = []analyze.Hypothesis{h}
			}
			var out bytes.Buffer
			if err := Terminal(&out, &r, Options{All: c.all, Width: 120}); err != nil {
				t.Fatal(err)
			}
			for text, n := range c.want {
				if got := strings.Count(out.String(), text); got != n {
					t.Errorf("%q stands there %d times, want %d", text, got, n)
				}
			}
			if t.Failed() {
				t.Log(out.String())
			}
		})
	}
}

// What could not be judged for one reason is told once.
func TestGaps(t *testing.T) {
	missing := []string{
		"no counters: cannot tell whether packets were dropped", "no ipamd.log: cannot judge pod addresses",
		"no counters: cannot tell whether the card was reset", "no counters: cannot tell whether: it is slow", "an old bundle",
	}
	r := &analyze.Report{Coverage: analyze.Coverage{Missing: missing}}
	for all, want := range map[bool][]string{
		true: missing,
		false: {"no counters: cannot tell whether packets were dropped, and 2 things more",
			"no ipamd.log: cannot judge pod addresses", "an old bundle"},
	} {
		got := (&terminal{r: r, o: Options{All: all}}).gaps(missing)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("all %v (-want +got):\n%s", all, diff)
		}
	}
}
