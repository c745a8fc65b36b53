package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/score"
)

// Scoreboard writes a board as text. Without Options.All only the rules are
// listed that something is wrong with.
func Scoreboard(w io.Writer, b *score.Board, o Options) error {
	s := &scoreboard{page: newPage(w, o), b: b}
	s.totals()
	s.failed()
	s.missed()
	s.wrong()
	s.open()
	s.against()
	s.rules()
	return s.flush()
}

// A scoreboard is a page about a board.
type scoreboard struct {
	*page
	b *score.Board
}

// maxListed is how many lines of one kind are shown; --all shows more, and JSON
// has all.
const maxListed = 50

// totals says how good the reports are.
func (s *scoreboard) totals() {
	n, all := s.b.Bundles, s.b.Overall
	parts := []string{plural(n.Total, "bundle", "bundles"), number(int64(n.Labelled)) + " with labels"}
	if n.Clean > 0 {
		parts = append(parts, fmt.Sprintf("%d healthy, %d of them without a false finding", n.Clean, n.CleanQuiet))
	}
	if n.Damaged > 0 {
		parts = append(parts, fmt.Sprintf("%d damaged", n.Damaged))
	}
	if n.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d that cannot be read", n.Failed))
	}
	if n.Labels > 0 {
		parts = append(parts, plural(n.Labels, "label that cannot be read", "labels that cannot be read"))
	}
	const label = 9
	total := func(name, text string) { s.labelled(0, label, span{bold, name}, span{plain, text}) }
	total("BUNDLES", strings.Join(parts, "; "))
	total("PRECISION", fmt.Sprintf("%s: %d of %s that labels judge", rate(all.Precision), all.True, plural(all.True+all.False, "finding", "findings")))
	met := all.Met + all.Held
	text := fmt.Sprintf("%s: %d of %s that labels ask for", rate(all.Recall), met, plural(met+all.Missed, "thing", "things"))
	if all.Held > 0 {
		text += fmt.Sprintf("; %d of them held back by a gate, as they may be", all.Held)
	}
	total("RECALL", text)
	total("F1", rate(all.F1))
	if c := s.b.Causes; c.Right+c.Wrong > 0 {
		total("CAUSES", fmt.Sprintf("%d of %d likely root causes are right, or rightly none", c.Right, c.Right+c.Wrong))
	}
	if all.Indeterminate+all.Unjudged > 0 {
		total("OPEN", fmt.Sprintf("%s could not be judged; no label knows of %s",
			plural(all.Indeterminate, "thing asked for", "things asked for"), plural(all.Unjudged, "finding", "findings")))
	}
}

// rate writes a share, "-" for none.
func rate(f *float64) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", *f*100)
}

// A listing is a heading with entries below it; no entry, no heading.
type listing struct {
	s       *scoreboard
	heading string
	n       int
}

func (l *listing) add(style style, about, text string, details ...string) {
	l.n++
	if l.n == 1 {
		l.s.heading(l.heading)
	}
	if l.n > maxListed && !l.s.full {
		return
	}
	l.s.labelled(2, 0, span{style, about}, span{plain, text})
	for _, d := range details {
		if d != "" {
			l.s.prose(6, plain, d)
		}
	}
}

func (l *listing) end() {
	if l.n > maxListed && !l.s.full {
		l.s.line(2, span{faint, fmt.Sprintf("and %d more (--all)", l.n-maxListed)})
	}
}

func (s *scoreboard) list(heading string, each func(*listing, *score.Result)) {
	l := &listing{s: s, heading: heading}
	for _, r := range s.b.Results {
		each(l, r)
	}
	l.end()
}

func (s *scoreboard) failed() {
	s.list("NOT ANALYZED", func(l *listing, r *score.Result) {
		if r.Error != "" {
			l.add(alarm, r.Bundle, "", r.Error)
		}
	})
	s.list("LABELS THAT CANNOT BE READ", func(l *listing, r *score.Result) {
		if r.LabelError != "" {
			l.add(alarm, r.Bundle, "", r.LabelError)
		}
		for _, n := range r.Notes {
			l.add(yellow, r.Bundle, "", n)
		}
	})
}

func (s *scoreboard) missed() {
	s.list("MISSED", func(l *listing, r *score.Result) {
		for i := range r.Wants {
			if w := &r.Wants[i]; w.State == score.Missed {
				l.add(red, r.Bundle, "", wanted(w), w.Note)
			}
		}
		if r.Cause == score.Missed {
			l.add(red, r.Bundle, "", "the likely root cause is "+cmp.Or(quote(r.Hypothesis), "none")+", which is not right")
		}
	})
}

func quote(s string) string {
	if s == "" {
		return ""
	}
	return `"` + s + `"`
}

