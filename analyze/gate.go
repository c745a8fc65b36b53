package analyze

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
)

// A ruling is what a gate says of a group.
type ruling struct {
	fires  bool
	reason string // why not, as in Suppressed.Reason
	detail string // the same as a sentence

	events   []event // those that count
	count    int     // with those over maxEvents
	severity Severity
}

// A judge applies gates. Its marks have their instants.
type judge struct {
	clock timeline.Clock
	marks map[string]*matches
	names map[string][]string // of the entities of each mark

	withSource map[int]bool // by rule number: the bundle has what it is for

	starts  map[*Boot][]time.Time              // see startsOf
	byValue map[markEntity]map[string][]*event // see eventsOf
}

func newJudge(clock timeline.Clock) *judge {
	return &judge{
		clock: clock, marks: map[string]*matches{}, names: map[string][]string{},
		starts: map[*Boot][]time.Time{}, byValue: map[markEntity]map[string][]*event{},
	}
}

// rule judges one group of a rule. Its events are resolved and sorted.
func (j *judge) rule(r *compiledRule, g *group) ruling {
	v := ruling{events: g.events}
	if r.Gate.Boot != nil {
		v.events = j.afterBoot(r.Gate.Boot, g.events)
		if len(v.events) == 0 {
			return v.no("gate", "within %s after %s only", time.Duration(r.Gate.Boot.Within), r.Gate.Boot.Mark[0])
		}
	}
	v.count = len(v.events) + g.extra
	if rec := r.Gate.Recovery; rec != nil && rec.mayClose(v.count, v.events) {
		if mark := j.recovered(rec, g, &v.events[len(v.events)-1]); mark != "" {
			return v.no("recovered", "closed by %s", mark)
		}
	}
	if !j.passes(r.Gate.Any, v.events, v.count) {
		return v.no("gate", "%s", describe(r.Gate.Any))
	}
	v.fires = true
	v.severity = r.worst(v.events, v.count)
	return v
}

// mayClose reports whether so much of a symptom can be closed by a mark.
func (rec *Recovery) mayClose(count int, events []event) bool {
	return (rec.Below == 0 || count < rec.Below) && (rec.Span == 0 || span(events) < time.Duration(rec.Span))
}

func (v ruling) no(reason, format string, args ...any) ruling {
	v.reason, v.detail = reason, fmt.Sprintf(format, args...)
	return v
}

// worst is the severity of the worst event, lowered when they are few.
func (r *compiledRule) worst(events []event, count int) Severity {
	rank := int8(0)
	for i := range events {
		rank = max(rank, events[i].rank)
	}
	s := severityOf(int(rank))
	for _, m := range r.Milder {
		if m.Below > count && m.Severity.Rank() < s.Rank() {
			s = m.Severity
		}
	}
	return s
}

func severityOf(rank int) Severity {
	for _, s := range []Severity{Critical, High, Medium, Low} {
		if s.Rank() == rank {
			return s
		}
	}
	return Info
}

// afterBoot leaves out the events soon after a mark.
func (j *judge) afterBoot(b *Boot, events []event) []event {
	starts := j.startsOf(b)
	var out []event
	for _, e := range events {
		n := sort.Search(len(starts), func(i int) bool { return starts[i].After(e.at) })
		if e.at.IsZero() || n == 0 || e.at.Sub(starts[n-1]) > time.Duration(b.Within) {
			out = append(out, e)
		}
	}
	return out
}

