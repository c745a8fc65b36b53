package query

import (
	"slices"
	"strings"
)

// word reads a word or a field.
func (p *parser) word() (Expr, error) {
	start := p.pos
	text := p.s[start : start+bareLen(p.s[start:])]
	p.pos += len(text)
	if text == "OR" || text == "AND" {
		return nil, p.fail(start, "a word is missing before %s; write %s to search for it", text, quote(text))
	}
	if name, value, ok := strings.Cut(text, ":"); ok {
		if f := fieldNamed(name); f != nil {
			return p.field(start, f, value)
		}
		if err := p.almostField(start, name, value); err != nil {
			return nil, err
		}
	}
	return p.plain(start, text)
}

// almostField returns an error for what must be a misspelt field: a value in
// quotation marks, a comparison, or a name that is close to that of a field.
func (p *parser) almostField(start int, name, value string) error {
	quoted := value == "" && strings.HasPrefix(p.s[p.pos:], `"`)
	meant := closeTo(name)
	if !quoted && (meant == "" || value == "") {
		return nil
	}
	hint := ""
	if meant != "" {
		hint = " (" + meant + ": is one)"
	}
	return p.fail(start, "no field %s:%s; the fields are %s; put the text in quotation marks to search for it",
		name, hint, strings.Join(fieldNames(), " "))
}

// plain makes a Word of a text without parentheses, quotation marks and spaces.
func (p *parser) plain(start int, text string) (Expr, error) {
	if strings.HasPrefix(p.s[p.pos:], `"`) {
		return nil, p.fail(p.pos, `a quotation mark within a word: put all of it in quotation marks, with \" for this one`)
	}
	w := Word{Text: strings.TrimSuffix(text, "*")}
	w.Prefix = w.Text != text
	if strings.HasPrefix(text, "/") && strings.ContainsAny(w.Text, `\[]{}*+?^$|`) {
		return nil, p.fail(start, `an expression ends with a / that has no text behind it, and has \/ for others; a path begins with \/ then`)
	}
	if i := strings.IndexByte(w.Text, '*'); i >= 0 || w.Text == "" {
		return nil, p.fail(start+max(i, 0), `* stands only at the end of a word; use quotation marks to search for it, or a /regular expression/`)
	}
	if i := strings.IndexByte(text, '|'); i >= 0 {
		return nil, p.fail(start+i, `| is not part of a word: write OR between words, use quotation marks to search for it, or --regex`)
	}
	if text == "&&" {
		return nil, p.fail(start, "words side by side must all be there; && is not needed")
	}
	if strings.HasPrefix(w.Text, `\/`) {
		w.Text = w.Text[1:]
	}
	return w, nil
}

// field reads the value of a field, whose first part is at hand.
func (p *parser) field(start int, f *field, value string) (Expr, error) {
	e := Field{Name: f.name}
	at := start + len(f.name) + 1
	if f.compares {
		rest := strings.TrimLeft(value, "<>=")
		e.Op = value[:len(value)-len(rest)]
		if !slices.Contains([]string{"", "=", "<", "<=", ">", ">="}, e.Op) {
			return nil, p.fail(at, "%s is not one of = < <= > >=", e.Op)
		}
		at, value = at+len(e.Op), rest
	}
	if strings.HasPrefix(p.s[p.pos:], `"`) {
		if value != "" {
			return nil, p.fail(p.pos, "a quotation mark within a value: put all of it in quotation marks")
		}
		var err error
		if value, err = p.quoted(); err != nil {
			return nil, err
		}
	}
	if value == "" {
		return nil, p.fail(start, "%s: needs one value right behind it: %s", f.name, f.example)
	}
	value, err := f.check(value)
	if err != nil {
		return nil, p.fail(at, "%v", err)
	}
	e.Value, e.Col = value, at+1
	return e, nil
}
