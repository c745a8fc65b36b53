package ops

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// A made bundle is that of a scenario, of which a test changes some files. Its
// methods end the test when what they are to change is not there.
type made struct {
	t     *testing.T
	files map[string]string
}

// A madeCase is a made bundle, and what its report must say: besides what is
// named no finding is above low.
type madeCase struct {
	name string // what it is about: "W22 a full disk"
	why  string // what goes wrong when this is not looked at with care
	from string // the scenario that is changed; "" is healthy
	make func(*made)

	found []string // rules and checks: each has a finding above info
	cause string   // the rule of the most likely root cause; "" when the test does not say
	never []string // rules and checks, or patterns as in yields_to, that have no finding above info
	clear []string // checks that were able to judge, and see no problem
	other analyze.Severity
	// check looks at what is left to say. other is how severe any other
	// finding may be, low when it is not set.
	check func(t *testing.T, r *analyze.Report)
}

// runMade analyzes made bundles.
func runMade(t *testing.T, cases []madeCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			if c.why == "" {
				t.Fatal("the case does not say what it is for")
			}
			m := madeOf(t, c.from)
			if c.make != nil {
				c.make(m)
			}
			c.judge(t, m.report())
		})
	}
}

func (c *madeCase) judge(t *testing.T, r *analyze.Report) {
	t.Helper()
	for _, id := range c.found {
		if found := findings(r, id); len(found) == 0 || found[0].Severity == analyze.Info {
			t.Errorf("no finding of %s above info; %s", id, fateOf(r, id))
		}
	}
	limit := analyze.Low
	if c.other != "" {
		limit = c.other
	}
	for _, f := range r.Findings {
		banned := slices.ContainsFunc(c.never, func(pattern string) bool { return analyze.IDGlob(pattern, f.Rule) })
		if !slices.Contains(c.found, f.Rule) && f.Severity.Rank() > limit.Rank() || banned && f.Severity != analyze.Info {
			t.Errorf("not wanted: %s %s %s, %s: %.200s", f.Severity, f.Rule, f.Summary, places(f.Evidence)[0], f.Evidence[0].Text)
		}
	}
	for _, id := range c.clear {
		if fate := fateOf(r, id); !strings.HasPrefix(fate, "it ended as clear") {
			t.Errorf("%s should be clear; %s", id, fate)
		}
	}
	if got := causeOf(r); c.cause != "" && got != c.cause {
		t.Errorf("the most likely root cause is %q, want %q", got, c.cause)
	}
	if c.check != nil {
		c.check(t, r)
	}
}

// findings are those of a rule or check.
func findings(r *analyze.Report, rule string) (all []*analyze.Finding) {
	for i := range r.Findings {
		if r.Findings[i].Rule == rule {
			all = append(all, &r.Findings[i])
		}
	}
	return all
}

// causeOf is the rule of the most likely root cause, "" when there is none.
func causeOf(r *analyze.Report) string {
	if len(r.Hypotheses) == 0 {
		return ""
	}
	return r.Finding(r.Hypotheses[0].Chain[0]).Rule
}

