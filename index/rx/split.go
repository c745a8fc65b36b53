package rx

import (
	"regexp"
	"strings"
)

// halves are the two expressions that one with look-around or back-references
// is run as. A line must match both.
type halves struct {
	// loose has look-around left out, and any text for a back-reference.
	loose string
	// strict is the whole, written so that the backtracking engine means
	// what RE2 means: \b looks at ASCII, and [ in a class is a bracket.
	strict string
	// more is set when the two differ in what they match.
	more bool
}

const (
	asciiWord    = `[0-9A-Za-z_]`
	boundary     = `(?:(?<=` + asciiWord + `)(?!` + asciiWord + `)|(?<!` + asciiWord + `)(?=` + asciiWord + `))`
	notBoundary  = `(?:(?<=` + asciiWord + `)(?=` + asciiWord + `)|(?<!` + asciiWord + `)(?!` + asciiWord + `))`
	anyText      = `(?s:.*)`
	emptyMatch   = `(?:)`
	classEscaped = `\[`
)

// split reads an expression once, from left to right.
func split(expr string) halves {
	s := splitter{rest: expr}
	for s.rest != "" {
		s.step()
	}
	return halves{loose: s.loose.String(), strict: s.strict.String(), more: s.more}
}

type splitter struct {
	rest          string
	loose, strict strings.Builder
	around        int // open groups, counted from the look-around that is being read
	more          bool
}

func (s *splitter) step() {
	switch c := s.rest[0]; {
	case c == '\\':
		s.escape()
	case c == '[':
		s.class()
	case c == '(':
		s.open()
	case c == ')' && s.around > 0:
		s.take(1, "", ")")
		s.around--
	default:
		s.take(1, s.rest[:1], s.rest[:1])
	}
}

// take drops n bytes of the rest and writes what they become. Within
// look-around nothing is written to the loose half.
func (s *splitter) take(n int, loose, strict string) {
	if s.around == 0 {
		s.loose.WriteString(loose)
	}
	s.strict.WriteString(strict)
	s.rest = s.rest[n:]
}

func (s *splitter) open() {
	for _, look := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if strings.HasPrefix(s.rest, look) {
			s.more = true
			s.take(len(look), emptyMatch, look)
			s.around++
			return
		}
	}
	s.take(1, "(", "(")
	if s.around > 0 {
		s.around++
	}
}

func (s *splitter) escape() {
	if n := reference(s.rest); n > 0 {
		s.more = true
		s.take(n, anyText, s.rest[:n])
		return
	}
	n := min(2, len(s.rest))
	text := s.rest[:n]
	switch text {
	case `\Q`:
		s.quoted()
	case `\b`:
		s.take(n, text, boundary)
	case `\B`:
		s.take(n, text, notBoundary)
	default:
		s.take(n, text, text)
	}
}

// quoted spells out what stands between \Q and \E.
func (s *splitter) quoted() {
	s.rest = s.rest[2:]
	text, _, _ := strings.Cut(s.rest, `\E`)
	plain := regexp.QuoteMeta(text)
	s.take(len(text), plain, plain)
	s.rest = strings.TrimPrefix(s.rest, `\E`)
}

// reference returns the length of a back-reference at the start of text:
// \1 to \99 or \k<name>.
func reference(text string) int {
	if len(text) < 2 {
		return 0
	}
	if c := text[1]; '1' <= c && c <= '9' {
		if len(text) > 2 && '0' <= text[2] && text[2] <= '9' {
			return 3
		}
		return 2
	}
	if strings.HasPrefix(text, `\k<`) {
		return strings.IndexByte(text, '>') + 1
	}
	return 0
}

// class copies a character class up to its end.
func (s *splitter) class() {
	s.take(1, "[", "[")
	if strings.HasPrefix(s.rest, "^") {
		s.take(1, "^", "^")
	}
	for first := true; s.rest != "" && (first || s.rest[0] != ']'); first = false {
		s.member()
	}
	if s.rest != "" {
		s.take(1, "]", "]")
	}
}

func (s *splitter) member() {
	n := 1
	switch {
	case s.rest[0] == '\\':
		n = min(2, len(s.rest))
	case strings.HasPrefix(s.rest, "[:") && strings.Contains(s.rest, ":]"):
		n = strings.Index(s.rest, ":]") + 2
	case s.rest[0] == '[':
		s.take(1, "[", classEscaped)
		return
	}
	s.take(n, s.rest[:n], s.rest[:n])
}
