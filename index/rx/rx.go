// Package rx runs the regular expressions that users write.
//
// An expression that Go's regexp understands runs there, in time that grows
// with the line only. What that engine lacks, look-around and back-references,
// goes to a backtracking engine, which is watched: it gets [Limit] for a line,
// and after a few lines that took longer the search ends with an error.
//
//	re, err := rx.Compile(`pull image (?!.*amazonaws)`)
//	found, err := re.Match(line)
package rx

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// Limit is the time that a line may take.
const Limit = 100 * time.Millisecond

const (
	maxSource = 10_000  // bytes of an expression
	maxLine   = 1 << 20 // bytes of a line for the backtracking engine, which needs four times as much
	maxSlow   = 3       // lines that may take too long before the search ends
)

// ErrSlow means that too many lines took longer than [Limit].
var ErrSlow = errors.New("the expression takes too long")

// A Regexp is a compiled expression. It may be used by many goroutines.
type Regexp struct {
	source string
	loose  *regexp.Regexp  // the expression; with strict, without what only strict knows
	strict *regexp2.Regexp // nil when loose says it all
	slow   atomic.Int64
}

// Compile reads an expression in RE2 syntax, to which look-around and
// back-references (\1, \k<name>) are added. The error is a *syntax.Error when
// a part of the expression is to blame.
func Compile(expr string) (*Regexp, error) {
	if len(expr) > maxSource {
		return nil, fmt.Errorf("the expression is longer than %d bytes", maxSource)
	}
	re, err := regexp.Compile(expr)
	if err == nil {
		return &Regexp{source: expr, loose: re}, nil
	}
	parts := split(expr)
	if !parts.more {
		return nil, err
	}
	return compileBoth(expr, parts)
}

func compileBoth(expr string, parts halves) (*Regexp, error) {
	loose, err := regexp.Compile(parts.loose)
	if err != nil {
		return nil, err
	}
	strict, err := regexp2.Compile(parts.strict, regexp2.RE2)
	if err != nil {
		return nil, &syntax.Error{Code: syntax.ErrorCode(err.Error()), Expr: expr}
	}
	strict.MatchTimeout = Limit
	return &Regexp{source: expr, loose: loose, strict: strict}, nil
}

// Source returns the expression as it was written.
func (re *Regexp) Source() string { return re.source }

// RE2 reports whether the expression needs no backtracking.
func (re *Regexp) RE2() bool { return re.strict == nil }

// Loose returns an RE2 expression that matches every line that re matches. For
// RE2 expressions it is the source; in others look-around is left out and a
// back-reference stands for any text.
func (re *Regexp) Loose() string { return re.loose.String() }

// Slow returns how many lines were given up because they took too long. They
// count as lines without a match, so a result with Slow above 0 may lack some.
func (re *Regexp) Slow() int { return int(re.slow.Load()) }

// Match reports whether the line has a match. The error is [ErrSlow].
//
// A byte that is not UTF-8 counts as one U+FFFD in both engines.
func (re *Regexp) Match(line []byte) (bool, error) {
	if re.strict == nil || !re.loose.Match(line) {
		return re.strict == nil && re.loose.Match(line), nil
	}
	text, ok := decode(line)
	if !ok {
		return false, re.gaveUp()
	}
	found, err := re.strict.MatchRunes(text)
	if err != nil {
		return false, re.gaveUp()
	}
	return found, nil
}

// FindIndex returns where the first match stands, in bytes.
func (re *Regexp) FindIndex(line []byte) (start, end int, ok bool, err error) {
	all, err := re.FindAllIndex(line, 1)
	if err != nil || len(all) == 0 {
		return 0, 0, false, err
	}
	return all[0][0], all[0][1], true, nil
}

// FindAllIndex returns where the first matches stand, at most limit of them,
// in bytes.
func (re *Regexp) FindAllIndex(line []byte, limit int) ([][2]int, error) {
	if re.strict != nil {
		return re.findAllStrict(line, limit)
	}
	var all [][2]int
	for _, at := range re.loose.FindAllIndex(line, limit) {
		all = append(all, [2]int{at[0], at[1]})
	}
	return all, nil
}

func (re *Regexp) findAllStrict(line []byte, limit int) ([][2]int, error) {
	if limit <= 0 || !re.loose.Match(line) {
		return nil, nil
	}
	text, ok := decode(line)
	if !ok {
		return nil, re.gaveUp()
	}
	var all [][2]int
	at := offsets{line: line}
	m, err := re.strict.FindRunesMatch(text)
	for ; err == nil && m != nil; m, err = re.strict.FindNextMatch(m) {
		all = append(all, [2]int{at.of(m.Index), at.of(m.Index + m.Length)})
		if len(all) == limit {
			return all, nil
		}
	}
	if err != nil {
		return all, re.gaveUp()
	}
	return all, nil
}

// gaveUp counts a line that took too long. The last one is an error.
func (re *Regexp) gaveUp() error {
	if re.slow.Add(1) <= maxSlow {
		return nil
	}
	return fmt.Errorf("%w: more than %d lines of %v each; name more of the text, or do without nested repetition",
		ErrSlow, maxSlow, Limit)
}

// decode returns the runes of a line, or false for one that is too long.
func decode(line []byte) ([]rune, bool) {
	if len(line) > maxLine {
		return nil, false
	}
	text := make([]rune, 0, len(line))
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		text = append(text, r)
		line = line[size:]
	}
	return text, true
}

// offsets turns numbers of runes into offsets of bytes, in rising order.
type offsets struct {
	line  []byte
	runes int
	bytes int
}

func (o *offsets) of(runes int) int {
	if runes < o.runes {
		o.runes, o.bytes = 0, 0
	}
	for o.runes < runes {
		_, size := utf8.DecodeRune(o.line[o.bytes:])
		o.runes, o.bytes = o.runes+1, o.bytes+size
	}
	return o.bytes
}
