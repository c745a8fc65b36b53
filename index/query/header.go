package query

import "slices"

// A fileNode asks what is the same for all lines of a file.
type fileNode struct {
	field *field
	value string
}

func (n *fileNode) match(l *Line) (bool, error) {
	return l.File != nil && n.field.accepts(l.File, n.value), nil
}

func (n *fileNode) in(f *FileInfo) node         { return constNode(n.field.accepts(f, n.value)) }
func (n *fileNode) lead() []*needle             { return nil }
func (n *fileNode) marks(dst []marker) []marker { return dst }
func (n *fileNode) cost() int                   { return costFile }

// A linesNode has the lines of a finding.
type linesNode struct {
	none
	at    map[string][]int
	lines []int // those of one file, if it is for one
}

func (n linesNode) match(l *Line) (bool, error) {
	lines := n.lines
	if lines == nil && l.File != nil {
		lines = n.at[l.File.Path]
	}
	_, ok := slices.BinarySearch(lines, l.Num)
	return ok, nil
}

func (n linesNode) in(f *FileInfo) node {
	if lines := n.at[f.Path]; len(lines) > 0 {
		return linesNode{lines: lines}
	}
	return constNode(false)
}

func (n linesNode) cost() int { return costFile }

// A levelNode has a bit for each level that it accepts.
type levelNode uint8

func (n levelNode) match(l *Line) (bool, error) {
	l.header()
	return uint8(n)&bit(l.level) != 0, nil
}

func (n levelNode) in(*FileInfo) node           { return n }
func (n levelNode) lead() []*needle             { return nil }
func (n levelNode) marks(dst []marker) []marker { return dst }
func (n levelNode) cost() int                   { return costHeader }

// A unitNode has the name of a program, as journal and syslog lines give it.
type unitNode struct {
	name string
	bare string // the name without ".service", which lines leave out
}

func (n unitNode) match(l *Line) (bool, error) {
	l.header()
	return len(l.unit) > 0 && (nameMatches(n.name, l.unit) || nameMatches(n.bare, l.unit)), nil
}

func (n unitNode) in(*FileInfo) node           { return n }
func (n unitNode) lead() []*needle             { return nil }
func (n unitNode) marks(dst []marker) []marker { return dst }
func (n unitNode) cost() int                   { return costHeader }

// A betweenNode has the bounds of the time of a line.
type betweenNode Between

func (n betweenNode) match(l *Line) (bool, error) {
	l.header()
	return !l.time.IsZero() && !l.time.Before(n.From) && (n.To.IsZero() || l.time.Before(n.To)), nil
}

func (n betweenNode) in(*FileInfo) node           { return n }
func (n betweenNode) lead() []*needle             { return nil }
func (n betweenNode) marks(dst []marker) []marker { return dst }
func (n betweenNode) cost() int                   { return costHeader }
