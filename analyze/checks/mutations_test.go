package checks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// A mutation changes one thing of a healthy node. Those of a check stand in
// testdata/mutations.yaml beside it. The changed bundle is analyzed as any other,
// so that a check that asks for events of rules needs a line in a log:
//
//	# The disk of the node is full of small files.
//	- file: storage/inodes.txt
//	  old: " 2% /\n"
//	  new: " 98% /\n"
//	  found: [state.disk.inodes_free]
type mutation struct {
	File string `yaml:"file"`
	// Old stands in the file exactly once; without it New is added behind the
	// last line, and makes the file when there is none.
	Old string `yaml:"old"`
	New string `yaml:"new"`
	// Repeat is how often New is put there, for what counts only in numbers.
	Repeat int `yaml:"repeat"`
	// Cut is an expression: the lines that match are taken away.
	Cut string `yaml:"cut"`
	// Gone takes the file away.
	Gone bool `yaml:"gone"`
	// Also are other files in which the same thing shows: a program that does
	// not run is neither in the list of processes nor in that of sockets.
	Also []mutation `yaml:"also"`
	// Found are the checks that find something now, and did not before. No
	// other changes, but for those of NoData.
	Found  []string `yaml:"found"`
	Clear  []string `yaml:"clear"`
	NoData []string `yaml:"no_data"`
}

// TestMutations changes a healthy bundle in one place at a time: the checks that
// are about the place say so, and no other says anything else than before.
func TestMutations(t *testing.T) {
	files, err := filepath.Glob("*/testdata/mutations.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("mutations.yaml files: %q, %v", files, err)
	}
	base := healthy(t)
	before := outcomes(t, base)
	for id, o := range before {
		if o == analyze.Found || o == analyze.Failed {
			t.Errorf("%s is %s in the healthy bundle", id, o)
		}
	}
	for _, name := range files {
		for i, m := range mutations(t, name) {
			t.Run(fmt.Sprintf("%s/%d", filepath.Dir(filepath.Dir(name)), i+1), func(t *testing.T) {
				t.Parallel()
				m.run(t, base, before)
			})
		}
	}
}

// unmoved are checks that no change of the healthy bundle can make find
// something, with the reason.
var unmoved = map[string]string{}

// TestMutations_all wants one for each check, in its folder.
func TestMutations_all(t *testing.T) {
	moved := map[string]bool{}
	for _, dir := range folders(t) {
		text, err := os.ReadFile(filepath.Join(dir, "check.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, "testdata", "mutations.yaml")
		if _, err := os.Stat(name); err != nil {
			continue
		}
		all := mutations(t, name)
		for _, doc := range analyze.MustDocs(text) {
			moved[doc.ID] = slices.ContainsFunc(all, func(m mutation) bool { return slices.Contains(m.Found, doc.ID) })
		}
	}
	for _, c := range checks.All() {
		why, excused := unmoved[c.ID]
		switch {
		case !strings.HasPrefix(c.ID, "state."):
		case !moved[c.ID] && !excused:
			t.Errorf("%s: no mutation in the folder of the check makes it find something", c.ID)
		case moved[c.ID] && excused:
			t.Errorf("%s has a mutation; take it from unmoved: %s", c.ID, why)
		}
	}
}

// untouched are files of the healthy bundle, but for logs, that no mutation
// changes, with the reason.
var untouched = map[string]string{
	"containerd/containerd-namespaces.txt": "no namespace is a problem",
	"ipamd/eni-configs.json":               "the name of the configuration in use",
	"ipamd/pods.json":                      "this ipamd answers with a list of what it can be asked",
	"kubelet/svc.log":                      "kubectl was not run",
	"networking/iptables-filter.txt":       "the same rules as in iptables-save.txt, which comes first",
	"networking/iptables-mangle.txt":       "the same rules as in iptables-save.txt, which comes first",
	"system/script-params.txt":             "options of the collector",
}

// TestMutations_files wants one for each file that is no log: what is decoded is
// also judged.
func TestMutations_files(t *testing.T) {
	names, err := filepath.Glob("*/testdata/mutations.yaml")
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string]bool{}
	for _, name := range names {
		for _, m := range mutations(t, name) {
			changed[m.File] = true
			for _, also := range m.Also {
				changed[also.File] = true
			}
		}
	}
	for _, f := range healthy(t).Files {
		log := strings.HasPrefix(f.Name, "var_log/") || strings.HasSuffix(f.Name, ".log") || strings.HasSuffix(f.Name, "-log.txt")
		switch why := untouched[f.Name]; {
		case !changed[f.Name] && why == "" && !log:
			t.Errorf("no mutation changes %s", f.Name)
		case changed[f.Name] && why != "":
			t.Errorf("a mutation changes %s; take it from untouched: %s", f.Name, why)
		}
	}
}

// folders are those of the checks.
func folders(t *testing.T) (dirs []string) {
	t.Helper()
	files, err := filepath.Glob("*/check.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("check.yaml files: %q, %v", files, err)
	}
	for _, name := range files {
		dirs = append(dirs, filepath.Dir(name))
	}
	return dirs
}

// mutations reads a file.
func mutations(t *testing.T, name string) (all []mutation) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	dec.KnownFields(true)
	if err := dec.Decode(&all); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return all
}

