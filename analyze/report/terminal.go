package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/timeline"
)

// How much of a list is shown when Options.All is off.
const (
	fewCauses  = 3 // likely root causes
	fewProofs  = 3 // lines of evidence of one finding
	fewGaps    = 8 // things that could not be judged, files that were skipped
	fewValues  = 4 // values of one kind of entity
	fewAlike   = 3 // findings of one rule, in a list of causes and effects and in full
	manyAlike  = 8 // findings of one rule by their titles
	proofLines = 3 // lines of the page for one line of evidence
)

// Terminal writes a report as text: who the node is, the verdict, the likely
// root causes, the findings with their proof, what matched without being a
// finding, and what was not looked at.
func Terminal(w io.Writer, r *analyze.Report, o Options) error {
	p := newPage(w, o)
	t := &terminal{page: p, r: r, o: o, tree: fold(r.Findings)}
	t.node()
	t.verdict()
	t.onward()
	t.hypotheses()
	t.findings()
	t.limits()
	t.imds()
	t.suppressed()
	t.coverage()
	return p.flush()
}

type terminal struct {
	*page
	r *analyze.Report
	o Options
	tree
}

// node says whose bundle this is.
func (t *terminal) node() {
	c, n := &t.r.Case, &t.r.Case.Node
	id := cmp.Or(c.InstanceID, "Instance ID not in the bundle")
	t.line(0, span{bold, join("  ", id, n.InstanceType, n.AvailabilityZone)})
	row := func(label, text string) {
		if text != "" {
			t.labelled(2, 9, span{plain, label}, span{plain, text})
		}
	}
	row("host", n.Hostname)
	row("runs", join(", ", prefixed("kubelet ", n.Kubelet), prefixed("containerd ", n.Containerd), prefixed("VPC CNI ", n.CNI)))
	row("system", join(", ", n.OS, prefixed("kernel ", n.Kernel)))
	row("booted", utc(n.BootedAt))
	if zone := c.Clock().Zone; zone != 0 {
		row("clock", timeline.ZoneName(zone)+"; all times of this report are UTC")
	}
	row("collected", join(", ", utc(c.CollectedAt), prefixed("by collector ", c.CollectorVersion)))
	row("bundle", c.Bundle)
	row("case", c.ID)
}

// verdict is the one sentence to read.
func (t *terminal) verdict() {
	worst := Worst(t.r.Findings)
	s, text := severityStyle(worst), ""
	switch {
	case len(t.r.Hypotheses) > 0:
		h := &t.r.Hypotheses[0]
		text = fmt.Sprintf("Likely root cause (%s sure): %s.", percent(h.Confidence), withID(h.Title, strings.Join(h.Chain[:min(len(h.Chain), 1)], "")))
		s = cmp.Or(s, bold)
	case worst.Rank() > analyze.Low.Rank():
		f := &Sorted(t.r.Findings)[0]
		text = fmt.Sprintf("The worst finding is %s: %s.", f.Severity, withID(f.Title, f.ID))
	case len(t.r.Findings) == 0 && !judged(t.r.Checks):
		text = "Nothing could be judged: no rule and no check found the files that it reads."
	default:
		text = "Nothing above low was found."
		if s == plain && len(t.r.Coverage.Missing) == 0 && t.r.Coverage.Broken == "" {
			s = green
		}
	}
	t.blank()
	t.labelled(0, 0, span{bold, "VERDICT"}, span{s, text})
	t.prose(9, plain, t.tally())
	if more := otherBundles(t.r.Coverage.Files).words(); more != "" {
		t.prose(9, alarm, more)
	}
	if t.r.Coverage.Broken != "" {
		t.prose(9, alarm, "The bundle is damaged: only what came before the damage was judged.")
	}
}

