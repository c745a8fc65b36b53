package analyzetest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// Golden compares what is made of each txtar of a folder with its section want;
// UPDATE_GOLDEN=1 rewrites that. A case is a test of its own, named after its file.
func Golden(t *testing.T, dir string, made func(t *testing.T, ar *txtar.Archive) string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: no cases: %v", dir, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, name, ar, made(t, ar))
		})
	}
}

// compare compares with the section want of a case, or writes it.
func compare(t *testing.T, name string, ar *txtar.Archive, got string) {
	i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if i < 0 {
			i = len(ar.Files)
			ar.Files = append(ar.Files, txtar.File{Name: "want"})
		}
		ar.Files[i].Data = []byte(got)
		if err := os.WriteFile(name, txtar.Format(ar), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if i < 0 {
		t.Fatalf("%s has no want section", name)
	}
	if d := cmp.Diff(string(ar.Files[i].Data), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}
