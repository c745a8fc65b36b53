package entity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/index/query"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Line is a line of a log that was found.
type Line struct {
	Pos  parsers.Pos
	At   time.Time // zero when unknown
	Text string
}

// A Source is where observations come from.
type Source struct {
	Facts []Observation // of all snapshots

	// Search returns the first lines that match a query, and how many there are.
	Search func(ctx context.Context, q query.Expr, limit int) (lines []Line, total int, err error)
}

// An Answer is what is known of a thing.
type Answer struct {
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
}

// How much is looked at and told.
const (
	maxLines  = 2000 // lines of one thing
	maxLooks  = 60   // things that are followed
	maxEvents = 5000
)

// Find tells all that is known of what a user calls x. From a part of a pod it
// goes on to the other parts of the same pod, and from a thing that pods have
// one after the other, to each of them.
func Find(ctx context.Context, src Source, x string) (*Answer, error) {
	f := finder{Source: src, seen: map[string]bool{}, sandboxes: map[string]bool{}}
	for _, o := range src.Facts {
		for _, t := range o.Things {
			if t.Kind == Sandbox {
				f.sandboxes[t.ID] = true
			}
		}
	}
	start, err := f.start(ctx, x)
	if err != nil || len(start) == 0 {
		return &Answer{}, err
	}
	if len(start) > 1 {
		return &Answer{Candidates: start}, nil
	}
	if err := f.follow(ctx, start[0]); err != nil {
		return nil, err
	}
	return f.answer(start[0]), nil
}

// finder is Find at work.
type finder struct {
	Source
	events    []Observation
	seen      map[string]bool // places and contents of events
	sandboxes map[string]bool // IDs that are known to be of sandboxes
	looks     int
	cut       bool
}

// start returns the things that are called x.
func (f *finder) start(ctx context.Context, x string) ([]Thing, error) {
	found, err := f.observations(ctx, x)
	if err != nil {
		return nil, err
	}
	var things []Thing
	for _, o := range found {
		for _, t := range o.Things {
			if t = f.named(t); t.asked(x) && !slices.Contains(things, t) {
				things = append(things, t)
			}
		}
	}
	slices.SortFunc(things, Thing.compare)
	if exact := slices.IndexFunc(things, func(t Thing) bool { return t.ID == x }); exact >= 0 {
		return things[exact : exact+1], nil
	}
	return things, nil
}

// named tells a sandbox from a container.
func (f *finder) named(t Thing) Thing {
	if t.Kind == Container && f.sandboxes[t.ID] {
		t.Kind = Sandbox
	}
	return t
}

// observations are all places that name x.
func (f *finder) observations(ctx context.Context, x string) ([]Observation, error) {
	var out []Observation
	for _, o := range f.Facts {
		if slices.ContainsFunc(o.Things, func(t Thing) bool { return t.asked(x) }) {
			out = append(out, o)
		}
	}
	text := x
	if _, name, ok := strings.Cut(x, "/"); ok && !strings.HasPrefix(x, "/") {
		text = name // many lines tell the namespace elsewhere
	}
	lines, total, err := f.Search(ctx, query.And{query.Phrase{Text: text}, anyPattern}, maxLines)
	if err != nil {
		return nil, err
	}
	f.cut = f.cut || total > len(lines)
	for _, l := range lines {
		if o, ok := read(l.Text); ok {
			o.At, o.Pos = l.At, l.Pos
			out = append(out, o)
		}
	}
	for _, o := range out {
		for _, t := range o.Things {
			if t.Kind == Sandbox {
				f.sandboxes[t.ID] = true
			}
		}
	}
	return out, nil
}

// follow gathers the events of a thing and of what belongs to the same pod.
func (f *finder) follow(ctx context.Context, first Thing) error {
	queue, queued := []Thing{first}, map[Thing]bool{first: true}
	for len(queue) > 0 {
		t := queue[0]
		queue = queue[1:]
		if f.looks++; f.looks > maxLooks {
			f.cut = true
			return nil
		}
		found, err := f.observations(ctx, t.ID)
		if err != nil {
			return err
		}
		for _, o := range found {
			for i := range o.Things {
				o.Things[i] = f.named(o.Things[i])
			}
			if !o.has(t) || t.Kind == Pod && t != first && !o.of(queued) {
				continue
			}
			f.keep(o)
			for _, u := range o.Things {
				if !queued[u] && follows(first, t, u) {
					queued[u] = true
					queue = append(queue, u)
				}
			}
		}
	}
	return nil
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

// follows reports whether u, which stands beside t, is looked at too: from each
// part of a pod to the others. The name of a pod can be that of several, one
// after the other, so nothing is followed from one that was not asked for.
func follows(first, t, u Thing) bool {
	return own[u.Kind] && !crowded[first.Kind] && (t == first || t.Kind != Pod)
}

// crowded are the kinds that many pods have at once: they are not told in full.
var crowded = map[Kind]bool{ENI: true, Image: true, Name: true, Device: true}

// of reports whether what the name of a pod says is of the pod at hand: it names
// no part of another one.
func (o *Observation) of(known map[Thing]bool) bool {
	return !slices.ContainsFunc(o.Things, func(t Thing) bool { return own[t.Kind] && t.Kind != Pod && !known[t] })
}

// keep takes up an event, unless it is known.
func (f *finder) keep(o Observation) {
	key := fmt.Sprint(o.Pos, o.Verb, o.Things)
	switch {
	case f.seen[key]:
	case len(f.events) == maxEvents:
		f.cut = true
	default:
		f.seen[key] = true
		f.events = append(f.events, o)
	}
}

// answer puts what was found in order.
func (f *finder) answer(first Thing) *Answer {
	a := &Answer{Cut: f.cut}
	slices.SortStableFunc(f.events, func(x, y Observation) int {
		if x.At.IsZero() != y.At.IsZero() { // the zero time is long ago
			return y.At.Compare(x.At)
		}
		return cmp.Or(x.At.Compare(y.At), strings.Compare(x.Pos.File, y.Pos.File), x.Pos.Line-y.Pos.Line)
	})
	a.Events = withoutCopies(f.events)
	at := map[Thing]int{}
	for _, o := range a.Events {
		for _, t := range o.Things {
			i, ok := at[t]
			if !ok {
				i = len(a.Things)
				at[t] = i
				a.Things = append(a.Things, Known{Thing: t})
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
	return a
}
