package full

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vocabulary are words of two kinds.
func vocabulary(rnd *rand.Rand) (field byte, word string) {
	if rnd.IntN(3) == 0 {
		return Mixed[0], fmt.Sprintf("eni%d", rnd.IntN(300))
	}
	return Letters[0], strings.Repeat(string(rune('a'+rnd.IntN(26))), 3+rnd.IntN(6))
}

// TestIndex compares answers with those of a map.
func TestIndex(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	dir := filepath.Join(t.TempDir(), "words")
	b, err := Create(dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	b.maxDocs = 40 // several folders each
	want := map[string]Set{}
	for n := range 300 {
		d := DocOf(n/5, n%5)
		shard := b.Shard(n % 2) // the third stays empty
		err := shard.Add(d, nil, func(emit func(byte, []byte)) {
			for range rnd.IntN(200) {
				f, w := vocabulary(rnd)
				emit(f, []byte(w))
				key := string(f) + w
				if want[key] == nil {
					want[key] = Set{}
				}
				want[key][d] = struct{}{}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if len(x.shards) != 8 {
		t.Errorf("%d folders, want 8", len(x.shards))
	}
	for key, docs := range want {
		got, err := x.Exact(t.Context(), key[:1], key[1:])
		if err != nil || !same(got, docs) {
			t.Fatalf("Exact(%q) = %d documents, %v, want %d", key, len(got), err, len(docs))
		}
	}
	f := func(name string, match func(key string) bool, got Set, err error) {
		t.Helper()
		all := Set{}
		for key, docs := range want {
			if match(key) {
				all = all.Or(docs.And(docs))
			}
		}
		if err != nil || !same(got, all) {
			t.Errorf("%s = %d documents, %v, want %d", name, len(got), err, len(all))
		}
	}
	got, err := x.Prefix(t.Context(), Mixed, "eni12")
	f("Prefix", func(key string) bool { return strings.HasPrefix(key, "neni12") }, got, err)
	got, err = x.Within(t.Context(), Letters, func(run string) bool { return strings.Contains(run, "zzzz") })
	f("Within", func(key string) bool { return key[0] == 'a' && strings.Contains(key[1:], "zzzz") }, got, err)
	got, err = x.Exact(t.Context(), Letters, "absent")
	f("Exact of an absent word", func(string) bool { return false }, got, err)
}

func same(a, b Set) bool { return len(a) == len(b) && len(a.And(b)) == len(a) }

func TestPieces(t *testing.T) {
	f := func(text string, want ...int) {
		t.Helper()
		var got []int
		at := 0
		Pieces([]byte(text), func(n, start, end int) {
			if start != at || n != len(got) {
				t.Errorf("piece %d starts at %d, want piece %d at %d", n, start, len(got), at)
			}
			at = end
			got = append(got, end-start)
		})
		if at != len(text) || !slices.Equal(got, want) {
			t.Errorf("pieces of %d bytes are %v, want %v", len(text), got, want)
		}
	}
	line := strings.Repeat("x", 999) + "\n"
	f("")
	f("short", 5)
	f(strings.Repeat(line, 600), 525000, 75000)
	f(strings.Repeat("y", 3*PieceSize), 3*PieceSize)
	f(strings.Repeat("y", 2*PieceSize)+"\n"+line, 2*PieceSize+1, 1000)
}

func TestWordSet(t *testing.T) {
	s := newWordSet()
	for range 2 {
		s.reset()
		for i := range 10000 {
			s.add([]byte(fmt.Sprint(i % 3000)))
		}
		if f := s.frequencies(); len(f) != 3000 || !bytes.Equal(f["2999"].Term, []byte("2999")) {
			t.Fatalf("%d words, want 3000", len(f))
		}
	}
}

func TestLines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "words")
	b, err := Create(dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("Kubelet kubelet node1 a_node\nnode.kubelet\n\nnot-node\n", 600)
	for n := range 2 {
		if err := b.Shard(n).Add(DocOf(n, 0), []byte(text), func(func(byte, []byte)) {}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	f := func(word string, want int, wantOK bool) {
		t.Helper()
		if got, ok := Lines(dir, word); got != want || ok != wantOK {
			t.Errorf("Lines(%q) = %d, %v, want %d, %v", word, got, ok, want, wantOK)
		}
	}
	f("kubelet", 2400, true)
	f("node", 2400, true) // not node1 and a_node
	f("not", 1200, true)
	f("absent", 0, false)
}

// TestOpen_lost has more folders than one digit counts, and then loses one.
func TestOpen_lost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "words")
	b, err := Create(dir, 70)
	if err != nil {
		t.Fatal(err)
	}
	want := Set{}
	for i := 0; i < 70; i += 3 {
		want[DocOf(i, 0)] = struct{}{}
		if err := b.Shard(i).Add(DocOf(i, 0), nil, func(emit func(byte, []byte)) { emit(Letters[0], []byte("word")) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if got, err := x.Exact(t.Context(), Letters, "word"); err != nil || !same(got, want) {
		t.Errorf("%d documents, %v, want %d", len(got), err, len(want))
	}
	if err := os.RemoveAll(filepath.Join(dir, "3")); err != nil {
		t.Fatal(err)
	}
	if x, err := Open(dir); err == nil {
		x.Close()
		t.Error("an index that lacks a folder was opened")
	}
}

// TestOpen_damaged changes the files of an index, one byte at a time: bleve would
// not notice.
func TestOpen_damaged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "words")
	b, err := Create(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		words := func(emit func(byte, []byte)) { emit(Mixed[0], fmt.Appendf(nil, "eni%d", i)) }
		if err := b.Shard(0).Add(DocOf(i, 0), []byte("eni"), words); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(names) < 2 {
		t.Fatalf("files %q, %v", names, err)
	}
	names = append(names, filepath.Join(dir, countsFile), filepath.Join(dir, sumsFile))
	rnd := rand.New(rand.NewPCG(13, 14))
	for _, name := range names {
		good, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		damaged := map[string][]byte{"cut": good[:len(good)-1], "zero": make([]byte, len(good))}
		for range 20 {
			if name == filepath.Join(dir, sumsFile) {
				break // a letter may become one that JSON takes for the same
			}
			text, i := bytes.Clone(good), rnd.IntN(len(good))
			text[i] ^= byte(1 + rnd.IntN(255))
			damaged[fmt.Sprintf("byte %d", i)] = text
		}
		for what, text := range damaged {
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if x, err := Open(dir); err == nil {
				x.Close()
				t.Errorf("%s, %s: it was opened", name, what)
			}
		}
		if err := os.WriteFile(name, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	x.Close()
}
