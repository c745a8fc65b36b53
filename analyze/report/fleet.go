package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/score"
)

// A FleetLine is what is said of one bundle of a fleet.
type FleetLine struct {
	Bundle string `json:"bundle"`
	score.Node
	Critical int `json:"critical"` // findings
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Info     int `json:"info"`

	Hypothesis string         `json:"hypothesis"` // title of the likely root cause
	Worst      *score.Finding `json:"worst"`      // null for none
	Broken     string         `json:"broken"`     // where a damaged archive stopped
	Error      string         `json:"error"`      // why it was not analyzed
}

// Fleet sums up each bundle of a board.
func Fleet(b *score.Board) []FleetLine {
	lines := []FleetLine{}
	for _, r := range b.Results {
		l := FleetLine{Bundle: r.Bundle, Node: r.Node, Hypothesis: r.Hypothesis, Broken: r.Broken, Error: r.Error}
		count := map[analyze.Severity]*int{
			analyze.Critical: &l.Critical, analyze.High: &l.High, analyze.Medium: &l.Medium, analyze.Low: &l.Low, analyze.Info: &l.Info,
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			if n := count[f.Severity]; n != nil {
				*n++
			}
			if l.Worst == nil || f.Severity.Rank() > l.Worst.Severity.Rank() {
				l.Worst = f
			}
		}
		lines = append(lines, l)
	}
	return lines
}

// FleetLines writes a JSON document a line for each bundle.
func FleetLines(w io.Writer, lines []FleetLine) error {
	for i := range lines {
		if err := JSON(w, &lines[i], false); err != nil {
			return err
		}
	}
	return nil
}

// FleetTable writes how a fleet is: the bundles by their worst finding, and for
// each rule how many bundles have it.
func FleetTable(w io.Writer, b *score.Board, o Options) error {
	p := newPage(w, o)
	lines := Fleet(b)
	p.line(0, span{bold, plural(len(lines), "BUNDLE", "BUNDLES")})
	p.sick(lines)
	p.spread(b)
	p.notRead(lines)
	return p.flush()
}

// sick lists the bundles with a finding above low, the worst first.
func (p *page) sick(lines []FleetLine) {
	rank := func(l *FleetLine) int {
		if l.Worst == nil {
			return 0
		}
		return l.Worst.Severity.Rank()
	}
	by := map[int]int{}
	var ill []*FleetLine
	for i := range lines {
		l := &lines[i]
		if l.Error != "" {
			continue
		}
		by[rank(l)]++
		if rank(l) > analyze.Low.Rank() {
			ill = append(ill, l)
		}
	}
	for _, s := range []analyze.Severity{analyze.Critical, analyze.High, analyze.Medium} {
		p.labelled(2, 10, span{severityStyle(s), string(s)}, span{plain, number(int64(by[s.Rank()]))})
	}
	p.labelled(2, 10, span{plain, "no worse"}, span{plain, number(int64(by[0] + by[analyze.Low.Rank()] + by[analyze.Info.Rank()]))})
	if len(ill) == 0 {
		return
	}
	slices.SortStableFunc(ill, func(a, b *FleetLine) int { return cmp.Compare(rank(b), rank(a)) })
	p.heading("SICK NODES")
	for i, l := range ill {
		if i == maxListed && !p.full {
			p.line(2, span{faint, fmt.Sprintf("and %d more (--all)", len(ill)-i)})
			break
		}
		p.line(2, span{severityStyle(l.Worst.Severity), pad(string(l.Worst.Severity), 8)}, span{plain, "  " + l.Bundle})
		p.prose(12, plain, cmp.Or(l.Hypothesis, l.Worst.Title))
	}
}

// spread lists the rules by the number of bundles.
func (p *page) spread(b *score.Board) {
	type row struct {
		score.RuleScore
		worst analyze.Severity
	}
	worst := map[string]analyze.Severity{}
	for _, r := range b.Results {
		for i := range r.Findings {
			if f := &r.Findings[i]; f.Severity.Rank() > worst[f.Rule].Rank() {
				worst[f.Rule] = f.Severity
			}
		}
	}
	var rows []row
	for _, r := range b.Rules {
		if r.Bundles > 0 {
			rows = append(rows, row{r, worst[r.Rule]})
		}
	}
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.Bundles, a.Bundles), cmp.Compare(b.worst.Rank(), a.worst.Rank()))
	})
	read := b.Bundles.Total - b.Bundles.Failed
	p.heading("RULES")
	p.line(2, span{bold, "bundles  share  worst     rule"})
	for _, r := range rows {
		share := float64(r.Bundles) / float64(max(read, 1))
		p.line(2, span{plain, fmt.Sprintf("%7d  %5s  ", r.Bundles, percent(share))},
			span{severityStyle(r.worst), pad(string(r.worst), 8)}, span{plain, "  " + r.Rule})
	}
}

func (p *page) notRead(lines []FleetLine) {
	heading := false
	for _, l := range lines {
		text := cmp.Or(l.Error, l.Broken)
		if text == "" {
			continue
		}
		if !heading {
			heading = true
			p.heading("NOT READ, OR NOT TO THE END")
		}
		p.line(2, span{alarm, l.Bundle})
		p.prose(6, plain, text)
	}
}
