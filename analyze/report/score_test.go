package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/score"
)

// archive is what came of some bundles: a sick node whose label knows more than
// was found, a healthy one with a false finding, and names and texts that would
// like to be more than text.
func archive() *score.Board {
	full := score.Finding{
		Fingerprint: "01", Rule: "state.disk.nodefs_avail", Severity: analyze.High, Title: "A filesystem of the node is nearly full: /",
		File: "storage/mounts.txt", Line: 36, Verdict: score.True,
	}
	long := score.Finding{
		Fingerprint: "02", Rule: "state.ena.linklocal_allowance_exceeded.of_all", Severity: analyze.Critical,
		Title: "\x1b[31mPackets\x00 were dropped | `a` <b>]]>&</b>", File: "networking/ethtool.txt", Line: 7,
		Verdict: score.False, Why: "nothing is wrong with the node",
	}
	low := score.Finding{Fingerprint: "03", Rule: "kubelet.probe.failures", Severity: analyze.Low, Title: "A probe fails", File: "kubelet/kubelet.log", Line: 5}
	return score.Sum(analyze.Tool{Version: "v1", Rules: "3f9a2c71d0b4"}, []*score.Result{
		{
			Bundle: "2026/disk.tar.gz", Labelled: true, Findings: []score.Finding{full, low}, Hypothesis: full.Title, Cause: score.Missed,
			Node: score.Node{Case: "i-0123456789abcdef0-20261121t0039-5b1c", InstanceID: "i-0123456789abcdef0", Kubelet: "v1.33.5"},
			Wants: []score.Want{
				{Rule: "state.disk.nodefs_avail", File: "storage/mounts.txt", Line: 36, State: score.Met, By: []string{"state.disk.nodefs_avail"}},
				{Problem: "eviction", File: "kubelet/kubelet.log", Line: 13, State: score.Missed, Note: "nothing is said of the line"},
				{Rule: "kubelet.pod.crashloop", State: score.Held},
				{Rule: "state.imds.hop_limit", State: score.Indeterminate, Note: "no describe-instances output"},
			},
		},
		{Bundle: "healthy <script>|`\x1b]0;x\a`.zip", Labelled: true, Clean: true, Findings: []score.Finding{long}},
		{Bundle: "broken.tar.gz", Error: "read broken.tar.gz: not a bundle: it is no tar archive"},
		{Bundle: "cut.tar.gz", Broken: "unexpected end after 3 files", LabelError: "cut.truth.json: read the label: unexpected end of JSON input"},
		{Bundle: "quiet", Labelled: true, Clean: true},
	})
}

// older is the board of an earlier run.
func older() *score.Board {
	b := archive()
	b.Results[0].Findings[0].Severity = analyze.Critical
	b.Results[0].Wants[1].State = score.Met
	b.Results[1].Findings = []score.Finding{b.Results[0].Findings[0]}
	b.Results[2].Error = ""
	b.Results[4].Bundle = "of old"
	return b
}

func TestScore(t *testing.T) {
	b := archive()
	b.Baseline = b.Against(older())
	fleet := func(w *bytes.Buffer) error { return FleetTable(w, b, Options{}) }
	for name, write := range map[string]func(*bytes.Buffer) error{
		"score.txt":     func(w *bytes.Buffer) error { return Scoreboard(w, b, Options{}) },
		"score_all.txt": func(w *bytes.Buffer) error { return Scoreboard(w, archive(), Options{All: true}) },
		"score.md":      func(w *bytes.Buffer) error { return ScoreMarkdown(w, b) },
		"score.xml":     func(w *bytes.Buffer) error { return JUnit(w, b) },
		"fleet.txt":     fleet,
		"fleet.jsonl":   func(w *bytes.Buffer) error { return FleetLines(w, Fleet(b)) },
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden(t, name, out.String())
		if i := strings.IndexFunc(strings.ReplaceAll(out.String(), "\n", ""), hidden); i >= 0 {
			t.Errorf("%s: a control character at %d", name, i)
		}
		for l := range strings.Lines(out.String()) {
			if strings.HasSuffix(name, ".txt") && len(l) > 81 {
				t.Errorf("%s: %d columns: %s", name, len(l)-1, l)
			}
		}
	}
}

// TestScore_formats reads what programs get as they do.
func TestScore_formats(t *testing.T) {
	b := archive()
	var out bytes.Buffer
	if err := JUnit(&out, b); err != nil {
		t.Fatal(err)
	}
	var doc suites
	if err := xml.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Tests != 5 || doc.Failures != 2 || doc.Errors != 2 || doc.Skipped != 0 || len(doc.Suite.Cases) != 5 {
		t.Errorf("JUnit: %d tests, %d failures, %d errors, %d skipped", doc.Tests, doc.Failures, doc.Errors, doc.Skipped)
	}
	out.Reset()
	if err := JSON(&out, b, true); err != nil {
		t.Fatal(err)
	}
	again, err := score.ParseBoard(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if d := b.Against(again); len(d.Changed)+len(d.Lost)+len(d.Gained)+len(d.Wants) > 0 {
		t.Errorf("the board differs from its own JSON: %+v", d)
	}
	out.Reset()
	if err := FleetLines(&out, Fleet(b)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines for 5 bundles", len(lines))
	}
	var first FleetLine
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	if first.InstanceID != "i-0123456789abcdef0" || first.High != 1 || first.Low != 1 || first.Worst == nil || first.Worst.Rule != "state.disk.nodefs_avail" {
		t.Errorf("first line: %+v", first)
	}
}
