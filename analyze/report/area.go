package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/gates"
)

// Area writes what is known of a part of the node, section by section: its
// state, its daemons, what checks and rules found, what could not be judged.
// Of several sections the worst of each is told first.
func Area(w io.Writer, v *area.View, o Options) error {
	a := &areaPage{newPage(w, o)}
	a.line(0, span{bold, v.Bundle})
	a.prose(2, faint, join(", ", prefixed("collected ", utc(v.CollectedAt)), prefixed("case ", v.Case)))
	if len(v.Sections) > 1 {
		a.overview(v.Sections)
	}
	for i := range v.Sections {
		a.blank()
		a.section(&v.Sections[i])
	}
	return a.flush()
}

// Daemons writes which daemons were alive, as a part of a page.
func Daemons(w io.Writer, all []area.Daemon, o Options) error {
	a := &areaPage{newPage(w, o)}
	a.heading("DAEMONS")
	a.daemons(2, all)
	return a.flush()
}

// An areaPage is a page of sections.
type areaPage struct{ *page }

// overview says of each section what was found in it.
func (a *areaPage) overview(sections []area.SectionView) {
	a.line(2, span{faint, "section       clear  not judged  found"})
	for i := range sections {
		s := &sections[i]
		clear := s.Rules.Clear
		for _, c := range s.Checks {
			if c.Outcome == analyze.Clear {
				clear++
			}
		}
		var found []string
		for _, h := range hits(s) {
			found = append(found, join(" ", h.id, string(h.severity)))
		}
		for _, d := range s.Daemons {
			if d.State == gates.Dead || d.State == gates.Degraded {
				found = append(found, fmt.Sprintf("%s %s", d.Name, d.State))
			}
		}
		head := fmt.Sprintf("  %-12s  %5d  %10d", s.Name, clear, len(s.NotJudged))
		a.row([]span{{plain, head}}, cmp.Or(strings.Join(found, ", "), "-"))
	}
}

func (a *areaPage) section(s *area.SectionView) {
	a.line(0, span{bold, strings.ToUpper(s.Name)}, span{faint, "  " + s.Title})
	a.facts(s.Facts)
	for _, t := range s.Tables {
		a.table(t)
	}
	if len(s.Limits) > 0 {
		a.subtitle("in use", "")
		a.entries(s.Limits)
	}
	if len(s.Daemons) > 0 {
		a.subtitle("daemons", "")
		a.daemons(4, s.Daemons)
	}
	a.outcomes(s)
	a.gaps(s)
}

// subtitle is the title of a part of a section, with the file that it is of.
func (a *areaPage) subtitle(title, file string) {
	a.line(2, span{bold, title})
	if file != "" {
		a.line(4, span{faint, file})
	}
}

// facts writes each value with its first place.
func (a *areaPage) facts(facts []*area.Fact) {
	wide := 0
	for _, f := range facts {
		wide = max(wide, columns(Visible(f.Label)))
	}
	wide = min(wide, 28)
	for _, f := range facts {
		value := clip(measured(f.Value, f.Unit), longValue)
		from := placeWords(f.At)
		if f.Note != "" {
			value += " (" + clip(f.Note, longValue) + ")"
		}
		a.besides(2, wide, span{plain, f.Label}, span{plain, value}, from)
	}
}

// besides writes a labelled text, and a place faint behind it where there is
// room, else below.
func (a *areaPage) besides(indent, wide int, label, text span, from string) {
	used := indent + max(wide, columns(Visible(label.text))) + 2 + columns(Visible(text.text)) + 2 + columns(Visible(from))
	switch {
	case from == "":
		a.labelled(indent, wide, label, text)
	case used <= a.width:
		a.line(indent, span{label.style, pad(label.text, wide)}, span{text.style, "  " + Visible(text.text) + "  "}, span{faint, from})
	default:
		a.labelled(indent, wide, label, text)
		a.labelled(indent, wide, span{}, span{faint, from})
	}
}

// placeWords is the first place, and how many more there are.
func placeWords(at []area.Place) string {
	if len(at) == 0 {
		return ""
	}
	s := placeOf(at[0])
	if len(at) > 1 {
		s += fmt.Sprintf(" and %d more", len(at)-1)
	}
	return s
}

func placeOf(p area.Place) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// measured writes a number with its unit; other values stay as they are.
func measured(value, unit string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil || unit == "":
		return value
	case unit == area.Bytes:
		return Size(n)
	case unit == area.Percent:
		return value + "%"
	case unit == area.Things && n >= 1e12: // the addresses of IPv6
		return strconv.FormatFloat(float64(n), 'e', 1, 64)
	case unit == area.Things:
		return number(n)
	}
	if n == 1 {
		unit = singular(unit)
	}
	return number(n) + " " + unit
}

