package checks_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks"
)

// Every folder with a check.yaml is in the list, and no ID is there twice.
func TestListHasEachFolder(t *testing.T) {
	files, err := filepath.Glob("*/check.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("check.yaml files: %q, %v", files, err)
	}
	var listed []string
	for _, c := range checks.All() {
		if slices.Contains(listed, c.ID) {
			t.Errorf("%s is listed twice", c.ID)
		}
		listed = append(listed, c.ID)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if id := analyze.MustDoc(text).ID; !slices.Contains(listed, id) {
			t.Errorf("%s of folder checks/%s is not in the list", id, filepath.Dir(name))
		}
	}
	if len(files) != len(listed) {
		t.Errorf("%d folders with a check.yaml, %d checks in the list", len(files), len(listed))
	}
}
