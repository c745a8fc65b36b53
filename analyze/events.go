package analyze

import (
	"cmp"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// Bounds on what is kept of one rule, so that a log that is nothing but matches
// cannot fill the memory. What is over them is counted.
const (
	maxEvents = 100_000 // events of one group
	maxGroups = 1_000   // groups of one rule
	maxValues = 100     // values of one entity
)

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
	events   []event
	extra    int // events over maxEvents
	entities map[string]map[string]int
}

// An event is one line of a group.
type event struct {
	file     *index.File
	line     int32
	rank     int8 // of its severity
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

func (m *matches) add(r *compiledRule, f *index.File, h *hit) {
	if h.yielded {
		m.yielded++
		if len(m.yieldedAt) < 3 {
			m.yieldedAt = append(m.yieldedAt, parsers.Pos{File: f.Path, Line: int(h.line)})
		}
		return
	}
	g := m.group(h.group)
	ev := event{file: f, line: h.line, rank: int8(h.severity.Rank()), stamp: h.stamp, key: h.key}
	if r.Mark {
		ev.entities = h.entities
	}
	if len(g.events) >= maxEvents {
		g.extra++
		g.events[maxEvents-1] = ev // the last one ends the span
	} else {
		g.events = append(g.events, ev)
	}
	for i, v := range h.entities {
		if v != "" {
			g.note(r.names[i], v)
		}
	}
}

func (m *matches) group(entity string) *group {
	g := m.groups[entity]
	if g == nil && len(m.groups) >= maxGroups {
		entity = overflowGroup
		g = m.groups[entity]
	}
	if g == nil {
		g = &group{entity: entity, entities: map[string]map[string]int{}}
		m.groups[entity] = g
		m.order = append(m.order, g)
	}
	return g
}

func (g *group) note(name, value string) {
	values := g.entities[name]
	if values == nil {
		values = map[string]int{}
		g.entities[name] = values
	}
	if _, known := values[value]; known || len(values) < maxValues {
		values[value]++
	}
}

// resolve gives the events their instants and counts copies of one event once.
// The copies are returned: they are evidence too.
func (g *group) resolve(clock timeline.Clock) (copies []event) {
	for i := range g.events {
		e := &g.events[i]
		e.at, e.quality = clock.Resolve(e.stamp)
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

// byTime orders events; those without a time come first, by place.
func byTime(a, b event) int {
	return cmp.Or(a.at.Compare(b.at), byPlace(a, b))
}

func byPlace(a, b event) int {
	return cmp.Or(cmp.Compare(a.file.Num, b.file.Num), cmp.Compare(a.line, b.line))
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
	for _, e := range events {
		if b := best[e.key]; b == nil || b == e.file {
			kept = append(kept, e)
		} else {
			copies = append(copies, e)
		}
	}
	return kept, copies
}

// preferred is positive if a is the better witness of the two: a log of its own
// rather than one that many programs write in, else the one that comes first.
func preferred(a, b *index.File) int {
	if am, bm := matchesAny(MixedLogs, a.At()), matchesAny(MixedLogs, b.At()); am != bm {
		return boolInt(bm) - boolInt(am)
	}
	return b.Num - a.Num
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
