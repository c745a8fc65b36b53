package query

import (
	"cmp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/index/literal"
	"github.com/eksleuth/eksleuth/index/rx"
)

// A Need is what the terms of a text must be like: an [AllOf], an [AnyOf] or a
// [Term]. Nil is a need that every text meets.
type Need interface{ String() string }

type (
	// AllOf needs each of its parts.
	AllOf []Need

	// AnyOf needs one of its parts.
	AnyOf []Need

	// A Term needs a term of the field that is, begins with, ends with or
	// contains the text.
	Term struct {
		Field byte
		Kind  Kind
		Text  string
	}
)

// A Kind says how a term is compared.
type Kind string

// The kinds of comparisons.
const (
	Exact    Kind = "exact"
	Prefix   Kind = "prefix"
	Suffix   Kind = "suffix"
	Contains Kind = "contains"
)

func (n AllOf) String() string { return "all(" + join(n) + ")" }
func (n AnyOf) String() string { return "any(" + join(n) + ")" }
func (n Term) String() string {
	return string(n.Field) + " " + string(n.Kind) + " " + strconv.Quote(n.Text)
}

func join(needs []Need) string {
	var s []string
	for _, n := range needs {
		s = append(s, n.String())
	}
	return strings.Join(s, ", ")
}

// maxNeeds bounds the parts of a need, the longest first.
const maxNeeds = 16

// Needs returns what the [Terms] of a text meet if one of its lines matches the
// query. A text that is cut within a line, and the rest of that line, must be
// taken together.
func Needs(e Expr) Need { return e.needs() }

func (e And) needs() Need {
	var all []Need
	for _, sub := range e {
		all = append(all, sub.needs())
	}
	return allOf(all)
}

func (e Or) needs() Need {
	var all []Need
	for _, sub := range e {
		all = append(all, sub.needs())
	}
	return anyOf(all)
}

func (Not) needs() Need     { return nil }
func (Field) needs() Need   { return nil }
func (Between) needs() Need { return nil }
func (Lines) needs() Need   { return nil }

func (e Word) needs() Need   { return holds(fold(e.Text), false, e.Prefix) }
func (e Phrase) needs() Need { return holds(fold(e.Text), true, true) }

func (e Regexp) needs() Need {
	re, err := rx.Compile(e.expr())
	if err != nil {
		return nil
	}
	var all []Need
	for _, clause := range clauses(re) {
		var texts []Need
		for _, text := range clause {
			texts = append(texts, holds(text, true, true))
		}
		all = append(all, anyOf(texts))
	}
	return allOf(all)
}

// allOf leaves out what every text meets.
func allOf(needs []Need) Need {
	var all AllOf
	for _, n := range needs {
		switch n := n.(type) {
		case nil:
		case AllOf:
			all = append(all, n...)
		default:
			all = append(all, n)
		}
	}
	slices.SortStableFunc(all, byWeight)
	all = slices.CompactFunc(all, same)
	all = all[:min(len(all), maxNeeds)]
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// anyOf is nil if one of the needs is.
func anyOf(needs []Need) Need {
	var some AnyOf
	seen := map[string]bool{}
	for _, n := range needs {
		switch n := n.(type) {
		case nil:
			return nil
		case AnyOf:
			some = append(some, n...)
		default:
			if s := n.String(); !seen[s] {
				seen[s] = true
				some = append(some, n)
			}
		}
	}
	switch len(some) {
	case 0:
		return nil
	case 1:
		return some[0]
	}
	return some
}

func same(a, b Need) bool { return a.String() == b.String() }

// byWeight puts equal needs side by side.
func byWeight(a, b Need) int {
	return cmp.Or(weight(b)-weight(a), cmp.Compare(a.String(), b.String()))
}

// weight is high for a need that few texts meet and that is fast to look up.
func weight(n Need) int {
	t, ok := n.(Term)
	switch {
	case !ok:
		return 0
	case t.Kind == Exact:
		return 2*len(t.Text) + 1
	}
	return len(t.Text)
}

// holds returns the need of the terms in a folded text. An open end is one
// where the line may go on with letters.
func holds(text string, openStart, openEnd bool) Need {
	var all []Need
	for start := 0; start < len(text); {
		kind, size := word([]byte(text[start:]))
		end := start + max(size, 1)
		if kind != 0 {
			all = append(all, wordNeeds(text[start:end], kind, openStart && start == 0, openEnd && end == len(text))...)
		}
		start = end
	}
	return allOf(all)
}

func wordNeeds(word string, kind uint8, openStart, openEnd bool) []Need {
	var all []Need
	start := 0
	for i := 0; i <= len(word); i++ {
		if i < len(word) && class[word[i]] == letter {
			continue
		}
		if i-start >= minLetters {
			all = append(all, lettersNeed(word[start:i], openStart && start == 0, openEnd && i == len(word)))
		}
		start = i + 1
	}
	if kind != letter && !openStart && len(word) >= minMixed {
		all = append(all, mixedNeed(word, kind, openEnd))
	}
	return all
}

// lettersNeed is for a run of letters, of which long ones are in pieces: the
// first has the start, the last the end, and some piece any part of a length.
func lettersNeed(run string, openStart, openEnd bool) Need {
	switch {
	case !openStart && !openEnd:
		return Term{Letters, Exact, run[:min(len(run), maxLetters)]}
	case !openStart:
		return Term{Letters, Prefix, run[:min(len(run), maxLetters)]}
	case !openEnd:
		return Term{Letters, Suffix, run[max(0, len(run)-overlap):]}
	}
	return Term{Letters, Contains, run[:min(len(run), overlap)]}
}

// mixedNeed is for a word whose start is known. Digits may be the start of a
// longer number, of which only the first few are kept, or of another word.
func mixedNeed(word string, kind uint8, openEnd bool) Need {
	limit := maxMixed
	if kind == digit {
		limit = maxNumber
	}
	if openEnd && (kind == digit || len(word) < limit) {
		return Term{Mixed, Prefix, word[:min(len(word), limit)]}
	}
	return Term{Mixed, Exact, word[:min(len(word), limit)]}
}

// clauses returns sets of folded texts; a match of the expression contains one
// of each set, the set with the longest texts first.
func clauses(re *rx.Regexp) [][]string {
	tree, err := syntax.Parse(re.Loose(), syntax.Perl)
	if err != nil {
		return nil
	}
	foldTree(tree)
	required, err := literal.Required(tree.String())
	if err != nil {
		return nil
	}
	var all [][]string
	for _, c := range required {
		all = append(all, c.Texts)
	}
	return all
}

// foldTree makes an expression for folded texts of one for texts: it matches
// the folded form of whatever the other matches.
func foldTree(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for i, r := range re.Rune {
			re.Rune[i] = foldRune(r)
		}
		re.Flags &^= syntax.FoldCase
	case syntax.OpCharClass:
		foldClass(re)
	}
	for _, sub := range re.Sub {
		foldTree(sub)
	}
}

// maxClass is the size of a class that is spelled out: more than the texts of
// a clause would not be of use.
const maxClass = 64

func foldClass(re *syntax.Regexp) {
	var set []rune
	for i := 0; i < len(re.Rune); i += 2 {
		if re.Rune[i+1]-re.Rune[i] >= maxClass || len(set) >= 4*maxClass {
			re.Op, re.Rune = syntax.OpAnyChar, nil
			return
		}
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			set = append(set, foldRune(r))
		}
	}
	slices.Sort(set)
	re.Rune = re.Rune[:0]
	for _, r := range slices.Compact(set) {
		re.Rune = append(re.Rune, r, r)
	}
}
