package analyze

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/analyze/zone"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// An Engine is a set of rules and checks, ready to look at bundles. It may be
// used for many bundles at once.
type Engine struct {
	rules  []*compiledRule // by id
	checks []*Check        // by id
	hash   string

	sources     map[string]namedSource
	sourceNames []string

	mu   sync.Mutex
	sets map[string]*ruleSet // by the sources of a file
}

// New makes an engine.
func New(rules []*Rule, checks []*Check) (*Engine, error) {
	rules, checks, err := Adjust(rules, checks)
	if err := errors.Join(err, unknownMarks(rules), uncertain(rules)); err != nil {
		return nil, err
	}
	e := &Engine{sets: map[string]*ruleSet{}}
	rules = slices.Clone(rules)
	slices.SortFunc(rules, func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
	num := map[string]int{}
	for i, r := range rules {
		e.rules = append(e.rules, compile(i, r))
		num[r.ID] = i
	}
	for _, r := range e.rules {
		for _, pattern := range r.YieldsTo {
			for id, n := range num {
				if IDGlob(pattern, id) && n != r.num {
					r.yieldsTo = append(r.yieldsTo, n)
				}
			}
		}
	}
	for _, r := range e.rules {
		ids, same := r.references()
		r.keep = r.keep || r.Mark || same
		for _, id := range ids {
			c := e.rules[num[id]]
			c.keep = c.keep || same
		}
	}
	e.sources, e.sourceNames = namedSources(e.rules)
	e.checks = slices.Clone(checks)
	slices.SortFunc(e.checks, func(a, b *Check) int { return strings.Compare(a.ID, b.ID) })
	e.hash, err = hash(rules, e.checks)
	return e, err
}

// hash tells apart sets of rules and checks.
func hash(rules []*Rule, checks []*Check) (string, error) {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, r := range rules {
		if err := enc.Encode(r); err != nil {
			return "", err
		}
	}
	for _, c := range checks {
		if err := enc.Encode(struct {
			ID       string
			Doc      *Doc
			Severity Severity
			Off      bool
			Limits   map[string]float64
		}{c.ID, c.Doc, c.Severity, c.Off, c.Limits}); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// Hash names the rules and checks in force; it changes when one of them does.
func (e *Engine) Hash() string { return e.hash }

// Has reports whether there is a rule or check with an id.
func (e *Engine) Has(id string) bool {
	return slices.ContainsFunc(e.rules, func(r *compiledRule) bool { return r.ID == id }) ||
		slices.ContainsFunc(e.checks, func(c *Check) bool { return c.ID == id })
}

// Knows reports whether a file is one that something can be concluded from: it
// has a format, or stands where a rule looks.
func (e *Engine) Knows(f *index.File) bool {
	if f.Format != "" {
		return true
	}
	_, direct, mixed := e.sourcesOf(f.At())
	return mixed || slices.ContainsFunc(direct, func(name string) bool { return name != anySource })
}

// A Request says what a report is about.
type Request struct {
	Case    *index.Case
	CaseID  string
	Ledger  Ledger // IDs of earlier analyses of the case; nil for none
	Version string // of the tool
}

// Report makes findings of a scan. The facts of the case must be there.
func (e *Engine) Report(ctx context.Context, s *Scan, req Request) (*Report, error) {
	w, err := e.write(ctx, s, req)
	if err != nil {
		return nil, err
	}
	return w.report, nil
}

// write makes a report, and returns what knows more than it says.
func (e *Engine) write(ctx context.Context, s *Scan, req Request) (*writer, error) {
	w := &writer{engine: e, scan: s, req: req, c: req.Case}
	w.report = &Report{Schema: Schema, Tool: Tool{Version: req.Version, Rules: e.hash}}
	w.identify()
	w.audit = w.auditOf()
	w.judgeRules()
	if err := w.runChecks(ctx); err != nil {
		return nil, err
	}
	if err := w.incidents(); err != nil {
		return nil, err
	}
	w.explain()
	w.contradict()
	w.number()
	w.coverage()
	w.hypotheses()
	w.limits()
	if err := w.imds(); err != nil {
		return nil, err
	}
	if err := w.fillText(); err != nil {
		return nil, err
	}
	w.noNils()
	return w, nil
}

// A writer makes one report.
type writer struct {
	engine *Engine
	scan   *Scan
	req    Request
	c      *index.Case
	clock  timeline.Clock
	zone   zone.Zone
	report *Report
	audit  *coverage.Audit

	drafts []*draft
	needs  []string       // what checks without data would have needed
	unread map[int]string // by number of a rule that has a file which cannot be read: how to say so
}

// A draft is a finding before it has an ID.
type draft struct {
	Finding
	explains []string // rule ids
	entity   string
	group    string // name of the entity that it is about, "" for the node
	causes   []*draft

	contradicts []string // rule ids
	against     []*draft // those that contradict it

	rule   *compiledRule // nil for a check
	events []event       // of which the blocks are read
}

// defaultConfidence is that of rules and checks that say none.
const defaultConfidence = 0.8

// judgeRules turns the matches of each rule into findings.
func (w *writer) judgeRules() {
	j := newJudge(w.clock)
	j.withSource = w.withSource()
	copies := map[*group][]event{}
	for n, m := range w.scan.matches {
		r := w.engine.rules[n]
		slices.SortFunc(m.order, func(a, b *group) int { return strings.Compare(a.entity, b.entity) })
		j.marks[r.ID], j.names[r.ID] = m, r.names
		for _, g := range m.order {
			copies[g] = g.resolve(w.clock)
		}
	}
	for n, m := range w.scan.matches {
		if r := w.engine.rules[n]; !r.Mark {
			w.judgeRule(j, r, m, copies)
		}
	}
}

func (w *writer) judgeRule(j *judge, r *compiledRule, m *matches, copies map[*group][]event) {
	state := CheckState{ID: r.ID, Outcome: Clear}
	if !j.withSource[r.num] {
		state.Outcome = NoData
		state.Note = "no " + strings.Join(r.Source, ", ") + " log" + w.unread[r.num]
	}
	bar, mended := w.bar(r, &state), r.mended(w.report.Case.Card)
	if m.yielded > 0 {
		w.report.Suppressed = append(w.report.Suppressed, Suppressed{
			Rule: r.ID, Reason: "explained", Detail: "a more specific rule matched the same lines",
			Count: m.yielded, Evidence: places(m.yieldedAt),
		})
	}
	held := map[[2]string]*Suppressed{} // by reason and detail
	var order []*Suppressed
	for _, g := range m.order {
		v := j.rule(r, g)
		if mended {
			v.severity = milder(v.severity, Info)
		}
		w.scan.trace.note(j, r, g, v, len(copies[g]))
		v = bar.hold(v)
		if v.fires {
			if state.Outcome == NoData {
				state.Note = ""
			}
			state.Outcome = Found
			w.drafts = append(w.drafts, w.draftRule(r, g, v, copies[g]))
			continue
		}
		why := [2]string{v.reason, v.detail}
		s := held[why]
		if s == nil {
			s = &Suppressed{Rule: r.ID, Reason: v.reason, Detail: v.detail}
			held[why] = s
			order = append(order, s)
		}
		s.add(w.called(g.kind, g.entity), len(g.events)+g.extra, w.evidence(g.events, nil, 3))
		if v.reason == "recovered" {
			s.Intervals = append(s.Intervals, reported(v.intervals, w.called(g.kind, g.entity))...)
			s.lasted = append(s.lasted, v.intervals...)
		}
	}
	for _, s := range order {
		if words := over(s.lasted, w.clock.Collected); words != "" {
			s.Detail += " " + words
		}
		slices.SortStableFunc(s.Intervals, later)
		s.Intervals, s.lasted = lastOf(s.Intervals), nil
		s.name()
		w.report.Suppressed = append(w.report.Suppressed, *s)
	}
	if t := w.scan.tired[r.num]; t.file != nil {
		state.Outcome, state.Error = Failed, fmt.Sprintf("given up at %s:%d: its expressions, of %d steps, take too long", t.file.Path, t.line, r.steps)
	}
	w.report.Checks = append(w.report.Checks, state)
}

// maxNamed is how many entities a suppressed rule names, and how many lines it
// shows.
const maxNamed = 3

// add counts the events of one more group.
func (s *Suppressed) add(entity string, count int, evidence []Evidence) {
	s.Count += count
	if entity != "" {
		s.entities = append(s.entities, entity)
	}
	s.Evidence = append(s.Evidence, evidence[:min(len(evidence), maxNamed-min(maxNamed, len(s.Evidence)))]...)
}

// name puts the entities into the detail.
func (s *Suppressed) name() {
	if n := len(s.entities); n > maxNamed {
		s.entities = append(s.entities[:maxNamed], fmt.Sprintf("and %d more", n-maxNamed))
	}
	if len(s.entities) > 0 {
		s.Detail += ": " + strings.Join(s.entities, ", ")
	}
}

// withSource are the numbers of the rules that a file with text in the bundle
// is for. What a command said in place of the log is no such text, and neither
// are lines that are not those of a log; unread notes whose files hold that.
func (w *writer) withSource() map[int]bool {
	rules, seen := map[int]bool{}, map[*ruleSet]bool{}
	w.unread = map[int]string{}
	for _, f := range w.c.Files {
		if f.Bytes == 0 {
			continue
		}
		if f.Refusal != nil || coverage.Garbled(f) {
			for _, r := range w.scan.setFor(f).rules {
				w.unread[r.num] = " that can be read"
			}
			continue
		}
		if set := w.scan.setFor(f); !seen[set] {
			seen[set] = true
			for _, r := range set.rules {
				rules[r.num] = true
			}
		}
	}
	return rules
}

func (w *writer) draftRule(r *compiledRule, g *group, v ruling, copies []event) *draft {
	d := &draft{explains: r.Explains, entity: g.entity, group: g.kind, rule: r, events: v.events}
	d.Finding = Finding{
		Rule: r.ID, Kind: FromLog, Scope: g.scope(), Severity: v.severity, Confidence: cmp.Or(r.Confidence, defaultConfidence),
		Component: r.Component, Title: r.Title, Summary: w.summary(r), Count: v.count,
		Runbook: r.Runbook, Actions: r.Actions, References: r.References,
		Entities: map[string][]string{}, Evidence: w.evidence(v.events, copies, 16),
	}
	for name := range g.entities {
		d.Entities[name] = g.values(name)
	}
	if g.entity != "" && g.kind != "" {
		d.Title += ": " + w.called(g.kind, g.entity)
	}
	if g.kind == "pod" && r.Group == "" && system(namespaceOf(g.entity)) {
		d.group = "" // a pod that serves the node: what comes of it may be anywhere
	}
	if pod := w.scan.pods[g.entity]; g.kind == "pod_uid" && pod != "" && d.Entities["pod"] == nil {
		d.Entities["pod"] = []string{pod}
	}
	d.FirstSeen, d.LastSeen = seen(v.events)
	d.TimeQuality = worstQuality(v.events)
	d.Intervals = reported(v.intervals, "")
	if n := len(v.intervals); n > 0 && v.intervals[n-1].closed != nil {
		d.Summary = join(" ", join(" ", "It was over", over(v.intervals, w.clock.Collected))+".", d.Summary)
	} else if n > 0 {
		d.Summary = join(" ", d.Summary, "No line tells that it was over.")
	}
	return d
}

// summary is that of a rule with what is known of its mending.
func (w *writer) summary(r *compiledRule) string {
	if fixed := r.fixedIn(w.report.Case.Card); fixed != "" {
		return strings.TrimSpace(r.Summary) + " " + fixed
	}
	return r.Summary
}

// called is what people call an entity: a pod by its name instead of its UID.
func (w *writer) called(kind, entity string) string {
	if pod := w.scan.pods[entity]; kind == "pod_uid" && pod != "" {
		return pod
	}
	return entity
}

// seen are the times of the first and the last event whose time is known.
func seen(events []event) (first, last string) {
	for i := range events {
		if at := events[i].shown(); at != "" {
			first, last = cmp.Or(first, at), at
		}
	}
	return first, last
}

func worstQuality(events []event) TimeQuality {
	q := timeline.Exact
	for i := range events {
		q = min(q, events[i].quality)
	}
	return qualityName(q)
}

func qualityName(q timeline.Quality) TimeQuality {
	switch q {
	case timeline.Exact:
		return Exact
	case timeline.YearInferred:
		return YearInferred
	case timeline.BootRelative:
		return BootRelative
	}
	return NoTime
}

// evidence picks lines that prove a finding: of each file the first three
// events and the last, files with events that count before those with copies,
// at most limit lines in all.
func (w *writer) evidence(events, copies []event, limit int) []Evidence {
	var out []Evidence
	for _, list := range [][]event{events, copies} {
		for _, perFile := range byFile(list) {
			for i := range perFile {
				if i < 3 || i == len(perFile)-1 {
					out = append(out, Evidence{File: perFile[i].file.Path, Line: int(perFile[i].line), Time: perFile[i].shown()})
				}
			}
		}
	}
	return out[:min(len(out), limit)]
}

// byFile splits events by file, in the order of the first event of each, and
// sorts each part by line.
func byFile(events []event) [][]event {
	var out [][]event
	at := map[*index.File]int{}
	for _, e := range events {
		i, ok := at[e.file]
		if !ok {
			i = len(out)
			at[e.file] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	for _, part := range out {
		slices.SortStableFunc(part, byPlace)
	}
	return out
}

func places(at []parsers.Pos) []Evidence {
	out := make([]Evidence, len(at))
	for i, p := range at {
		out[i] = Evidence{File: p.File, Line: p.Line}
	}
	return out
}

// number sorts the findings and gives each its ID.
func (w *writer) number() {
	causes := causing(w.drafts)
	slices.SortStableFunc(w.drafts, func(a, b *draft) int {
		return cmp.Or(
			b.Severity.Rank()-a.Severity.Rank(),
			a.noise(causes)-b.noise(causes),
			cmp.Compare(min(len(a.causes), 1), min(len(b.causes), 1)), // causes before symptoms
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.entity, b.entity),
		)
	})
	ids := w.req.Ledger.clone()
	for _, d := range w.drafts {
		d.Fingerprint = fingerprint(d.Rule, d.entity)
		d.ID = ids.id(d.Fingerprint)
	}
	for _, d := range w.drafts {
		for _, c := range d.causes {
			d.ExplainedBy = append(d.ExplainedBy, c.ID)
		}
		slices.Sort(d.ExplainedBy)
		for _, c := range d.against {
			d.ContradictedBy = append(d.ContradictedBy, c.ID)
		}
		slices.Sort(d.ContradictedBy)
		w.report.Findings = append(w.report.Findings, d.Finding)
	}
}

// fingerprint names a problem: the same in every bundle and release.
func fingerprint(rule, entity string) string {
	sum := sha256.Sum256([]byte(rule + "\x00" + entity))
	return hex.EncodeToString(sum[:])[:16]
}

// A Ledger holds the IDs that findings of a case were given, by fingerprint, so
// that a later analysis never renumbers them.
type Ledger map[string]string

func (l Ledger) clone() Ledger {
	out := Ledger{}
	for k, v := range l {
		out[k] = v
	}
	return out
}

// id returns the ID of a fingerprint, the next free one when it is new.
func (l Ledger) id(fingerprint string) string {
	if id, ok := l[fingerprint]; ok {
		return id
	}
	id := fmt.Sprintf("F-%03d", len(l)+1)
	l[fingerprint] = id
	return id
}

// Note adds the findings of a report to the ledger.
func (l Ledger) Note(r *Report) {
	for _, f := range r.Findings {
		l[f.Fingerprint] = f.ID
	}
}

// The text of evidence is cut to maxText, and to less when there is so much of
// it that the report would be over maxTexts.
const (
	maxText  = 2 << 10
	minText  = 200
	maxTexts = 16 << 20
)

// fillText puts the lines into the evidence.
func (w *writer) fillText() error {
	var all []*Evidence
	for i := range w.report.Findings {
		f := &w.report.Findings[i]
		for k := range f.Evidence {
			all = append(all, &f.Evidence[k])
		}
		all = append(all, closers(f.Intervals)...)
	}
	for i := range w.report.Suppressed {
		s := &w.report.Suppressed[i]
		for k := range s.Evidence {
			all = append(all, &s.Evidence[k])
		}
		all = append(all, closers(s.Intervals)...)
	}
	at := make([]parsers.Pos, len(all))
	for i, ev := range all {
		at[i] = parsers.Pos{File: ev.File, Line: ev.Line}
	}
	texts, err := w.c.Texts(at, min(maxText, max(minText, maxTexts/max(len(at), 1))))
	if err != nil {
		return err
	}
	for i, ev := range all {
		ev.Text = strings.ToValidUTF8(texts[at[i]], "\uFFFD")
	}
	return nil
}

// closers are the lines that closed intervals.
func closers(intervals []Interval) []*Evidence {
	var out []*Evidence
	for i := range intervals {
		if e := intervals[i].ClosedBy; e != nil {
			out = append(out, e)
		}
	}
	return out
}

// noNils makes empty lists of missing ones: programs that read the JSON form
// need not tell null from [].
func (w *writer) noNils() {
	r := w.report
	r.Checks, r.Findings, r.Suppressed, r.Hypotheses = list(r.Checks), list(r.Findings), list(r.Suppressed), list(r.Hypotheses)
	r.Coverage.Files, r.Coverage.Missing = list(r.Coverage.Files), list(r.Coverage.Missing)
	slices.SortStableFunc(r.Checks, func(a, b CheckState) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(r.Suppressed, func(a, b Suppressed) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Detail, b.Detail))
	})
	for i := range r.Findings {
		f := &r.Findings[i]
		for k := range f.Incidents {
			f.Incidents[k].Facts = list(f.Incidents[k].Facts)
		}
		f.Evidence, f.ExplainedBy, f.Actions, f.References = list(f.Evidence), list(f.ExplainedBy), list(f.Actions), list(f.References)
		if f.Entities == nil {
			f.Entities = map[string][]string{}
		}
	}
	for i := range r.Suppressed {
		r.Suppressed[i].Evidence = list(r.Suppressed[i].Evidence)
	}
	for i := range r.Hypotheses {
		h := &r.Hypotheses[i]
		h.Chain, h.For, h.Against = list(h.Chain), list(h.For), list(h.Against)
	}
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
