package lines

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// put stores files cut into blocks of the given size, as the builder does.
func put(t *testing.T, size int, files ...string) *Store {
	t.Helper()
	dir := t.TempDir()
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	packer, err := NewPacker()
	if err != nil {
		t.Fatal(err)
	}
	for num, text := range files {
		line, cont := 1, false
		for len(text) > 0 {
			n := min(size, len(text))
			b := Block{File: num, Line: line, Lines: strings.Count(text[:n], "\n"), Cont: cont, Size: n}
			if err := w.Add(&b, packer.Pack(nil, []byte(text[:n]))); err != nil {
				t.Fatal(err)
			}
			line, cont = line+b.Lines, text[n-1] != '\n'
			text = text[n:]
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore_Lines(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	texts := []string{
		"one\ntwo\nthree\n", "no end", "", "\n\n\n", "a\r\nb\x00c\xff\n",
		strings.Repeat("long", 40) + "\nshort\n" + strings.Repeat("x", 100),
	}
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, "%d %s\n", i, strings.Repeat("y", rnd.IntN(20)))
	}
	texts = append(texts, many.String())
	for _, size := range []int{1, 2, 7, 64, 1 << 20} {
		s := put(t, size, texts...)
		for num, text := range texts {
			want := strings.SplitAfter(text, "\n")
			if want[len(want)-1] == "" {
				want = want[:len(want)-1]
			}
			for from := 1; from <= len(want)+1; from += 1 + rnd.IntN(3) {
				n := from
				err := s.Lines(num, from, 1<<20, func(got int, line []byte) bool {
					if got != n || string(line) != strings.TrimSuffix(want[n-1], "\n") {
						t.Fatalf("size %d, file %d: line %d = %q, want line %d %q", size, num, got, line, n, want[n-1])
					}
					n++
					return true
				})
				if err != nil || n != len(want)+1 {
					t.Fatalf("size %d, file %d from %d: ended before line %d of %d, error %v", size, num, from, n, len(want), err)
				}
			}
		}
	}
}

func TestStore_Lines_limit(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		s := put(t, 10, text)
		var got []string
		s.Lines(0, 1, 20, func(n int, line []byte) bool { got = append(got, fmt.Sprintf("%d:%s", n, line)); return true })
		if got := strings.Join(got, " "); got != want {
			t.Errorf("lines of %q cut to 20 bytes = %s, want %s", text, got, want)
		}
	}
	z := strings.Repeat("z", 20)
	f(strings.Repeat("z", 95)+"\nnext\n", "1:"+z+" 2:next")
	f(strings.Repeat("z", 95), "1:"+z)
	f(z+"\nnext", "1:"+z+" 2:next")
	f(z, "1:"+z)
	f("a\n"+z+z+"\n\n"+z+z+"\n", "1:a 2:"+z+" 3: 4:"+z)
}

func TestStore_Text_damaged(t *testing.T) {
	s := put(t, 100, strings.Repeat("line\n", 100))
	s.blocks[1].Off++
	if _, err := s.Text(1, nil); err == nil {
		t.Error("a shifted frame was accepted")
	}
	if got, err := s.Text(0, []byte("x")); err != nil || !bytes.HasPrefix(got, []byte("xline\n")) {
		t.Errorf("Text appends: got %q, %v", got, err)
	}
}
