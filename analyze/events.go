package analyze

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// Bounds on what is kept, so that a log that is nothing but matches cannot fill
// the memory. What is over them is counted. What they leave out is the end of
// the bundle, so only below them is a report the same for every order of files.
const (
	maxEvents    = 100_000 // events of one group
	maxGroups    = 1_000   // groups of one rule
	maxAllGroups = 4_000   // groups of all rules
	maxValues    = 100     // values of one entity of one group
	maxAllValues = 200_000 // values of all entities
)

// A keeper counts what is kept of all rules together.
type keeper struct{ events, groups, values int }

// room is how many events one group may have. It shrinks as the memory fills,
// so that a rule that matches without end leaves room for the others.
func (k *keeper) room() int {
	switch {
	case k.events < 500_000:
		return maxEvents
	case k.events < 1_000_000:
		return 1_000
	case k.events < 1_500_000:
		return 10
	}
	return 2 // with those over it counted: the first and the last
}

// matches is what one rule matched in a bundle.
type matches struct {
	groups map[string]*group
	order  []*group // as they were met

	yielded   int // lines that belong to another rule
	yieldedAt []parsers.Pos
}

// A group is the events of one rule about one entity.
type group struct {
	entity   string
	kind     string // what the entity is, "" for the node
	events   []event
	extra    int // events over its room
	entities map[string]map[string]int
}

// An event is one line of a group.
type event struct {
	file     *index.File
	line     int32
	rank     int8 // of its severity
	grave    bool // see Milder.Unless
	quality  timeline.Quality
	stamp    parsers.Stamp
	key      uint64
	at       time.Time // zero when unknown
	entities []string
}

func (e *event) pos() parsers.Pos { return parsers.Pos{File: e.file.Path, Line: int(e.line)} }

func newMatches() *matches { return &matches{groups: map[string]*group{}} }

// overflowGroup gathers what is over maxGroups.
const overflowGroup = "others"

func (m *matches) add(k *keeper, r *compiledRule, f *index.File, h *hit) {
	if h.yielded {
		m.yield(parsers.Pos{File: f.Path, Line: int(h.line)})
		return
	}
	g := m.group(k, h.kind, h.group)
	ev := event{file: f, line: h.line, rank: int8(h.severity.Rank()), grave: h.grave, stamp: h.stamp, key: h.key}
	if r.keep {
		ev.entities = h.entities
	}
	if n := len(g.events); n >= k.room() {
		g.extra++
		g.events[n-1] = ev // the last one ends the span
	} else {
		g.events = append(g.events, ev)
		k.events += 1 + len(ev.entities)
	}
	for i, v := range h.entities {
		if v != "" {
			g.note(k, r.names[i], v)
		}
	}
	if h.from.pod != "" {
		g.noteMissing(k, r, h, "pod", "container")
	}
}

// noteMissing notes what the path says of entities that the expression has no
// group for.
func (g *group) noteMissing(k *keeper, r *compiledRule, h *hit, entities ...string) {
	for _, entity := range entities {
		if !slices.Contains(r.names, entity) {
			g.note(k, entity, h.from.value(entity))
		}
	}
}

// yield counts a line that belongs to another rule, and keeps the first places.
func (m *matches) yield(at parsers.Pos) {
	m.yielded++
	i, _ := slices.BinarySearchFunc(m.yieldedAt, at, comparePos)
	if i < maxNamed {
		m.yieldedAt = slices.Insert(m.yieldedAt, i, at)
		m.yieldedAt = m.yieldedAt[:min(len(m.yieldedAt), maxNamed)]
	}
}

func comparePos(a, b parsers.Pos) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

func (m *matches) group(k *keeper, kind, entity string) *group {
	g := m.groups[entity]
	if g == nil && entity != "" && (len(m.groups) >= maxGroups || k.groups >= maxAllGroups) {
		entity = overflowGroup
		g = m.groups[entity]
	}
	if g == nil {
		k.groups++
		g = &group{entity: entity, kind: kind, entities: map[string]map[string]int{}}
		m.groups[entity] = g
		m.order = append(m.order, g)
	}
	return g
}

func (g *group) note(k *keeper, name, value string) {
	values := g.entities[name]
	if values == nil {
		values = map[string]int{}
		g.entities[name] = values
	}
	_, known := values[value]
	if !known && (len(values) >= maxValues || k.values >= maxAllValues && len(values) > 0) {
		return
	}
	if !known {
		k.values++
	}
	values[value]++
}

