package query

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A needle is a text that is looked for in lines without regard to case.
//
// ASCII texts are found by their rarest byte, in either case, with
// bytes.IndexByte, and then compared. That misses the two runes beyond ASCII
// that fold to ASCII letters; a line that has one, which hardly ever happens,
// and a text with other runes are compared from every byte on.
type needle struct {
	text  string // folded
	start bool   // a word character before the text is no match
	end   bool   // a word character behind the text is no match

	high   bool // text is not ASCII
	s, k   bool // text has an s, or a k
	anchor int  // offset of the rarest byte of text
	small  byte // that byte,
	large  byte // and its capital
}

// common are the printable bytes in falling order of how often they stand in
// the logs of nodes, capitals counted as small letters.
const common = "e0ntoari1cd2s.:l\"-4p3f6u5b78gm9/vk\\=xwh_,y])([z+}{*?qj@!%;<>&'~#`$|"

func newNeedle(text string) *needle {
	n := &needle{text: fold(text)}
	n.s = strings.Contains(n.text, "s")
	n.k = strings.Contains(n.text, "k")
	rarest := -1
	for i := range len(n.text) {
		c := n.text[i]
		n.high = n.high || c >= utf8.RuneSelf
		rank := strings.IndexByte(common, c)
		if c == ' ' || rank < 0 && c < utf8.RuneSelf && c > ' ' {
			rank = 0
		}
		if rank > rarest {
			n.anchor, rarest = i, rank
		}
	}
	if n.text != "" {
		n.small = n.text[n.anchor]
		n.large = n.small
		if 'a' <= n.small && n.small <= 'z' {
			n.large -= 'a' - 'A'
		}
	}
	return n
}

// newWord makes the needle of a Word.
func newWord(w Word) *needle {
	n := newNeedle(w.Text)
	n.start = starts([]byte(w.Text))
	n.end = !w.Prefix && ends([]byte(w.Text))
	return n
}

// in reports whether the line holds the text.
func (n *needle) in(line []byte) bool {
	c := cursor{needle: n, line: line, small: -1, large: -1}
	if start, _ := c.find(0); start >= 0 {
		return true
	}
	if c.odd = n.odd(line); !c.odd {
		return false
	}
	start, _ := c.find(0)
	return start >= 0
}

// odd reports whether bytes beyond ASCII in the line may be part of the text.
func (n *needle) odd(line []byte) bool {
	return n.high && hasHigh(line) ||
		n.s && bytes.Contains(line, []byte(longS)) ||
		n.k && bytes.Contains(line, []byte(kelvin))
}

func hasHigh(line []byte) bool {
	for _, c := range line {
		if c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// A cursor finds a needle again and again, at rising offsets. It remembers how
// far it has looked for either case.
type cursor struct {
	*needle
	line         []byte
	odd          bool
	small, large int // where the rarest byte stands next; -1 at first
}

func (n *needle) cursor(line []byte) cursor {
	return cursor{needle: n, line: line, odd: n.odd(line), small: -1, large: -1}
}

// find returns the first place of the text from an offset on, or -1.
func (c *cursor) find(from int) (start, end int) {
	switch {
	case c.odd:
		return c.any(c.line, from)
	case c.high:
		return -1, -1
	}
	return c.ascii(from)
}

func (c *cursor) ascii(from int) (start, end int) {
	last := len(c.line) - len(c.text) + c.anchor // where the anchor stands at most
	for at := from + c.anchor; at <= last; at++ {
		if at = c.next(at); at > last {
			break
		}
		start, end := at-c.anchor, at-c.anchor+len(c.text)
		if c.equal(c.line[start:end]) && c.alone(c.line, start, end) {
			return start, end
		}
	}
	return -1, -1
}

// next returns where the anchor stands from an offset on.
func (c *cursor) next(from int) int {
	if c.small < from {
		c.small = next(c.line, from, c.needle.small)
	}
	if c.needle.large == c.needle.small {
		return c.small
	}
	if c.large < from {
		c.large = next(c.line, from, c.needle.large)
	}
	return min(c.small, c.large)
}

// next returns where the byte stands from an offset on, or the length.
func next(text []byte, from int, c byte) int {
	if i := bytes.IndexByte(text[from:], c); i >= 0 {
		return from + i
	}
	return len(text)
}

func (n *needle) equal(text []byte) bool {
	for i := range len(n.text) {
		if lower[text[i]] != n.text[i] {
			return false
		}
	}
	return true
}

// alone reports whether no word goes on where it must not.
func (n *needle) alone(line []byte, start, end int) bool {
	return !(n.start && ends(line[:start])) && !(n.end && starts(line[end:]))
}

// any compares from every byte on. As the text is UTF-8, it can only begin
// where a rune of the line does.
func (n *needle) any(line []byte, from int) (start, end int) {
	for start := from; start < len(line); start++ {
		if size := n.prefix(line[start:]); size >= 0 && n.alone(line, start, start+size) {
			return start, start + size
		}
	}
	return -1, -1
}

// prefix returns how many bytes at the start of line fold to the text, or -1.
func (n *needle) prefix(line []byte) int {
	text := n.text
	size := 0
	for text != "" {
		if size == len(line) {
			return -1
		}
		if c := line[size]; c < utf8.RuneSelf {
			if lower[c] != text[0] {
				return -1
			}
			text = text[1:]
			size++
			continue
		}
		r, width := utf8.DecodeRune(line[size:])
		want, wide := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && width == 1 || foldRune(r) != want {
			return -1
		}
		text = text[wide:]
		size += width
	}
	return size
}
