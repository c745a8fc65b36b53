//go:build unix

package ops

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestHostile_folder has a folder with what only a disk can have: links that
// lead out, a pipe that nobody writes to, files that may not be read.
func TestHostile_folder(t *testing.T) {
	s := newSandbox(t)
	secret := s.file(t, "secret", []byte("secret text\n"))
	dir := filepath.Join(s.dir, "bundle")
	err := errors.Join(
		os.CopyFS(dir, os.DirFS(filepath.Join(scenarios, "healthy"))),
		os.Symlink(secret, filepath.Join(dir, "kubelet", "link.log")),
		os.Symlink("../../secret", filepath.Join(dir, "kubelet", "up.log")),
		os.Symlink(s.dir, filepath.Join(dir, "var_log", "out")),
		os.Symlink(".", filepath.Join(dir, "var_log", "loop")),
		syscall.Mkfifo(filepath.Join(dir, "var_log", "pipe"), 0o600),
		os.WriteFile(filepath.Join(dir, "var_log", "b\x1b[31m\xff.log"), []byte("text\n"), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	o := s.analyze(t, AnalyzeRequest{Input: dir})
	o.says(t)
	got := o.skipped()
	for path, why := range map[string]string{
		"kubelet/link.log": "symbolic link, not followed", "kubelet/up.log": "symbolic link, not followed",
		"var_log/out": "symbolic link, not followed", "var_log/loop": "symbolic link, not followed", "var_log/pipe": "named pipe",
	} {
		if got[path] != why {
			t.Errorf("%s is skipped as %q, want %q", path, got[path], why)
		}
	}
	if strings.Contains(o.json, "secret text") {
		t.Error("the report has text from outside of the bundle")
	}
	if o.file("var_log/b%1B[31m%FF.log") == nil {
		t.Error("the file with the odd name was not read")
	}
}
