package report

import (
	"io"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
)

// An Outcome is how one check ended in a case.
type Outcome struct {
	ID, Title string
	Severity  analyze.Severity
	Outcome   analyze.Outcome // "-" without one
	Findings  []string
	Note      string
}

// Outcomes writes how checks ended: a line for each, and the note below it.
func Outcomes(w io.Writer, all []Outcome, o Options) error {
	p := newPage(w, o)
	for i := range all {
		x := &all[i]
		text := x.ID
		if len(x.Findings) > 0 {
			text += "  " + brief(x.Findings, fewValues)
		}
		p.line(0, span{outcomeStyle(x.Outcome), pad(string(x.Outcome), 7)}, span{bold, "  " + text})
		p.prose(9, plain, x.Title)
		if note := strings.TrimSpace(x.Note); note != "" {
			p.prose(9, faint, "- "+clip(note, 400))
		}
	}
	return p.flush()
}
