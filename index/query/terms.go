package query

import "sync"

// The fields that the terms of a text belong to.
const (
	Letters byte = 'a' // runs of ASCII letters
	Mixed   byte = 'n' // words with something else in them
)

const (
	minLetters = 3  // a shorter run of letters is no term
	maxLetters = 64 // a longer one is cut in pieces,
	overlap    = 32 // which have this much in common
	minMixed   = 2
	maxMixed   = 12 // a term of field Mixed ends here,
	maxNumber  = 4  // and here if it is all digits
)

// Terms calls emit for each term of a text, in the order and as often as they
// stand there. The term is valid during the call. It defines, for who writes
// an index and for [Needs], what terms are:
//
// Upper and lower case are the same. A word is a run of ASCII letters, digits,
// underscores, and letters, marks and numbers beyond ASCII. A run of at least 3 ASCII letters in a
// word is a term of field [Letters]; one of more than 64 is cut into pieces of
// 64 that begin every 32 letters. A word that is not all letters is a term of
// field [Mixed], cut to 12 bytes, or to 4 if it is all digits; a word of one
// byte is none.
//
//	kubelet.go:2627] "SyncLoop"  ->  a:kubelet n:2627 a:syncloop
//	eth0 1500ms pod_sandbox      ->  a:eth n:eth0 n:1500ms a:pod a:sandbox n:pod_sandbox
func Terms(text []byte, emit func(field byte, term []byte)) {
	t := tokenizers.Get().(*tokenizer)
	defer tokenizers.Put(t)
	for i := 0; i < len(text); {
		start := i
		kind := class[text[i]]
		i++
		if kind == 0 {
			continue
		}
		for i < len(text) && class[text[i]] != 0 && kind < high {
			kind |= class[text[i]]
			i++
		}
		if kind >= high {
			var size int
			kind, size = word(text[start:])
			i = start + size
		}
		if kind != 0 {
			t.word(text[start:i], kind, emit)
		}
	}
}

// word returns the length of the word that text begins with, and of which kinds
// its characters are. Without a word the kind is 0, the length one character.
func word(text []byte) (kind uint8, size int) {
	for size < len(text) {
		c := class[text[size]]
		if c == 0 {
			break
		}
		n := 1
		if c == high {
			if c, n = character(text[size:]); c == 0 {
				if size == 0 {
					size = n
				}
				break
			}
		}
		kind |= c
		size += n
	}
	return kind, size
}

var tokenizers = sync.Pool{New: func() any { return new(tokenizer) }}

// A tokenizer has room for the term being made.
type tokenizer struct {
	buf [maxLetters]byte
}

func (t *tokenizer) word(word []byte, kind uint8, emit func(byte, []byte)) {
	switch {
	case kind == letter:
		t.letters(word, emit)
	case kind == digit:
		if len(word) >= minMixed {
			emit(Mixed, word[:min(len(word), maxNumber)])
		}
	case kind&high != 0 && foldsToASCII(word):
		t.folded(word, emit)
	default:
		t.mixed(word, kind, emit)
	}
}

// folded is for a word like "diſk", which is the same as "disk".
func (t *tokenizer) folded(word []byte, emit func(byte, []byte)) {
	word = appendFold(nil, word, 4*len(word))
	kind := uint8(0)
	for _, c := range word {
		kind |= class[c]
	}
	t.word(word, kind, emit)
}

func (t *tokenizer) mixed(word []byte, kind uint8, emit func(byte, []byte)) {
	if kind&letter != 0 {
		t.runs(word, emit)
	}
	if len(word) < minMixed {
		return
	}
	var term []byte
	if kind&high != 0 {
		term = appendFold(t.buf[:0], word, maxMixed)
	} else {
		term = t.lower(word[:min(len(word), maxMixed)])
	}
	emit(Mixed, term[:min(len(term), maxMixed)])
}

// runs finds the runs of letters within a word.
func (t *tokenizer) runs(word []byte, emit func(byte, []byte)) {
	start := 0
	for i, c := range word {
		if class[c] != letter {
			t.letters(word[start:i], emit)
			start = i + 1
		}
	}
	t.letters(word[start:], emit)
}

func (t *tokenizer) letters(run []byte, emit func(byte, []byte)) {
	for len(run) > maxLetters {
		emit(Letters, t.lower(run[:maxLetters]))
		run = run[overlap:]
	}
	if len(run) >= minLetters {
		emit(Letters, t.lower(run))
	}
}

func (t *tokenizer) lower(run []byte) []byte {
	buf := t.buf[:len(run)]
	for i, c := range run {
		buf[i] = lower[c]
	}
	return buf
}
