package analyze

import (
	"slices"
	"sort"
	"time"

	"github.com/eksleuth/eksleuth/index"
)

// bootTimes are the starts of a component that gates ask for, by time.
type bootTimes struct {
	all   []time.Time
	first []time.Time // those before which the component was not up since the node booted
}

// Bounds on what is the first start of a component.
const (
	maxBefore   = 2 * time.Minute  // how long before it its own troubles can begin
	bootTakes   = 10 * time.Minute // from the boot of a node to the start of its last component
	logBegins   = time.Minute      // how much a log may hold before what leads up to a start
	everyPod    = "*"              // the key of all starts, whatever the log
	noPod       = ""               // and of those that are in no log of a pod
	wholeSecond = time.Second      // logs differ in how exactly they tell the time
)

// outsideBoot leaves out the events soon after a start, and those soon before
// one that is the first: others wait for a component that is not yet up, and it
// may have trouble itself before it says that it is.
func (j *judge) outsideBoot(b *Boot, events []event) []event {
	starts := j.startsOf(b)
	var out []event
	for i := range events {
		if e := &events[i]; e.at.IsZero() || !j.booting(b, starts, e) {
			out = append(out, *e)
		}
	}
	return out
}

func (j *judge) booting(b *Boot, starts map[string]*bootTimes, e *event) bool {
	pod := j.podOf(e.file)
	if pod == noPod {
		return starts[everyPod].near(b, e.at)
	}
	return starts[pod].near(b, e.at) || starts[noPod].near(b, e.at) // that of another pod says nothing
}

// near reports whether an instant is soon after a start, or soon before a first one.
func (s *bootTimes) near(b *Boot, at time.Time) bool {
	if s == nil {
		return false
	}
	within := time.Duration(b.Within)
	n := sort.Search(len(s.all), func(i int) bool { return s.all[i].After(at) })
	if n > 0 && at.Sub(s.all[n-1]) <= within {
		return true
	}
	n = sort.Search(len(s.first), func(i int) bool { return s.first[i].After(at) })
	return n < len(s.first) && s.first[n].Sub(at) <= min(within, maxBefore)
}

// startsOf are the events of the marks of a boot gate, by the pod in whose log
// they stand.
func (j *judge) startsOf(b *Boot) map[string]*bootTimes {
	starts, known := j.starts[b]
	if known {
		return starts
	}
	starts = map[string]*bootTimes{everyPod: {}}
	for _, id := range b.Mark {
		firsts := j.firstStarts(id, min(time.Duration(b.Within), maxBefore))
		for _, e := range j.eventsOf(id, "")[""] {
			pod := j.podOf(e.file)
			if starts[pod] == nil {
				starts[pod] = &bootTimes{}
			}
			for _, s := range []*bootTimes{starts[everyPod], starts[pod]} {
				s.all = append(s.all, e.at)
				if firsts[e] {
					s.first = append(s.first, e.at)
				}
			}
		}
	}
	for _, s := range starts {
		slices.SortFunc(s.all, time.Time.Compare)
		slices.SortFunc(s.first, time.Time.Compare)
	}
	j.starts[b] = starts
	return starts
}

// firstStarts are the events of a mark before which the component was not up:
// with which its log begins, or which follow the boot of the node. Before a
// restart it was, and what it said then is what made it restart.
func (j *judge) firstStarts(mark string, before time.Duration) map[*event]bool {
	out := map[*event]bool{}
	begun := map[*index.File]bool{} // the log has an earlier start
	booted := false
	for _, e := range j.eventsOf(mark, "")[""] {
		since := e.at.Sub(j.clock.Boot)
		switch begins, _ := instant(j.clock, e.file.First); {
		case e.at.IsZero():
		case !begun[e.file] && !begins.IsZero() && e.at.Sub(begins) <= before+logBegins:
			out[e] = true
		case !booted && !j.clock.Boot.IsZero() && since >= -wholeSecond && since <= bootTakes:
			out[e] = true
		}
		booted = booted || !j.clock.Boot.IsZero() && since >= -wholeSecond
		begun[e.file] = true
	}
	return out
}

// podOf is the pod whose log a file is, noPod for other files.
func (j *judge) podOf(f *index.File) string {
	pod, known := j.pods[f]
	if !known {
		pod = podLogOf(f).pod
		j.pods[f] = pod
	}
	return pod
}
