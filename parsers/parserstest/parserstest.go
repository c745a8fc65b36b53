// Package parserstest is the test that every format must pass.
//
// A format's folder has its examples in testdata/*.txtar: a sentence that says
// where the text is from, files under the path that they have in a bundle, and
// a section "want" with what the format makes of them. The format's test is
//
//	func Test(t *testing.T)            { parserstest.Run(t, klog.Format) }
//	func FuzzFormat(f *testing.F)      { parserstest.Fuzz(f, klog.Format) }
//	func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, klog.Format) }
//
// UPDATE_GOLDEN=1 go test rewrites the want sections. A line that txtar would
// take for the start of a section ("-- No entries --") has a backslash before it.
// A file that is no text stands as hexadecimal digits below a line "(hex)"; what
// follows a # in them is a comment.
package parserstest

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/parsers"
)

// Want is the name of the section with the expected result.
const Want = "want"

// A File is a file of an example.
type File struct {
	Case string // the txtar it stands in
	Path string // its path in the bundle
	Text []byte
}

// Files returns the files of all examples in a folder, without want sections.
func Files(tb testing.TB, dir string) []File {
	tb.Helper()
	var files []File
	for _, name := range cases(tb, dir) {
		for _, f := range read(tb, name).Files {
			if f.Name != Want {
				files = append(files, File{name, f.Name, unescape(f.Data)})
			}
		}
	}
	return files
}

// cases lists the txtar files of a folder.
func cases(tb testing.TB, dir string) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		tb.Fatal(err)
	}
	return names
}

func read(tb testing.TB, name string) *txtar.Archive {
	tb.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// unescape drops the backslash of lines that start with "\\-- ", and makes
// bytes of hexadecimal digits.
func unescape(text []byte) []byte {
	if digits, ok := bytes.CutPrefix(text, []byte("(hex)\n")); ok {
		return unhex(digits)
	}
	text = bytes.ReplaceAll(text, []byte("\n\\-- "), []byte("\n-- "))
	if bytes.HasPrefix(text, []byte("\\-- ")) {
		return text[1:]
	}
	return text
}

// unhex panics at what is no digit: an example is wrong.
func unhex(text []byte) []byte {
	var digits []byte
	for line := range bytes.Lines(text) {
		line, _, _ = bytes.Cut(line, []byte("#"))
		digits = append(digits, bytes.Join(bytes.Fields(line), nil)...)
	}
	out := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(out, digits); err != nil {
		panic(err)
	}
	return out
}

// Run tests a format against the examples in the folder testdata.
func Run(t *testing.T, f *parsers.Format) {
	t.Helper()
	t.Run("value", func(t *testing.T) { value(t, f) })
	t.Run("golden", func(t *testing.T) { golden(t, f) })
	files := Files(t, "testdata")
	if len(files) == 0 {
		t.Fatalf("%s has no testdata/*.txtar", f.Name)
	}
	for _, file := range files {
		if err := detected(f, file); err != "" {
			t.Errorf("%s: %s: %s", file.Case, file.Path, err)
		}
	}
	if f.Log() {
		t.Run("lines", func(t *testing.T) { lines(t, f, files) })
		t.Run("alloc", func(t *testing.T) { allocs(t, f, files) })
	} else {
		t.Run("broken", func(t *testing.T) { broken(t, f, files) })
	}
}

// value tests that f says what it is.
func value(t *testing.T, f *parsers.Format) {
	if f.Name == "" || f.Doc == "" || f.Doc[len(f.Doc)-1] != '.' {
		t.Errorf("Name = %q, Doc = %q, want a name and a sentence", f.Name, f.Doc)
	}
	if (f.Header == nil) == (f.Decode == nil) {
		t.Errorf("%s must have either Header or Decode", f.Name)
	}
	if len(f.Files) == 0 && f.Sniff == nil {
		t.Errorf("%s can own no file: it has neither Files nor Sniff", f.Name)
	}
	for _, g := range f.Files {
		if _, err := filepath.Match(g, ""); err != nil {
			t.Errorf("pattern %q: %v", g, err)
		}
	}
	if f.Sniff != nil && f.Sniff(nil) {
		t.Errorf("%s claims an empty file of any name", f.Name)
	}
}

// detected says why f does not own a file; "" when it does.
func detected(f *parsers.Format, file File) string {
	if parsers.Detect([]*parsers.Format{f}, file.Path, head(file.Text)) == nil {
		return "neither a pattern nor the sniff of " + f.Name + " claims it"
	}
	return ""
}

// head is what a Sniff gets to see.
func head(text []byte) []byte { return text[:min(len(text), parsers.SniffLen)] }

// split returns the lines of a text without their ends.
func split(text []byte) [][]byte {
	ls := bytes.Split(text, []byte("\n"))
	if n := len(ls); n > 0 && len(ls[n-1]) == 0 {
		ls = ls[:n-1]
	}
	for i, l := range ls {
		ls[i] = bytes.TrimSuffix(l, []byte("\r"))
	}
	return ls
}

func update() bool { return os.Getenv("UPDATE_GOLDEN") != "" }
