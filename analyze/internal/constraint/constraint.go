// Package constraint decides whether a version or a name is one that something
// is about.
//
// A constraint is terms that all have to hold, or alternatives of such lists:
//
//	>=1.27 <1.30
//	al2 | al2023
//	!bottlerocket
//	<1.7.28 | >=2.0 <2.0.6
//
// A version is compared as far as the term says it: 1.28.9 is <=1.28, and not
// >1.28. A name may be a pattern of path.Match.
package constraint

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Constraint is what Parse read.
type Constraint struct {
	text         string
	alternatives [][]term
}

// A term is one comparison.
type term struct {
	op      string // "" for a name
	not     bool
	name    string
	version Version
}

// A Kind is what constraints compare.
type Kind struct {
	// Names are the only ones that there are. Empty: versions are compared,
	// or, with Any, names.
	Names []string
	Any   bool
}

// maxTerms bounds a constraint.
const maxTerms = 20

// Parse reads a constraint on a kind of thing.
func Parse(text string, kind Kind) (*Constraint, error) {
	c := &Constraint{text: text}
	n := 0
	for alternative := range strings.SplitSeq(text, "|") {
		var terms []term
		for _, word := range words(alternative) {
			t, err := kind.term(word)
			if err != nil {
				return nil, err
			}
			terms = append(terms, t)
			if n++; n > maxTerms {
				return nil, fmt.Errorf("more than %d terms", maxTerms)
			}
		}
		if len(terms) == 0 {
			return nil, fmt.Errorf("%q has an empty alternative", text)
		}
		c.alternatives = append(c.alternatives, terms)
	}
	return c, nil
}

// words splits an alternative; an operator may stand apart: ">= 1.27".
func words(s string) []string {
	var out []string
	before := ""
	for _, w := range strings.Fields(s) {
		w = before + w
		before = ""
		if strings.Trim(w, "<>=!") == "" {
			before = w
			continue
		}
		out = append(out, w)
	}
	if before != "" {
		out = append(out, before)
	}
	return out
}

func (k Kind) term(word string) (term, error) {
	rest := strings.TrimLeft(word, "<>=!")
	op := word[:len(word)-len(rest)]
	if len(k.Names) > 0 || k.Any {
		return k.nameTerm(word, op, rest)
	}
	if op == "" {
		op = "="
	}
	if !slices.Contains([]string{"<", "<=", "=", "==", "!=", ">=", ">"}, op) {
		return term{}, fmt.Errorf("%q has no operator <, <=, =, !=, >= or >", word)
	}
	v, ok := ParseVersion(rest)
	if !ok || strings.TrimLeft(rest, "v")[0] > '9' {
		return term{}, fmt.Errorf("%q is no version", rest)
	}
	return term{op: op, version: v}, nil
}

func (k Kind) nameTerm(word, op, name string) (term, error) {
	t := term{not: op == "!" || op == "!=", name: strings.ToLower(name)}
	if op != "" && !t.not && op != "=" && op != "==" {
		return t, fmt.Errorf("%q: names are not compared with %s", word, op)
	}
	if name == "" {
		return t, fmt.Errorf("%q has no name", word)
	}
	if _, err := path.Match(t.name, ""); err != nil {
		return t, fmt.Errorf("%q is no pattern", name)
	}
	if len(k.Names) > 0 && !slices.ContainsFunc(k.Names, t.matches) {
		return t, fmt.Errorf("%q is none of %s", name, strings.Join(k.Names, ", "))
	}
	return t, nil
}

// String returns the constraint as it was written.
func (c *Constraint) String() string { return c.text }

// Holds reports whether a value is one that the constraint is about. It is not
// known for a text that is no version.
func (c *Constraint) Holds(value string) (holds, known bool) {
	value = strings.ToLower(value)
	for _, terms := range c.alternatives {
		all := true
		for _, t := range terms {
			ok, known := t.holds(value)
			if !known {
				return false, false
			}
			all = all && ok
		}
		if all {
			return true, true
		}
	}
	return false, true
}

func (t term) holds(value string) (holds, known bool) {
	if t.op == "" {
		return t.matches(value) != t.not, true
	}
	v, ok := ParseVersion(value)
	if !ok {
		return false, false
	}
	c := v.Compare(t.version)
	switch t.op {
	case "<":
		return c < 0, true
	case "<=":
		return c <= 0, true
	case ">=":
		return c >= 0, true
	case ">":
		return c > 0, true
	case "!=":
		return c != 0, true
	}
	return c == 0, true
}

func (t term) matches(value string) bool {
	ok, err := path.Match(t.name, value)
	return err == nil && ok
}

// A Fix is the versions that a bug was mended in, one for each branch that got
// the change: "1.7.28, 2.0.6".
type Fix struct {
	text     string
	versions []Version
}

// ParseFix reads a list of versions.
func ParseFix(text string) (*Fix, error) {
	f := &Fix{text: text}
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		v, ok := ParseVersion(word)
		if !ok || strings.ContainsAny(word, " <>=!|") || strings.TrimLeft(word, "v")[0] > '9' {
			return nil, fmt.Errorf("%q is no version", word)
		}
		f.versions = append(f.versions, v)
	}
	if len(f.versions) > maxTerms {
		return nil, fmt.Errorf("more than %d versions", maxTerms)
	}
	return f, nil
}

// String returns the versions as they were written.
func (f *Fix) String() string { return f.text }

// In reports whether a version has the change: it is not older than the one of
// its branch, or, where its branch has none, than the newest of all. It is not
// known for a text that is no version.
func (f *Fix) In(value string) (fixed, known bool) {
	v, ok := ParseVersion(value)
	if !ok {
		return false, false
	}
	newest := f.versions[0]
	for _, fix := range f.versions {
		if v.branch(fix) {
			return v.Compare(fix) >= 0, true
		}
		if fix.Compare(newest) > 0 {
			newest = fix
		}
	}
	return v.Compare(newest) >= 0, true
}
