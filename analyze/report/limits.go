package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/ledger"
)

// limits tells the resources of the node of which much is in use, or that ran
// out; with Options.All those that are known, and why others are not.
func (t *terminal) limits() {
	var tight, rest []ledger.Entry
	for _, e := range t.r.Limits {
		if e.Tight {
			tight = append(tight, e)
		} else {
			rest = append(rest, e)
		}
	}
	if len(tight) == 0 && (len(rest) == 0 || !t.o.All) {
		return
	}
	t.heading("LIMITS")
	t.entries(tight)
	if t.o.All {
		t.entries(rest)
	}
}

// Limits writes the books of a node, as a part of a page.
func Limits(w io.Writer, all []ledger.Entry, o Options) error {
	p := newPage(w, o)
	p.heading("LIMITS")
	p.entries(all)
	return p.flush()
}

// entries writes each resource with its share, its numbers and where they stand,
// and below it what happens next. Those of which nothing is told are at the end,
// by the reason.
func (p *page) entries(all []ledger.Entry) {
	untold := map[string][]string{}
	var reasons []string
	for i := range all {
		e := &all[i]
		if e.Used == nil && e.Allowed == nil && e.Left == nil && e.Over == nil {
			if untold[e.Unknown] == nil {
				reasons = append(reasons, e.Unknown)
			}
			untold[e.Unknown] = append(untold[e.Unknown], nameOf(e))
			continue
		}
		s := plain
		if e.Tight {
			s = yellow
		}
		text, at := nameOf(e)+": "+join(" ", amounts(e), unknownOf(e)), placesOf(e)
		label := span{s, fmt.Sprintf("%5s", shareOf(e))}
		if wide := 2 + 5 + 2 + columns(Visible(text)) + 2 + columns(Visible(at)); at != "" && wide <= p.width {
			p.line(2, label, span{plain, "  " + text + "  "}, span{faint, at})
		} else {
			p.labelled(2, 5, label, span{plain, text})
			if at != "" {
				p.labelled(2, 5, span{plain, ""}, span{faint, at})
			}
		}
		for _, line := range []string{reached(e), next(e)} {
			if e.Tight && line != "" {
				p.labelled(2, 5, span{plain, ""}, span{plain, line})
			}
		}
	}
	for _, why := range reasons {
		p.labelled(2, 5, span{plain, fmt.Sprintf("%5s", "?")}, span{plain, fmt.Sprintf("%s (%s)", strings.Join(untold[why], ", "), why)})
	}
}

// shareOf is the share, "?" when it is not known.
func shareOf(e *ledger.Entry) string {
	switch n := e.Percent(); {
	case !e.Known():
		return "?"
	case n > 0 && n < 1:
		return "<1 %"
	case n > 999:
		return ">999%"
	default:
		return fmt.Sprintf("%.0f %%", n)
	}
}

// nameOf is the title with the one of several: "disk /var".
func nameOf(e *ledger.Entry) string { return join(" ", e.Title, e.Of) }

// amounts are what is in use, of what.
func amounts(e *ledger.Entry) string {
	text := ""
	switch {
	case e.Used != nil && e.Allowed != nil && e.Allowed.Value >= endless:
		text = quantity(e, e.Used) + ", without a limit"
	case e.Used != nil && e.Allowed != nil:
		text = fmt.Sprintf("%s of %s", quantity(e, e.Used), quantity(e, e.Allowed))
	case e.Used != nil:
		text = quantity(e, e.Used) + " in use"
	case e.Allowed != nil:
		text = quantity(e, e.Allowed) + " at most"
	}
	if e.Left != nil {
		text = join(", ", text, quantity(e, e.Left)+" more may be")
	}
	if e.Over != nil {
		text = join(", ", text, number(int64(min(e.Over.Value, endless)))+" "+e.Over.Note)
	}
	return text
}

// endless is what the kernel calls no limit.
const endless = 1 << 62

func quantity(e *ledger.Entry, a *ledger.Amount) string {
	text := number(int64(min(a.Value, endless)))
	if e.Unit == "bytes" {
		text = ledger.Bytes(a.Value)
	}
	if a.Note == "at least" {
		return a.Note + " " + text
	}
	if a.Note != "" {
		text += " (" + a.Note + ")"
	}
	return text
}

// unknownOf says why a share is not known.
func unknownOf(e *ledger.Entry) string {
	if e.Unknown == "" {
		return ""
	}
	return "(" + e.Unknown + ")"
}

// placesOf are the places of the numbers.
func placesOf(e *ledger.Entry) string {
	var all []string
	for _, a := range []*ledger.Amount{e.Used, e.Allowed, e.Left, e.Over} {
		if a == nil || a.File == "" {
			continue
		}
		at := a.File
		if a.Line > 0 {
			at = a.Pos().String()
		}
		if !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	return strings.Join(all, " ")
}

func reached(e *ledger.Entry) string {
	if e.Reached == nil {
		return ""
	}
	return fmt.Sprintf("now, from %.0f %% on: %s", e.Reached.Share, e.Reached.What)
}

func next(e *ledger.Entry) string {
	if e.Next == nil {
		return ""
	}
	return fmt.Sprintf("next, at %.0f %%: %s", e.Next.Share, e.Next.What)
}
