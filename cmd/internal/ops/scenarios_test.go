package ops

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/imds"
)

const scenarios = "../../../testdata/bundles"

// A want is what the report of a scenario must say: its want.json.
type want struct {
	Origin     string        `json:"origin"`     // where the text of the bundle is from
	Cause      string        `json:"cause"`      // rule of the most likely root cause; "" for none
	Findings   []wantFinding `json:"findings"`   // each must be there
	Suppressed []wantMatch   `json:"suppressed"` // rules that matched and must not make a finding
	Forbidden  []string      `json:"forbidden"`  // patterns of rules that must have no finding of any severity: what is easily blamed
	// MaxOther is the severity that no other finding may exceed.
	MaxOther analyze.Severity `json:"max_other"`
	Missing  []string         `json:"missing"` // what the report must say that it could not judge
	IMDS     *wantIMDS        `json:"imds"`    // what it must conclude of the metadata service; null for anything
}

// A wantIMDS is what must be concluded of the metadata service, and of the
// classes that matter.
type wantIMDS struct {
	State imds.State               `json:"state"`
	Class imds.Class               `json:"class"`
	Host  string                   `json:"host"`
	Says  map[imds.Class]imds.Says `json:"says"`
	Pods  map[string]imds.Network  `json:"pods"` // those whose calls failed
	Does  []string                 `json:"does"` // words of the actions, in their order
}

func (w *wantIMDS) check(t *testing.T, c *imds.Conclusion) {
	t.Helper()
	if c.State != w.State || c.Class != w.Class || c.Host.Says != w.Host {
		t.Errorf("the metadata service is %s, class %q, the node %s; want %s, %q, %s", c.State, c.Class, c.Host.Says, w.State, w.Class, w.Host)
	}
	for class, says := range w.Says {
		if got := c.Judged(class); got.Says != says {
			t.Errorf("%s is %s (%s), want %s", class, got.Says, got.Text, says)
		}
	}
	pods := map[string]imds.Network{}
	for _, p := range c.Pods {
		pods[p.Pod] = p.Network
	}
	if d := cmp.Diff(w.Pods, pods, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("pods whose calls failed (-want +got):\n%s", d)
	}
	rest := c.Actions
	for _, words := range w.Does {
		i := slices.IndexFunc(rest, func(a imds.Action) bool { return strings.Contains(a.Text, words) })
		if i < 0 {
			t.Errorf("no action %q, or not at its place, among %q", words, c.Actions)
			continue
		}
		rest = rest[i:]
	}
}

// A wantFinding describes one finding.
type wantFinding struct {
	Rule        string           `json:"rule"`
	Severity    analyze.Severity `json:"severity"`
	Entity      string           `json:"entity"`       // one of its entities; "" for any
	Evidence    []place          `json:"evidence"`     // among its evidence
	ExplainedBy []string         `json:"explained_by"` // rules, among its causes
}

// A wantMatch is a rule whose matches are suppressed, and why.
type wantMatch struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
}

// A place is a line of a file in a bundle.
type place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// TestScenarios analyzes each bundle of testdata/bundles, compares the report
// with its want.json, and reads the bundle in other ways that must not matter.
func TestScenarios(t *testing.T) {
	for _, name := range scenarioNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := readWant(t, name)
			dir := filepath.Join(scenarios, name)
			home := t.TempDir()
			r := analyzed(t, AnalyzeRequest{Input: dir, Home: home, Workers: 1})
			w.check(t, r)
			sameReport(t, "four workers", r, analyzed(t, AnalyzeRequest{Input: dir, Home: t.TempDir(), Workers: 4}))
			sameReport(t, "tar.gz", r, analyzed(t, AnalyzeRequest{Input: packed(t, name), Home: t.TempDir()}))
			sameReport(t, "replay", r, analyzed(t, AnalyzeRequest{Input: r.Case.ID, Home: home, Version: "another"}))
			sameReport(t, "second analysis", r, analyzed(t, AnalyzeRequest{Input: dir, Home: home, Rules: []string{t.TempDir()}}))
		})
	}
}