// wanted says what a label asks for.
func wanted(w *score.Want) string {
	what := w.Rule
	if what == "" {
		what = "problem " + w.Problem
	}
	return join(" at ", what, placed(w.File, w.Line))
}

func placed(file string, line int) string {
	if file == "" || line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

func (s *scoreboard) wrong() {
	s.list("FALSE", func(l *listing, r *score.Result) {
		for i := range r.Findings {
			if f := &r.Findings[i]; f.Verdict == score.False {
				l.add(red, r.Bundle, "", finding(f), placed(f.File, f.Line), f.Why)
			}
		}
	})
}

func finding(f *score.Finding) string {
	return fmt.Sprintf("%s %s: %s", f.Severity, f.Rule, f.Title)
}

func (s *scoreboard) open() {
	s.list("COULD NOT BE JUDGED", func(l *listing, r *score.Result) {
		for i := range r.Wants {
			if w := &r.Wants[i]; w.State == score.Indeterminate && r.Error == "" {
				l.add(yellow, r.Bundle, "", wanted(w), w.Note)
			}
		}
	})
}

// against writes the comparison with the baseline as a diff: "-" is gone, "+"
// is new, "!" marks what got worse.
func (s *scoreboard) against() {
	d := s.b.Baseline
	if d == nil {
		return
	}
	s.heading("AGAINST THE BASELINE")
	s.prose(2, plain, fmt.Sprintf("%d gained, %d lost, %d changed; %s.", len(d.Gained), len(d.Lost), len(d.Changed),
		plural(d.Regressions, "regression", "regressions")))
	lines := DiffLines(d)
	for i, l := range lines {
		if i == 4*maxListed && !s.full {
			s.line(2, span{faint, fmt.Sprintf("and %d more lines (--all)", len(lines)-i)})
			break
		}
		st := plain
		switch {
		case strings.HasSuffix(l, regressionMark):
			st = red
		case strings.HasPrefix(l, "+"):
			st = green
		}
		for k, part := range wrap(l, s.width-6) {
			s.line(2+4*min(k, 1), span{st, part})
		}
	}
}

// regressionMark ends the lines of what got worse.
const regressionMark = "  (regression)"

// DiffLines are the lines of a comparison, in the order of the bundles of each
// kind.
func DiffLines(d *score.Diff) []string {
	var out []string
	add := func(mark, bundle, text string, worse bool) {
		l := fmt.Sprintf("%s %s: %s", mark, Visible(bundle), Visible(text))
		if worse {
			l += regressionMark
		}
		out = append(out, l)
	}
	for _, name := range d.Failed {
		add("-", name, "cannot be analyzed any more", true)
	}
	for _, name := range d.Readable {
		add("+", name, "can be analyzed now", false)
	}
	for i := range d.Lost {
		c := &d.Lost[i]
		add("-", c.Bundle, finding(c.Old), c.Regression)
	}
	for i := range d.Gained {
		c := &d.Gained[i]
		add("+", c.Bundle, finding(c.New), c.Regression)
	}
	for i := range d.Changed {
		c := &d.Changed[i]
		add("~", c.Bundle, c.New.Rule+": "+strings.Join(c.Lines(), "; "), c.Regression)
	}
	for i := range d.Wants {
		c := &d.Wants[i]
		add("~", c.Bundle, fmt.Sprintf("%s: %s -> %s", wanted(&c.New), c.Old, c.New.State), c.Regression)
	}
	for _, name := range d.New {
		add("+", name, "is not in the baseline", false)
	}
	for _, name := range d.Gone {
		add("-", name, "is in the baseline only", false)
	}
	return out
}

// rules writes a line for each rule.
func (s *scoreboard) rules() {
	var rows []score.RuleScore
	for _, r := range s.b.Rules {
		judged := r.True+r.False+r.Met+r.Held+r.Missed+r.Indeterminate > 0
		if judged && (s.full || r.False+r.Missed > 0) {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return
	}
	s.heading("RULES")
	const name = 34
	s.line(0, span{bold, pad("", name) + "     findings      asked for"})
	s.line(0, span{bold, pad("rule", name) + "  true false  met held miss open   prec recall"})
	for _, r := range rows {
		id := r.Rule
		if columns(Visible(id)) > name {
			s.line(0, span{plain, id})
			id = ""
		}
		s.line(0, span{plain, pad(id, name) + fmt.Sprintf(" %5d %5d %4d %4d %4d %4d %6s %6s",
			r.True, r.False, r.Met, r.Held, r.Missed, r.Indeterminate, short(r.Precision), short(r.Recall))})
	}
}

// short writes a share in a column.
func short(f *float64) string {
	switch {
	case f == nil:
		return "-"
	case *f == 1:
		return "100%"
	}
	return fmt.Sprintf("%.1f%%", *f*100)
}