func (m *mutation) run(t *testing.T, base *txtar.Archive, before map[string]analyze.Outcome) {
	want := map[string]analyze.Outcome{}
	for o, ids := range map[analyze.Outcome][]string{analyze.Found: m.Found, analyze.Clear: m.Clear, analyze.NoData: m.NoData} {
		for _, id := range ids {
			want[id] = o
		}
	}
	if len(want) == 0 {
		t.Fatal("nothing is to change")
	}
	got := map[string]analyze.Outcome{}
	for id, o := range outcomes(t, m.apply(t, base)) {
		if o != before[id] {
			got[id] = o
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: %q for %q changes other checks (-want +got):\n%s", m.File, m.New, m.Old, d)
	}
}

// apply makes the changed bundle.
func (m *mutation) apply(t *testing.T, base *txtar.Archive) *txtar.Archive {
	t.Helper()
	ar := &txtar.Archive{Files: slices.Clone(base.Files)}
	m.change(t, ar)
	for _, also := range m.Also {
		also.change(t, ar)
	}
	return ar
}

// change changes one file.
func (m *mutation) change(t *testing.T, ar *txtar.Archive) {
	t.Helper()
	i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == m.File })
	switch {
	case m.File == "":
		t.Fatal("a mutation without file")
	case i < 0 && (m.Old != "" || m.Cut != "" || m.Gone):
		t.Fatalf("the healthy bundle has no %s", m.File)
	case m.Gone:
		ar.Files = slices.Delete(ar.Files, i, i+1)
		return
	case i < 0:
		i = len(ar.Files)
		ar.Files = append(ar.Files, txtar.File{Name: m.File})
	}
	ar.Files[i].Data = []byte(m.text(t, string(ar.Files[i].Data)))
}

// text is that of the changed file.
func (m *mutation) text(t *testing.T, text string) string {
	t.Helper()
	put := strings.Repeat(m.New, max(m.Repeat, 1))
	switch {
	case m.Cut != "":
		cut := regexp.MustCompile(m.Cut)
		lines := slices.DeleteFunc(slices.Collect(strings.Lines(text)), cut.MatchString)
		if rest := strings.Join(lines, ""); rest != text {
			return rest
		}
		t.Fatalf("no line of %s matches %s", m.File, m.Cut)
	case m.Old == "":
		return text + put
	case strings.Count(text, m.Old) != 1:
		t.Fatalf("%s has %q %d times, want once", m.File, m.Old, strings.Count(text, m.Old))
	}
	return strings.Replace(text, m.Old, put, 1)
}

// healthy is a bundle of testdata whose node is well.
func healthy(t *testing.T) *txtar.Archive {
	t.Helper()
	return analyzetest.Folder(t, "../../testdata/bundles/healthy")
}

// engine has the rules too: checks ask for their events.
var engine = sync.OnceValues(func() (*analyze.Engine, error) {
	rules, err := analyze.Rules()
	if err != nil {
		return nil, err
	}
	return analyze.New(rules, checks.All())
})

// outcomes analyzes a bundle as the program does.
func outcomes(t *testing.T, ar *txtar.Archive) map[string]analyze.Outcome {
	t.Helper()
	e, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	src, err := bundle.Open(unpacked(t, ar), nil, &bundle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	scan := e.NewScan()
	c, err := index.Build(t.Context(), t.TempDir(), src, nil, scan, &index.Options{Formats: all.Formats(), Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := e.Report(t.Context(), scan, analyze.Request{Case: c, CaseID: "mutation"})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]analyze.Outcome{}
	for _, s := range r.Checks {
		if !slices.ContainsFunc(checks.All(), func(c *analyze.Check) bool { return c.ID == s.ID }) {
			continue
		}
		if s.Outcome == analyze.Failed {
			t.Errorf("%s: %s", s.ID, s.Error)
		}
		out[s.ID] = s.Outcome
	}
	return out
}

// unpacked writes the files of a bundle.
func unpacked(t *testing.T, ar *txtar.Archive) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "healthy")
	for _, f := range ar.Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
