package analyze

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/index"
)

// A Trace is a scan that follows some rules line by line. It looks at each line
// of their logs, so it is slower than a plain scan.
type Trace struct {
	*Scan
	rules  []*compiledRule
	passed map[int]*passage // by rule number
	texts  map[int][][]byte // by rule number: the texts of first, in lower case
	judged map[int][]ruled  // filled by the gate
}

// NewTrace starts a traced pass. IDs that are no rules are left out.
func (e *Engine) NewTrace(ids []string) *Trace {
	t := &Trace{Scan: e.NewScan(), passed: map[int]*passage{}, texts: map[int][][]byte{}, judged: map[int][]ruled{}}
	for _, r := range e.rules {
		if slices.Contains(ids, r.ID) {
			t.rules = append(t.rules, r)
			t.passed[r.num] = &passage{files: map[*index.File]int{}}
			if r.first != nil {
				for _, text := range r.first.Texts {
					t.texts[r.num] = append(t.texts[r.num], bytes.ToLower([]byte(text)))
				}
			}
		}
	}
	t.Scan.trace = t
	return t
}

// A stop is where the way of a line from the log to the gate ends.
type stop int

// The stops, in the order in which a line comes to them.
const (
	unmatched stop = iota // the line has the texts, and the expression does not match
	benign                // unless takes it away
	elsewhere             // it is of a program that the rule is not for
	yielded               // it belongs to another rule
	counted               // it is an event
	stops
)

// passage counts the lines of one rule.
type passage struct {
	lines   int
	stopped [stops]int
	places  [stops][]Sample
	files   map[*index.File]int // lines with the texts
}

// maxSamples is how many lines of each stop are shown.
const maxSamples = 5

// A Sample is a line that shows what became of such lines.
type Sample struct {
	Evidence
	Why string `json:"why"` // what is particular to it, such as the rule that it belongs to
}

// traced is what Block hands to Collect.
type traced struct {
	found  any
	passed map[int]*passage
}

// Block looks at a block as a Scan does, and at each line for the rules that
// are followed.
func (t *Trace) Block(b *index.Block, text []byte) any {
	out := traced{t.Scan.Block(b, text), map[int]*passage{}}
	if b.Format != nil && b.Format.Binary {
		return out
	}
	set := t.setFor(b.File)
	for _, r := range t.rules {
		if i := slices.IndexFunc(set.rules, func(s setRule) bool { return s.num == r.num }); i >= 0 {
			out.passed[r.num] = t.follow(set, set.rules[i], b, text)
		}
	}
	return out
}

// follow looks at each line of a block for one rule.
func (t *Trace) follow(set *ruleSet, r setRule, b *index.Block, text []byte) *passage {
	p := &passage{}
	var numbers []int
	if b.Format != nil && b.Format.Join != nil {
		if joined, lines := b.Format.Join(text); joined != nil {
			text, numbers = joined, lines
		}
	}
	l := &lineState{scan: t.Scan, set: set, block: b, text: text, lines: numbers}
	for l.next < len(text) {
		l.step()
		p.lines++
		line := l.text[l.start:l.end]
		line = line[:min(len(line), maxLook)]
		written := asText(line)
		if !t.holdsTexts(r, written) {
			continue
		}
		at, why := l.stopOf(r, written, l.header(line).Ident)
		p.stopped[at]++
		if len(p.places[at]) < maxSamples {
			shown := strings.ToValidUTF8(string(line[:min(len(line), maxText)]), "\uFFFD")
			p.places[at] = append(p.places[at], Sample{Evidence{File: b.File.Path, Line: l.number(), Text: shown}, why})
		}
	}
	return p
}

// holdsTexts reports whether a line has one text of each clause, the first of
// them in upper or lower case.
func (t *Trace) holdsTexts(r setRule, line []byte) bool {
	if r.first == nil {
		return true
	}
	if !r.worthTrying(line) {
		return false
	}
	lower := bytes.ToLower(line)
	return slices.ContainsFunc(t.texts[r.num], func(text []byte) bool { return bytes.Contains(lower, text) })
}

// stopOf says how far a line comes that has the texts.
func (l *lineState) stopOf(r setRule, line, ident []byte) (stop, string) {
	loc := r.match.FindIndex(line)
	if loc == nil {
		return unmatched, ""
	}
	if r.unless != nil {
		if at := r.unless.Find(line); at != nil {
			return benign, fmt.Sprintf("unless matches %q", clip(string(at), 100))
		}
	}
	if !r.wants(ident) {
		return elsewhere, fmt.Sprintf("a line of %q", clip(string(ident), 100))
	}
	for _, to := range r.yieldsTo {
		for _, other := range l.set.rules {
			if other.num == to && other.search(line) != nil && other.wants(ident) {
				return yielded, "it belongs to " + other.ID
			}
		}
	}
	return counted, ""
}

