// Package sniff decides by the first lines of a file whether it is a log.
package sniff

import "bytes"

// lineCount is how many lines are looked at.
const lineCount = 16

// Most reports whether more than half of the first lines that are not empty
// are known. A line that head cuts short is left out unless it is the only one.
func Most(head []byte, known func(line []byte) bool) bool {
	var lines, hits int
	for lines < lineCount && len(head) > 0 {
		line, rest, whole := bytes.Cut(head, newline)
		head = rest
		line = bytes.TrimSuffix(line, cr)
		if len(line) == 0 || !whole && lines > 0 {
			continue
		}
		lines++
		if known(line) {
			hits++
		}
	}
	return hits*2 > lines
}

var (
	newline = []byte("\n")
	cr      = []byte("\r")
)
