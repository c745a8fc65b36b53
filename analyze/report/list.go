package report

import (
	"cmp"
	"fmt"
	"io"

	"github.com/eksleuth/eksleuth/analyze"
)

// List writes findings as a table, one or a few lines for each.
func List(w io.Writer, findings []analyze.Finding, o Options) error {
	p := newPage(w, o)
	if len(findings) > 0 {
		p.line(0, span{bold, "ID     SEVERITY  LINES  LAST SEEN (UTC)      FINDING"})
	}
	for i := range findings {
		f := &findings[i]
		lines := "-" // a state is not told by lines
		if f.Kind == analyze.FromLog {
			lines = number(int64(max(f.Count, 1)))
		}
		label := fmt.Sprintf("%5s  %-19s", lines, cmp.Or(clip(instant(f.LastSeen), 19), "-"))
		title := f.Title
		if len(f.ExplainedBy) > 0 {
			title += " (explained by " + brief(f.ExplainedBy, fewValues) + ")"
		}
		id := span{plain, pad(f.ID, 5) + "  "}
		level := span{severityStyle(f.Severity), pad(string(f.Severity), 8)}
		p.row([]span{id, level, {plain, "  " + label}}, title)
	}
	return p.flush()
}

// row writes cells and wraps the last one below itself.
func (p *page) row(cells []span, last string) {
	hang := 2
	for _, c := range cells {
		hang += columns(Visible(c.text))
	}
	lines := wrap(last, max(p.width-hang, 20))
	first := ""
	if len(lines) > 0 {
		first, lines = lines[0], lines[1:]
	}
	p.line(0, append(cells, span{plain, "  " + first})...)
	for _, l := range lines {
		p.line(hang, span{plain, l})
	}
}

// SuppressedList writes what matched and is no finding.
func SuppressedList(w io.Writer, s []analyze.Suppressed, o Options) error {
	p := newPage(w, o)
	t := &terminal{page: p, r: &analyze.Report{Suppressed: s}, o: o}
	t.suppressed()
	return p.flush()
}

// A Proof is a piece of evidence with the lines around it.
type Proof struct {
	Evidence analyze.Evidence `json:"evidence"`
	Lines    []Line           `json:"lines"`
}

// A Line is one line of a file of the bundle.
type Line struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

// longLine is how much of one line Detail shows, in lines of the page.
const longLine = 30

// Detail writes one finding in full, each proof among its neighbours.
func Detail(w io.Writer, f *analyze.Finding, proofs []Proof, o Options) error {
	p := newPage(w, o)
	p.full = true
	p.title(0, f)
	p.details(f)
	p.next(f)
	for _, r := range f.References {
		p.labelled(body, 0, span{plain, "see"}, span{plain, r})
	}
	for _, proof := range proofs {
		p.blank()
		p.place(0, proof.Evidence)
		p.neighbours(proof)
	}
	return p.flush()
}

// neighbours writes numbered lines; ">" marks the one that is the evidence.
func (p *page) neighbours(proof Proof) {
	lines := proof.Lines
	if len(lines) == 0 && proof.Evidence.Text != "" {
		lines = []Line{{proof.Evidence.Line, proof.Evidence.Text}}
	}
	for _, l := range lines {
		mark, s := "  ", faint
		if l.N == proof.Evidence.Line {
			mark, s = "> ", bold
		}
		label := fmt.Sprintf("%s%6d", mark, l.N)
		for i, text := range cut(l.Text, p.width-len(label)-2, longLine) {
			if i > 0 {
				label = pad("", len(label))
			}
			p.line(0, span{plain, label + "  "}, span{s, text})
		}
	}
}
