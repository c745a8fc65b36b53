package full

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
)

// Words that stand in very many lines cannot be counted by reading all of them
// each time they are asked for. How many lines hold such a word is counted
// while the index is built, and kept in "counts.json" beside the shards.
const (
	countsFile = "counts.json"
	minCount   = 1000    // a rarer word is counted when it is asked for
	maxCounted = 100_000 // words that are counted at most, in the order met
	minWord    = 3
	maxWord    = 32
)

// A counter counts the lines that hold a word of letters standing alone: one
// with a digit, an underscore or a byte beyond ASCII beside it is another word.
type counter struct {
	words wordSet
	lines []uint32 // by word: lines that hold it
	last  []uint32 // by word: the line that was counted last
	line  uint32
	off   bool // there are letters that stand for others: nothing is known
}

func newCounter() *counter { return &counter{words: *newWordSet()} }

// Letters beyond ASCII that are the same as s and k in another case.
var folding = [][]byte{[]byte("\u017f"), []byte("\u212a")}

// kind is of a byte: 1 a letter, 2 another byte of words, 0 none of words. low
// makes letters small.
var kind, low [256]byte

func init() {
	for i := range kind {
		b := byte(i)
		low[i] = b
		switch {
		case 'A' <= b && b <= 'Z':
			low[i] = b + 'a' - 'A'
			kind[i] = 1
		case 'a' <= b && b <= 'z':
			kind[i] = 1
		case '0' <= b && b <= '9', b == '_', b >= 0x80:
			kind[i] = 2
		}
	}
}

// count looks at whole lines.
func (c *counter) count(text []byte) {
	for _, f := range folding {
		c.off = c.off || bytes.Contains(text, f)
	}
	if c.off {
		return
	}
	c.line++
	var word [maxWord]byte
	for i := 0; i < len(text); {
		k := kind[text[i]]
		if k == 0 {
			if text[i] == '\n' {
				c.line++
			}
			i++
			continue
		}
		n := 0
		for i < len(text) && kind[text[i]] != 0 {
			k |= kind[text[i]]
			if n < maxWord {
				word[n] = low[text[i]]
			}
			n++
			i++
		}
		if k == 1 && n >= minWord && n <= maxWord {
			c.word(word[:n])
		}
	}
}

func (c *counter) word(word []byte) {
	slot := c.words.find(word)
	if c.words.slots[slot] == 0 {
		if len(c.lines) >= maxCounted {
			return
		}
		c.words.add(word)
		c.lines, c.last = append(c.lines, 0), append(c.last, 0)
		slot = c.words.find(word)
	}
	n := c.words.slots[slot] - 1
	if c.last[n] != c.line {
		c.last[n] = c.line
		c.lines[n]++
	}
}

// writeCounts joins the counters of the shards. A word that one of them could
// not take up is not known.
func writeCounts(dir string, counters []*counter) error {
	total := map[string]uint64{}
	for _, c := range counters {
		if c.off || len(c.lines) >= maxCounted {
			return nil
		}
		for i, n := range c.lines {
			total[string(c.words.word(int32(i)))] += uint64(n)
		}
	}
	for word, n := range total {
		if n < minCount {
			delete(total, word)
		}
	}
	data, err := json.Marshal(total)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, countsFile), data, 0o644)
}

// Lines returns how many lines of an index hold a word in small letters, if it
// is one of those that were counted.
func Lines(dir, word string) (n int, ok bool) {
	data, err := os.ReadFile(filepath.Join(dir, countsFile))
	if err != nil {
		return 0, false
	}
	var total map[string]uint64
	if err := json.Unmarshal(data, &total); err != nil {
		return 0, false
	}
	lines, ok := total[word]
	return int(lines), ok
}
