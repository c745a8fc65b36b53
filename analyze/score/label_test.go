package score

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/analyze"
)

func TestParseLabel(t *testing.T) {
	cause := "state.disk.nodefs_avail"
	f := func(name, in string, want Label) {
		t.Helper()
		got, err := ParseLabel([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if d := cmp.Diff(want, *got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	f("clean", `{"clean": true}`, Label{Clean: true, Max: analyze.Low})
	f("open", `{"clean": false, "forbidden": ["kernel.oom.*"]}`, Label{Forbidden: []string{"kernel.oom.*"}})
	f("expected", `{"expected": ["kernel.panic", {"rule": "kernel.task.hung", "file": "kernel/dmesg.current", "line": 12}]}`, Label{
		Expected: []Expectation{{Rule: "kernel.panic"}, {Rule: "kernel.task.hung", At: []Place{{File: "kernel/dmesg.current", Line: 12}}}},
	})
	f("suppressed", `{"expected": [{"rule": "kernel.panic", "suppressed": true, "reason": "gate"}]}`, Label{
		Expected: []Expectation{{Rule: "kernel.panic", Fate: Suppressed, Reason: "gate"}},
	})
	f("truth", `{"bundle": "disk-pressure.tar.gz", "problems": [{"id": "disk-pressure", "root": true, "evidence": [
		{"file": "kubelet/kubelet.log", "line_no": 13, "text": "...", "count": 10, "last_line_no": 123}]},
		{"id": "old", "severity": "residue: already fixed", "evidence": [{"file": "kubelet/kubelet.log", "line_no": 1}]}]}`, Label{
		Max: analyze.Low,
		Problems: []Problem{
			{ID: "disk-pressure", Root: true, At: []Place{{"kubelet/kubelet.log", 13, 123}}},
			{ID: "old", Over: true, At: []Place{{"kubelet/kubelet.log", 1, 0}}},
		},
	})
	f("healthy truth", `{"problems": [], "summary": "nothing wrong"}`, Label{Clean: true, Max: analyze.Low})
	f("want", `{"origin": "made", "cause": "state.disk.nodefs_avail", "max_other": "medium", "findings": [
		{"rule": "kubelet.eviction.evicted", "severity": "high", "entity": "/", "evidence": [{"file": "kubelet/kubelet.log", "line": 18}],
		 "explained_by": ["state.disk.nodefs_avail"]}], "suppressed": [{"rule": "kubelet.node.not_ready", "reason": "recovered"}]}`, Label{
		Max: analyze.Medium, Cause: &cause,
		Expected: []Expectation{
			{
				Rule: "kubelet.eviction.evicted", Severity: analyze.High, Entity: "/",
				At: []Place{{File: "kubelet/kubelet.log", Line: 18}}, ExplainedBy: []string{"state.disk.nodefs_avail"},
			},
			{Rule: "kubelet.node.not_ready", Fate: Suppressed, Reason: "recovered"},
		},
	})
	f("a key that means nothing", `{"clean": true, "forbiden": ["x"], "summary": "s"}`, Label{
		Clean: true, Max: analyze.Low, Notes: []string{`the key "forbiden" means nothing in a label`},
	})
}

func TestParseLabel_refused(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if _, err := ParseLabel([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseLabel(%.60s) = %v, want an error with %q", in, err, want)
		}
	}
	f(``, "read the label")
	f(`[]`, "read the label")
	f(`{"clean": "yes"}`, "read the label")
	f(`{}`, "says nothing")
	f(`{"sumary": "x"}`, "says nothing")
	f(`{"expected": [{"file": "a", "line": 1}]}`, "without a rule")
	f(`{"expected": [{"rule": "a", "severity": "bad"}]}`, "no severity")
	f(`{"max_other": "bad"}`, "no severity")
	f(`{"expected": ["kernel.oom.invoked"], "forbidden": ["kernel.*"]}`, "both expected and forbidden")
	f(`{"forbidden": ["kernel.[oom"]}`, "no pattern")
	f(`{"forbidden": [""]}`, "no pattern")
	f(`{"forbidden": ["`+strings.Repeat("*a", 200)+`"]}`, "no pattern")
	f(`{"x": `+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+`, "clean": true}`, "100001 deep")
	f(`{"clean": true, "summary": "`+strings.Repeat("x", MaxLabel)+`"}`, "at most 4194304")
	f(`{"forbidden": ["a"`+strings.Repeat(`,"a"`, maxItems)+`]}`, "10001 entries")
	f(`{"problems": [{"evidence": [{}`+strings.Repeat(`,{}`, maxItems)+`]}]}`, "entries")
}

// TestParseLabel_bundles reads the labels of the small bundles.
func TestParseLabel_bundles(t *testing.T) {
	files, err := filepath.Glob("../../testdata/bundles/*/want.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no want.json: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		l, err := ParseLabel(text)
		if err != nil || len(l.Notes) > 0 || l.Max == "" || l.Cause == nil {
			t.Errorf("%s: %+v, %v", file, l, err)
		}
	}
}

func FuzzParseLabel(f *testing.F) {
	f.Add([]byte(`{"clean": true, "forbidden": ["kernel.*"]}`))
	f.Add([]byte(`{"expected": ["a", {"rule": "b", "file": "f", "line": 3, "suppressed": true}]}`))
	f.Add([]byte(`{"problems": [{"id": "p", "root": true, "evidence": [{"file": "f", "line_no": 1, "last_line_no": 9}]}]}`))
	f.Add([]byte(`{"cause": "", "findings": [{"rule": "a", "evidence": [{"file": "f", "line": 1}]}], "max_other": "low"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := ParseLabel(text)
		if err != nil {
			return
		}
		// Whatever it asks for, it can be judged.
		r := Judge(report(), l)
		if len(r.Findings) != len(report().Findings) {
			t.Errorf("%d findings", len(r.Findings))
		}
		for _, w := range r.Wants {
			if w.State == "" {
				t.Errorf("no state: %+v", w)
			}
		}
		Unreadable("damaged", l)
	})
}
