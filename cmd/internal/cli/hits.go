package cli

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
)

// searchTable writes what a search found.
type searchTable struct {
	out              *output
	all, count, wide bool

	b    *bufio.Writer
	last int // line written last of the file
}

func (t *searchTable) write(r *ops.SearchResult) error {
	switch t.out.format {
	case "json", "yaml":
		return t.out.document(r)
	case "jsonl":
		for _, h := range r.Hits {
			if err := report.JSON(t.out.w, h, false); err != nil {
				return err
			}
		}
		return nil
	}
	t.b = bufio.NewWriter(t.out.w)
	if t.count {
		t.counts(r)
	}
	switch {
	case r.Facets != nil:
		t.facets(r)
	case !t.count:
		t.hits(r)
	}
	return t.b.Flush()
}

// counts writes a number, for all cases one of each.
func (t *searchTable) counts(r *ops.SearchResult) {
	if !t.all {
		fmt.Fprintln(t.b, r.Total)
		return
	}
	for _, c := range r.Cases {
		if c.Err == nil {
			fmt.Fprintf(t.b, "%s  %d\n", report.Visible(c.Case), c.Total)
		}
	}
}

// hits writes lines below the path of their file, and that below its case.
func (t *searchTable) hits(r *ops.SearchResult) {
	inCase, file := "", ""
	for i := range r.Hits {
		h := &r.Hits[i]
		if t.all && h.Case != inCase {
			t.gap(i)
			inCase, file = h.Case, ""
			fmt.Fprintf(t.b, "%s\n", t.out.painted("1", "case "+h.Case))
		}
		if h.File != file {
			if file != "" {
				t.gap(i)
			}
			file, t.last = h.File, 0
			fmt.Fprintf(t.b, "%s\n", t.out.painted("36", h.File))
		}
		next := 0
		if i+1 < len(r.Hits) && r.Hits[i+1].File == h.File && r.Hits[i+1].Case == h.Case {
			next = r.Hits[i+1].Line
		}
		t.hit(h, next)
	}
}

// gap writes an empty line before all but the first.
func (t *searchTable) gap(i int) {
	if i > 0 {
		fmt.Fprintln(t.b)
	}
}

// hit writes a line and those around it that were not written yet; next is the
// line found after it in the file, 0 for none.
func (t *searchTable) hit(h *ops.Hit, next int) {
	around := len(h.Before)+len(h.After) > 0
	if h.Line <= t.last { // in order of time lines may go back
		t.last = 0
	}
	first := h.Line
	if len(h.Before) > 0 {
		first = h.Before[0].N
	}
	if around && t.last > 0 && first > t.last+1 {
		fmt.Fprintln(t.b, "--")
	}
	for _, l := range h.Before {
		t.neighbour(l)
	}
	label := fmt.Sprintf("%d:  ", h.Line)
	e := report.Excerpt{Text: h.Text, Marks: h.Spans, Before: h.CutBefore > 0, After: h.CutAfter > 0}
	t.line(label, &e)
	t.last = h.Line
	for _, l := range h.After {
		if next > h.Line && l.N >= next {
			break
		}
		t.neighbour(l)
	}
}

func (t *searchTable) neighbour(l ops.NumberedLine) {
	if l.N > t.last {
		t.line(fmt.Sprintf("%d-  ", l.N), &report.Excerpt{Text: l.Text})
		t.last = l.N
	}
}

func (t *searchTable) line(label string, e *report.Excerpt) {
	width := 0
	if !t.wide {
		width = max(t.out.layout.Width-len(label), 20)
	}
	fmt.Fprintf(t.b, "%s%s\n", label, strings.TrimRight(e.Line(width, t.out.layout.Color), " "))
}

// mostBars is how many values of one kind are drawn.
const mostBars = 10

// facets draws how the lines are spread. Where the counts stand above that, those
// of the cases are not said again.
func (t *searchTable) facets(r *ops.SearchResult) {
	if !t.count {
		verb := "lines match"
		if r.Total == 1 {
			verb = "line matches"
		}
		fmt.Fprintf(t.b, "%d %s\n", r.Total, verb)
	}
	if t.all && !t.count {
		var cases []ops.Share
		for _, c := range r.Cases {
			if c.Total > 0 {
				cases = append(cases, ops.Share{Value: c.Case, Count: c.Total})
			}
		}
		t.bars("CASES", cases, len(cases))
	}
	t.bars("FILES", r.Facets.Files, mostBars)
	t.bars("COMPONENTS", r.Facets.Components, mostBars)
	t.bars("LEVELS", r.Facets.Levels, mostBars)
	t.bars("HOURS (UTC)", r.Facets.Hours, 48)
}

// bars draws a bar for each of the first values.
func (t *searchTable) bars(title string, shares []ops.Share, most int) {
	if len(shares) == 0 {
		return
	}
	fmt.Fprintf(t.b, "\n%s\n", t.out.painted("1", title))
	shown := shares[:min(len(shares), most)]
	top, digits := 1, 0
	for _, s := range shown {
		top = max(top, s.Count)
		digits = max(digits, len(fmt.Sprint(s.Count)))
	}
	label := t.out.layout.Width / 2
	if t.all {
		label = t.out.layout.Width * 3 / 5 // the ID of a case fits in 80 columns
	}
	room := t.out.layout.Width - label - digits - 6
	for _, s := range shown {
		value := s.Value
		if value == "" {
			value = "(none)"
		}
		bar := strings.Repeat("#", max(s.Count*max(room, 1)/top, 1))
		fmt.Fprintf(t.b, "  %s  %*d  %s\n", report.Column(value, label), digits, s.Count, bar)
	}
	if n := len(shares) - len(shown); n > 0 {
		fmt.Fprintf(t.b, "  and %d more\n", n)
	}
}