// singular is the unit of one thing.
func singular(unit string) string {
	if rest, ok := strings.CutSuffix(unit, "addresses"); ok {
		return rest + "address"
	}
	return strings.TrimSuffix(unit, "s")
}

// daemons writes the state of each daemon, and what says so. Those that the node
// need not have stand together.
func (a *areaPage) daemons(indent int, all []area.Daemon) {
	wide := 0
	var others []string
	for _, d := range all {
		if d.Wanted {
			wide = max(wide, len(d.Name))
		} else {
			others = append(others, string(d.Name))
		}
	}
	for _, d := range all {
		if !d.Wanted {
			continue
		}
		var said []string
		for _, x := range d.Proofs {
			said = append(said, join(" ", x.Text, parenthesis(placeWords(x.At))))
		}
		label := strings.Repeat(" ", indent) + pad(string(d.Name), wide) + "  "
		a.row([]span{{plain, label}, {daemonStyle(d.State), pad(string(d.State), 8)}}, join(": ", d.Note, strings.Join(said, "; ")))
	}
	if len(others) > 0 {
		a.prose(indent, plain, "nothing shows that this node should have: "+strings.Join(others, ", "))
	}
}

func parenthesis(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

func daemonStyle(s gates.State) style {
	switch s {
	case gates.Alive:
		return green
	case gates.Dead:
		return red
	case gates.Degraded:
		return yellow
	}
	return plain
}

// A hit is something that was found, by a check or by a rule on logs.
type hit struct {
	id, rule, title string
	severity        analyze.Severity
	at              []area.Place
}

// hits are what checks and rules found, the worst first.
func hits(s *area.SectionView) (all []hit) {
	for _, c := range s.Checks {
		if c.Outcome == analyze.Found {
			all = append(all, hit{cmp.Or(c.Finding, "-"), c.ID, c.Title, c.Severity, c.At})
		}
	}
	for _, f := range s.Findings {
		title := f.Title
		if len(f.ExplainedBy) > 0 {
			title += " (explained by " + brief(f.ExplainedBy, fewValues) + ")"
		}
		all = append(all, hit{f.ID, f.Rule, title, f.Severity, f.At})
	}
	slices.SortStableFunc(all, func(a, b hit) int { return b.severity.Rank() - a.severity.Rank() })
	return all
}

// outcomes writes what was found, and then in a few words what was clear.
func (a *areaPage) outcomes(s *area.SectionView) {
	found := hits(s)
	var clear []string
	for _, c := range s.Checks {
		if c.Outcome == analyze.Clear {
			clear = append(clear, c.ID)
		}
	}
	if s.Rules.Clear > 0 {
		clear = append(clear, plural(s.Rules.Clear, "rule on logs", "rules on logs"))
	}
	if len(found)+len(clear) == 0 {
		return
	}
	a.subtitle("checks", "")
	for i := range found {
		a.found(&found[i])
	}
	if len(clear) > 0 {
		a.labelled(4, 7, span{green, "clear"}, span{plain, strings.Join(clear, ", ")})
	}
}

// shownPlaces is how many places of a finding are listed.
const shownPlaces = 3

func (a *areaPage) found(h *hit) {
	a.row([]span{{plain, "    " + pad(h.id, 7)}, {severityStyle(h.severity), "  " + pad(string(h.severity), 8)}}, h.title)
	a.prose(23, faint, join("  ", h.rule, whereWords(h.at)))
}

// whereWords lists the first places; a file is named once.
func whereWords(at []area.Place) string {
	var words []string
	file := ""
	for _, p := range at[:min(len(at), shownPlaces)] {
		word := placeOf(p)
		if p.File == file && p.Line > 0 {
			word = fmt.Sprintf(":%d", p.Line)
		}
		words, file = append(words, word), p.File
	}
	if n := len(at) - shownPlaces; n > 0 {
		words = append(words, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(words, ", ")
}

// gaps lists what could not be judged: things that lack the same are one item.
func (a *areaPage) gaps(s *area.SectionView) {
	if len(s.NotJudged) == 0 {
		return
	}
	a.subtitle("could not be judged", "")
	what := map[string][]string{}
	var order []string
	for _, g := range s.NotJudged {
		if what[g.Why] == nil {
			order = append(order, g.Why)
		}
		what[g.Why] = append(what[g.Why], g.What)
	}
	for _, why := range order {
		a.item(4, plain, "", clip(why, 300)+": "+strings.Join(what[why], ", "))
	}
}