// onward is the command that goes on from the verdict. It stands in a line of its
// own, to be copied.
func (t *terminal) onward() {
	worst := Sorted(t.r.Findings)
	words, command := "", ""
	switch {
	case t.r.Case.ID == "":
		return
	case len(t.r.Hypotheses) > 0 && len(t.r.Hypotheses[0].Chain) > 0:
		words, command = t.proofOf(t.r.Hypotheses[0].Chain[0])
	case len(worst) > 0 && worst[0].Severity.Rank() > analyze.Low.Rank():
		words, command = t.proofOf(worst[0].ID)
	case len(t.r.Coverage.Missing) > 0:
		words, command = "What could not be judged, and for want of what:", "validate "+t.r.Case.ID
	default:
		return
	}
	t.blank()
	t.labelled(0, 7, span{bold, "NEXT"}, span{plain, words})
	home := ""
	if t.o.Home != "" {
		home = " --home " + shellWord(t.o.Home)
	}
	t.line(2, span{plain, "eksleuth " + command + home})
}

// proofOf is the command for a finding.
func (t *terminal) proofOf(id string) (words, command string) {
	return "The lines around the proof of " + id + ":", "findings " + t.r.Case.ID + " --id " + id
}

// judged reports whether a rule or a check had something to look at. Without
// any, the words of a healthy node would be wrong.
func judged(checks []analyze.CheckState) bool {
	return slices.ContainsFunc(checks, func(c analyze.CheckState) bool {
		return c.Outcome == analyze.Found || c.Outcome == analyze.Clear
	})
}

// tally counts what was found and what was not looked at.
func (t *terminal) tally() string {
	counts := severityCounts(t.r.Findings)
	if counts == "" {
		counts = "No findings"
	} else {
		counts = "Findings: " + counts
	}
	if n := len(t.r.Coverage.Missing); n > 0 {
		counts += "; " + plural(n, "thing", "things") + " could not be judged"
	}
	return counts + "."
}

func (t *terminal) hypotheses() {
	if len(t.r.Hypotheses) == 0 {
		return
	}
	t.heading("LIKELY ROOT CAUSE")
	for i := range t.r.Hypotheses {
		if i >= fewCauses && !t.o.All {
			t.line(body, span{faint, fmt.Sprintf("and %d less likely (--all)", len(t.r.Hypotheses)-i)})
			break
		}
		h := &t.r.Hypotheses[i]
		if i > 0 {
			t.blank()
		}
		t.labelled(0, 5, span{bold, h.ID}, span{bold, fmt.Sprintf("%s (%s sure)", h.Title, percent(h.Confidence))})
		t.chain(h.Chain)
		t.ids("for", without(h.For, h.Chain))
		for _, s := range h.Against {
			t.labelled(7, 8, span{plain, "against"}, span{plain, s})
		}
		if h.Runbook != "" {
			t.labelled(7, 8, span{plain, "runbook"}, span{plain, h.Runbook})
		}
	}
}

// chain lists findings from the cause to its last effect.
func (t *terminal) chain(ids []string) {
	t.ids("cause", ids[:min(len(ids), 1)])
	t.ids("so", ids[min(len(ids), 1):])
}

