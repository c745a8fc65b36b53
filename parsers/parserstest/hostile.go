package parserstest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
)

// lines tests that no line, whole, cut or damaged, gets f to panic or to point
// outside of the line.
func lines(t *testing.T, f *parsers.Format, files []File) {
	for _, file := range files {
		for _, line := range split(file.Text) {
			for _, bad := range damage(line) {
				if err := checkLine(f, bad); err != nil {
					t.Fatalf("%s: %s: %v", file.Case, file.Path, err)
				}
			}
		}
	}
}

// damage returns a line as hostile or broken bundles would have it.
func damage(line []byte) [][]byte {
	const prefixes, long = 600, 1 << 16
	var out [][]byte
	for n := range min(len(line), prefixes) + 1 {
		out = append(out, line[:n])
	}
	nul := make([]byte, 100)
	bad := []byte("\xff\xfe\xc3\x28\x00\x1b[31m")
	out = append(out, line, slices.Concat(nul, line), slices.Concat(line, nul), slices.Concat(bad, line),
		bytes.Repeat(line, long/(len(line)+1)+1), append(slices.Clip(line), bytes.Repeat([]byte{'"', '\\', '{'}, long)...))
	rnd := rand.New(rand.NewPCG(1, uint64(len(line))))
	for range 50 {
		if len(line) > 0 {
			out = append(out, mutate(rnd, line))
		}
	}
	return out
}

// mutate changes a few bytes of a copy of b.
func mutate(rnd *rand.Rand, b []byte) []byte {
	const odd = "\x00\xff\n\t \"\\{}[]():=-+09zZ"
	c := bytes.Clone(b)
	for range 1 + rnd.IntN(4) {
		at := rnd.IntN(len(c))
		switch rnd.IntN(3) {
		case 0:
			c[at] = odd[rnd.IntN(len(odd))]
		case 1:
			c[at] = byte(rnd.IntN(256))
		case 2:
			end := min(len(c), at+rnd.IntN(20))
			c = slices.Delete(c, at, max(at, min(end, at+len(c)-1)))
		}
	}
	return c
}

// checkLine says what is wrong with the header that f reads from a line.
func checkLine(f *parsers.Format, line []byte) error {
	in := slices.Clip(bytes.Clone(line)) // reading past the end is a panic
	h := f.Header(in)
	if f.Continues != nil {
		f.Continues(in)
	}
	short := line[:min(len(line), 200)]
	switch {
	case !bytes.Equal(in, line):
		return fmt.Errorf("Header(%q) changed the line", short)
	case h.Body < 0 || h.Body > len(line):
		return fmt.Errorf("Header(%q).Body = %d, the line has %d bytes", short, h.Body, len(line))
	case !bytes.Contains(line, h.Ident):
		return fmt.Errorf("Header(%q).Ident = %q, not a part of the line", short, h.Ident)
	case !h.OK && !reflect.DeepEqual(h, parsers.Header{}):
		return fmt.Errorf("Header(%q) = %+v, a line without structure has nothing", short, h)
	case h.Stamp.Kind == parsers.NoStamp && h.Stamp.Nano != 0:
		return fmt.Errorf("Header(%q).Stamp = %+v without a kind", short, h.Stamp)
	}
	return nil
}

// allocs tests that reading headers allocates nothing.
func allocs(t *testing.T, f *parsers.Format, files []File) {
	for _, file := range files {
		for i, line := range split(file.Text) {
			n := testing.AllocsPerRun(10, func() {
				f.Header(line)
				if f.Continues != nil {
					f.Continues(line)
				}
			})
			if n != 0 {
				t.Errorf("%s: %s:%d: Header allocates %v times", file.Case, file.Path, i+1, n)
			}
		}
	}
}

// broken tests that no text, whole, cut or damaged, gets Decode to panic.
func broken(t *testing.T, f *parsers.Format, files []File) {
	rnd := rand.New(rand.NewPCG(2, 3))
	for _, file := range files {
		for _, n := range cuts(len(file.Text)) {
			if err := checkText(f, file.Path, file.Text[:n]); err != nil {
				t.Fatalf("%s: cut at %d: %v", file.Case, n, err)
			}
		}
		for range min(500, len(file.Text)) {
			if err := checkText(f, file.Path, mutate(rnd, file.Text)); err != nil {
				t.Fatalf("%s: mutated: %v", file.Case, err)
			}
		}
	}
}

// cuts returns the lengths to which a text of n bytes is cut: all of them, or
// as many as 32 MB of work allow.
func cuts(n int) []int {
	const work = 32 << 20
	step := 1 + n*n/2/work
	var at []int
	for i := 0; i < n; i += step {
		at = append(at, i)
	}
	return append(at, n)
}

// checkText says what is wrong with the fact that f decodes from a text.
func checkText(f *parsers.Format, path string, text []byte) error {
	in := slices.Clip(bytes.Clone(text))
	v, err := f.Decode(path, in)
	if !bytes.Equal(in, text) {
		return fmt.Errorf("Decode(%q) changed the text", path)
	}
	if err != nil {
		return checkError(err, path, text)
	}
	if t := reflect.TypeOf(v); t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct || reflect.ValueOf(v).IsNil() {
		return fmt.Errorf("Decode(%q) = %T, want a pointer to a struct", path, v)
	}
	return nil
}

// checkError tests that an error that names a place names one of the file.
func checkError(err error, path string, text []byte) error {
	p, ok := errors.AsType[*parsers.ParseError](err)
	if !ok {
		return nil
	}
	if last := bytes.Count(text, []byte("\n")) + 1; p.Pos.File != path || p.Pos.Line < 0 || p.Pos.Line > last {
		return fmt.Errorf("the error of Decode is at %v, the file is %q with %d lines", p.Pos, path, last)
	}
	return nil
}
