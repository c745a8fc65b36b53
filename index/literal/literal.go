// Package literal finds the texts that every match of an expression contains.
//
// A line is worth an expression only if it holds those texts, and looking for
// many texts at once is far cheaper than one expression. [Required] works on
// the syntax tree of an RE2 expression:
//
//	nf_conntrack: table full(?: in netns \d+)?, dropping packet
//	-> one of {"nf_conntrack: table full"}, and one of {", dropping packet"}
package literal

import (
	"regexp/syntax"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"
)

// A Clause is a set of texts of which every match contains at least one.
type Clause struct {
	Texts []string
	// Fold means that ASCII letters may stand in either case.
	Fold bool
}

// Min is the length of the shortest text, a measure of how rare a hit is.
func (c Clause) Min() int {
	n := len(c.Texts[0])
	for _, t := range c.Texts {
		n = min(n, len(t))
	}
	return n
}

// maxTexts bounds a clause, and with it what alternatives multiply to.
const maxTexts = 24

// minLen is the length below which a text says too little.
const minLen = 3

// Required returns what every match of an expression contains: one text of
// each clause. The clause with the longest texts comes first. None means that
// nothing is known to be required, so that any line may match.
func Required(expr string) ([]Clause, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	clauses := required(re.Simplify())
	byLength(clauses)
	return distinct(clauses), nil
}

// distinct leaves out clauses that say the same as one before.
func distinct(clauses []Clause) []Clause {
	var out []Clause
	for _, c := range clauses {
		if !slices.ContainsFunc(out, func(o Clause) bool { return slices.Equal(o.Texts, c.Texts) }) {
			out = append(out, c)
		}
	}
	return out
}

// required collects the clauses of a tree.
func required(re *syntax.Regexp) []Clause {
	if set, ok := exact(re); ok {
		return clause(set)
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		return requiredConcat(re.Sub)
	case syntax.OpLiteral: // with letters that fold beyond ASCII
		return foldLiteral(re.Rune)
	case syntax.OpAlternate:
		return requiredAlternate(re.Sub)
	}
	return nil
}

// requiredConcat joins neighbours with few texts into longer ones.
func requiredConcat(subs []*syntax.Regexp) []Clause {
	var clauses []Clause
	run := texts{all: []string{""}}
	flush := func() {
		clauses = append(clauses, clause(run)...)
		run = texts{all: []string{""}}
	}
	for _, sub := range subs {
		set, ok := exact(sub)
		if !ok {
			flush()
			clauses = append(clauses, required(sub)...)
			continue
		}
		joined, fits := run.cross(set)
		if !fits {
			flush()
			joined = set
		}
		run = joined
	}
	flush()
	return clauses
}

// requiredAlternate needs a clause of every branch; their union is one clause.
// The second-best clauses of the branches make another.
func requiredAlternate(subs []*syntax.Regexp) []Clause {
	var first, second texts
	for _, sub := range subs {
		clauses := required(sub)
		if len(clauses) == 0 {
			return nil
		}
		byLength(clauses)
		first.add(clauses[0])
		second.add(clauses[min(1, len(clauses)-1)])
	}
	return append(clause(first), clause(second)...)
}

func (t *texts) add(c Clause) {
	t.all = append(t.all, c.Texts...)
	t.fold = t.fold || c.Fold
}

// byLength sorts clauses, the one with the longest texts first.
func byLength(clauses []Clause) {
	sort.SliceStable(clauses, func(i, j int) bool { return clauses[i].Min() > clauses[j].Min() })
}

// clause makes a clause of a set, or none if it says too little.
func clause(set texts) []Clause {
	set.dedup()
	if len(set.all) == 0 || len(set.all) > 4*maxTexts {
		return nil
	}
	c := Clause{set.all, set.fold}
	if c.Min() < minLen {
		return nil
	}
	return []Clause{c}
}

// texts is a finite set of texts.
type texts struct {
	all  []string
	fold bool
}

func (t *texts) dedup() {
	if t.fold {
		for i, s := range t.all {
			t.all[i] = Lower(s)
		}
	}
	sort.Strings(t.all)
	n := 0
	for i, s := range t.all {
		if i == 0 || s != t.all[n-1] {
			t.all[n] = s
			n++
		}
	}
	t.all = t.all[:n]
}

// cross returns every text of t followed by every text of u, if they are few.
func (t texts) cross(u texts) (texts, bool) {
	if len(t.all)*len(u.all) > maxTexts {
		return texts{}, false
	}
	out := texts{fold: t.fold || u.fold}
	for _, a := range t.all {
		for _, b := range u.all {
			out.all = append(out.all, a+b)
		}
	}
	return out, true
}

// Starts returns texts of which every match of an expression begins with one,
// so that a search may begin at the first of them in a line. None means that
// nothing is known, or that what stands before a match matters: ^ and \b.
func Starts(expr string) ([]string, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	set := starts(re.Simplify())
	set.dedup()
	if len(set.all) == 0 || len(set.all) > maxTexts || set.fold || (Clause{Texts: set.all}).Min() < minLen {
		return nil, nil
	}
	return set.all, nil
}