// madeOf reads the files of a scenario.
func madeOf(t *testing.T, scenario string) *made {
	t.Helper()
	if scenario == "" {
		scenario = "healthy"
	}
	m := &made{t, map[string]string{}}
	dir := os.DirFS(filepath.Join(scenarios, scenario))
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "want.json" {
			return err
		}
		text, err := fs.ReadFile(dir, path)
		m.files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// text is that of a file that must be there.
func (m *made) text(file string) string {
	m.t.Helper()
	text, ok := m.files[file]
	if !ok {
		m.t.Fatalf("there is no %s", file)
	}
	return text
}

// swap puts one text in the place of another, which stands in the file once.
func (m *made) swap(file, old, with string) {
	m.t.Helper()
	text := m.text(file)
	if n := strings.Count(text, old); n != 1 {
		m.t.Fatalf("%s has %q %d times, want once", file, old, n)
	}
	m.files[file] = strings.Replace(text, old, with, 1)
}

// add puts text behind that of a file, or makes the file.
func (m *made) add(file, text string) {
	m.files[file] += text
}

// sort orders the lines of a log by the time in them, from a mark on: within a
// file the order of lines counts.
func (m *made) sort(file, mark string) {
	m.t.Helper()
	lines := slices.Collect(strings.Lines(strings.TrimSuffix(m.text(file), "\n") + "\n"))
	slices.SortStableFunc(lines, func(a, b string) int {
		_, a, _ = strings.Cut(a, mark)
		_, b, _ = strings.Cut(b, mark)
		return strings.Compare(a[:min(23, len(a))], b[:min(23, len(b))])
	})
	m.files[file] = strings.Join(lines, "")
}

// cut takes the lines away that have a text in them: at least one.
func (m *made) cut(file, with string) {
	m.t.Helper()
	text := m.text(file)
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, with) {
			kept = append(kept, line)
		}
	}
	if m.files[file] = strings.Join(kept, ""); m.files[file] == text {
		m.t.Fatalf("no line of %s has %q", file, with)
	}
}

// drop removes the files that patterns name: at least one each.
func (m *made) drop(patterns ...string) {
	m.t.Helper()
	for _, pattern := range patterns {
		before := len(m.files)
		for file := range m.files {
			if ok, err := path.Match(pattern, file); err != nil {
				m.t.Fatal(err)
			} else if ok {
				delete(m.files, file)
			}
		}
		if len(m.files) == before {
			m.t.Fatalf("no file is %s", pattern)
		}
	}
}

// env is the container of aws-node with its variables, as ctr container info
// shows them, and what ipamd says of those that it tells.
func (m *made) env(variables ...string) {
	m.t.Helper()
	m.files["cni/cni-configuration-variables-containerd.json"] = `{"ID": "616e5e11a02e71af1fa061a72c75064ac3eca53f7eacdfdb6cf1b085cfb2af67", ` +
		`"Image": "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.4", ` +
		`"Spec": {"process": {"env": ["` + strings.Join(variables, `", "`) + `"]}}}` + "\n"
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		for _, file := range []string{"ipamd/ipamd-env-settings.json", "ipamd/networkutils-env-settings.json"} {
			for _, old := range []string{"false", "true", "0", "1", "null", "128"} {
				m.files[file] = strings.Replace(m.files[file], `"`+name+`":`+old+`,`, `"`+name+`":`+value+`,`, 1)
			}
		}
	}
}

// engine has the rules and checks of the binary.
var engine = sync.OnceValues(func() (*analyze.Engine, error) {
	rules, err := analyze.Rules()
	if err != nil {
		return nil, err
	}
	return analyze.New(rules, checks.All())
})

// report analyzes the bundle.
func (m *made) report() *analyze.Report {
	m.t.Helper()
	e, err := engine()
	if err != nil {
		m.t.Fatal(err)
	}
	dir := filepath.Join(m.t.TempDir(), "made")
	for file, text := range m.files {
		path := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			m.t.Fatal(err)
		}
		put(m.t, path, text)
	}
	src, err := bundle.Open(dir, nil, &bundle.Limits{})
	if err != nil {
		m.t.Fatal(err)
	}
	defer src.Close()
	scan := e.NewScan()
	c, err := index.Build(m.t.Context(), m.t.TempDir(), src, nil, scan, &index.Options{Formats: all.Formats()})
	if err != nil {
		m.t.Fatal(err)
	}
	defer c.Close()
	r, err := e.Report(m.t.Context(), scan, analyze.Request{Case: c, CaseID: "made"})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, state := range r.Checks {
		if state.Outcome == analyze.Failed {
			m.t.Errorf("%s failed: %s", state.ID, state.Error)
		}
	}
	return r
}
