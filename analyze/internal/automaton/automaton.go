// Package automaton looks for many texts at once (Aho and Corasick, 1975).
//
// The automaton is a full table: one look-up for each byte of the input,
// whatever the number of texts. Letters are folded by ASCII case through the
// byte classes, which costs nothing; who needs the case compares again.
package automaton

import (
	"slices"

	"github.com/eksleuth/eksleuth/analyze/internal/literal"
)

// An Automaton finds the texts it was made of.
type Automaton struct {
	class  [256]uint8 // byte to column
	next   []uint32   // state + column to state; states are multiples of width
	output [][]int32  // texts that end in a state, from state first on
	first  uint32     // states from here on have an output
	width  uint32
}

// New makes an automaton. Texts are told apart by their index; empty ones are
// never found.
func New(texts []string) *Automaton {
	t := newTrie(texts)
	t.link()
	return t.table()
}

// Scan calls found for each text that ends at end (the offset behind it), in
// rising order of end.
func (a *Automaton) Scan(data []byte, found func(text int32, end int)) {
	next, first := a.next, a.first
	var s uint32
	for i, b := range data {
		s = next[s+uint32(a.class[b])]
		if s >= first {
			for _, text := range a.output[(s-first)/a.width] {
				found(text, i+1)
			}
		}
	}
}

// trie is the automaton while it is built.
type trie struct {
	class    [256]uint8
	width    int
	children [][]int32 // state, column
	fail     []int32
	out      [][]int32
	order    []int32 // states by distance from the root
}

func newTrie(texts []string) *trie {
	t := &trie{width: 1}
	folded := make([]string, len(texts))
	for i, text := range texts {
		folded[i] = literal.Lower(text)
		for _, b := range []byte(folded[i]) {
			if t.class[b] == 0 {
				t.class[b] = uint8(t.width)
				t.width++
			}
		}
	}
	for b := 'A'; b <= 'Z'; b++ {
		t.class[b] = t.class[b+'a'-'A']
	}
	t.state()
	for i, text := range folded {
		t.add(text, int32(i))
	}
	return t
}

func (t *trie) state() int32 {
	t.children = append(t.children, make([]int32, t.width))
	t.out = append(t.out, nil)
	t.fail = append(t.fail, 0)
	return int32(len(t.children) - 1)
}

func (t *trie) add(text string, id int32) {
	if text == "" {
		return
	}
	var s int32
	for _, b := range []byte(text) {
		c := t.class[b]
		if t.children[s][c] == 0 {
			n := t.state()
			t.children[s][c] = n
		}
		s = t.children[s][c]
	}
	t.out[s] = append(t.out[s], id)
}

// link adds, breadth first, where to go on when a byte does not fit.
func (t *trie) link() {
	t.order = []int32{0}
	for i := 0; i < len(t.order); i++ {
		s := t.order[i]
		for c := range t.children[s] {
			child := t.children[s][c]
			var fall int32
			if s != 0 {
				fall = t.children[t.fail[s]][c]
			}
			if child == 0 {
				t.children[s][c] = fall
				continue
			}
			t.fail[child] = fall
			t.out[child] = append(t.out[child], t.out[fall]...)
			t.order = append(t.order, child)
		}
	}
}

// table numbers the states, those with an output last, and lays them flat.
func (t *trie) table() *Automaton {
	slices.SortStableFunc(t.order, func(a, b int32) int {
		return boolInt(len(t.out[a]) > 0) - boolInt(len(t.out[b]) > 0)
	})
	number := make([]uint32, len(t.order))
	for i, s := range t.order {
		number[s] = uint32(i)
	}
	a := &Automaton{class: t.class, width: uint32(t.width), next: make([]uint32, len(t.order)*t.width)}
	a.first = uint32(len(t.order)) * a.width
	for i, s := range t.order {
		for c, to := range t.children[s] {
			a.next[i*t.width+c] = number[to] * a.width
		}
		if len(t.out[s]) > 0 {
			a.first = min(a.first, uint32(i)*a.width)
			slices.Sort(t.out[s])
			a.output = append(a.output, t.out[s])
		}
	}
	return a
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
