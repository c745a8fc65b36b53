package ops

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestScratch removes what nobody uses any more, and nothing else.
func TestScratch(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("TMP", tmp)
	live, err := makeScratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(tmp, scratchPrefix+"killed", ".lock-run"), "")
	put(t, filepath.Join(tmp, scratchPrefix+"killed", "case", "store"), "x")
	put(t, filepath.Join(tmp, scratchPrefix+"begun", "x"), "")
	put(t, filepath.Join(tmp, scratchPrefix+"old", "x"), "")
	put(t, filepath.Join(tmp, scratchPrefix+"file"), "")
	put(t, filepath.Join(tmp, "others", ".lock-run"), "")
	yesterday := time.Now().Add(-2 * oldAge)
	if err := os.Chtimes(filepath.Join(tmp, scratchPrefix+"old"), yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	removeDead(t.Context())
	for name, want := range map[string]bool{filepath.Base(live.dir): true, scratchPrefix + "killed": false, scratchPrefix + "begun": true, scratchPrefix + "old": false, scratchPrefix + "file": true, "others": true} {
		if _, err := os.Lstat(filepath.Join(tmp, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
	if err := live.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(live.dir); err == nil {
		t.Error("the folder of the run stays behind it")
	}
}
