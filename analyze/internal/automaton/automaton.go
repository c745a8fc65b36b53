// Package automaton looks for many texts at once (Aho and Corasick, 1975).
//
// The automaton is a full table: one look-up for each byte of the input,
// whatever the number of texts. Letters are folded by ASCII case through the
// byte classes, which costs nothing; who needs the case compares again.
package automaton

import (
	"slices"

	"github.com/eksleuth/eksleuth/index/literal"
)

// An Automaton finds the texts it was made of.
type Automaton struct {
	class   [256]uint8 // byte to column
	next    []uint32   // state + column to state; states are multiples of width
	output  [][]int32  // texts that end in a state, from state first on
	first   uint32     // states from here on have an output
	width   uint32
	longest int // length of the longest text
}

// New makes an automaton. Texts are told apart by their index; empty ones are
// never found.
func New(texts []string) *Automaton {
	t := newTrie(texts)
	t.link()
	a := t.table()
	for _, text := range texts {
		a.longest = max(a.longest, len(text))
	}
	return a
}

// Scan calls found for each text that ends at end (the offset behind it), in
// rising order of end.
//
// Each step waits for the table look-up of the one before. Two walks side by
// side fill that wait: one over each half of the data, the second beginning
// early enough to find what stands across the middle.
func (a *Automaton) Scan(data []byte, found func(text int32, end int)) {
	half := len(data) / 2
	if half <= a.longest {
		a.walk(data, found)
		return
	}
	var later []int // state and end of what the second walk finds
	next, first := a.next, a.first
	left, right := data[:half], data[len(data)-half:]
	var s, t uint32
	for i := half - a.longest; i < half; i++ { // what leads up to the middle
		t = next[t+uint32(a.class[data[i]])]
	}
	from := len(data) - half
	if from != half { // the byte between the halves belongs to the second
		t = next[t+uint32(a.class[data[half]])]
		if t >= first {
			later = append(later, int(t), half+1)
		}
	}
	for i, b := range left {
		s = next[s+uint32(a.class[b])]
		t = next[t+uint32(a.class[right[i]])]
		if s >= first {
			a.report(s, i+1, found)
		}
		if t >= first {
			later = append(later, int(t), from+i+1)
		}
	}
	for i := 0; i < len(later); i += 2 {
		a.report(uint32(later[i]), later[i+1], found)
	}
}

// walk scans data in one go.
func (a *Automaton) walk(data []byte, found func(text int32, end int)) {
	var s uint32
	for i, b := range data {
		s = a.next[s+uint32(a.class[b])]
		if s >= a.first {
			a.report(s, i+1, found)
		}
	}
}

func (a *Automaton) report(s uint32, end int, found func(text int32, end int)) {
	for _, text := range a.output[(s-a.first)/a.width] {
		found(text, end)
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
