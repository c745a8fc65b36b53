package query

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/eksleuth/eksleuth/index/rx"
)

const (
	maxQuery = 10_000 // bytes
	maxDepth = 100    // of parentheses and NOTs within each other
)

// A SyntaxError says what is wrong with a query and where.
type SyntaxError struct {
	Col int // offset in bytes, from 1; 0 when unknown
	Msg string

	// Err is set when a part of the query is well written and cannot be
	// answered: [ErrNoFinding], [ErrNoTime] or [rx.ErrSlow].
	Err error
}

func (e *SyntaxError) Error() string {
	if e.Col == 0 {
		return e.Msg
	}
	return fmt.Sprintf("column %d: %s", e.Col, e.Msg)
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// unanswered is the error about a part of a query that cannot be answered.
func unanswered(col int, err error) error { return &SyntaxError{Col: col, Msg: err.Error(), Err: err} }

// Caret returns the query in one line and a ^ below the place of the error. Of
// a long query it shows the part around it.
func (e *SyntaxError) Caret(query string) string {
	at := min(max(e.Col-1, 0), len(query))
	before, after := []rune(query[:at]), []rune(query[at:])
	if len(before) > 50 {
		before = append([]rune("..."), before[len(before)-40:]...)
	}
	if len(after) > 30 {
		after = append(after[:25:25], []rune("...")...)
	}
	return visible(before) + visible(after) + "\n" + strings.Repeat(" ", len(before)) + "^"
}

// visible shows a dot for what would not take one column.
func visible(text []rune) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r) {
			return r
		}
		return '.'
	}, string(text))
}

// Parse reads a query. The error is a *[SyntaxError].
//
//	or    = and { "OR" and }
//	and   = not { ["AND"] not }
//	not   = "NOT" not | "-" not | "(" or ")" | term
//	term  = word | word"*" | "phrase" | /expression/ | /expression/i
//	      | field ":" value | field ":" "quoted value"
//
// A word ends at a space, a parenthesis or a quotation mark. It may begin with
// "--" and, unless it could be an expression, with "/"; "\/" makes sure of it. A
// word with a colon is a field only if the name before the colon is one.
func Parse(s string) (Expr, error) {
	if err := checkText(s); err != nil {
		return nil, err
	}
	p := &parser{s: s}
	p.space()
	if p.pos == len(s) {
		return nil, &SyntaxError{Col: 1, Msg: "the query is empty"}
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.pos < len(s) {
		return nil, p.fail(p.pos, "this parenthesis was not opened")
	}
	return e, nil
}

// ParseRegexp reads a query that is one regular expression.
func ParseRegexp(s string) (Expr, error) {
	if err := checkText(s); err != nil {
		return nil, err
	}
	if s == "" {
		return nil, &SyntaxError{Col: 1, Msg: "the expression is empty"}
	}
	if at := loneBackslash(s); at >= 0 {
		return nil, &SyntaxError{Col: at + 1, Msg: "in this expression: nothing stands behind the backslash"}
	}
	p := &parser{s: s}
	return p.expression(0, s, false)
}

// loneBackslash returns where a backslash at the end stands, or -1.
func loneBackslash(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			if i++; i == len(s) {
				return i - 1
			}
		}
	}
	return -1
}

func checkText(s string) error {
	if len(s) > maxQuery {
		return &SyntaxError{Col: maxQuery + 1, Msg: fmt.Sprintf("a query has at most %d bytes", maxQuery)}
	}
	for i, r := range s {
		if _, size := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && size == 1 {
			return &SyntaxError{Col: i + 1, Msg: "the query is not UTF-8 here"}
		}
	}
	return nil
}

type parser struct {
	s     string
	pos   int
	depth int
}

func (p *parser) fail(at int, format string, args ...any) error {
	return &SyntaxError{Col: at + 1, Msg: fmt.Sprintf(format, args...)}
}

func (p *parser) space() {
	p.pos = len(p.s) - len(strings.TrimLeftFunc(p.s[p.pos:], unicode.IsSpace))
}

// keyword takes a keyword with the space behind it.
func (p *parser) keyword(word string) bool {
	if p.s[p.pos:p.pos+bareLen(p.s[p.pos:])] != word {
		return false
	}
	p.pos += len(word)
	p.space()
	return true
}

// more reports whether an operand follows.
func (p *parser) more() bool {
	if p.pos == len(p.s) || p.s[p.pos] == ')' {
		return false
	}
	word := p.s[p.pos : p.pos+bareLen(p.s[p.pos:])]
	return word != "OR" && word != "AND"
}

