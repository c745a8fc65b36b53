package analyze

import (
	"cmp"
	"fmt"
	"slices"
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

	events    []event // those that count
	count     int     // with those over maxEvents
	severity  Severity
	intervals []interval // if something can close what they tell of
	over      bool       // it was closed
}

// A judge applies gates. Its marks have their instants.
type judge struct {
	clock timeline.Clock
	marks map[string]*matches
	names map[string][]string // of the entities of each mark

	withSource map[int]bool // by rule number: the bundle has what it is for

	starts  map[*Boot]map[string]*bootTimes    // see startsOf
	pods    map[*index.File]string             // see podOf
	byValue map[markEntity]map[string][]*event // see eventsOf
}

func newJudge(clock timeline.Clock) *judge {
	return &judge{
		clock: clock, marks: map[string]*matches{}, names: map[string][]string{},
		starts: map[*Boot]map[string]*bootTimes{}, pods: map[*index.File]string{}, byValue: map[markEntity]map[string][]*event{},
	}
}

// rule judges one group of a rule. Its events are resolved and sorted.
func (j *judge) rule(r *compiledRule, g *group) ruling {
	v := ruling{events: g.events}
	if r.Gate.Boot != nil {
		v.events = j.outsideBoot(r.Gate.Boot, g.events)
		if len(v.events) == 0 {
			return v.no("gate", "within %s of %s only", time.Duration(r.Gate.Boot.Within), r.Gate.Boot.Mark[0])
		}
	}
	if v.events = j.inOrder(&r.Gate.Order, r, v.events); len(v.events) == 0 {
		return v.no("gate", "needs %s", r.Gate.Order.describe())
	}
	v.count = len(v.events) + g.extra
	v.severity = r.worst(v.events, v.count)
	if rec := r.Gate.Recovery; rec != nil {
		if mark := v.close(j.closings(rec, g)); mark != "" && rec.mayClose(v.count, v.intervals) {
			told := rec.told(v.intervals)
			if told == "" {
				return v.no("recovered", "closed by %s", mark)
			}
			v.severity, v.over = milder(v.severity, told), true
		}
	}
	if !j.passes(r, &v, g.extra) {
		return v.no("gate", "%s", describe(r.Gate.Any))
	}
	v.fires = true
	return v
}

// close finds the intervals for which the symptom lasted, and the mark that
// closed the last one; "" for none.
func (v *ruling) close(by []closing) (mark string) {
	v.intervals = intervals(v.events, by)
	mark, at := recovered(by, &v.events[len(v.events)-1])
	// Within a file the order of the lines counts, also when the clock was set back.
	if last := &v.intervals[len(v.intervals)-1]; at != nil && last.closed == nil {
		last.closed = at
	}
	return mark
}

func milder(a, b Severity) Severity {
	if b.Rank() < a.Rank() {
		return b
	}
	return a
}

// mayClose reports whether so much of a symptom can be closed by a mark.
func (rec *Recovery) mayClose(count int, all []interval) bool {
	return (rec.Below == 0 || count < rec.Below) && (rec.Span == 0 || longest(all) < time.Duration(rec.Span))
}

// lasting is how long a symptom must have gone on to be told when it is over,
// also where the rule says that one that is over is nothing.
const lasting = 15 * time.Minute

// told is the severity of a symptom that is over, "" for one that is nothing.
// A rule that counts events but no time does not mean a long trouble of few.
func (rec *Recovery) told(all []interval) Severity {
	switch {
	case longest(all) < lasting:
		return rec.Severity
	case rec.Below > 0 && rec.Span == 0:
		return Medium
	}
	return cmp.Or(rec.Severity, Info)
}

func (v ruling) no(reason, format string, args ...any) ruling {
	v.reason, v.detail = reason, fmt.Sprintf(format, args...)
	return v
}

// worst is the severity of the worst event, lowered when they are few.
func (r *compiledRule) worst(events []event, count int) Severity {
	rank, grave := int8(0), false
	for i := range events {
		rank = max(rank, events[i].rank)
		grave = grave || events[i].grave
	}
	s := severityOf(int(rank))
	for _, m := range r.Milder {
		if m.Below > count && (m.Unless == "" || !grave) && m.Severity.Rank() < s.Rank() {
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
	for _, list := range events {
		slices.SortStableFunc(list, func(a, b *event) int { return byTime(*a, *b) })
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

// after reports whether a came after b: by place within a file, else by time.
func after(a, b *event) bool {
	if a.file == b.file {
		return a.line > b.line
	}
	return !a.at.IsZero() && !b.at.IsZero() && a.at.After(b.at)
}

// passes reports whether one of the alternatives holds; none means that one
// event is enough. Besides the events there were extra ones. What is over was
// active once.
func (j *judge) passes(r *compiledRule, v *ruling, extra int) bool {
	events := v.events
	if len(r.Gate.Any) == 0 {
		return true
	}
	return slices.ContainsFunc(r.Gate.Any, func(t Threshold) bool {
		if v.over {
			t.Active = 0
		}
		some, count := events, len(events)+extra
		if !t.Order.empty() {
			some = j.inOrder(&t.Order, r, events)
			count = len(some)
		}
		return count > 0 && j.holds(&t, r, some, count)
	})
}

func (j *judge) holds(t *Threshold, r *compiledRule, events []event, count int) bool {
	switch {
	case t.Of != "":
		if !several(r, t.Of, events, t.Count, time.Duration(t.Within)) {
			return false
		}
	case count < t.Count, t.Within > 0 && !crowded(events, t.Count, time.Duration(t.Within)):
		return false
	}
	return (t.Span == 0 || span(events) >= time.Duration(t.Span)) &&
		(t.Active == 0 || j.active(events, time.Duration(t.Active)))
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
			switch {
			case t.Of != "" && t.Count == 1:
				s = "one event with " + t.Of
			case t.Of != "":
				s = fmt.Sprintf("%d values of %s", t.Count, t.Of)
			}
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
		if !t.Order.empty() {
			parts = append(parts, t.Order.describe())
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
