package analyze

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
)

func (o *Order) empty() bool { return o.After == nil && len(o.Then) == 0 && o.Without == nil }

func (t *Threshold) empty() bool {
	return t.Count == 0 && t.Within == 0 && t.Of == "" && t.Span == 0 && t.Active == 0 && t.Order.empty()
}

// steps are all steps of an order.
func (o *Order) steps() []*Step {
	var out []*Step
	for _, s := range []*Step{o.After, o.Without} {
		if s != nil {
			out = append(out, s)
		}
	}
	for i := range o.Then {
		out = append(out, &o.Then[i])
	}
	return out
}

// inOrder are the events that stand as an order wants.
func (j *judge) inOrder(o *Order, r *compiledRule, events []event) []event {
	if o.empty() {
		return events
	}
	var out []event
	for i := range events {
		if j.stands(o, r, &events[i]) {
			out = append(out, events[i])
		}
	}
	return out
}

func (j *judge) stands(o *Order, r *compiledRule, e *event) bool {
	if o.After != nil && j.before(o.After, r, e) == nil {
		return false
	}
	at := e
	for i := range o.Then {
		if at = j.behind(&o.Then[i], r, e, at); at == nil {
			return false
		}
	}
	return o.Without == nil || j.absent(o.Without, r, e)
}

// behind is the first event of a step behind another, nil for none. Whom it
// must be about says e.
func (j *judge) behind(s *Step, r *compiledRule, e, from *event) *event {
	var first *event
	for _, events := range j.stepEvents(s, r, e) {
		i := sort.Search(len(events), func(i int) bool { return byTime(*events[i], *from) > 0 })
		if i < len(events) && reaches(from, events[i], s.Within) && (first == nil || byTime(*events[i], *first) < 0) {
			first = events[i]
		}
	}
	return first
}

// before is the last event of a step before another.
func (j *judge) before(s *Step, r *compiledRule, e *event) *event {
	var last *event
	for _, events := range j.stepEvents(s, r, e) {
		i := sort.Search(len(events), func(i int) bool { return byTime(*events[i], *e) >= 0 }) - 1
		if i >= 0 && reaches(events[i], e, s.Within) && (last == nil || byTime(*events[i], *last) > 0) {
			last = events[i]
		}
	}
	return last
}

// absent reports that no event of a step is behind another. When the log ends
// before the time is over nobody knows, and that is no proof.
func (j *judge) absent(s *Step, r *compiledRule, e *event) bool {
	if j.behind(s, r, e, e) != nil {
		return false
	}
	if s.AtEnd || s.Within == 0 {
		return true
	}
	end := event{file: e.file, stamp: e.file.Last}
	end.at, _ = instant(j.clock, end.stamp)
	rest, known := apart(e, &end)
	return !known || rest >= time.Duration(s.Within)
}

// stepEvents are the events that a step may mean, in lists by time.
func (j *judge) stepEvents(s *Step, r *compiledRule, e *event) [][]*event {
	var out [][]*event
	for _, id := range s.Mark {
		events := j.eventsOf(id, s.Same)
		if s.Same == "" {
			out = append(out, events[""])
			continue
		}
		for _, v := range e.about(r.names, s.Same) {
			out = append(out, events[v])
		}
	}
	return out
}

// about are the values of an entity in an event; of several, as "volume+pod",
// their combination.
func (e *event) about(names []string, entity string) []string {
	if parts := entityList(entity); len(parts) > 1 {
		return []string{combined(names, e.entities, parts)}
	}
	return e.values(names, entity)
}

// reaches reports that b is behind a by at most so long. Of events without a
// time only those of one file can be compared.
func reaches(a, b *event, within Duration) bool {
	if a.at.IsZero() != b.at.IsZero() || a.at.IsZero() && a.file != b.file {
		return false
	}
	gap, known := apart(a, b)
	return within == 0 || !known || gap <= time.Duration(within)
}

// apart is how long b was behind a. The seconds since the boot tell it also when
// nothing tells when that was.
func apart(a, b *event) (gap time.Duration, known bool) {
	switch {
	case !a.at.IsZero() && !b.at.IsZero():
		return b.at.Sub(a.at), true
	case a.file == b.file && a.stamp.Kind == b.stamp.Kind && a.stamp.Kind != parsers.NoStamp:
		return time.Duration(b.stamp.Nano - a.stamp.Nano), true
	}
	return 0, false
}

// describe says what an order asks for.
func (o *Order) describe() string {
	var parts []string
	if o.After != nil {
		parts = append(parts, o.After.describe()+" before it")
	}
	for i := range o.Then {
		parts = append(parts, o.Then[i].describe()+" behind it")
	}
	if o.Without != nil {
		parts = append(parts, "no "+o.Without.describe()+" behind it")
	}
	return strings.Join(parts, ", then ")
}

func (s *Step) describe() string {
	text := strings.Join(s.Mark, " or ")
	if s.Within > 0 {
		text += " within " + short(s.Within)
	}
	return text
}

// several reports whether some events have n values of an entity inside a
// window; no window is as long as it takes.
func several(r *compiledRule, entity string, events []event, n int, window time.Duration) bool {
	in := map[string]int{}
	first := 0
	for i := range events {
		for _, v := range events[i].about(r.names, entity) {
			in[v]++
		}
		for window > 0 && events[i].at.Sub(events[first].at) > window {
			for _, v := range events[first].about(r.names, entity) {
				if in[v]--; in[v] == 0 {
					delete(in, v)
				}
			}
			first++
		}
		if len(in) >= n {
			return true
		}
	}
	return false
}

// references are the rules that gates of r name beside the marks of recovery
// and boot, and whether r's own events need their entities.
func (r *Rule) references() (ids []string, same bool) {
	orders := []*Order{&r.Gate.Order}
	for i := range r.Gate.Any {
		orders = append(orders, &r.Gate.Any[i].Order)
		same = same || r.Gate.Any[i].Of != ""
	}
	for _, o := range orders {
		for _, s := range o.steps() {
			ids = append(ids, s.Mark...)
			same = same || s.Same != ""
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), same
}

// unknownSteps reports gates that name rules which are not there.
func unknownSteps(rules []*Rule) []error {
	known := map[string]bool{}
	for _, r := range rules {
		known[r.ID] = true
	}
	var errs []error
	for _, r := range rules {
		ids, _ := r.references()
		for _, id := range ids {
			if !known[id] {
				errs = append(errs, fmt.Errorf("%s: rule %q: there is no rule %q", r.at, r.ID, id))
			}
		}
	}
	return errs
}