func (p *parser) or() (Expr, error) {
	var all Or
	for {
		e, err := p.and()
		if err != nil {
			return nil, err
		}
		if sub, ok := e.(Or); ok {
			all = append(all, sub...)
		} else {
			all = append(all, e)
		}
		if !p.keyword("OR") {
			break
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

func (p *parser) and() (Expr, error) {
	var all And
	for explicit := true; explicit || p.more(); explicit = p.keyword("AND") {
		e, err := p.not()
		if err != nil {
			return nil, err
		}
		if sub, ok := e.(And); ok {
			all = append(all, sub...)
		} else {
			all = append(all, e)
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

// not reads an operand with the NOTs before it and the space behind it.
func (p *parser) not() (Expr, error) {
	start := p.pos
	p.depth++
	defer func() { p.depth-- }()
	switch {
	case p.depth > maxDepth:
		return nil, p.fail(start, "more than %d parentheses or NOTs within each other", maxDepth)
	case p.keyword("NOT"):
		return p.negated(start)
	case strings.HasPrefix(p.s[p.pos:], "-") && !strings.HasPrefix(p.s[p.pos:], "--"):
		p.pos++
		if p.pos == len(p.s) || spaceFirst(p.s[p.pos:]) {
			return nil, p.fail(start, `nothing stands right behind -; write "-" to search for it`)
		}
		return p.negated(start)
	case strings.HasPrefix(p.s[p.pos:], "("):
		return p.group()
	}
	e, err := p.term()
	p.space()
	return e, err
}

func (p *parser) negated(start int) (Expr, error) {
	if !p.more() {
		return nil, p.fail(start, "nothing to leave out")
	}
	e, err := p.not()
	if err != nil {
		return nil, err
	}
	return Not{e}, nil
}

func (p *parser) group() (Expr, error) {
	start := p.pos
	p.pos++
	p.space()
	if strings.HasPrefix(p.s[p.pos:], ")") {
		return nil, p.fail(start, "nothing in these parentheses")
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.pos == len(p.s) {
		return nil, p.fail(start, "this parenthesis is not closed")
	}
	p.pos++
	p.space()
	return e, nil
}

func (p *parser) term() (Expr, error) {
	start := p.pos
	if p.pos == len(p.s) || p.s[p.pos] == ')' {
		return nil, p.fail(start, "a word is missing here")
	}
	switch p.s[p.pos] {
	case '"':
		text, err := p.quoted()
		if err == nil && text == "" {
			err = p.fail(start, "nothing between these quotation marks")
		}
		return Phrase{text}, err
	case '/':
		if n := expressionLen(p.s[p.pos:]); n > 0 {
			return p.slashed(n)
		}
	}
	return p.word()
}

// quoted reads a text in quotation marks.
func (p *parser) quoted() (string, error) {
	var b strings.Builder
	for i := p.pos + 1; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			p.pos = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(p.s) && (p.s[i+1] == '"' || p.s[i+1] == '\\'):
			i++
		}
		b.WriteByte(p.s[i])
	}
	return "", p.fail(p.pos, "this quotation mark is not closed")
}

func spaceFirst(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(r)
}

// bareLen is the length of the text before a space, parenthesis or quotation
// mark.
func bareLen(s string) int {
	for i, r := range s {
		if r == '(' || r == ')' || r == '"' || unicode.IsSpace(r) {
			return i
		}
	}
	return len(s)
}

// expressionLen returns the length of an expression between slashes at the
// start of s, without its flag, or 0 for a path like /etc/cni: the slash that
// ends an expression has a space, a closing parenthesis or nothing behind it.
func expressionLen(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		} else if s[i] == '/' {
			rest := strings.TrimPrefix(s[i+1:], "i")
			if i > 1 && (rest == "" || rest[0] == ')' || spaceFirst(rest)) {
				return i + 1
			}
			return 0
		}
	}
	return 0
}

// slashed reads an expression of n bytes and its flag.
func (p *parser) slashed(n int) (Expr, error) {
	start := p.pos + 1
	p.pos += n
	source := p.s[start : p.pos-1]
	fold := strings.HasPrefix(p.s[p.pos:], "i")
	if fold {
		p.pos++
	}
	return p.expression(start, source, fold)
}

// expression makes a Regexp of a source that stands at start.
func (p *parser) expression(start int, source string, fold bool) (Expr, error) {
	e := Regexp{Source: unescapeSlashes(source), Fold: fold, Col: start + 1}
	_, err := rx.Compile(e.expr())
	if err == nil {
		return e, nil
	}
	if bad, ok := errors.AsType[*syntax.Error](err); ok {
		return nil, p.fail(start+max(0, strings.LastIndex(source, bad.Expr)), "in this expression: %s", bad.Code)
	}
	return nil, p.fail(start, "in this expression: %v", err)
}

// expr is the expression as package rx reads it.
func (e Regexp) expr() string {
	if e.Fold {
		return "(?i)" + e.Source
	}
	return e.Source
}

// unescapeSlashes takes away the backslashes before slashes.
func unescapeSlashes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if s[i+1] != '/' {
				b.WriteByte(s[i])
			}
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
