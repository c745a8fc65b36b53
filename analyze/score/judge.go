package score

import (
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
)

// A judge compares one report with one label.
type judge struct {
	report *analyze.Report
	label  *Label

	byID    map[string]*analyze.Finding
	byPlace map[at][]*analyze.Finding
	heldAt  map[at][]*analyze.Suppressed
	state   map[string]*analyze.CheckState

	known     map[at]bool      // lines of problems and symptoms
	roots     map[at]bool      // lines of root problems
	expected  map[string]bool  // IDs of findings that the label names
	accounted map[string]*bool // by the ID of a finding; nil while it is asked for
}

// at is one line.
type at struct {
	file string
	line int
}

func newJudge(r *analyze.Report, l *Label) *judge {
	j := &judge{
		report: r, label: l,
		byID: map[string]*analyze.Finding{}, byPlace: map[at][]*analyze.Finding{}, heldAt: map[at][]*analyze.Suppressed{},
		state: map[string]*analyze.CheckState{}, known: map[at]bool{}, roots: map[at]bool{},
		expected: map[string]bool{}, accounted: map[string]*bool{},
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		j.byID[f.ID] = f
		for _, p := range placesOf(f.Evidence) {
			j.byPlace[p] = append(j.byPlace[p], f)
		}
	}
	for i := range r.Suppressed {
		s := &r.Suppressed[i]
		for _, p := range placesOf(s.Evidence) {
			j.heldAt[p] = append(j.heldAt[p], s)
		}
	}
	for i := range r.Checks {
		j.state[r.Checks[i].ID] = &r.Checks[i]
	}
	j.learn(l.Problems)
	j.learn(l.Symptoms)
	return j
}

