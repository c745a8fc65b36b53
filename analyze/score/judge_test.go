package score

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/analyze"
)

// report is that of a node with a full disk, in short: a cause, what follows
// from it, something that has nothing to do with it, and a match that a gate
// holds back.
func report() *analyze.Report {
	at := func(file string, lines ...int) []analyze.Evidence {
		var out []analyze.Evidence
		for _, l := range lines {
			out = append(out, analyze.Evidence{File: file, Line: l})
		}
		return out
	}
	return &analyze.Report{
		Findings: []analyze.Finding{
			{ID: "F-001", Fingerprint: "01", Rule: "state.disk.nodefs_avail", Severity: analyze.High, Title: "full", Evidence: at("storage/mounts.txt", 36)},
			{
				ID: "F-002", Fingerprint: "02", Rule: "kubelet.eviction.reclaim", Severity: analyze.High, Title: "reclaim",
				Evidence: at("kubelet/kubelet.log", 13, 14, 123), ExplainedBy: []string{"F-001"},
			},
			{
				ID: "F-003", Fingerprint: "03", Rule: "kubelet.pod.crashloop", Severity: analyze.Medium, Title: "crash",
				Entities: map[string][]string{"pod": {"default/api"}}, Evidence: at("kubelet/kubelet.log", 40),
			},
			{ID: "F-004", Fingerprint: "04", Rule: "kubelet.probe.failures", Severity: analyze.Low, Title: "probe", Evidence: at("kubelet/kubelet.log", 50)},
		},
		Suppressed: []analyze.Suppressed{
			{Rule: "kubelet.node.not_ready", Reason: "recovered", Evidence: at("kubelet/kubelet.log", 3)},
			{Rule: "kernel.oom.invoked", Reason: "explained", Detail: "a more specific rule", Evidence: at("var_log/messages", 9)},
		},
		Checks: []analyze.CheckState{
			{ID: "state.imds.hop_limit", Outcome: analyze.NoData, Note: "no describe-instances output"},
			{ID: "state.disk.inodes_free", Outcome: analyze.Failed, Error: "stopped"},
			{ID: "kernel.panic", Outcome: analyze.Clear},
			{ID: "kernel.oom.invoked", Outcome: analyze.Clear},
			{ID: "kubelet.pod.crashloop", Outcome: analyze.Found},
			{ID: "kubelet.node.not_ready", Outcome: analyze.Clear},
		},
		Hypotheses: []analyze.Hypothesis{{ID: "H-01", Title: "The disk is full", Chain: []string{"F-001", "F-002"}}},
	}
}

// verdict is a result in short: the verdicts of the findings in order, then
// what became of what was asked for, then the cause.
func verdict(r *Result) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, map[Verdict]string{True: "T", False: "F", Unjudged: "-"}[f.Verdict])
	}
	s := strings.Join(out, "")
	for _, w := range r.Wants {
		s += fmt.Sprintf(" %s", w.State)
	}
	if r.Cause != "" {
		s += " cause " + string(r.Cause)
	}
	return s
}

