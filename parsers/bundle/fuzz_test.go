package bundle_test

import (
	"bytes"
	"errors"
	"io"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// seeds are small archives of every kind, whole and cut off.
func seeds(f *testing.F) {
	list := []member{
		{name: "./kubelet/kubelet.log", text: "I1121 00:19:43.418774     467 kubelet.go:2522]\n"},
		{name: "/etc/passwd", text: "x"},
		{name: "../up", text: "x"},
		{name: "eks_i-0abc_0.7.9/cni/x", text: "x"},
		{name: "l\x1bnk", typ: '2', link: "/etc/passwd"},
		{name: "a.gz", text: string(gz(f, []byte("text")))},
	}
	files := list[:4]
	t := tarOf(f, append(list, member{name: "b.zip", text: string(zipOf(f, files...))})...)
	stored := bytes.ReplaceAll(zipOf(f, files...), []byte("\x08\x00\x08\x00"), []byte("\x08\x00\x00\x00"))
	for _, data := range [][]byte{
		t, gz(f, t), zst(f, t), xzed(f, t), gz(f, gz(f, t)), zipOf(f, files...), stored,
		gz(f, []byte("text")), []byte("text"), readFile(f, "testdata/node.tar.bz2"), readFile(f, "testdata/kubelet.log.xz"),
	} {
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(data[:len(data)*9/10])
	}
}

// FuzzWalk holds what must be true of every input: no panic, no path that
// leads out or acts on a terminal, no more bytes than the limits allow, and an
// error that says what it is.
func FuzzWalk(f *testing.F) {
	seeds(f)
	limits := bundle.Limits{Entries: 200, EntryBytes: 64 << 10, TotalBytes: 1 << 20, PathBytes: 200, Nesting: 2}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := bundle.Open("-", bytes.NewReader(data), &limits)
		check(t, err)
		var total int64
		files := map[string]bool{}
		err = s.Walk(t.Context(), func(f bundle.File) error {
			cleanPath(t, f.Path)
			if files[f.Path] {
				t.Errorf("path %q was handed out twice", f.Path)
			}
			files[f.Path] = true
			n, _ := io.Copy(io.Discard, f.R)
			if n > limits.EntryBytes {
				t.Errorf("%q: %d bytes are over the limit", f.Path, n)
			}
			total += n
			return nil
		})
		if total > limits.TotalBytes+int64(len(data)) || len(files) > limits.Entries {
			t.Errorf("%d bytes, %d files are over the limits", total, len(files))
		}
		if err != nil && !errors.Is(err, bundle.ErrNotBundle) {
			t.Errorf("Walk = %v", err)
		}
		if (err == nil) != (len(files) > 0) {
			t.Errorf("Walk = %v with %d files", err, len(files))
		}
		for _, k := range s.Skipped() {
			printable(t, k.Path)
			printable(t, k.Reason)
		}
		if s.Broken() != nil {
			printable(t, s.Broken().Error())
		}
		if err != nil {
			printable(t, err.Error())
		}
		if len(s.Skipped()) > 2*limits.Entries+10 {
			t.Errorf("%d skips", len(s.Skipped()))
		}
	})
}

func cleanPath(t *testing.T, p string) {
	t.Helper()
	if !filepath.IsLocal(p) || path.Clean(p) != p || strings.Contains(p, `\`) || len(p) > 220 {
		t.Errorf("path %q is not a clean one", p)
	}
	printable(t, p)
}

func printable(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("%q would act on a terminal", s)
	}
}
