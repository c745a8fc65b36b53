//go:build unix

package ops

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What a shell gives for <(kubectl get nodes -o json) can be read only once.
func TestAnalyze_extraPipe(t *testing.T) {
	archive, home := packed(t, "healthy"), t.TempDir()
	pipe := filepath.Join(t.TempDir(), "63")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	analyze := func(text string) string {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- os.WriteFile(pipe, []byte(text), 0o600) }()
		r := analyzed(t, AnalyzeRequest{Input: archive, Home: home, With: []string{pipe}})
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(r.Coverage.Side) != 1 || r.Coverage.Side[0].Path != "extra/stdin" {
			t.Errorf("Side = %+v", r.Coverage.Side)
		}
		return r.Case.ID
	}
	own, other := analyze(nodesJSON(ownName, ownID)), analyze(nodesJSON(otherName, otherID))
	if own == other || own != analyze(nodesJSON(ownName, ownID)) {
		t.Errorf("cases %s and %s, want one for each content", own, other)
	}
	if bundles, extra := Inputs([]string{archive, pipe}); len(bundles) != 1 || len(extra) != 1 {
		t.Errorf("Inputs = %q, %q, want the pipe beside the bundle", bundles, extra)
	}
}