// ids names findings, of one rule some and how many more there are.
func (t *terminal) ids(label string, ids []string) {
	count := map[string]int{} // of findings by rule
	for _, id := range ids {
		rule := id
		if f := t.byID[id]; f != nil {
			rule = f.Rule
		}
		if count[rule]++; count[rule] <= fewAlike || t.o.All {
			t.labelled(7, 8, span{plain, label}, span{plain, t.named(id)})
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(count)) {
		if n := count[rule] - fewAlike; n > 0 && !t.o.All {
			t.labelled(7, 8, span{plain, label}, span{faint, more(n, rule)})
		}
	}
}

// more says how many findings of a rule are left out.
func more(n int, rule string) string { return fmt.Sprintf("and %s more of %s", number(int64(n)), rule) }

// named is the ID of a finding with its title.
func (t *terminal) named(id string) string {
	if f := t.byID[id]; f != nil {
		return id + " " + f.Title
	}
	return id
}

func (t *terminal) findings() {
	var shown, hidden []*analyze.Finding
	listed := t.roots
	if t.o.All {
		listed = t.sorted
	}
	for _, f := range listed {
		if t.worst(f).Rank() >= t.o.Severity.Rank() {
			shown = append(shown, f)
		} else {
			hidden = append(hidden, f)
		}
	}
	if len(shown) > 0 {
		t.heading("FINDINGS")
	}
	for i, c := range t.clumps(shown) {
		if i > 0 {
			t.blank()
		}
		t.finding(c[0])
		t.alike(c[1:])
	}
	if n := len(hidden); n > 0 {
		t.blank()
		t.prose(0, faint, fmt.Sprintf("%s below %s not shown.", plural(n, "finding", "findings"), t.o.Severity))
	}
}

// clumps gathers findings that a reader wants to see once: many of one rule and
// severity, as of a hundred pods, that explain nothing. Others stay alone.
func (t *terminal) clumps(list []*analyze.Finding) [][]*analyze.Finding {
	type kind struct {
		rule     string
		severity analyze.Severity
	}
	alike := map[kind][]*analyze.Finding{}
	for _, f := range list {
		if len(t.effects[f.ID]) == 0 {
			alike[kind{f.Rule, f.Severity}] = append(alike[kind{f.Rule, f.Severity}], f)
		}
	}
	var out [][]*analyze.Finding
	for _, f := range list {
		c := alike[kind{f.Rule, f.Severity}]
		switch {
		case t.o.All || len(c) <= fewAlike || len(t.effects[f.ID]) > 0:
			out = append(out, []*analyze.Finding{f})
		case f == c[0]:
			out = append(out, c)
		}
	}
	return out
}

// alike lists findings of the rule of the one above by their titles and the
// first place of each.
func (t *terminal) alike(list []*analyze.Finding) {
	if len(list) == 0 {
		return
	}
	t.line(body, span{plain, fmt.Sprintf("%s of this rule:", plural(len(list), "more finding", "more findings"))})
	t.titles(list, manyAlike)
}

// titles lists findings, of each rule at most few, with the first place of each.
func (t *terminal) titles(list []*analyze.Finding, few int) {
	for _, c := range byRule(list) {
		for i, f := range c {
			if i == few && len(c) > few+1 && !t.o.All {
				t.prose(body+2, faint, more(len(c)-i, f.Rule)+" (eksleuth findings CASE --rule "+f.Rule+")")
				break
			}
			t.title(body+2, f)
			if len(f.Evidence) > 0 && !t.o.All {
				t.place(body+4, f.Evidence[0])
			}
		}
	}
}

// finding writes one finding and, below it, those that it explains.
func (t *terminal) finding(f *analyze.Finding) {
	t.title(0, f)
	t.details(f)
	t.proof(f)
	t.next(f)
	t.explains(f)
}

func (p *page) title(indent int, f *analyze.Finding) {
	level := strings.ToUpper(string(f.Severity))
	label := span{severityStyle(f.Severity), pad(f.ID, 5) + "  " + pad(level, 8)}
	p.labelled(indent, 0, label, span{bold, f.Title})
}

// body is where the text of a finding starts.
const body = 7

func (p *page) details(f *analyze.Finding) {
	if f.Summary != "" && f.Summary != f.Title {
		p.prose(body, plain, f.Summary)
	}
	p.prose(body, faint, join(" - ", cmp.Or(f.Rule, f.Component), seen(f), percent(f.Confidence)+" sure"))
	if len(f.ExplainedBy) > 0 {
		p.prose(body, plain, "explained by: "+brief(f.ExplainedBy, fewValues))
	}
	if len(f.ContradictedBy) > 0 {
		p.prose(body, plain, "contradicted by: "+brief(f.ContradictedBy, fewValues))
	}
	for _, kind := range slices.Sorted(maps.Keys(f.Entities)) {
		v := f.Entities[kind]
		if len(v) == 0 {
			continue
		}
		names := brief(v, fewValues)
		if p.full {
			names = strings.Join(v, ", ")
		}
		p.prose(body, plain, strings.ReplaceAll(kind, "_", " ")+": "+names)
	}
}

// seen says how many lines tell of a finding and when, or what it was concluded
// from.
func seen(f *analyze.Finding) string {
	switch {
	case f.Kind == analyze.FromAbsence:
		return "concluded from what is missing"
	case f.Kind == analyze.FromState && f.FirstSeen == "":
		return "from the state when collected"
	}
	lines := ""
	if f.Kind != analyze.FromState {
		lines = plural(max(f.Count, 1), "line", "lines")
	}
	return join(", ", lines, period(f))
}

// proof writes the places of a finding. The place stands on a line of its own
// and is never cut: people copy it. A line that is like one before it is left
// out, its place is not.
func (t *terminal) proof(f *analyze.Finding) {
	shown := f.Evidence
	seen := map[string]bool{}
	if !t.o.All {
		shown = shown[:min(len(shown), fewProofs)]
	}
	for _, e := range shown {
		t.place(body+2, e)
		text := e.Text
		if s := shape(text); seen[s] && !t.o.All {
			continue
		} else {
			seen[s] = true
		}
		if e.Time != "" {
			text = withoutHeader(text)
		}
		for _, l := range cut(text, t.width-body-4, proofLines) {
			t.line(body+4, span{faint, l})
		}
	}
	if n := len(f.Evidence) - len(shown); n > 0 {
		t.line(body+2, span{faint, fmt.Sprintf("and %s", plural(n, "more place", "more places"))})
	}
}

// place writes file:line and, when it fits, the time.
func (p *page) place(indent int, e analyze.Evidence) {
	at := Visible(e.File)
	if e.Line > 0 {
		at = fmt.Sprintf("%s:%d", at, e.Line)
	}
	when := prefixed("  ", instant(e.Time))
	if columns(at)+columns(when)+indent > p.width {
		when = ""
	}
	p.line(indent, span{cyan, at}, span{faint, when})
}

func (p *page) next(f *analyze.Finding) {
	if f.Runbook != "" {
		p.prose(body, plain, "runbook: "+f.Runbook)
	}
	if len(f.Actions) > 0 {
		p.line(body, span{plain, "next:"})
	}
	for _, a := range f.Actions {
		words, s := safetyWords(a.Safety)
		p.item(body+2, s, words, a.Text)
	}
}

// explains names the findings that follow from f. With Options.All they also
// stand in the list themselves.
func (t *terminal) explains(f *analyze.Finding) {
	effects := t.below(f)
	if len(effects) == 0 {
		return
	}
	t.line(body, span{plain, fmt.Sprintf("explains %s:", plural(len(effects), "finding", "findings"))})
	t.titles(effects, fewAlike)
}

// suppressed lists what matched and is no finding.
func (t *terminal) suppressed() {
	if len(t.r.Suppressed) == 0 {
		return
	}
	count := map[string]int{}
	for _, s := range t.r.Suppressed {
		count[s.Reason] += max(s.Count, 1)
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, number(int64(count[reason]))+" "+reasonWords(reason))
	}
	t.heading("MATCHED, BUT NO FINDING")
	t.prose(2, plain, "Lines that a rule matched and that are no problem here: "+strings.Join(parts, ", ")+".")
	for _, s := range t.perRule() {
		t.item(2, plain, "", fmt.Sprintf("%s x%d, %s", s.Rule, s.Count, join(": ", reasonWords(s.Reason), s.Detail)))
		if t.o.All {
			for _, e := range s.Evidence {
				t.place(4, e)
			}
		}
	}
}

// perRule sums up what one rule left out for one reason, in the order of the
// report; with Options.All nothing is summed up.
func (t *terminal) perRule() []analyze.Suppressed {
	var sums []analyze.Suppressed
	others := map[int]int{}
	for _, s := range t.r.Suppressed {
		s.Count = max(s.Count, 1)
		i := slices.IndexFunc(sums, func(o analyze.Suppressed) bool { return o.Rule == s.Rule && o.Reason == s.Reason })
		if i < 0 || t.o.All {
			sums = append(sums, s)
			continue
		}
		sums[i].Count += s.Count
		others[i]++
	}
	for i, n := range others {
		sums[i].Detail += fmt.Sprintf("; and %s like it", number(int64(n)))
	}
	return sums
}