// starts are the texts that matches of a tree begin with; none if not known.
func starts(re *syntax.Regexp) texts {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass:
		set, _ := spelled(re)
		return set
	case syntax.OpCapture, syntax.OpPlus:
		return starts(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return starts(re.Sub[0])
		}
	case syntax.OpConcat:
		return startsConcat(re.Sub)
	case syntax.OpAlternate:
		var all texts
		for _, sub := range re.Sub {
			set := starts(sub)
			if len(set.all) == 0 {
				return texts{}
			}
			all.add(Clause{set.all, set.fold})
		}
		return all
	}
	return texts{}
}

// startsConcat are the texts of the first of some trees that is not optional,
// and of those before it. A text goes on with what must follow.
func startsConcat(subs []*syntax.Regexp) texts {
	var all texts
	for i, sub := range subs {
		optional := sub.Op == syntax.OpQuest || sub.Op == syntax.OpStar
		if optional {
			sub = sub.Sub[0]
		}
		set := starts(sub)
		if len(set.all) == 0 {
			return texts{}
		}
		if whole, ok := spelled(sub); ok && !optional && i+1 < len(subs) {
			if next := starts(subs[i+1]); len(next.all) > 0 {
				if longer, fits := whole.cross(next); fits {
					set = longer
				}
			}
		}
		all.add(Clause{set.all, set.fold})
		if !optional {
			return all
		}
	}
	return texts{}
}

// spelled is exact, with both cases of a single letter: [Pp] is parsed as (?i:p).
func spelled(re *syntax.Regexp) (texts, bool) {
	set, ok := exact(re)
	if ok && set.fold && re.Op == syntax.OpLiteral && len(re.Rune) == 1 {
		r := re.Rune[0]
		return texts{all: []string{string(r), string(unicode.SimpleFold(r))}}, true
	}
	return set, ok
}

// exact returns the set of all texts that a tree matches, if they are few.
func exact(re *syntax.Regexp) (texts, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText,
		syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return texts{all: []string{""}}, true
	case syntax.OpLiteral:
		return exactLiteral(re)
	case syntax.OpCharClass:
		return exactClass(re.Rune)
	case syntax.OpCapture:
		return exact(re.Sub[0])
	case syntax.OpQuest:
		set, ok := exact(re.Sub[0])
		if !ok || len(set.all) >= maxTexts {
			return texts{}, false
		}
		set.all = append(set.all, "")
		return set, true
	case syntax.OpConcat:
		set := texts{all: []string{""}}
		for _, sub := range re.Sub {
			u, ok := exact(sub)
			if ok {
				set, ok = set.cross(u)
			}
			if !ok {
				return texts{}, false
			}
		}
		return set, true
	case syntax.OpAlternate:
		var set texts
		for _, sub := range re.Sub {
			u, ok := exact(sub)
			if !ok || len(set.all)+len(u.all) > maxTexts {
				return texts{}, false
			}
			set.all = append(set.all, u.all...)
			set.fold = set.fold || u.fold
		}
		return set, true
	}
	return texts{}, false
}

func exactLiteral(re *syntax.Regexp) (texts, bool) {
	fold := re.Flags&syntax.FoldCase != 0
	for _, r := range re.Rune {
		if oddRune(r, fold) {
			return texts{}, false
		}
	}
	return texts{[]string{string(re.Rune)}, fold}, true
}

// oddRune reports that a rune of an expression can stand for other bytes than
// its own (or, with fold, than those of its ASCII cases): the replacement
// character matches any broken byte, and k and s fold beyond ASCII.
func oddRune(r rune, fold bool) bool {
	if r == utf8.RuneError {
		return true
	}
	if !fold {
		return false
	}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		if f > unicode.MaxASCII || r > unicode.MaxASCII {
			return true
		}
	}
	return false
}

// foldLiteral splits a literal at its odd runes.
func foldLiteral(runes []rune) []Clause {
	var clauses []Clause
	start := 0
	for i := 0; i <= len(runes); i++ {
		if i == len(runes) || oddRune(runes[i], true) {
			clauses = append(clauses, clause(texts{[]string{string(runes[start:i])}, true})...)
			start = i + 1
		}
	}
	return clauses
}

// maxClass is the size of a character class that is still spelled out: [1-9]
// tells exitCode=1 from exitCode=0.
const maxClass = 10

// exactClass spells out a small character class; pairs are ranges.
func exactClass(ranges []rune) (texts, bool) {
	var set texts
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i+1]-ranges[i] >= maxClass {
			return texts{}, false
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if r == utf8.RuneError || len(set.all) >= maxClass {
				return texts{}, false
			}
			set.all = append(set.all, string(r))
		}
	}
	return set, len(set.all) > 0
}

// Lower makes ASCII letters small and leaves every other byte as it is.
func Lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
