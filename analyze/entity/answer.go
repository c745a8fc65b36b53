package entity

import (
	"slices"
	"time"
)

// An Answer is what is known of a thing.
type Answer struct {
	Called string // how the bundle writes what was asked for; "" if nothing is told
	// Candidates are the things that are called so, if they are not one. Then
	// nothing else is set.
	Candidates []Thing
	Things     []Known       // the thing asked for first, then by kind
	Events     []Observation // those with a time in its order, then the others by place
	Cut        bool          // there is more than is told
}

// A Known is a thing that belongs to the one asked for.
type Known struct {
	Thing
	First, Last time.Time // of what is known with a time; zero when nothing is
	Own         bool      // it is of the same pod and of no other, or the thing asked for
}

// answer puts what was found of a thing in order.
func (f *finder) answer(first Thing) *Answer {
	slices.SortStableFunc(f.all, byTime)
	p := newPods(f.all)
	roots := p.asked(first)
	var events []Observation
	mine := map[Thing]bool{first: true}
	for i := range f.all {
		o := &f.all[i]
		of := slices.ContainsFunc(p.of(o), func(r Thing) bool { return roots[r] })
		if !of && !o.has(first) {
			continue
		}
		told := *o
		told.Things = nil
		for _, t := range o.Things {
			t = f.decide(t)
			told.Things = append(told.Things, t)
			if of && t.Kind == Pod {
				mine[t] = true
			}
		}
		if of {
			for _, t := range p.parts(o) {
				mine[f.decide(t)] = true
			}
		}
		events = append(events, told)
	}
	a := &Answer{Called: f.called, Cut: f.cut, Events: withoutCopies(events)}
	a.list(first, mine)
	return a
}

// list lists the things of the events.
func (a *Answer) list(first Thing, mine map[Thing]bool) {
	at := map[Thing]int{}
	for _, o := range a.Events {
		for _, t := range o.Things {
			i, ok := at[t]
			if !ok {
				i = len(a.Things)
				at[t] = i
				a.Things = append(a.Things, Known{Thing: t, Own: mine[t]})
			}
			if k := &a.Things[i]; !o.At.IsZero() {
				if k.First.IsZero() {
					k.First = o.At
				}
				k.Last = o.At
			}
		}
	}
	slices.SortFunc(a.Things, func(x, y Known) int {
		switch first {
		case x.Thing:
			return -1
		case y.Thing:
			return 1
		}
		return x.compare(y.Thing)
	})
}

// copyTime is how far apart the stamps of two copies of a line can be: syslog
// writes whole seconds, and later than the journal.
const copyTime = 2 * time.Second

// withoutCopies leaves out what a second log tells again, such as messages of
// the kubelet. The events are sorted.
func withoutCopies(events []Observation) []Observation {
	var kept []Observation
	for _, o := range events {
		again := false
		for i := len(kept) - 1; i >= 0 && !again && !o.At.IsZero() && o.At.Sub(kept[i].At) <= copyTime; i-- {
			k := &kept[i]
			again = k.Verb == o.Verb && k.Pos.File != o.Pos.File && slices.Equal(k.Things, o.Things)
		}
		if !again {
			kept = append(kept, o)
		}
	}
	return kept
}
