package ops

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
)

// A truth is what the people who broke a node know of its bundle.
type truth struct {
	Problems []problem `json:"problems"`
	Symptoms []problem `json:"symptoms"`
}

// A problem is a fault or one of its effects.
type problem struct {
	ID       string `json:"id"`
	Root     bool   `json:"root"`
	Severity string `json:"severity"` // "residue ..." for what was over when the logs began
	Evidence []struct {
		File string `json:"file"`
		Line int    `json:"line_no"`
		Last int    `json:"last_line_no"` // of several such lines; 0 for one
		Text string `json:"text"`
	} `json:"evidence"`
}

// unsaid are lines that prove a problem and that nothing reads yet.
var unsaid = map[string][]place{
	// SYN_SENT [UNREPLIED] to the address of the API server: conntrack.txt is not decoded.
	"ipamd-cannot-reach-apiserver": {{"networking/conntrack.txt", 5}},
}

// TestTruth analyzes the bundles of the folder that $EKSLEUTH_TRUTH names:
// NAME.tar.gz beside NAME.truth.json.
func TestTruth(t *testing.T) {
	dir := os.Getenv("EKSLEUTH_TRUTH")
	if dir == "" {
		t.Skip("EKSLEUTH_TRUTH names no folder with bundles; TestScenarios has small ones")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.truth.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no *.truth.json in %s", dir)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".truth.json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var truth truth
			if err := json.Unmarshal(text, &truth); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			truth.check(t, analyzed(t, AnalyzeRequest{Input: filepath.Join(dir, name+".tar.gz"), Home: t.TempDir()}))
		})
	}
}

func (w *truth) check(t *testing.T, r *analyze.Report) {
	for i := range w.Problems {
		w.Problems[i].check(t, r)
	}
	byID := map[string]*analyze.Finding{}
	for i := range r.Findings {
		byID[r.Findings[i].ID] = &r.Findings[i]
	}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Severity.Rank() > analyze.Low.Rank() && !w.accounts(f, byID) {
			t.Errorf("nobody knows of this: %s %s %q, %s: %.200s", f.Severity, f.Rule, f.Title, places(f.Evidence)[0], f.Evidence[0].Text)
		}
	}
	if len(r.Hypotheses) > 0 && !w.isRoot(byID[r.Hypotheses[0].Chain[0]]) {
		t.Errorf("the most likely root cause is %q, which is no root problem", r.Hypotheses[0].Title)
	}
}

// check looks for each line of a problem in the findings; in what was
// suppressed, if the problem was over.
func (p *problem) check(t *testing.T, r *analyze.Report) {
	for _, e := range p.Evidence {
		at := place{e.File, e.Line}
		rules := rulesAt(r, at)
		if strings.HasPrefix(p.Severity, "residue") {
			rules = suppressedAt(r, at)
		}
		switch missing := slices.Contains(unsaid[p.ID], at); {
		case missing && len(rules) > 0:
			t.Errorf("%s: %s is in the report; take it from unsaid", p.ID, at)
		case !missing && len(rules) == 0:
			t.Errorf("%s: nothing is said of %s: %.200s", p.ID, at, e.Text)
		}
		t.Logf("%s %s: %s", p.ID, at, strings.Join(rules, ", "))
	}
}

// rulesAt are the rules of the findings that a line proves.
func rulesAt(r *analyze.Report, at place) []string {
	var rules []string
	for i := range r.Findings {
		if f := &r.Findings[i]; slices.Contains(places(f.Evidence), at) {
			rules = append(rules, f.ID+" "+f.Rule)
		}
	}
	return rules
}

func suppressedAt(r *analyze.Report, at place) []string {
	var rules []string
	for i := range r.Suppressed {
		if s := &r.Suppressed[i]; slices.Contains(places(s.Evidence), at) {
			rules = append(rules, s.Rule+" ("+s.Reason+")")
		}
	}
	return rules
}

// accounts reports whether a finding is about a known problem or symptom: its
// evidence says so, or it follows from one that is.
func (w *truth) accounts(f *analyze.Finding, byID map[string]*analyze.Finding) bool {
	for i := range w.Problems {
		if w.Problems[i].shares(f) {
			return true
		}
	}
	for i := range w.Symptoms {
		if w.Symptoms[i].shares(f) {
			return true
		}
	}
	return slices.ContainsFunc(f.ExplainedBy, func(id string) bool { return w.accounts(byID[id], byID) })
}

func (w *truth) isRoot(f *analyze.Finding) bool {
	return slices.ContainsFunc(w.Problems, func(p problem) bool { return p.Root && p.shares(f) })
}

// shares reports whether a line proves both problem and finding.
func (p *problem) shares(f *analyze.Finding) bool {
	at := places(f.Evidence)
	for _, e := range p.Evidence {
		if slices.Contains(at, place{e.File, e.Line}) || e.Last > 0 && slices.Contains(at, place{e.File, e.Last}) {
			return true
		}
	}
	return false
}
