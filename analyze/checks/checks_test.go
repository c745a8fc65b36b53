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
	docs := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range analyze.MustDocs(text) {
			docs++
			if !slices.Contains(listed, doc.ID) {
				t.Errorf("%s of folder checks/%s is not in the list", doc.ID, filepath.Dir(name))
			}
		}
	}
	if docs != len(listed) {
		t.Errorf("%d checks in the folders, %d in the list", docs, len(listed))
	}
}
