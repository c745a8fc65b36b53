package analyze

import (
	"regexp/syntax"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/index/literal"
)

// Go's expressions take time by the length of the text and, at worst, by their
// own size: about 10 ns for each character and instruction. Those of the rules
// here have up to 400 instructions; "(.*){1,200}x" has a thousand that are all
// busy.
const (
	// maxSteps is the size above which a rule is refused.
	maxSteps = 4096
	// maxEffort bounds the work of one rule on one block: an expression of
	// this many instructions may look at all of its lines. A rule that needs
	// more is given up.
	maxEffort = 512 * index.BlockSize
	// minRequired is the length of a text that makes few lines worth an
	// expression.
	minRequired = 3
)

// cost refuses expressions that would take too long.
func (p *problems) cost(r *Rule) {
	if r.match == nil {
		return
	}
	for _, expr := range r.expressions() {
		r.steps += steps(expr)
	}
	p.at("match")
	p.unless(r.steps <= maxSteps, "the expressions are too large: %d steps, and %d are allowed; a counted repetition counts as often as it says", r.steps, maxSteps)
	var err error
	if r.required, err = literal.Required(r.Match); err != nil {
		p.unless(false, "match: %v", err)
	}
	p.unless(r.Slow || len(r.required) > 0 && r.required[0].Min() >= minRequired,
		"no text of %d letters or more is in all lines that match, so the expression would be tried on every line; give it one, or say slow: true", minRequired)
}

// expressions are those that lines are tried with.
func (r *Rule) expressions() []string {
	out := []string{r.Match}
	if r.Unless != "" {
		out = append(out, r.Unless)
	}
	for _, m := range r.Milder {
		for _, expr := range []string{m.Match, m.Unless} {
			if expr != "" {
				out = append(out, expr)
			}
		}
	}
	return out
}

// steps is the size of the expressions of a block, which are tried on its lines.
func (b *Block) steps() int {
	n := steps(b.From) + steps(b.Until)
	for _, c := range b.Capture {
		n += steps(c.Match) + steps(c.Unless)
	}
	return n
}

// steps is nearly how many instructions an expression is compiled to.
func steps(expr string) int {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return 0
	}
	return size(re)
}

func size(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n += size(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return n
}
