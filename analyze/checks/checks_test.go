package checks_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/eksleuth/eksleuth/analyze/checks"
)

// Every folder with a check.yaml is in the list, and no ID is there twice.
func TestListHasEachFolder(t *testing.T) {
	folders, err := filepath.Glob("*/check.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range checks.All() {
		if slices.Contains(ids, c.ID) {
			t.Errorf("%s is listed twice", c.ID)
		}
		ids = append(ids, c.ID)
	}
	if len(folders) != len(ids) {
		t.Errorf("%d folders with a check.yaml, %d checks in the list", len(folders), len(ids))
	}
}