func TestJudge(t *testing.T) {
	f := func(name, label, want string) {
		t.Helper()
		l, err := ParseLabel([]byte(label))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := verdict(Judge(report(), l)); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
	f("clean", `{"clean": true}`, "FFF- cause missed")
	f("forbidden", `{"forbidden": ["kubelet.probe.*"]}`, "---F")
	f("forbidden and nothing like it", `{"forbidden": ["kernel.*"]}`, "----")
	f("expected", `{"expected": ["kubelet.pod.crashloop"]}`, "--T- met")
	f("expected by line", `{"expected": [{"rule": "kubelet.eviction.reclaim", "file": "kubelet/kubelet.log", "line": 14}]}`, "-T-- met")
	f("expected by file", `{"expected": [{"rule": "kubelet.eviction.reclaim", "file": "kubelet/kubelet.log"}]}`, "-T-- met")
	f("at another line", `{"expected": [{"rule": "kubelet.pod.crashloop", "file": "kubelet/kubelet.log", "line": 41}]}`, "---- missed")
	f("of another pod", `{"expected": [{"rule": "kubelet.pod.crashloop", "entity": "default/web"}]}`, "---- missed")
	f("of another severity", `{"expected": [{"rule": "kubelet.pod.crashloop", "severity": "high"}]}`, "---- missed")
	f("by another cause", `{"expected": [{"rule": "kubelet.pod.crashloop", "explained_by": ["kernel.panic"]}]}`, "---- missed")
	f("twice", `{"expected": ["kubelet.pod.crashloop", "kubelet.pod.crashloop"]}`, "--T- met missed")
	f("low and expected", `{"clean": true, "expected": ["kubelet.probe.failures"]}`, "FFFT met cause missed")
	f("what follows from the expected", `{"max_other": "low", "expected": ["state.disk.nodefs_avail"]}`, "TTF- met")
	f("suppressed", `{"expected": [{"rule": "kubelet.node.not_ready", "suppressed": true}]}`, "---- held")
	f("suppressed for another reason", `{"expected": [{"rule": "kubelet.node.not_ready", "suppressed": true, "reason": "gate"}]}`, "---- missed")
	f("found and not suppressed", `{"expected": [{"rule": "kubelet.pod.crashloop", "suppressed": true}]}`, "---- missed")
	f("taken by another rule", `{"expected": [{"rule": "kernel.oom.invoked", "suppressed": true}]}`, "---- missed")
	f("no data", `{"expected": ["state.imds.hop_limit"]}`, "---- indeterminate")
	f("failed", `{"expected": ["state.disk.inodes_free"]}`, "---- missed")
	f("clear", `{"expected": ["kernel.panic"]}`, "---- missed")
	f("no such rule", `{"expected": ["kernel.nothing"]}`, "---- missed")
	f("truth", `{"problems": [
		{"id": "disk", "root": true, "evidence": [{"file": "storage/mounts.txt", "line_no": 36}]},
		{"id": "old", "severity": "residue", "evidence": [{"file": "kubelet/kubelet.log", "line_no": 3}]}],
		"symptoms": [{"id": "crash", "evidence": [{"file": "kubelet/kubelet.log", "line_no": 1, "last_line_no": 40}]}]}`,
		"TTT- met held cause met")
	f("truth, a line twice", `{"problems": [{"id": "disk", "evidence": [
		{"file": "kubelet/kubelet.log", "line_no": 13, "last_line_no": 123}, {"file": "kubelet/kubelet.log", "line_no": 13, "last_line_no": 40}]}]}`,
		"FTT- met")
	f("truth, the wrong root", `{"problems": [{"id": "crash", "root": true, "evidence": [{"file": "kubelet/kubelet.log", "line_no": 40}]}]}`,
		"FFT- met cause missed")
	f("truth, nothing said", `{"problems": [{"id": "p", "evidence": [{"file": "kubelet/kubelet.log", "line_no": 99}]}]}`, "FFF- missed")
	f("want", `{"cause": "state.disk.nodefs_avail", "max_other": "medium", "findings": [{"rule": "kubelet.eviction.reclaim",
		"explained_by": ["state.disk.nodefs_avail"]}]}`, "FT-- met cause met")
}

// TestJudge_broken holds that a damaged bundle is not blamed for what it lacks.
func TestJudge_broken(t *testing.T) {
	l, err := ParseLabel([]byte(`{"expected": ["kernel.panic"], "problems": [
		{"id": "p", "root": true, "evidence": [{"file": "kubelet/kubelet.log", "line_no": 99}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := report()
	r.Coverage.Broken = "unexpected end after 3 files"
	if got, want := verdict(Judge(r, l)), "FFF- indeterminate indeterminate cause indeterminate"; got != want {
		t.Errorf("damaged: %s, want %s", got, want)
	}
	if got, want := verdict(Unreadable("no bundle", l)), " indeterminate indeterminate cause indeterminate"; got != want {
		t.Errorf("not read: %s, want %s", got, want)
	}
}

// TestJudge_beside holds that a rule which matches the same lines is right only
// together with the expected one.
func TestJudge_beside(t *testing.T) {
	l := &Label{Max: analyze.Low, Expected: []Expectation{{Rule: "kubelet.eviction.reclaim", Fate: Either}}}
	f := func(want string, beside ...string) {
		t.Helper()
		l.Beside = beside
		if got := verdict(Judge(report(), l)); got != want {
			t.Errorf("beside %q: %s, want %s", beside, got, want)
		}
	}
	f("FTF- met")
	f("TTF- met", "state.disk.nodefs_avail")
	f("FTF- met", "kubelet.pod.crashloop") // it has nothing to do with the expected one
}

func TestJudge_circle(t *testing.T) {
	r := report()
	r.Findings[0].ExplainedBy = []string{"F-002"} // which F-001 explains
	l := &Label{Max: analyze.Low}
	if got, want := verdict(Judge(r, l)), "FFF-"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestSum(t *testing.T) {
	judged := func(name, label string) *Result {
		l, err := ParseLabel([]byte(label))
		if err != nil {
			t.Fatal(err)
		}
		r := Judge(report(), l)
		r.Bundle = name
		return r
	}
	results := []*Result{
		judged("a", `{"clean": true}`),
		judged("b", `{"max_other": "low", "expected": ["state.disk.nodefs_avail", "kubelet.pod.crashloop", "kernel.panic", "state.imds.hop_limit",
			{"rule": "kubelet.node.not_ready", "suppressed": true}]}`),
		Judge(report(), nil),
		Unreadable("damaged", nil),
		{Bundle: "e", LabelError: "x", Labelled: true, Clean: true},
	}
	b := Sum(analyze.Tool{Version: "v1"}, results)
	type sums struct {
		Bundles Bundles
		Score   Score
		Causes  Causes
	}
	share := func(f float64) *float64 { return &f }
	want := sums{
		Bundles{Total: 5, Labelled: 3, Clean: 2, CleanQuiet: 1, Failed: 1, Labels: 1},
		Score{
			True: 3, False: 3, Unjudged: 6, Met: 2, Held: 1, Missed: 1, Indeterminate: 1,
			Precision: share(0.5), Recall: share(0.75), F1: share(0.6),
		},
		Causes{Wrong: 1},
	}
	if d := cmp.Diff(want, sums{b.Bundles, b.Overall, b.Causes}); d != "" {
		t.Errorf("sums (-want +got):\n%s", d)
	}
	i := 0
	for i < len(b.Rules) && b.Rules[i].Rule != "kubelet.pod.crashloop" {
		i++
	}
	rule := RuleScore{Rule: "kubelet.pod.crashloop", Bundles: 3, Score: Score{
		True: 1, False: 1, Unjudged: 1, Met: 1, Precision: share(0.5), Recall: share(1), F1: share(0.6667),
	}}
	if d := cmp.Diff(rule, b.Rules[i]); d != "" {
		t.Errorf("rule (-want +got):\n%s", d)
	}
	if got := b.Below(0.5, 0.75); got != nil {
		t.Errorf("Below the shares themselves = %v", got)
	}
	if got := b.Below(0.51, 0.7501); len(got) != 2 {
		t.Errorf("Below = %v, want both", got)
	}
	if got := Sum(analyze.Tool{}, nil).Below(0.1, 0); len(got) != 1 || got[0].Got != nil {
		t.Errorf("Below of nothing = %v, want that there is no precision", got)
	}
}

func TestAgainst(t *testing.T) {
	finding := func(print string, s analyze.Severity, v Verdict) Finding {
		return Finding{Fingerprint: print, Rule: "r." + print, Severity: s, Title: "t", File: "f", Line: 1, Verdict: v}
	}
	old := Sum(analyze.Tool{Version: "old"}, []*Result{
		{
			Bundle:   "a",
			Findings: []Finding{finding("stays", analyze.High, True), finding("goes", analyze.High, True), finding("wrong", analyze.High, False), finding("falls", analyze.High, Unjudged), finding("rises", analyze.Low, Unjudged), finding("spoils", analyze.High, True)},
			Wants:    []Want{{Rule: "x", State: Met}, {Rule: "x", State: Missed}, {Problem: "p", File: "f", Line: 3, State: Held}},
		},
		{Bundle: "b", Findings: []Finding{finding("x", analyze.High, True)}},
		{Bundle: "c", Error: "damaged"},
		{Bundle: "gone"},
	})
	now := Sum(analyze.Tool{Version: "new"}, []*Result{
		{
			Bundle:   "a",
			Findings: []Finding{finding("stays", analyze.High, True), finding("comes", analyze.High, Unjudged), finding("bad", analyze.High, False), finding("falls", analyze.Medium, Unjudged), finding("rises", analyze.High, Unjudged), finding("spoils", analyze.High, False)},
			Wants:    []Want{{Rule: "x", State: Missed}, {Rule: "x", State: Met}, {Problem: "p", File: "f", Line: 3, State: Met}},
		},
		{Bundle: "b", Error: "damaged"},
		{Bundle: "c"},
		{Bundle: "new"},
	})
	d := now.Against(old)
	var got []string
	note := func(sign, name string, worse bool) {
		if worse {
			name += " !"
		}
		got = append(got, sign+" "+name)
	}
	for _, c := range d.Lost {
		note("-", c.Old.Fingerprint, c.Regression)
	}
	for _, c := range d.Gained {
		note("+", c.New.Fingerprint, c.Regression)
	}
	for _, c := range d.Changed {
		note("~", c.New.Fingerprint+" "+strings.Join(c.Lines(), ", "), c.Regression)
	}
	for _, c := range d.Wants {
		note("?", fmt.Sprintf("%s%s %s %s", c.New.Rule, c.New.Problem, c.Old, c.New.State), c.Regression)
	}
	want := []string{
		"- goes !", "- wrong",
		"+ bad !", "+ comes",
		"~ falls severity: high -> medium !", "~ rises severity: low -> high", "~ spoils verdict: true -> false !",
		"? x met missed !", "? x missed met", "? p held met",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	rest := fmt.Sprintf("%v %v %v %v %d %s", d.New, d.Gone, d.Readable, d.Failed, d.Regressions, d.Tool.Version)
	if want := "[new] [gone] [c] [b] 6 old"; rest != want {
		t.Errorf("rest = %s, want %s", rest, want)
	}
	if d := now.Against(now); d.Regressions+len(d.Lost)+len(d.Gained)+len(d.Changed)+len(d.Wants)+len(d.New)+len(d.Gone) > 0 {
		t.Errorf("against itself: %+v", d)
	}
}

func TestParseBoard(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if _, err := ParseBoard([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseBoard(%s) = %v, want an error with %q", in, err, want)
		}
	}
	f(`x`, "read the baseline")
	f(`{"schema": "eksleuth.report/v1"}`, "eksleuth.report/v1")
	f(`{"schema": "eksleuth.regress/v1", "results": [null]}`, "null")
}

// TestJudge_over holds that what was over is suppressed or told as information,
// and no finding above it.
func TestJudge_over(t *testing.T) {
	f := func(severity analyze.Severity, want State) {
		t.Helper()
		l, err := ParseLabel([]byte(`{"problems": [{"id": "old", "severity": "residue", "evidence": [{"file": "kubelet/kubelet.log", "line_no": 50}]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		r := report()
		r.Findings[3].Severity = severity
		if got := Judge(r, l).Wants[0].State; got != want {
			t.Errorf("as %s: %s, want %s", severity, got, want)
		}
	}
	f(analyze.Info, Held)
	f(analyze.Low, Missed)
}
