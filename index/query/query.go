// Package query is the language of searches: what a user writes, when a line
// matches it, and what a piece of text must hold for that.
//
// [Parse] reads a query; [Help] explains the language to users. Expr.Resolve
// puts instants and lines in the place of what depends on the case, [MayMatch]
// and [Needs] say which files and blocks are worth reading, and a [Matcher]
// looks at their lines:
//
//	e, err := query.Parse(`"timed out" -level:debug since:-2h`)
//	e, err = e.Resolve(env)
//	m := query.Compile(e)
//	for start, end := range m.Candidates(text) {
//		found, err := m.Match(&query.Line{Text: text[start:end]})
//	}
package query

import (
	"strings"
	"time"
)

// An Expr is a query or a part of one: [And], [Or], [Not], [Word], [Phrase],
// [Regexp], [Field], and, once resolved, [Between] and [Lines]. Parse reads its
// String as the same Expr, but for where parts stand, and except for the last two.
type Expr interface {
	String() string

	// Resolve returns the query with each field that depends on the case
	// replaced by what it stands for.
	Resolve(env Env) (Expr, error)

	needs() Need
	may(b *Block) verdict
	compile(c *compiler) node
}

type (
	// And matches a line that all of its parts match.
	And []Expr

	// Or matches a line that any of its parts matches.
	Or []Expr

	// Not matches the lines that its part does not.
	Not struct{ Of Expr }

	// A Word matches its text where it stands alone: a letter, digit or
	// underscore at its edge has none beyond it. Case does not matter.
	Word struct {
		Text   string
		Prefix bool // the word may go on
	}

	// A Phrase matches its text anywhere. Case does not matter.
	Phrase struct{ Text string }

	// A Regexp matches where its expression does; see package rx.
	Regexp struct {
		Source string
		Fold   bool // case does not matter
		Col    int  // where Source stands in the query, as in SyntaxError
	}

	// A Field looks at where a line stands or what its header says.
	Field struct {
		Name  string
		Op    string // of level: "", "=", "<", "<=", ">" or ">="
		Value string
		Col   int // where Value stands in the query, as in SyntaxError
	}

	// Between is a time resolved: from From on and before To. A zero time is
	// no bound. A line whose time is not known does not match.
	Between struct{ From, To time.Time }

	// Lines is a finding resolved: the numbers of its lines by file, rising.
	Lines struct {
		Finding string
		At      map[string][]int
	}
)

func (e And) String() string {
	parts := make([]string, len(e))
	for i, sub := range e {
		parts[i] = sub.String()
		if _, ok := sub.(Or); ok {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, " ")
}

func (e Or) String() string {
	parts := make([]string, len(e))
	for i, sub := range e {
		parts[i] = sub.String()
	}
	return strings.Join(parts, " OR ")
}

func (e Not) String() string {
	switch e.Of.(type) {
	case And, Or:
		return "NOT (" + e.Of.String() + ")"
	}
	return "NOT " + e.Of.String()
}

func (e Word) String() string {
	text := e.Text
	if strings.HasPrefix(text, "/") {
		text = `\` + text // whatever stands behind it, this is no expression
	}
	if e.Prefix {
		text += "*"
	}
	return text
}

func (e Phrase) String() string { return quote(e.Text) }

func (e Regexp) String() string {
	if e.Fold {
		return "/" + escapeSlashes(e.Source) + "/i"
	}
	return "/" + escapeSlashes(e.Source) + "/"
}

func (e Field) String() string {
	if n := bareLen(e.Value); n > 0 && n == len(e.Value) {
		return e.Name + ":" + e.Op + e.Value
	}
	return e.Name + ":" + e.Op + quote(e.Value)
}

func (e Between) String() string {
	from, to := "", ""
	if !e.From.IsZero() {
		from = e.From.UTC().Format(time.RFC3339Nano)
	}
	if !e.To.IsZero() {
		to = e.To.Add(-1).UTC().Format(time.RFC3339Nano)
	}
	return "time:" + from + ".." + to
}

func (e Lines) String() string { return "finding:" + e.Finding }

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(s string) string { return `"` + quoter.Replace(s) + `"` }

// escapeSlashes puts a backslash before the slashes of an expression.
func escapeSlashes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			b.WriteByte(s[i])
			i++
		case s[i] == '/':
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
