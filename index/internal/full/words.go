package full

import (
	"bytes"

	index "github.com/blevesearch/bleve_index_api"
)

// A wordSet is the distinct words of a document: a hash table over a buffer
// that is used again for the next document.
type wordSet struct {
	text  []byte
	words []span // in the order they were met
	slots []int32
}

type span struct{ start, end int32 }

func newWordSet() *wordSet { return &wordSet{slots: make([]int32, 1<<12)} }

func (s *wordSet) reset() {
	s.text, s.words = s.text[:0], s.words[:0]
	clear(s.slots)
}

func (s *wordSet) word(i int32) []byte { return s.text[s.words[i].start:s.words[i].end] }

func (s *wordSet) add(word []byte) {
	slot := s.find(word)
	if s.slots[slot] != 0 {
		return
	}
	start := int32(len(s.text))
	s.text = append(s.text, word...)
	s.words = append(s.words, span{start, int32(len(s.text))})
	s.slots[slot] = int32(len(s.words))
	if 2*len(s.words) > len(s.slots) {
		s.grow()
	}
}

// find is the slot of a word, or the free one where it belongs.
func (s *wordSet) find(word []byte) uint32 {
	h := uint32(2166136261) // FNV-1a
	for _, b := range word {
		h = (h ^ uint32(b)) * 16777619
	}
	mask := uint32(len(s.slots) - 1)
	for slot := h & mask; ; slot = (slot + 1) & mask {
		n := s.slots[slot]
		if n == 0 || bytes.Equal(s.word(n-1), word) {
			return slot
		}
	}
}

func (s *wordSet) grow() {
	s.slots = make([]int32, 2*len(s.slots))
	for i := range s.words {
		s.slots[s.find(s.word(int32(i)))] = int32(i + 1)
	}
}

// frequencies are the words in the form that bleve takes; each counts once.
func (s *wordSet) frequencies() index.TokenFrequencies {
	text := bytes.Clone(s.text)
	all := make([]index.TokenFreq, len(s.words))
	out := make(index.TokenFrequencies, len(s.words))
	for i, w := range s.words {
		f := &all[i]
		f.Term = text[w.start:w.end]
		f.SetFrequency(1)
		out[string(f.Term)] = f
	}
	return out
}