// TestScenarios_truncated cuts the archive of a healthy node at several
// places: what came before the cut is read, and the report says so.
func TestScenarios_truncated(t *testing.T) {
	whole, err := os.ReadFile(packed(t, "healthy"))
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, share := range []int{30, 60, 90} {
		path := filepath.Join(t.TempDir(), "healthy.tar.gz")
		if err := os.WriteFile(path, whole[:len(whole)*share/100], 0o666); err != nil {
			t.Fatal(err)
		}
		r := analyzed(t, AnalyzeRequest{Input: path, Home: t.TempDir()})
		if r.Coverage.Broken == "" {
			t.Errorf("%d%% of the archive: the report does not say that the bundle is damaged", share)
		}
		if len(r.Coverage.Missing) == 0 {
			t.Errorf("%d%% of the archive: the report does not say what could not be judged", share)
		}
		(&want{MaxOther: analyze.Low}).check(t, r)
		before := lines
		lines = 0
		for _, f := range r.Coverage.Files {
			lines += f.Lines
		}
		if lines <= before {
			t.Errorf("%d%% of the archive: %d lines read, with less of it %d", share, lines, before)
		}
	}
}

// scenarioNames are the folders of testdata/bundles.
func scenarioNames(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(scenarios)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		t.Fatalf("no folders in %s", scenarios)
	}
	return names
}

func readWant(t *testing.T, name string) *want {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(scenarios, name, "want.json"))
	if err != nil {
		t.Fatal(err)
	}
	w := &want{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(w); err != nil {
		t.Fatalf("%s: want.json: %v", name, err)
	}
	if w.Origin == "" || w.MaxOther.Rank() == 0 {
		t.Fatalf("%s: want.json without origin or max_other", name)
	}
	return w
}

func analyzed(t *testing.T, req AnalyzeRequest) *analyze.Report {
	t.Helper()
	r, err := Analyze(t.Context(), req)
	if err != nil {
		t.Fatalf("Analyze(%s): %v", req.Input, err)
	}
	return r
}

// check compares a report with what it must say.
func (w *want) check(t *testing.T, r *analyze.Report) {
	t.Helper()
	ruleOf := map[string]string{}
	for i := range r.Findings {
		ruleOf[r.Findings[i].ID] = r.Findings[i].Rule
	}
	wanted := map[string]bool{}
	for i := range w.Findings {
		if f := w.Findings[i].find(r); f != nil {
			wanted[f.ID] = true
			w.Findings[i].check(t, f, ruleOf)
		} else {
			t.Errorf("no finding of %s about %q; %s", w.Findings[i].Rule, w.Findings[i].Entity, fateOf(r, w.Findings[i].Rule))
		}
	}
	for i := range r.Findings {
		if f := &r.Findings[i]; !wanted[f.ID] && f.Severity.Rank() > w.MaxOther.Rank() {
			t.Errorf("not wanted: %s %s %q, %s: %.200s", f.Severity, f.Rule, f.Title, places(f.Evidence)[0], f.Evidence[0].Text)
		}
	}
	w.checkRest(t, r, ruleOf)
}

func (w *want) checkRest(t *testing.T, r *analyze.Report, ruleOf map[string]string) {
	t.Helper()
	cause := ""
	if len(r.Hypotheses) > 0 {
		cause = ruleOf[r.Hypotheses[0].Chain[0]]
	}
	if cause != w.Cause {
		t.Errorf("the most likely root cause is %q, want %q", cause, w.Cause)
	}
	for _, f := range r.Findings {
		if slices.ContainsFunc(w.Forbidden, func(pattern string) bool { return analyze.IDGlob(pattern, f.Rule) }) {
			t.Errorf("blamed wrongly: %s %s, %s: %s", f.Severity, f.Rule, places(f.Evidence)[0], f.Summary)
		}
	}
	if w.IMDS != nil {
		w.IMDS.check(t, r.IMDS)
	}
	for _, m := range w.Suppressed {
		if !slices.ContainsFunc(r.Suppressed, func(s analyze.Suppressed) bool { return s.Rule == m.Rule && s.Reason == m.Reason }) {
			t.Errorf("%s is not suppressed as %s; %s", m.Rule, m.Reason, fateOf(r, m.Rule))
		}
	}
	for _, text := range w.Missing {
		if !slices.ContainsFunc(r.Coverage.Missing, func(s string) bool { return strings.Contains(s, text) }) {
			t.Errorf("the report does not say that it misses %q, only %q", text, r.Coverage.Missing)
		}
	}
	for _, c := range r.Checks {
		if c.Outcome == analyze.Failed {
			t.Errorf("check %s failed: %s", c.ID, c.Error)
		}
	}
}