// resolve gives the events their instants and counts copies of one event once.
// The copies are returned: they are evidence too.
func (g *group) resolve(clock timeline.Clock) (copies []event) {
	for i := range g.events {
		e := &g.events[i]
		e.at, e.quality = instant(clock, e.stamp)
	}
	g.events, copies = dedup(g.events)
	slices.SortStableFunc(g.events, byTime)
	slices.SortStableFunc(copies, func(a, b event) int {
		if a.file != b.file {
			return -preferred(a.file, b.file)
		}
		return cmp.Compare(a.line, b.line)
	})
	return copies
}

// instant is when a line was written. If nothing says the year, it is one in
// some year, of quality None: good to tell how far apart lines are, and for
// nothing else.
func instant(clock timeline.Clock, s parsers.Stamp) (time.Time, timeline.Quality) {
	at, quality := clock.Resolve(s)
	if at.IsZero() && (s.Kind == parsers.NoYear || s.Kind == parsers.UTCNoYear) {
		return time.Unix(0, s.Nano).UTC(), timeline.None
	}
	return at, quality
}

// shown is the time of an event as reports say it; "" if it is not known.
func (e *event) shown() string {
	if e.quality == timeline.None {
		return ""
	}
	return rfc3339(e.at)
}

// byTime orders events; those without a time come first, by place.
func byTime(a, b event) int {
	return cmp.Or(a.at.Compare(b.at), byPlace(a, b))
}

func byPlace(a, b event) int {
	return cmp.Or(cmp.Compare(a.file.Path, b.file.Path), cmp.Compare(a.line, b.line))
}

// dedup keeps, of events with the same text in several files, those of the file
// that has the most of them: dmesg.current, dmesg.human.current and messages
// hold the same lines, and so do the two places where a pod's log is copied to.
func dedup(events []event) (kept, copies []event) {
	first := map[uint64]*index.File{}
	several := map[uint64]map[*index.File]int{} // only for keys in more than one file
	for i := range events {
		e := &events[i]
		f, known := first[e.key]
		if !known {
			first[e.key] = e.file
		} else if f != e.file && several[e.key] == nil {
			several[e.key] = map[*index.File]int{}
		}
	}
	if len(several) == 0 {
		return events, nil
	}
	timed := map[*index.File]bool{}
	for i := range events {
		if n := several[events[i].key]; n != nil {
			n[events[i].file]++
			timed[events[i].file] = !events[i].at.IsZero()
		}
	}
	best := map[uint64]*index.File{}
	for key, n := range several {
		for f := range n {
			if b := best[key]; b == nil || cmp.Or(n[f]-n[b], boolInt(timed[f])-boolInt(timed[b]), preferred(f, b)) > 0 {
				best[key] = f
			}
		}
	}
	times := map[uint64][]time.Time{} // of the events of the best file
	for i := range events {
		if e := &events[i]; best[e.key] == e.file {
			times[e.key] = append(times[e.key], e.at)
		}
	}
	for _, at := range times {
		slices.SortFunc(at, time.Time.Compare)
	}
	for _, e := range events {
		if b := best[e.key]; b == nil || b == e.file || !near(times[e.key], e.at) {
			kept = append(kept, e)
		} else {
			copies = append(copies, e)
		}
	}
	return kept, copies
}

// maxDrift is how far the times of two copies of an event may be apart: those
// of dmesg --ctime drift from the clock by minutes on nodes that are up for
// long. What is further apart happened twice.
const maxDrift = 15 * time.Minute

// near reports whether an instant is close to one of some, which are sorted. An
// event whose time is not known may be a copy of any.
func near(times []time.Time, at time.Time) bool {
	if at.IsZero() || times[0].IsZero() {
		return true
	}
	i := sort.Search(len(times), func(i int) bool { return !times[i].Before(at) })
	return i < len(times) && times[i].Sub(at) <= maxDrift || i > 0 && at.Sub(times[i-1]) <= maxDrift
}

// preferred is positive if a is the better witness of the two: a log of its own
// rather than one that many programs write in, else the one whose path sorts
// first: the order of the archive says nothing.
func preferred(a, b *index.File) int {
	if am, bm := matchesAny(MixedLogs, a.At()), matchesAny(MixedLogs, b.At()); am != bm {
		return boolInt(bm) - boolInt(am)
	}
	return cmp.Compare(b.Path, a.Path)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// values are the values of an entity, the most frequent first.
func (g *group) values(name string) []string {
	counts := g.entities[name]
	out := make([]string, 0, len(counts))
	for v := range counts {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b))
	})
	return out
}
