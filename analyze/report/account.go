package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
)

// fewSamples is how many lines of each kind an account shows; all with --all.
const fewSamples = 3

// Account writes what a rule or check made of a case, and what decided.
func Account(w io.Writer, a *analyze.Account, o Options) error {
	p := newPage(w, o)
	severity := a.Kind
	if a.Severity != "" {
		severity += ", " + string(a.Severity)
	}
	p.line(0, span{bold, a.Rule}, span{plain, "  " + severity})
	p.prose(2, plain, a.Title)
	outcome := strings.ToUpper(string(a.Outcome))
	if a.Off {
		outcome = "OFF"
	}
	p.labelled(2, 0, span{outcomeStyle(a.Outcome), outcome}, span{plain, a.Verdict})
	p.blank()
	for _, x := range a.Applies {
		p.accountRow("applies", yesNo(x)+x.String())
	}
	if a.Fixed != "" {
		p.accountRow("fixed", a.Fixed)
	}
	if a.Kind != "check" {
		p.accountFiles(a)
		p.accountLines(a)
		p.accountGate(a)
	}
	for _, f := range a.Findings {
		text := f.ID + " " + string(f.Severity) + "  " + f.Title
		if len(f.ExplainedBy) > 0 {
			text += " (explained by " + strings.Join(f.ExplainedBy, ", ") + ")"
		}
		p.accountRow("finding", text)
		if a.Kind == "check" {
			p.evidence(f.Evidence)
		}
	}
	for _, s := range a.Suppressed {
		p.accountRow("held back", fmt.Sprintf("%s, %s: %s", plural(s.Count, "line", "lines"), s.Reason, s.Detail))
		if a.Kind == "check" {
			p.evidence(s.Evidence)
		}
	}
	return p.flush()
}

func outcomeStyle(o analyze.Outcome) style {
	switch o {
	case analyze.Found:
		return red
	case analyze.Clear:
		return green
	}
	return yellow
}

func yesNo(a analyze.Application) string {
	switch {
	case !a.Known:
		return "not known: "
	case a.Holds:
		return "yes: "
	}
	return "no: "
}

// accountLabel is how wide the labels of an account are.
const accountLabel = len("held back")

func (p *page) accountRow(label, text string) {
	p.labelled(2, accountLabel, span{faint, label}, span{plain, text})
}

// accountFiles tells which files of the sources are there.
func (p *page) accountFiles(a *analyze.Account) {
	if len(a.Files) == 0 {
		p.accountRow("files", "none of "+strings.Join(a.Source, ", "))
		return
	}
	p.accountRow("files", fmt.Sprintf("%s of %s, %s", plural(len(a.Files), "file", "files"), strings.Join(a.Source, ", "), plural(a.Lines, "line", "lines")))
	shown := a.Files
	if !p.full {
		shown = shown[:min(len(shown), 2*fewSamples)]
	}
	for _, f := range shown {
		text := fmt.Sprintf("%s: %s, %s with the texts", f.Path, plural(f.Lines, "line", "lines"), number(int64(f.WithTexts)))
		if f.Note != "" {
			text += " (" + f.Note + ")"
		}
		p.labelled(4+accountLabel, 0, span{plain, "-"}, span{plain, text})
	}
	if n := len(a.Files) - len(shown); n > 0 {
		p.line(4+accountLabel, span{faint, fmt.Sprintf("%d more, see --all", n)})
	}
}

var stopWords = map[string]string{
	"unmatched":     "the expression does not match",
	"unless":        "unless takes them away",
	"other-program": "of a program that the rule is not for",
	"yielded":       "left to another rule",
	"event":         "events",
}

// accountLines tells how far the lines came.
func (p *page) accountLines(a *analyze.Account) {
	for i, texts := range a.Texts {
		label := "texts"
		if i > 0 {
			label = "and"
		}
		p.accountRow(label, strings.Join(quotedAll(texts), " or "))
	}
	if len(a.Texts) == 0 {
		p.accountRow("texts", "none are needed, so each line is tried")
	}
	for _, s := range a.Stops {
		if s.Count == 0 {
			continue
		}
		p.accountRow("lines", plural(s.Count, "line", "lines")+": "+stopWords[s.Name])
		samples := s.Samples
		if !p.full {
			samples = samples[:min(len(samples), fewSamples)]
		}
		for _, x := range samples {
			p.sample(x)
		}
	}
}

func (p *page) sample(x analyze.Sample) {
	place := fmt.Sprintf("%s:%d", x.File, x.Line)
	if x.Why != "" {
		place += ", " + x.Why
	}
	p.line(4+accountLabel, span{cyan, place})
	p.line(6+accountLabel, span{plain, p.clipped(x.Text, 6+accountLabel)})
}

// clipped cuts a line of a log to the page.
func (p *page) clipped(text string, indent int) string {
	if p.full {
		return Visible(text)
	}
	return clip(withoutHeader(text), max(p.width-indent, 20))
}

// accountGate tells what the gate wanted and what there was.
func (p *page) accountGate(a *analyze.Account) {
	groups := a.Groups
	if !p.full {
		groups = groups[:min(len(groups), 2*fewSamples)]
	}
	for _, g := range groups {
		text := plural(g.Events, "event", "events")
		if g.Entity != "" {
			text = g.Entity + ": " + text
		}
		if g.Copies > 0 {
			text += fmt.Sprintf(" (and %s)", plural(g.Copies, "copy", "copies"))
		}
		if when := between(instant(g.FirstSeen), instant(g.LastSeen)); when != "" {
			text += ", " + when
		}
		p.accountRow("gate", text)
		for _, c := range g.Conditions {
			p.labelled(4+accountLabel, 0, span{plain, held(c.Holds)}, span{plain, "wants " + c.Wants + "; there are " + c.Has})
		}
		if g.Passes {
			p.line(4+accountLabel, span{plain, "passes as " + string(g.Severity)})
		} else {
			p.labelled(4+accountLabel, 0, span{yellow, "held back (" + g.Reason + ")"}, span{plain, g.Detail})
		}
	}
	if n := len(a.Groups) - len(groups) + a.MoreGroups; n > 0 {
		p.line(4+accountLabel, span{faint, fmt.Sprintf("%d more, see --all", n)})
	}
}

func held(ok bool) string {
	if ok {
		return "yes"
	}
	return "no "
}

// evidence shows places with their text.
func (p *page) evidence(all []analyze.Evidence) {
	for _, e := range all[:min(len(all), fewSamples)] {
		place := e.File
		if e.Line > 0 {
			place += ":" + strconv.Itoa(e.Line)
		}
		p.line(4+accountLabel, span{cyan, place})
		if e.Text != "" {
			p.line(6+accountLabel, span{plain, p.clipped(e.Text, 6+accountLabel)})
		}
	}
}

func quotedAll(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, strconv.Quote(t))
	}
	return out
}