// find returns the finding that is described; nil if there is none.
func (w *wantFinding) find(r *analyze.Report) *analyze.Finding {
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Rule == w.Rule && (w.Entity == "" || hasEntity(f, w.Entity)) {
			return f
		}
	}
	return nil
}

func hasEntity(f *analyze.Finding, value string) bool {
	for _, values := range f.Entities {
		if slices.Contains(values, value) {
			return true
		}
	}
	return false
}

func (w *wantFinding) check(t *testing.T, f *analyze.Finding, ruleOf map[string]string) {
	t.Helper()
	if f.Severity != w.Severity {
		t.Errorf("%s is %s, want %s", f.Rule, f.Severity, w.Severity)
	}
	at := places(f.Evidence)
	for _, p := range w.Evidence {
		if !slices.Contains(at, p) {
			t.Errorf("%s: %s is not among its evidence %v", f.Rule, p, at)
		}
	}
	var causes []string
	for _, id := range f.ExplainedBy {
		causes = append(causes, ruleOf[id])
	}
	for _, rule := range w.ExplainedBy {
		if !slices.Contains(causes, rule) {
			t.Errorf("%s is explained by %q, want %s among them", f.Rule, causes, rule)
		}
	}
}

func places(evidence []analyze.Evidence) []place {
	var out []place
	for _, e := range evidence {
		out = append(out, place{e.File, e.Line})
	}
	return out
}

// fateOf says what became of a rule or check.
func fateOf(r *analyze.Report, rule string) string {
	for _, s := range r.Suppressed {
		if s.Rule == rule {
			return fmt.Sprintf("it was suppressed, %s: %s", s.Reason, s.Detail)
		}
	}
	for _, c := range r.Checks {
		if c.ID == rule {
			return fmt.Sprintf("it ended as %s %s", c.Outcome, c.Note)
		}
	}
	return "there is no such rule"
}

// sameReport tests that reading a bundle in another way changes nothing but
// what names the input.
func sameReport(t *testing.T, how string, want, got *analyze.Report) {
	t.Helper()
	if d := cmp.Diff(indented(t, want), indented(t, got)); d != "" {
		t.Errorf("%s: the report differs (-first +%s):\n%.4000s", how, how, d)
	}
}

// indented is the JSON form of a report without the names of bundle and tool.
func indented(t *testing.T, r *analyze.Report) string {
	t.Helper()
	c := *r
	c.Tool.Version, c.Case.ID, c.Case.Bundle, c.Case.SHA256 = "", "", "", ""
	text, err := json.MarshalIndent(&c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// packed makes a tar.gz of a scenario, as the collector does: paths start with "./".
func packed(t *testing.T, name string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	tw := tar.NewWriter(z)
	if err := addFolder(t.Context(), tw, os.DirFS(filepath.Join(scenarios, name))); err != nil {
		t.Fatal(err)
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".tar.gz")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func addFolder(ctx context.Context, tw *tar.Writer, dir fs.FS) error {
	modified := time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)
	return fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return err
		}
		if d.IsDir() {
			return tw.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "./" + strings.TrimPrefix(path+"/", "./"), Mode: 0o755, ModTime: modified})
		}
		text, err := fs.ReadFile(dir, path)
		if err != nil {
			return err
		}
		if err := tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "./" + path, Mode: 0o644, ModTime: modified, Size: int64(len(text))}); err != nil {
			return err
		}
		_, err = tw.Write(text)
		return err
	})
}
