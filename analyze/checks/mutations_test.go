package checks_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks"
)

// A mutation changes one thing of a healthy node. Those of a check stand in
// testdata/mutations.yaml beside it:
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
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dec := yaml.NewDecoder(strings.NewReader(string(text)))
		dec.KnownFields(true)
		var all []mutation
		if err := dec.Decode(&all); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, m := range all {
			t.Run(fmt.Sprintf("%s/%d", filepath.Dir(filepath.Dir(name)), i+1), func(t *testing.T) { m.run(t, base, before) })
		}
	}
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
	if i < 0 {
		i = len(ar.Files)
		ar.Files = append(ar.Files, txtar.File{Name: m.File})
	}
	text := string(ar.Files[i].Data)
	put := strings.Repeat(m.New, max(m.Repeat, 1))
	switch {
	case m.Old == "":
		text += put
	case strings.Count(text, m.Old) != 1:
		t.Fatalf("%s has %q %d times, want once", m.File, m.Old, strings.Count(text, m.Old))
	default:
		text = strings.Replace(text, m.Old, put, 1)
	}
	ar.Files[i].Data = []byte(text)
}

// healthyCase is what the analysis of the healthy bundle knows before its checks.
const healthyCase = `bundle: healthy
instance_id: i-07c3d9ab1e4f301ef
hostname: ip-10-0-12-34.us-west-2.compute.internal
os: Debian
collected_at: 2026-11-21T00:20:04Z
booted_at: 2026-11-21T00:08:45Z
`

// healthy is a bundle of testdata whose node is well.
func healthy(t *testing.T) *txtar.Archive {
	t.Helper()
	dir := os.DirFS("../../testdata/bundles/healthy")
	ar := &txtar.Archive{Files: []txtar.File{{Name: "case", Data: []byte(healthyCase)}}}
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "want.json" {
			return err
		}
		text, err := fs.ReadFile(dir, path)
		ar.Files = append(ar.Files, txtar.File{Name: path, Data: text})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ar
}

// outcomes runs all checks.
func outcomes(t *testing.T, ar *txtar.Archive) map[string]analyze.Outcome {
	t.Helper()
	p := analyzetest.Pass(ar)
	out := map[string]analyze.Outcome{}
	for _, c := range checks.All() {
		p.Check = c
		v, err := c.Run(context.Background(), p)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			v.Outcome = analyze.Failed
		}
		out[c.ID] = v.Outcome
	}
	return out
}
