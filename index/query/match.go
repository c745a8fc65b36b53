package query

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/index/rx"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Line is a line and where it stands. A Line may be used again for the next
// one with other values.
type Line struct {
	// Text is the line. A carriage return and a line feed at its end do not
	// belong to it.
	Text []byte

	Num  int       // from 1; needed for findings
	File *FileInfo // needed unless the Matcher is for a file

	// Header reads the header of the line; the time is zero if it is not
	// known. It is called once at most, and only if the answer depends on
	// it. Nil means that lines of the file have none.
	Header func(text []byte) (unit []byte, level parsers.Level, t time.Time)

	text  []byte
	read  bool
	unit  []byte
	level parsers.Level
	time  time.Time
}

func (l *Line) header() {
	if !l.read && l.Header != nil {
		l.unit, l.level, l.time = l.Header(l.text)
	}
	l.read = true
}

// A Matcher looks for lines that match a query. It may be used by many
// goroutines.
type Matcher struct {
	root    node
	lead    []*needle // one of them is in each line that matches; nil if unknown
	marks   []marker
	regexps []*rx.Regexp
}

// Compile makes the Matcher of a resolved query.
func Compile(e Expr) *Matcher {
	var c compiler
	return newMatcher(e.compile(&c), c.regexps)
}

func newMatcher(root node, regexps []*rx.Regexp) *Matcher {
	return &Matcher{root: root, lead: root.lead(), marks: root.marks(nil), regexps: regexps}
}

// For returns the Matcher for the lines of one file, with all that is the same
// in them decided. Slow counts for both.
func (m *Matcher) For(f *FileInfo) *Matcher { return newMatcher(m.root.in(f), m.regexps) }

// Match reports whether the line matches. The error is a *[SyntaxError] with
// [rx.ErrSlow], or says that the query was not resolved or has a broken
// expression.
func (m *Matcher) Match(l *Line) (bool, error) {
	l.text = trimEnd(l.Text)
	l.read, l.unit, l.level, l.time = false, nil, parsers.NoLevel, time.Time{}
	return m.root.match(l)
}

func trimEnd(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// Slow returns how many lines were given up because an expression took too
// long for them; see [rx.Regexp.Slow]. With Slow above 0, lines may be missing
// from the result, or, below a NOT, be too many.
func (m *Matcher) Slow() int {
	slow := 0
	for _, re := range m.regexps {
		slow += re.Slow()
	}
	return slow
}

// Spans returns the places in a line that its match rests on: start and end in
// bytes, in order, apart from each other, at most limit.
func (m *Matcher) Spans(line []byte, limit int) [][2]int {
	line = trimEnd(line)
	var all [][2]int
	for _, mark := range m.marks {
		all = mark.spans(all, line, limit)
	}
	slices.SortFunc(all, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(b[1], a[1])) })
	var out [][2]int
	for _, s := range all {
		if n := len(out); n > 0 && s[0] <= out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], s[1])
		} else if s[0] < s[1] {
			out = append(out, s)
		}
	}
	return out[:min(len(out), max(limit, 0))]
}

// Candidates yields the start and end of each line of a text that may match;
// the line feed is not part of it. Where the query begins with a text that must
// be there, lines without it are passed over at the speed of looking for it.
func (m *Matcher) Candidates(text []byte) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		var leads []hits
		for _, n := range m.lead {
			leads = append(leads, hits{n.cursor(text), -1})
		}
		for pos := 0; pos < len(text); {
			start := pos
			if leads != nil {
				hit := first(leads, pos)
				if hit == len(text) {
					return
				}
				start = max(pos, bytes.LastIndexByte(text[pos:hit], '\n')+1+pos)
			}
			end := next(text, start, '\n')
			if !yield(start, end) {
				return
			}
			pos = end + 1
		}
	}
}

// hits are the places of one of the texts that a match may begin with.
type hits struct {
	cursor
	at int // the next one, or the length of the text
}

// first returns where the first of the texts stands from an offset on.
func first(leads []hits, from int) int {
	first := len(leads[0].line)
	for i := range leads {
		h := &leads[i]
		if h.at < from {
			if h.at, _ = h.find(from); h.at < 0 {
				h.at = len(h.line)
			}
		}
		first = min(first, h.at)
	}
	return first
}