// clip cuts a text to n bytes, not within a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}

// Collect gathers both parts.
func (t *Trace) Collect(b *index.Block, found any) {
	f, _ := found.(traced)
	t.Scan.Collect(b, f.found)
	for num, p := range f.passed {
		t.passed[num].add(p, b.File)
	}
}

func (p *passage) add(q *passage, f *index.File) {
	p.lines += q.lines
	texts := 0
	for s := range stops {
		p.stopped[s] += q.stopped[s]
		texts += q.stopped[s]
		room := maxSamples - len(p.places[s])
		p.places[s] = append(p.places[s], q.places[s][:min(room, len(q.places[s]))]...)
	}
	p.files[f] += texts
}

// ruled is what the gate said of a group.
type ruled struct {
	group      *group
	ruling     ruling
	copies     int
	conditions []Condition
}

// A Condition is one alternative of a gate with the numbers of this case.
type Condition struct {
	Wants string `json:"wants"`
	Has   string `json:"has"`
	Holds bool   `json:"holds"`
}

// note keeps a ruling for the account of a rule that is followed.
func (t *Trace) note(j *judge, r *compiledRule, g *group, v ruling, copies int) {
	if t == nil || t.passed[r.num] == nil {
		return
	}
	x := ruled{group: g, ruling: v, copies: copies}
	if v.reason != "gate" || len(v.events) > 0 {
		for i := range r.Gate.Any {
			x.conditions = append(x.conditions, j.condition(r, &r.Gate.Any[i], &v, g.extra))
		}
	}
	t.judged[r.num] = append(t.judged[r.num], x)
}

func (j *judge) condition(r *compiledRule, a *Threshold, v *ruling, extra int) Condition {
	some := j.inOrder(&a.Order, r, v.events)
	count := len(some)
	if a.Order.empty() {
		count += extra
	}
	c := Condition{Wants: strings.TrimPrefix(describe([]Threshold{*a}), "needs ")}
	asked := *a
	if v.over {
		asked.Active = 0 // see passes
	}
	c.Holds = count > 0 && j.holds(&asked, r, some, count)
	has := []string{words.Count(count, "event", "events")}
	if a.Within > 0 {
		has = append(has, fmt.Sprintf("at most %d within %s", densest(some, a.Within), short(a.Within)))
	}
	if a.Span > 0 {
		has = append(has, "a span of "+about(span(some)))
	}
	switch {
	case a.Active > 0 && v.over:
		has = append(has, "over, so that the last may be long before the end of the log")
	case a.Active > 0 && len(some) > 0:
		last := some[len(some)-1]
		end, _ := instant(j.clock, last.file.Last)
		if !end.IsZero() && !last.at.IsZero() {
			has = append(has, fmt.Sprintf("the last %s before the end of %s", about(end.Sub(last.at)), last.file.Path))
		}
	}
	c.Has = strings.Join(has, ", ")
	return c
}

// densest is the most events that stand in a window.
func densest(events []event, window Duration) int {
	most, first := 0, 0
	for i := range events {
		for events[i].at.Sub(events[first].at) > time.Duration(window) {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// about writes a duration as exactly as anyone wants it.
func about(d time.Duration) string {
	if d > time.Minute {
		return short(Duration(d.Round(time.Second)))
	}
	return d.Round(time.Millisecond).String()
}

// filesOf are the files that a rule reads, by path, with what became of them.
func (w *writer) filesOf(r *compiledRule, p *passage) []TracedFile {
	out := []TracedFile{}
	for _, f := range w.c.Files {
		set := w.scan.setFor(f)
		i := slices.IndexFunc(set.rules, func(s setRule) bool { return s.num == r.num })
		if i < 0 {
			continue
		}
		file := TracedFile{Path: f.Path, Lines: f.Lines, WithTexts: p.files[f]}
		switch {
		case f.Refusal != nil:
			file.Note = "holds an error only: " + f.Refusal.Text
		case f.Bytes == 0:
			file.Note = "is empty"
		case set.rules[i].idents != nil:
			file.Note = "only lines of " + strings.Join(set.rules[i].idents, ", ")
		}
		out = append(out, file)
	}
	slices.SortFunc(out, func(a, b TracedFile) int {
		return cmp.Or(b.WithTexts-a.WithTexts, cmp.Compare(a.Path, b.Path))
	})
	return out
}

// A TracedFile is a file that a rule reads.
type TracedFile struct {
	Path      string `json:"path"`
	Lines     int    `json:"lines"`
	WithTexts int    `json:"with_texts"` // lines that have the texts of the rule
	Note      string `json:"note"`
}
