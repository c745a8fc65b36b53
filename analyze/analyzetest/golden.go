package analyzetest

import (
	"io/fs"
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

// GoldenFile compares a text with a file; UPDATE_GOLDEN=1 rewrites it.
func GoldenFile(t *testing.T, name, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

// Folder reads a bundle that stands as a folder, without what is expected of it.
func Folder(t *testing.T, dir string) *txtar.Archive {
	t.Helper()
	files := os.DirFS(dir)
	ar := &txtar.Archive{}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "want.json" {
			return err
		}
		text, err := fs.ReadFile(files, path)
		ar.Files = append(ar.Files, txtar.File{Name: path, Data: text})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ar
}
