package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/score"
)

// A suites document is what build servers read, the XML of JUnit.
type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Suite    suite    `xml:"testsuite"`
}

type suite struct {
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Cases    []testcase `xml:"testcase"`
}

type testcase struct {
	Class   string  `xml:"classname,attr"`
	Name    string  `xml:"name,attr"`
	Failure *reason `xml:"failure"`
	Error   *reason `xml:"error"`
	Skipped *reason `xml:"skipped"`
}

type reason struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes a board as a suite with a case for each bundle. A bundle fails
// when something is missed, false or worse than in the baseline; one that
// cannot be analyzed is an error; one without a label and a baseline is
// skipped.
func JUnit(w io.Writer, b *score.Board) error {
	worse := regressions(b.Baseline)
	s := suite{Name: "eksleuth regress"}
	for _, r := range b.Results {
		c := testcase{Class: "eksleuth.regress", Name: Visible(r.Bundle)}
		wrong := append(complaints(r), worse[r.Bundle]...)
		switch {
		case r.Error != "" || r.LabelError != "":
			c.Error = because([]string{Visible(join("; ", r.Error, r.LabelError))})
			s.Errors++
		case len(wrong) > 0:
			c.Failure = because(wrong)
			s.Failures++
		case !r.Labelled && b.Baseline == nil:
			c.Skipped = because([]string{"nothing is known of the bundle"})
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	s.Tests = len(s.Cases)
	doc := suites{Name: s.Name, Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Skipped: s.Skipped, Suite: s}
	text, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func because(lines []string) *reason {
	return &reason{Message: lines[0], Text: strings.Join(lines, "\n")}
}

// complaints say what is wrong with a result.
func complaints(r *score.Result) []string {
	var out []string
	for i := range r.Wants {
		if w := &r.Wants[i]; w.State == score.Missed {
			out = append(out, Visible(fmt.Sprintf("missed: %s: %s", wanted(w), w.Note)))
		}
	}
	if r.Cause == score.Missed {
		out = append(out, Visible("the likely root cause is wrong: "+r.Hypothesis))
	}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Verdict == score.False {
			out = append(out, Visible(fmt.Sprintf("false: %s at %s: %s", finding(f), placed(f.File, f.Line), f.Why)))
		}
	}
	return out
}

// regressions are the lines of what got worse, by bundle.
func regressions(d *score.Diff) map[string][]string {
	out := map[string][]string{}
	if d == nil {
		return out
	}
	add := func(bundle, text string, worse bool) {
		if worse {
			out[bundle] = append(out[bundle], Visible("regression: "+text))
		}
	}
	for i := range d.Lost {
		add(d.Lost[i].Bundle, "lost "+finding(d.Lost[i].Old), d.Lost[i].Regression)
	}
	for i := range d.Gained {
		add(d.Gained[i].Bundle, "gained "+finding(d.Gained[i].New), d.Gained[i].Regression)
	}
	for i := range d.Changed {
		c := &d.Changed[i]
		add(c.Bundle, c.New.Rule+": "+strings.Join(c.Lines(), "; "), c.Regression)
	}
	for i := range d.Wants {
		c := &d.Wants[i]
		add(c.Bundle, fmt.Sprintf("%s: %s -> %s", wanted(&c.New), c.Old, c.New.State), c.Regression)
	}
	return out
}

// ScoreMarkdown writes a board as a page for a merge request.
func ScoreMarkdown(w io.Writer, b *score.Board) error {
	m := &strings.Builder{}
	n, all := b.Bundles, b.Overall
	fmt.Fprintf(m, "# Regression over %s\n\n", plural(n.Total, "bundle", "bundles"))
	fmt.Fprint(m, "| what | value | counted |\n|---|---|---|\n")
	fmt.Fprintf(m, "| precision | %s | %d true, %d false |\n", rate(all.Precision), all.True, all.False)
	fmt.Fprintf(m, "| recall | %s | %d met, %d held back by a gate, %d missed |\n", rate(all.Recall), all.Met, all.Held, all.Missed)
	fmt.Fprintf(m, "| F1 | %s | |\n", rate(all.F1))
	fmt.Fprintf(m, "| root causes | | %d right, %d wrong |\n", b.Causes.Right, b.Causes.Wrong)
	fmt.Fprintf(m, "| healthy | | %d of %d without a false finding |\n", n.CleanQuiet, n.Clean)
	fmt.Fprintf(m, "| not judged | | %d asked for, %d findings |\n", all.Indeterminate, all.Unjudged)
	fmt.Fprintf(m, "| bundles | | %d with labels, %d damaged, %d not analyzed |\n", n.Labelled, n.Damaged, n.Failed)
	markdownDiff(m, b.Baseline)
	markdownWrong(m, b.Results)
	fmt.Fprint(m, "\n## Rules\n\n| rule | bundles | true | false | met | held | missed | open | precision | recall | F1 |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range b.Rules {
		fmt.Fprintf(m, "| %s | %d | %d | %d | %d | %d | %d | %d | %s | %s | %s |\n", markdown(r.Rule), r.Bundles,
			r.True, r.False, r.Met, r.Held, r.Missed, r.Indeterminate, short(r.Precision), short(r.Recall), short(r.F1))
	}
	_, err := io.WriteString(w, m.String())
	return err
}

func markdownDiff(m *strings.Builder, d *score.Diff) {
	if d == nil {
		return
	}
	fmt.Fprintf(m, "\n## Against the baseline\n\n%s; %d gained, %d lost, %d changed.\n",
		plural(d.Regressions, "regression", "regressions"), len(d.Gained), len(d.Lost), len(d.Changed))
	lines := DiffLines(d)
	if len(lines) == 0 {
		return
	}
	// The lines are visible text, so none of them can end the block.
	fmt.Fprint(m, "\n```diff\n")
	for _, l := range lines {
		fmt.Fprintln(m, l)
	}
	fmt.Fprint(m, "```\n")
}

func markdownWrong(m *strings.Builder, results []*score.Result) {
	heading := false
	for _, r := range results {
		lines := complaints(r)
		for _, text := range []string{r.Error, r.LabelError} {
			if text != "" {
				lines = append(lines, Visible(text))
			}
		}
		if len(lines) > 0 && !heading {
			heading = true
			fmt.Fprint(m, "\n## What is wrong\n\n| bundle | |\n|---|---|\n")
		}
		for _, l := range lines {
			fmt.Fprintf(m, "| %s | %s |\n", markdown(r.Bundle), markdown(l))
		}
	}
}

// markdown escapes what Markdown or HTML would act on.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range Visible(s) {
		if strings.ContainsRune("\\`*_{}[]()<>#+!|&~$@", r) && r != '(' && r != ')' && r != '_' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
