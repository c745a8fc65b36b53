package cri

import (
	"bytes"
	"slices"
)

// join puts partial lines together: the text of the parts stands in the place
// of the first one. The two streams of a container may interleave, so each is
// joined for itself; a line ends where its last part stands no longer.
func join(text []byte) (joined []byte, lines []int) {
	if !bytes.Contains(text, partialOut) && !bytes.Contains(text, partialErr) {
		return nil, nil
	}
	type entry struct {
		line  int
		text  []byte
		owned bool // text is a buffer of its own, no part of the input
	}
	var entries []entry
	open := map[byte]int{} // stream ('o' or 'e') to the entry that goes on
	for n := 0; len(text) > 0; n++ {
		line, rest, _ := bytes.Cut(text, newline)
		text = rest
		_, partial, start := split(line)
		if start == 0 { // not in the format
			entries = append(entries, entry{line: n, text: line})
			continue
		}
		stream := streamOf(line)
		at, continued := open[stream]
		if continued {
			e := &entries[at]
			if !e.owned { // the second part copies the first, later ones are added to the copy
				e.text, e.owned = slices.Clip(e.text), true
			}
			e.text = append(e.text, line[start:]...)
		} else {
			at = len(entries)
			entries = append(entries, entry{line: n, text: line})
		}
		if partial {
			open[stream] = at
		} else {
			delete(open, stream)
		}
	}
	for _, e := range entries {
		joined = append(append(joined, e.text...), '\n')
		lines = append(lines, e.line)
	}
	return joined, lines
}

// streamOf tells stdout ('o') from stderr ('e') by the letter after "std".
func streamOf(line []byte) byte {
	if i := bytes.Index(line, stderr); i >= 0 && i < maxTime {
		return 'e'
	}
	return 'o'
}

// maxTime is longer than any time at the start of a line.
const maxTime = 40

var (
	newline    = []byte{'\n'}
	partialOut = []byte(" stdout P")
	partialErr = []byte(" stderr P")
)