// startsOf are the instants of the marks of a boot gate, sorted.
func (j *judge) startsOf(b *Boot) []time.Time {
	starts, known := j.starts[b]
	if known {
		return starts
	}
	for _, id := range b.Mark {
		for _, g := range j.marks[id].order {
			for i := range g.events {
				starts = append(starts, g.events[i].at)
			}
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	j.starts[b] = starts
	return starts
}

// recovered looks for a mark after the last event.
func (j *judge) recovered(rec *Recovery, g *group, last *event) (mark string) {
	for _, id := range rec.Mark {
		if rec.Same == "" {
			if anyAfter(j.eventsOf(id, "")[""], last) {
				return id
			}
			continue
		}
		events := j.eventsOf(id, rec.Same)
		if len(entityList(rec.Same)) > 1 { // then it is how the events are grouped
			if anyAfter(events[g.entity], last) {
				return id
			}
			continue
		}
		for v := range g.entities[rec.Same] {
			if anyAfter(events[v], last) {
				return id
			}
		}
	}
	return ""
}

// A markEntity is a mark and the entity by which its events are asked for.
type markEntity struct{ mark, entity string }

// eventsOf are the events of a mark by the values of an entity, or all under ""
// if there is none. A mark may match as often as there are lines, and groups
// may be many.
func (j *judge) eventsOf(mark, entity string) map[string][]*event {
	key := markEntity{mark, entity}
	if events, known := j.byValue[key]; known {
		return events
	}
	events := map[string][]*event{}
	for _, g := range j.marks[mark].order {
		for i := range g.events {
			e := &g.events[i]
			for _, v := range e.values(j.names[mark], entity) {
				events[v] = append(events[v], e)
			}
		}
	}
	j.byValue[key] = events
	return events
}

// values are the values of an entity in an event of a mark, just "" if no
// entity is asked for.
func (e *event) values(names []string, entity string) []string {
	if entity == "" {
		return []string{""}
	}
	parts := entityList(entity)
	var out []string
	if len(parts) == 1 {
		for i, v := range e.entities {
			if names[i] == entity && v != "" {
				out = append(out, v)
			}
		}
		return out
	}
	// A group that lacks the later parts goes by the first alone.
	for n := range parts {
		out = append(out, combined(names, e.entities, parts[:n+1]))
	}
	return out
}

// combined joins the values of some entities.
func combined(names, values, entities []string) string {
	var out []string
	for _, entity := range entities {
		for i, name := range names {
			if name == entity && values[i] != "" {
				out = append(out, values[i])
				break
			}
		}
	}
	return strings.Join(out, " ")
}

// anyAfter reports whether one of the events, the likeliest of which is the
// last, came after another.
func anyAfter(events []*event, last *event) bool {
	for _, e := range slices.Backward(events) {
		if after(e, last) {
			return true
		}
	}
	return false
}

// after reports whether a came after b: by place within a file, else by time.
func after(a, b *event) bool {
	if a.file == b.file {
		return a.line > b.line
	}
	return !a.at.IsZero() && !b.at.IsZero() && a.at.After(b.at)
}

// passes reports whether one of the alternatives holds; none means that one
// event is enough.
func (j *judge) passes(alternatives []Threshold, events []event, count int) bool {
	if len(alternatives) == 0 {
		return true
	}
	return slices.ContainsFunc(alternatives, func(t Threshold) bool {
		return count >= t.Count &&
			(t.Within == 0 || crowded(events, t.Count, time.Duration(t.Within))) &&
			(t.Span == 0 || span(events) >= time.Duration(t.Span)) &&
			(t.Active == 0 || j.active(events, time.Duration(t.Active)))
	})
}

// crowded reports whether n events stand in a window. Events of which nothing
// is known that could be a time are taken as one crowd.
func crowded(events []event, n int, window time.Duration) bool {
	for i := n - 1; i < len(events); i++ {
		if events[i].at.Sub(events[i-n+1].at) <= window {
			return true
		}
	}
	return false
}

func span(events []event) time.Duration {
	first, last := ends(events)
	return last.Sub(first)
}

// ends are the instants of the first and the last event that have one.
func ends(events []event) (first, last time.Time) {
	for i := range events {
		if at := events[i].at; !at.IsZero() {
			if first.IsZero() {
				first = at
			}
			last = at
		}
	}
	return first, last
}

// active reports whether the last event of some file is near the end of it.
func (j *judge) active(events []event, near time.Duration) bool {
	seen := map[*index.File]bool{}
	for i := len(events) - 1; i >= 0; i-- {
		e := &events[i]
		if seen[e.file] {
			continue
		}
		seen[e.file] = true
		end, _ := instant(j.clock, e.file.Last)
		if end.IsZero() || e.at.IsZero() || end.Sub(e.at) <= near {
			return true
		}
	}
	return false
}

// describe says what a gate asks for.
func describe(alternatives []Threshold) string {
	var texts []string
	for _, t := range alternatives {
		var parts []string
		if t.Count > 0 {
			s := fmt.Sprintf("%d events", t.Count)
			if t.Within > 0 {
				s += " within " + short(t.Within)
			}
			parts = append(parts, s)
		}
		if t.Span > 0 {
			parts = append(parts, "a span of "+short(t.Span))
		}
		if t.Active > 0 {
			parts = append(parts, "the last within "+short(t.Active)+" before the end of the log")
		}
		texts = append(texts, strings.Join(parts, " and "))
	}
	return "needs " + strings.Join(texts, ", or ")
}

// short writes 10m for 10m0s.
func short(d Duration) string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
