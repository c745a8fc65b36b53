// Package rerun finds where a collector that only appends to its files ran
// again. Its first run is still there, above, and tells of a time that is over.
package rerun

// Sections tells the sections of the last run from stale ones, for files whose
// sections have names: the interfaces of ethtool.txt, the maps of ebpf-maps-data.txt.
// A run writes each name once. The zero value is ready for a file.
type Sections[K comparable] struct {
	last    map[K]place
	dropped int
	repeats int
}

// A place is the last section of a name.
type place struct {
	at   int // counted from the first section of the file
	runs int // that had the name
}

// maxNames bounds the names that are remembered. Later ones are taken for new.
const maxNames = 200_000

// Add is told of each section before it is kept, and of how many are kept. It
// returns how many of these are of earlier runs, which the caller drops: up to
// the section of the same name, also those that the last run does not have any
// more. Only names at the end of an earlier run that are gone since stay: they
// could as well be new ones.
func (s *Sections[K]) Add(name K, kept int) (stale int) {
	was, again := s.last[name]
	if again {
		stale = min(kept, max(0, was.at-s.dropped+1))
		s.dropped += stale
		s.repeats = max(s.repeats, was.runs)
	}
	if s.last == nil {
		s.last = map[K]place{}
	}
	if again || len(s.last) < maxNames {
		s.last[name] = place{s.dropped + kept - stale, was.runs + 1}
	}
	return stale
}

// Repeats is how many runs came before the last one.
func (s *Sections[K]) Repeats() int { return s.repeats }
