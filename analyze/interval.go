package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// An Interval is a time for which a symptom lasted.
type Interval struct {
	Entity string `json:"entity,omitempty"` // what it was about
	From   string `json:"from"`             // the first line that tells of it, RFC 3339, UTC
	Last   string `json:"last"`             // the last one
	Count  int    `json:"count"`
	Closed string `json:"closed"` // when a line told that it was over; "" for never

	ClosedBy *Evidence `json:"closed_by,omitempty"` // that line
}

// maxIntervals bounds those of a finding, the last ones are kept.
const maxIntervals = 16

// An interval is one of a group's, with its events.
type interval struct {
	first, last *event
	count       int
	closed      *event        // nil when it was open at the end of the log
	stretch     time.Duration // the longest time in which lines told of it again and again
	since       *event        // the first line of the last such time
}

// maxSilence is how long a symptom may say nothing and still go on: the longest
// time that components wait before they try again is five minutes.
const maxSilence = 10 * time.Minute

// add puts an event behind those of an interval.
func (i *interval) add(e *event) {
	if gap, known := apart(i.last, e); known && gap > maxSilence {
		i.since = e
	}
	if d, known := apart(i.since, e); known {
		i.stretch = max(i.stretch, d)
	}
	i.last = e
	i.count++
}

// longest is the longest stretch of some intervals.
func longest(all []interval) (d time.Duration) {
	for i := range all {
		d = max(d, all[i].stretch)
	}
	return d
}

// A closing is the events of a mark that may close a symptom, by time.
type closing struct {
	mark   string
	events []*event
}

// closings are the events that may close what a group tells of.
func (j *judge) closings(rec *Recovery, g *group) []closing {
	var out []closing
	for _, id := range rec.Mark {
		events := j.eventsOf(id, rec.Same)
		switch {
		case rec.Same == "":
			out = append(out, closing{id, events[""]})
		case len(entityList(rec.Same)) > 1: // then it is how the events are grouped
			out = append(out, closing{id, events[g.entity]})
		default:
			for _, v := range g.values(rec.Same) {
				out = append(out, closing{id, events[v]})
			}
		}
	}
	return out
}

// recovered looks for a mark after the last event.
func recovered(by []closing, last *event) (mark string, at *event) {
	for _, c := range by {
		if e := anyAfter(c.events, last); e != nil {
			return c.mark, e
		}
	}
	return "", nil
}

// anyAfter is one of some events, the likeliest of which is the last, that came
// after another; nil for none.
func anyAfter(events []*event, last *event) *event {
	for _, e := range slices.Backward(events) {
		if after(e, last) {
			return e
		}
	}
	return nil
}

// intervals cuts events where something closed what they tell of.
func intervals(events []event, by []closing) []interval {
	var out []interval
	for i := range events {
		e := &events[i]
		if n := len(out); n > 0 && (out[n-1].closed == nil || byTime(*e, *out[n-1].closed) < 0) {
			out[n-1].add(e)
			continue
		}
		out = append(out, interval{first: e, last: e, since: e, count: 1, closed: nextOf(by, e)})
	}
	return out
}

// nextOf is the first event behind another.
func nextOf(by []closing, e *event) *event {
	var next *event
	for _, c := range by {
		i := sort.Search(len(c.events), func(i int) bool { return byTime(*c.events[i], *e) > 0 })
		if i < len(c.events) && reaches(e, c.events[i], 0) && (next == nil || byTime(*c.events[i], *next) < 0) {
			next = c.events[i]
		}
	}
	return next
}

// lasted is how long a closed interval was, from its first line to the one that
// closed it.
func (i *interval) lasted() (d time.Duration, known bool) {
	if i.closed == nil {
		return 0, false
	}
	return apart(i.first, i.closed)
}

func (i *interval) report(entity string) Interval {
	out := Interval{Entity: entity, From: i.first.shown(), Last: i.last.shown(), Count: i.count}
	if i.closed != nil {
		out.Closed = i.closed.shown()
		out.ClosedBy = &Evidence{File: i.closed.file.Path, Line: int(i.closed.line), Time: out.Closed}
	}
	return out
}

// reported are the last of some intervals.
func reported(all []interval, entity string) []Interval {
	var out []Interval
	for _, i := range lastOf(all) {
		out = append(out, i.report(entity))
	}
	return out
}

func lastOf[T any](all []T) []T { return all[len(all)-min(len(all), maxIntervals):] }

// join puts a separator between the parts that are not empty.
func join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

// over says how long closed intervals lasted, and how long before the
// collection the last one ended: "after 11 s, 3 days before the bundle was made",
// "after 60 s at most, 2 times, lastly 44 min before the bundle was made".
func over(all []interval, collected time.Time) string {
	longest := time.Duration(-1)
	var end *event
	for i := range all {
		if d, known := all[i].lasted(); known {
			longest = max(longest, d)
		}
		if c := all[i].closed; c != nil && (end == nil || byTime(*c, *end) > 0) {
			end = c
		}
	}
	if end == nil {
		return ""
	}
	var text string
	switch {
	case longest < 0:
	case len(all) > 1:
		text = fmt.Sprintf("after %s at most, %d times", inWords(longest), len(all))
	default:
		text = "after " + inWords(longest)
	}
	if end.shown() != "" && !collected.IsZero() && collected.After(end.at) {
		age := inWords(collected.Sub(end.at)) + " before the bundle was made"
		if len(all) > 1 {
			age = "lastly " + age
		}
		text = join(", ", text, age)
	}
	return text
}

// inWords writes a duration in the unit that fits: "350 ms", "11 s", "4 min", "3 h", "5 days".
func inWords(d time.Duration) string {
	for _, u := range []struct {
		unit, from time.Duration
		name       string
	}{{24 * time.Hour, 48 * time.Hour, "days"}, {time.Hour, 2 * time.Hour, "h"}, {time.Minute, 2 * time.Minute, "min"}, {time.Second, time.Second, "s"}} {
		if d >= u.from {
			return fmt.Sprintf("%d %s", (d+u.unit/2)/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%d ms", max(d, 0).Milliseconds())
}

// later orders intervals for a report.
func later(a, b Interval) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.Last, b.Last))
}
