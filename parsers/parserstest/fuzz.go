package parserstest

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
)

// Fuzz is the body of a fuzz target: it feeds f with what grows out of the
// examples in testdata.
func Fuzz(f *testing.F, format *parsers.Format) {
	path := "some/file"
	for _, file := range Files(f, "testdata") {
		path = file.Path
		f.Add(file.Text)
		if !format.Log() {
			continue
		}
		for _, line := range split(file.Text) {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if format.Sniff != nil {
			format.Sniff(head(text))
		}
		if err := check(format, path, text); err != nil {
			t.Fatal(err)
		}
	})
}

func check(format *parsers.Format, path string, text []byte) error {
	if !format.Log() {
		return checkText(format, path, text)
	}
	for _, line := range split(text) {
		if err := checkLine(format, line); err != nil {
			return err
		}
	}
	return nil
}

// Bench measures Header over the lines of the examples in testdata.
func Bench(b *testing.B, format *parsers.Format) {
	var all [][]byte
	var size int
	for _, file := range Files(b, "testdata") {
		all = append(all, split(file.Text)...)
		size += len(file.Text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range all {
			format.Header(line)
		}
	}
}
