package report

import (
	"bufio"
	"cmp"
	"io"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
)

// A page lays out lines of text. Everything passes through line, which is
// where text is made visible and trailing spaces are dropped.
type page struct {
	w     *bufio.Writer
	width int
	color bool
	full  bool // shorten nothing
}

// A span is a piece of a line in one style.
type span struct {
	style style
	text  string
}

// A style is the parameter of an SGR sequence; "" is plain. Colour only
// repeats what the words say.
type style string

const (
	plain  style = ""
	bold   style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
	alarm  style = "1;31"
)

func newPage(w io.Writer, o Options) *page {
	return &page{
		w:     bufio.NewWriter(w),
		width: max(cmp.Or(o.Width, 80), 40),
		color: o.Color,
		full:  o.All,
	}
}

func (p *page) flush() error { return p.w.Flush() }

// line writes one line as it is, without wrapping.
func (p *page) line(indent int, spans ...span) {
	pad := strings.Repeat(" ", indent)
	for i, s := range spans {
		text := Visible(s.text)
		if i == len(spans)-1 {
			text = strings.TrimRight(text, " ")
		}
		if text == "" {
			continue
		}
		p.w.WriteString(pad)
		pad = ""
		p.paint(s.style, text)
	}
	p.w.WriteByte('\n')
}

func (p *page) paint(s style, text string) {
	if s == plain || !p.color {
		p.w.WriteString(text)
		return
	}
	p.w.WriteString("\x1b[" + string(s) + "m" + text + "\x1b[0m")
}

func (p *page) blank() { p.w.WriteByte('\n') }

// heading starts a part of the report.
func (p *page) heading(text string) {
	p.blank()
	p.line(0, span{bold, text})
}

// prose writes text wrapped to the page.
func (p *page) prose(indent int, s style, text string) {
	for _, l := range wrap(text, p.width-indent) {
		p.line(indent, span{s, l})
	}
}

// labelled writes text behind a label that takes at least wide columns;
// further lines of the text stand below its first.
func (p *page) labelled(indent, wide int, label span, text span) {
	label.text = pad(label.text, wide)
	hang := indent + columns(label.text) + 2
	lines := wrap(text.text, p.width-hang)
	if len(lines) == 0 {
		p.line(indent, label)
		return
	}
	p.line(indent, label, span{plain, "  "}, span{text.style, lines[0]})
	for _, l := range lines[1:] {
		p.line(hang, span{text.style, l})
	}
}

// item writes "- words" and text, with further lines two columns in.
func (p *page) item(indent int, s style, words, text string) {
	start := "- "
	if words != "" {
		start += words + ": "
	}
	lines := wrap(start+text, p.width-indent-2)
	if len(lines) == 0 {
		return
	}
	if head, ok := strings.CutPrefix(lines[0], start); ok && words != "" {
		p.line(indent, span{plain, "- "}, span{s, words}, span{plain, ": " + head})
	} else {
		p.line(indent, span{plain, lines[0]})
	}
	for _, l := range lines[1:] {
		p.line(indent+2, span{plain, l})
	}
}

// pad fills text up with spaces.
func pad(s string, width int) string {
	s = Visible(s)
	return s + strings.Repeat(" ", max(width-columns(s), 0))
}

func severityStyle(s analyze.Severity) style {
	switch s {
	case analyze.Critical:
		return alarm
	case analyze.High:
		return red
	case analyze.Medium:
		return yellow
	case analyze.Low:
		return cyan
	}
	return plain
}
