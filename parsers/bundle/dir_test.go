package bundle_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/google/go-cmp/cmp"
)

func write(tb testing.TB, dir string, list ...member) {
	tb.Helper()
	for _, f := range list {
		p := filepath.Join(dir, filepath.FromSlash(f.name))
		check(tb, os.MkdirAll(filepath.Dir(p), 0o700))
		check(tb, os.WriteFile(p, []byte(f.text), 0o600))
	}
}

func TestFolder(t *testing.T) {
	list := node(t)
	for _, under := range []string{"", "eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, under), list...)
		w := walkPath(t, dir, nil, nil)
		if d := cmp.Diff(texts(list), w.files); d != "" || w.err != nil || w.broken != nil || len(w.skipped) > 0 {
			t.Errorf("err %v, broken %v, skipped %v (-want +got):\n%s", w.err, w.broken, w.skipped, d)
		}
		if !slices.IsSorted(w.order) {
			t.Errorf("order %v is not sorted", w.order)
		}
		want := filepath.Base(dir)
		if under != "" {
			want = under
		}
		if w.name != want {
			t.Errorf("BundleName = %q, want %q", w.name, want)
		}
	}
}

func TestFolderSum(t *testing.T) {
	dir := t.TempDir()
	list := node(t)
	write(t, dir, list...)
	var lines strings.Builder
	for _, f := range list {
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256([]byte(f.text)), f.name)
	}
	want := fmt.Sprintf("%x", sha256.Sum256([]byte(lines.String())))
	s, err := bundle.Open(dir, nil, nil)
	check(t, err)
	defer s.Close()
	if sum, err := s.Sum(); sum != "" || err != nil {
		t.Errorf("Sum before Walk = %q, %v", sum, err)
	}
	check(t, s.Walk(t.Context(), func(bundle.File) error { return nil })) // nobody reads, the sum is the same
	if sum, _ := s.Sum(); sum != want {
		t.Errorf("Sum = %s, want %s", sum, want)
	}
	write(t, dir, member{name: "kernel/uname.txt", text: "changed"})
	if w := walkPath(t, dir, nil, nil); w.sum == want {
		t.Error("a changed file does not change the sum")
	}
}

func TestPartOfABundle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kubelet")
	write(t, dir, member{name: "kubelet.log", text: "k"}, member{name: "old/kubelet.log.gz", text: string(gz(t, []byte("o")))})
	w := walkPath(t, dir, nil, nil)
	if d := cmp.Diff(map[string]string{"kubelet.log": "k", "old/kubelet.log.gz": "o"}, w.files); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

// A bundle is often unpacked beside its archive, or beside an older bundle.
func TestFolderBesideArchives(t *testing.T) {
	const old = "backup/eks_i-07c3d9ab1e4f301ef_2026-11-20_0020-UTC_0.7.9"
	const archive = "eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9.tar.gz"
	dir := t.TempDir()
	list := node(t)
	write(t, dir, list...)
	write(t, dir, member{name: archive, text: string(gz(t, tarOf(t, list...)))}, member{name: old + "/kubelet/kubelet.log"})
	w := walkPath(t, dir, nil, nil)
	if d := cmp.Diff(texts(list), w.files); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	want := []string{archive, old + "/kubelet/kubelet.log"}
	if got := slices.Sorted(maps.Keys(w.reasons())); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("skipped %v, want %v", got, want)
	}
}

func TestFolderLimits(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		write(t, dir, member{name: fmt.Sprintf("kubelet/%d.log", i), text: "0123456789"})
	}
	w := walkPath(t, dir, nil, &bundle.Limits{Entries: 5}) // the folder and four files
	if len(w.files) != 4 || len(w.skipped) != 1 || w.err != nil {
		t.Errorf("entries: err %v, %d files, skipped %v", w.err, len(w.files), w.skipped)
	}
	w = walkPath(t, dir, nil, &bundle.Limits{TotalBytes: 35})
	if len(w.files) != 3 || len(w.skipped) != 1 || w.err != nil {
		t.Errorf("bytes: err %v, %d files, skipped %v", w.err, len(w.files), w.skipped)
	}
}
