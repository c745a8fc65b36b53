package analyze

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
)

// An Account says what one rule or check made of one case, and what decided.
type Account struct {
	Rule     string   `json:"rule"`
	Kind     string   `json:"kind"` // rule, mark or check
	Title    string   `json:"title"`
	Severity Severity `json:"severity"` // "" for a mark
	Outcome  Outcome  `json:"outcome"`
	Off      bool     `json:"off"` // it is switched off, and makes no finding
	Note     string   `json:"note"`
	Error    string   `json:"error"`
	Verdict  string   `json:"verdict"` // what decided, in a sentence

	Applies []Application `json:"applies"`
	Fixed   string        `json:"fixed"` // which versions do not have the bug
	Source  []string      `json:"source"`
	Files   []TracedFile  `json:"files"` // of the sources that the bundle has
	Texts   [][]string    `json:"texts"` // a line is tried that has one of each list
	Lines   int           `json:"lines"` // of the files
	Stops   []Stop        `json:"stops"` // what became of those with the texts

	Groups     []AccountGroup `json:"groups"`
	MoreGroups int            `json:"more_groups"` // over those that are listed
	Findings   []Finding      `json:"findings"`
	Suppressed []Suppressed   `json:"suppressed"`
}

// A Stop is lines that came so far, and no farther.
type Stop struct {
	Name    string   `json:"name"` // unmatched, unless, other-program, yielded or event
	Count   int      `json:"count"`
	Samples []Sample `json:"samples"`
}

var stopNames = [stops]string{unmatched: "unmatched", benign: "unless", elsewhere: "other-program", yielded: "yielded", counted: "event"}

// An AccountGroup is what the gate said of the events about one entity.
type AccountGroup struct {
	Entity     string      `json:"entity"`
	Events     int         `json:"events"` // without copies
	Copies     int         `json:"copies"`
	FirstSeen  string      `json:"first_seen"`
	LastSeen   string      `json:"last_seen"`
	Span       string      `json:"span"`
	Passes     bool        `json:"passes"`
	Reason     string      `json:"reason"`
	Detail     string      `json:"detail"`
	Severity   Severity    `json:"severity"`
	Conditions []Condition `json:"conditions"`
	Evidence   []Evidence  `json:"evidence"`
}

// maxAccountGroups is how many groups an account lists, those that pass first.
const maxAccountGroups = 20

