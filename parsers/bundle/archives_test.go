package bundle_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/ulikunitz/xz"
)

var collected = time.Date(2026, 11, 21, 0, 20, 0, 0, time.UTC)

// A member is one entry of an archive that a test builds.
type member struct {
	name string
	text string
	typ  byte   // of tar; 0 is a regular file
	link string // of tar
}

// node is the bundle of testdata/node.txtar.
func node(tb testing.TB) []member {
	tb.Helper()
	a, err := txtar.ParseFile("testdata/node.txtar")
	if err != nil {
		tb.Fatal(err)
	}
	var all []member
	for _, f := range a.Files {
		all = append(all, member{name: f.Name, text: string(f.Data)})
	}
	slices.SortFunc(all, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	return all
}

// under puts members below a folder.
func under(dir string, list []member) []member {
	out := slices.Clone(list)
	for i := range out {
		out[i].name = dir + out[i].name
	}
	return out
}

func texts(list []member) map[string]string {
	m := map[string]string{}
	for _, f := range list {
		m[f.name] = f.text
	}
	return m
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func tarOf(tb testing.TB, list ...member) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range list {
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.text)), Typeflag: cmp.Or(f.typ, tar.TypeReg), Linkname: f.link, ModTime: collected}
		check(tb, w.WriteHeader(h))
		_, err := io.WriteString(w, f.text)
		check(tb, err)
	}
	check(tb, w.Close())
	return b.Bytes()
}

func zipOf(tb testing.TB, list ...member) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range list {
		e, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: collected})
		check(tb, err)
		_, err = io.WriteString(e, f.text)
		check(tb, err)
	}
	check(tb, w.Close())
	return b.Bytes()
}

func packed(tb testing.TB, data []byte, open func(io.Writer) (io.WriteCloser, error)) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	check(tb, err)
	_, err = w.Write(data)
	check(tb, err)
	check(tb, w.Close())
	return b.Bytes()
}

func gz(tb testing.TB, data []byte) []byte {
	return packed(tb, data, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
}

func zst(tb testing.TB, data []byte) []byte {
	return packed(tb, data, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
}

func xzed(tb testing.TB, data []byte) []byte {
	return packed(tb, data, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) })
}

// A walk is what came out of a source.
type walk struct {
	files   map[string]string
	order   []string
	sizes   map[string]int64
	damaged map[string]bool // files whose reader ended in an error
	skipped []bundle.Skip
	broken  error
	sum     string
	name    string
	err     error
}

// reasons are the skipped paths with their reasons.
func (w walk) reasons() map[string]string {
	m := map[string]string{}
	for _, s := range w.skipped {
		m[s.Path] = s.Reason
	}
	return m
}

func (w walk) paths() []string { return slices.Sorted(maps.Keys(w.files)) }

// walkBytes walks data as the content of a file of this name.
func walkBytes(tb testing.TB, name string, data []byte, limits *bundle.Limits) walk {
	tb.Helper()
	p := filepath.Join(tb.TempDir(), name)
	check(tb, os.WriteFile(p, data, 0o600))
	return walkPath(tb, p, nil, limits)
}

func walkPath(tb testing.TB, p string, stdin io.Reader, limits *bundle.Limits) walk {
	tb.Helper()
	s, err := bundle.Open(p, stdin, limits)
	check(tb, err)
	defer s.Close()
	return walkSource(tb, s)
}

func walkSource(tb testing.TB, s *bundle.Source) walk {
	tb.Helper()
	w := walk{files: map[string]string{}, sizes: map[string]int64{}, damaged: map[string]bool{}}
	w.err = s.Walk(tb.Context(), func(f bundle.File) error {
		text, err := io.ReadAll(f.R)
		if _, twice := w.files[f.Path]; twice {
			tb.Errorf("path %q was handed out twice", f.Path)
		}
		w.files[f.Path], w.sizes[f.Path], w.damaged[f.Path] = string(text), f.Size, err != nil
		w.order = append(w.order, f.Path)
		return nil
	})
	w.skipped, w.broken, w.name = s.Skipped(), s.Broken(), s.BundleName()
	sum, err := s.Sum()
	check(tb, err)
	w.sum = sum
	return w
}
