package query

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// What kinds of bytes a word is made of. Those of 0x80 and above are high in
// the table, and part of a word only in a letter, mark or number of UTF-8.
const (
	letter = 1 << iota
	digit
	underscore
	high
)

var class = func() (t [256]uint8) {
	for c := range t {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z' && c < utf8.RuneSelf:
			t[c] = letter
		case '0' <= c && c <= '9':
			t[c] = digit
		case c == '_':
			t[c] = underscore
		case c >= utf8.RuneSelf:
			t[c] = high
		}
	}
	return t
}()

// lower makes ASCII letters small and keeps the other bytes.
var lower = func() (t [256]byte) {
	for c := range t {
		t[c] = byte(c)
		if 'A' <= c && c <= 'Z' {
			t[c] = byte(c) + 'a' - 'A'
		}
	}
	return t
}()

// character returns the class and the length of the character that text begins
// with. The class is 0 for one that is in no word, such as a quotation mark.
func character(text []byte) (kind uint8, size int) {
	c := class[text[0]]
	if c != high {
		return c, 1
	}
	r, size := utf8.DecodeRune(text)
	if !inWord(r) {
		return 0, size
	}
	return high, size
}

// inWord reports whether words have a rune beyond ASCII. Bytes that are not
// UTF-8 are no part of any.
func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r))
}

// starts and ends report whether a text has a word at its start, and its end.
func starts(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	kind, _ := character(text)
	return kind != 0
}

func ends(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	if c := class[text[len(text)-1]]; c != high {
		return c != 0
	}
	r, _ := utf8.DecodeLastRune(text)
	return inWord(r)
}

// Two runes beyond ASCII are the same as an ASCII letter but for the case.
const (
	longS  = "\u017f" // ſ, as s
	kelvin = "\u212a" // K, as k
)

// foldRune returns the one rune that stands for all that differ from r in case
// only: the small letter in ASCII, the lowest rune elsewhere.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(lower[r])
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least < utf8.RuneSelf {
		return rune(lower[least])
	}
	return least
}

// appendFold appends text folded, until dst has at least limit bytes. Bytes
// that are not UTF-8 stay as they are.
func appendFold(dst, text []byte, limit int) []byte {
	for len(text) > 0 && len(dst) < limit {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, text[0])
		} else {
			dst = utf8.AppendRune(dst, foldRune(r))
		}
		text = text[size:]
	}
	return dst
}

func fold(s string) string { return string(appendFold(nil, []byte(s), 4*len(s)+1)) }

// foldsToASCII reports whether text has a rune that folding turns into ASCII.
func foldsToASCII(text []byte) bool {
	return bytes.Contains(text, []byte(longS)) || bytes.Contains(text, []byte(kelvin))
}