// Accounts makes a report of a traced scan, and says what some rules and checks
// made of the case. IDs that are not there are left out.
func (e *Engine) Accounts(ctx context.Context, t *Trace, ids []string, req Request) ([]*Account, error) {
	w, err := e.write(ctx, t.Scan, req)
	if err != nil {
		return nil, err
	}
	var out []*Account
	for _, id := range ids {
		if i := slices.IndexFunc(e.rules, func(r *compiledRule) bool { return r.ID == id }); i >= 0 {
			a, err := w.account(t, e.rules[i])
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
		if i := slices.IndexFunc(e.checks, func(c *Check) bool { return c.ID == id }); i >= 0 {
			out = append(out, w.accountOf(e.checks[i]))
		}
	}
	return out, nil
}

func (w *writer) account(t *Trace, r *compiledRule) (*Account, error) {
	p := t.passed[r.num]
	a := &Account{
		Rule: r.ID, Kind: "rule", Title: r.Title, Severity: r.Severity,
		Applies: r.applications(w.report.Case.Card), Fixed: r.fixedIn(w.report.Case.Card),
		Source: r.Source, Files: w.filesOf(r, p), Lines: p.lines, Off: r.Off,
	}
	if r.Mark {
		a.Kind, a.Severity = "mark", ""
	}
	for _, c := range r.required {
		a.Texts = append(a.Texts, c.Texts)
	}
	for s := range stops {
		a.Stops = append(a.Stops, Stop{stopNames[s], p.stopped[s], p.places[s]})
	}
	w.said(a)
	if r.Mark && p.lines > 0 {
		a.Outcome = Clear
		if p.stopped[counted] > 0 {
			a.Outcome = Found
		}
	}
	if err := w.groups(a, r, t.judged[r.num]); err != nil {
		return nil, err
	}
	a.Verdict = a.verdict(p)
	return a, nil
}

// said takes from the report what it says of a rule.
func (w *writer) said(a *Account) {
	a.Outcome = NoData
	for _, s := range w.report.Checks {
		if s.ID == a.Rule {
			a.Outcome, a.Note, a.Error = s.Outcome, s.Note, s.Error
		}
	}
	for _, f := range w.report.Findings {
		if f.Rule == a.Rule {
			a.Findings = append(a.Findings, f)
		}
	}
	for _, s := range w.report.Suppressed {
		if s.Rule == a.Rule {
			a.Suppressed = append(a.Suppressed, s)
		}
	}
}

func (w *writer) groups(a *Account, r *compiledRule, all []ruled) error {
	slices.SortStableFunc(all, func(x, y ruled) int { return boolInt(y.ruling.fires) - boolInt(x.ruling.fires) })
	a.MoreGroups = max(0, len(all)-maxAccountGroups)
	var at []parsers.Pos
	for _, x := range all[:len(all)-a.MoreGroups] {
		g := AccountGroup{
			Entity: w.called(r.Group, x.group.entity), Events: len(x.group.events) + x.group.extra, Copies: x.copies,
			Span: about(span(x.group.events)), Passes: x.ruling.fires, Reason: x.ruling.reason, Detail: x.ruling.detail,
			Severity: x.ruling.severity, Conditions: x.conditions, Evidence: w.evidence(x.group.events, nil, maxNamed),
		}
		g.FirstSeen, g.LastSeen = seen(x.group.events)
		for _, e := range g.Evidence {
			at = append(at, parsers.Pos{File: e.File, Line: e.Line})
		}
		a.Groups = append(a.Groups, g)
	}
	texts, err := w.c.Texts(at, maxText)
	if err != nil {
		return err
	}
	for _, g := range a.Groups {
		for i := range g.Evidence {
			e := &g.Evidence[i]
			e.Text = strings.ToValidUTF8(texts[parsers.Pos{File: e.File, Line: e.Line}], "\uFFFD")
		}
	}
	return nil
}

func (w *writer) accountOf(c *Check) *Account {
	a := &Account{Rule: c.ID, Kind: "check", Off: c.Off, Title: upperFirst(c.Doc.Title), Severity: c.Doc.Severity}
	if c.Severity != "" {
		a.Severity = c.Severity
	}
	w.said(a)
	switch {
	case len(a.Findings) > 0:
		a.Verdict = a.foundVerdict()
	case a.Error != "":
		a.Verdict = "the check failed: " + a.Error
	case c.Off:
		a.Verdict = a.Note
	case a.Outcome == NoData:
		a.Verdict = "no data: " + a.Note
		if a.Note == "" {
			a.Verdict = "no data: it needs " + c.Doc.Needs
		}
	default:
		a.Verdict = "the evidence is there and shows no such problem"
		if a.Note != "" {
			a.Verdict += ": " + a.Note
		}
	}
	return a
}

// verdict says what decided about the lines of a rule.
func (a *Account) verdict(p *passage) string {
	texts := 0
	for _, n := range p.stopped {
		texts += n
	}
	events := p.stopped[counted]
	switch {
	case a.Off && events == 0:
		return a.Note
	case len(a.Findings) > 0:
		return a.foundVerdict()
	case a.Error != "":
		return a.Error
	case len(a.Files) == 0:
		return "no data: the bundle has no file of " + strings.Join(a.Source, ", ")
	case p.lines == 0:
		return "no data: " + a.emptyFiles()
	case texts == 0:
		return fmt.Sprintf("none of %s has the texts that a match needs", words.Count(p.lines, "line", "lines"))
	case p.stopped[unmatched] == texts:
		return fmt.Sprintf("%s with its texts, and the expression matches none", words.Count(texts, "line", "lines"))
	case events == 0:
		return "lines match, and none counts: " + a.taken(p)
	case a.Kind == "mark":
		return fmt.Sprintf("%s; a mark makes no finding, other rules use it", words.Count(events, "line", "lines"))
	}
	return a.heldVerdict(events)
}

func (a *Account) foundVerdict() string {
	var ids []string
	for _, f := range a.Findings {
		id := f.ID
		if len(f.ExplainedBy) > 0 {
			id += " (explained by " + strings.Join(f.ExplainedBy, ", ") + ")"
		}
		ids = append(ids, id)
	}
	if n := len(ids); n > maxNamed {
		ids = append(ids[:maxNamed], fmt.Sprintf("%d more", n-maxNamed))
	}
	return "it is a finding: " + strings.Join(ids, ", ")
}

func (a *Account) emptyFiles() string {
	var why []string
	for _, f := range a.Files[:min(len(a.Files), maxNamed)] {
		why = append(why, strings.TrimSpace(f.Path+" "+f.Note))
	}
	return strings.Join(why, ", ")
}

// taken says who took the lines that match.
func (a *Account) taken(p *passage) string {
	var why []string
	for _, s := range []stop{benign, elsewhere, yielded} {
		if n := p.stopped[s]; n > 0 {
			text := map[stop]string{benign: "%d taken away by unless", elsewhere: "%d of programs that it is not for", yielded: "%d that belong to another rule"}[s]
			why = append(why, fmt.Sprintf(text, n))
		}
	}
	return strings.Join(why, ", ")
}

// heldVerdict says why events are no finding.
func (a *Account) heldVerdict(events int) string {
	for _, s := range a.Suppressed {
		if s.Reason == "off" || s.Reason == "not-applicable" {
			return fmt.Sprintf("%s, and %s: %s", words.Count(events, "event", "events"), map[string]string{"off": "the rule is off", "not-applicable": "the rule does not apply"}[s.Reason], s.Detail)
		}
	}
	var why []string
	for _, g := range a.Groups {
		text := g.Detail
		if len(g.Conditions) > 0 && g.Reason == "gate" {
			text += "; there are " + g.Conditions[0].Has
		}
		if !slices.Contains(why, text) {
			why = append(why, text)
		}
	}
	if n := len(why); n > maxNamed {
		why = append(why[:maxNamed], fmt.Sprintf("and %d more", n-maxNamed))
	}
	return fmt.Sprintf("%s, and the gate holds them back: %s", words.Count(events, "event", "events"), strings.Join(why, "; "))
}