// placesOf are the lines of evidence, each once.
func placesOf(evidence []analyze.Evidence) []at {
	var out []at
	for _, e := range evidence {
		if p := (at{e.File, e.Line}); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// learn notes the lines that somebody knows of: the first and the last of
// several like it.
func (j *judge) learn(problems []Problem) {
	for i := range problems {
		for _, p := range problems[i].At {
			lines := []int{p.Line}
			if p.Last > 0 {
				lines = append(lines, p.Last)
			}
			for _, line := range lines {
				j.known[at{p.File, line}] = true
				if problems[i].Root {
					j.roots[at{p.File, line}] = true
				}
			}
		}
	}
}

// wants says what became of all that the label asks for.
func (j *judge) wants(out *Result) {
	for i := range j.label.Problems {
		p := &j.label.Problems[i]
		seen := map[at]bool{} // two expressions can meet in one line
		for _, place := range p.At {
			if line := (at{place.File, place.Line}); !seen[line] {
				seen[line] = true
				out.Wants = append(out.Wants, j.line(p, line))
			}
		}
	}
	for i := range j.label.Expected {
		out.Wants = append(out.Wants, j.rule(&j.label.Expected[i]))
	}
}

// line looks for a line that proves a problem: in the findings, or, if the
// problem was over, in what was suppressed or is told as information.
func (j *judge) line(p *Problem, line at) Want {
	w := Want{Problem: p.ID, File: line.file, Line: line.line, State: Met}
	if p.Over {
		w.State = Held
		for _, s := range j.heldAt[line] {
			w.By = append(w.By, s.Rule)
		}
		for _, f := range j.byPlace[line] {
			if f.Severity == analyze.Info {
				w.By = append(w.By, f.Rule)
			}
		}
	} else {
		for _, f := range j.byPlace[line] {
			w.By = append(w.By, f.Rule)
		}
	}
	slices.Sort(w.By)
	w.By = slices.Compact(w.By)
	if len(w.By) > 0 {
		return w
	}
	w.State, w.Note = Missed, "nothing is said of the line"
	if j.report.Coverage.Broken != "" {
		w.State, w.Note = Indeterminate, "the bundle is damaged"
	}
	return w
}

// rule looks for what was expected of a rule.
func (j *judge) rule(e *Expectation) Want {
	w := Want{Rule: e.Rule}
	if len(e.At) > 0 {
		w.File, w.Line = e.At[0].File, e.At[0].Line
	}
	if e.Fate != Suppressed {
		f, why := j.find(e)
		if f != nil {
			j.expected[f.ID] = true
			w.State, w.By = Met, []string{f.Rule}
			return w
		}
		w.Note = why
	}
	if e.Fate != Found {
		if j.held(e) {
			w.State, w.By, w.Note = Held, []string{e.Rule}, ""
			return w
		}
	}
	w.State = Missed
	j.excuse(e, &w)
	return w
}

// find returns the finding that is expected, or why there is none. Of findings
// of the rule that are not as expected it says what the first lacks.
func (j *judge) find(e *Expectation) (*analyze.Finding, string) {
	why := ""
	for i := range j.report.Findings {
		f := &j.report.Findings[i]
		if f.Rule != e.Rule {
			continue
		}
		lack := j.lacks(f, e)
		if lack == "" && !j.expected[f.ID] {
			return f, ""
		}
		if lack == "" {
			lack = "another entry of the label is about it"
		}
		if why == "" {
			why = clip(lack, maxNote)
		}
	}
	return nil, why
}

// lacks says in what a finding is not the expected one; "" when it is.
func (j *judge) lacks(f *analyze.Finding, e *Expectation) string {
	if e.Entity != "" && !hasEntity(f, e.Entity) {
		return fmt.Sprintf("it is not about %s", e.Entity)
	}
	if e.Severity != "" && f.Severity != e.Severity {
		return fmt.Sprintf("its severity is %s, not %s", f.Severity, e.Severity)
	}
	places := placesOf(f.Evidence)
	for _, p := range e.At {
		if p.Line == 0 { // the whole file
			if !slices.ContainsFunc(places, func(a at) bool { return a.file == p.File }) {
				return fmt.Sprintf("%s is not among its evidence", p.File)
			}
		} else if !slices.Contains(places, at{p.File, p.Line}) {
			return fmt.Sprintf("%s:%d is not among its evidence", p.File, p.Line)
		}
	}
	for _, rule := range e.ExplainedBy {
		if !slices.ContainsFunc(f.ExplainedBy, func(id string) bool { return j.byID[id] != nil && j.byID[id].Rule == rule }) {
			return fmt.Sprintf("%s does not explain it", rule)
		}
	}
	return ""
}

func hasEntity(f *analyze.Finding, value string) bool {
	for _, values := range f.Entities {
		if slices.Contains(values, value) {
			return true
		}
	}
	return false
}

// held reports whether a rule matched and something holds it back. That a more
// specific rule took its lines counts only where the label says so.
func (j *judge) held(e *Expectation) bool {
	return slices.ContainsFunc(j.report.Suppressed, func(s analyze.Suppressed) bool {
		if s.Rule != e.Rule {
			return false
		}
		if e.Reason != "" {
			return s.Reason == e.Reason
		}
		return s.Reason != "explained" && s.Reason != "off"
	})
}

// excuse makes a miss indeterminate that nobody could have avoided, and says
// of the others what happened to the rule.
func (j *judge) excuse(e *Expectation, w *Want) {
	state := j.state[e.Rule]
	switch {
	case j.report.Coverage.Broken != "":
		w.State, w.Note = Indeterminate, "the bundle is damaged"
	case state == nil:
		w.Note = "there is no such rule or check"
	case state.Outcome == analyze.NoData:
		w.State, w.Note = Indeterminate, clip(state.Note, maxNote)
	case state.Outcome == analyze.Failed:
		w.Note = clip("the check failed: "+state.Error, maxNote)
	case w.Note == "":
		w.Note = j.fate(e.Rule)
	}
}

// fate says what became of a rule that is no finding.
func (j *judge) fate(rule string) string {
	for i := range j.report.Suppressed {
		if s := &j.report.Suppressed[i]; s.Rule == rule {
			return clip(fmt.Sprintf("suppressed (%s): %s", s.Reason, s.Detail), maxNote)
		}
	}
	return "it ended as " + string(j.state[rule].Outcome)
}

// verdicts judges the findings. wants must have run.
func (j *judge) verdicts(out *Result) {
	complete := j.label.Max != ""
	for i := range out.Findings {
		f := &j.report.Findings[i]
		loud := complete && f.Severity.Rank() > j.label.Max.Rank()
		switch v := &out.Findings[i]; {
		case j.label.forbids(f.Rule):
			v.Verdict, v.Why = False, "the rule is forbidden here"
		case j.expected[f.ID]:
			v.Verdict = True
		case loud && j.accounts(f):
			v.Verdict = True
		case loud && j.label.Clean:
			v.Verdict, v.Why = False, "nothing is wrong with the node"
		case loud:
			v.Verdict, v.Why = False, "the label does not know of it"
		}
	}
}

// accounts reports whether a finding is about a known problem or symptom: its
// evidence says so, the label names it, or it follows from one of these.
func (j *judge) accounts(f *analyze.Finding) bool {
	if known, asked := j.accounted[f.ID]; asked {
		return known != nil && *known // nil: the causes go round in a circle
	}
	j.accounted[f.ID] = nil
	yes := j.expected[f.ID] || shares(f, j.known) || slices.ContainsFunc(f.ExplainedBy, func(id string) bool {
		cause := j.byID[id]
		return cause != nil && j.accounts(cause)
	}) || j.beside(f)
	j.accounted[f.ID] = &yes
	return yes
}

// beside reports whether a finding is the cause of an expected one whose lines
// its rule is known to match, too.
func (j *judge) beside(f *analyze.Finding) bool {
	if !slices.Contains(j.label.Beside, f.Rule) {
		return false
	}
	for id := range j.expected {
		if slices.Contains(j.byID[id].ExplainedBy, f.ID) {
			return true
		}
	}
	return false
}

// shares reports whether a finding is proved by one of the lines.
func shares(f *analyze.Finding, lines map[at]bool) bool {
	return slices.ContainsFunc(f.Evidence, func(e analyze.Evidence) bool { return lines[at{e.File, e.Line}] })
}

// cause judges the most likely root cause.
func (j *judge) cause(out *Result) {
	var top *analyze.Finding
	if h := j.report.Hypotheses; len(h) > 0 && len(h[0].Chain) > 0 {
		top = j.byID[h[0].Chain[0]]
	}
	right := false
	switch {
	case j.label.Cause != nil && *j.label.Cause == "":
		right = top == nil
	case j.label.Cause != nil:
		right = top != nil && top.Rule == *j.label.Cause
	case len(j.roots) > 0:
		right = top != nil && shares(top, j.roots)
	case !j.label.Clean || top == nil:
		return
	}
	switch {
	case right:
		out.Cause = Met
	case j.report.Coverage.Broken != "":
		out.Cause = Indeterminate
	default:
		out.Cause = Missed
	}
}
