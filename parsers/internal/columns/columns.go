// Package columns reads tables that a program has aligned with blanks, as
// text/tabwriter does: the place of a cell is that of its head, counted in
// characters.
package columns

import "strings"

// A Head is the first row of a table.
type Head struct {
	Names []string
	start []int // of each name, in characters
}

// maxNames bounds the columns of a table, as each row has a cell for each.
const maxNames = 100

// ParseHead splits a row where at least gap blanks stand: 1 when no name has a
// blank in it, else 2. Names beyond maxNames are no columns.
func ParseHead(row string, gap int) Head {
	var h Head
	sep := strings.Repeat(" ", gap)
	at := 0 // names are ASCII; what stands in a strange row does not matter
	for at < len(row) && len(h.Names) < maxNames {
		rest := strings.TrimLeft(row[at:], " ")
		at = len(row) - len(rest)
		if rest == "" {
			break
		}
		name, _, _ := strings.Cut(rest, sep)
		h.Names = append(h.Names, name)
		h.start = append(h.start, at)
		at += len(name)
	}
	return h
}

// Cells returns the cells of a row, one for each name, without the blanks
// around them; the last one has the rest of the row. ok is false when a cell
// begins before its column or runs into the next one: the row is not of this
// table, or its columns have moved.
func (h Head) Cells(row string) (cells []string, ok bool) {
	cells = make([]string, len(h.start))
	col, pos, from := 0, 0, 0
	blank := true // the character before
	for i, r := range row {
		if col < len(h.start) && pos == h.start[col] {
			if !blank {
				return nil, false
			}
			if col > 0 {
				cells[col-1] = strings.TrimSpace(row[from:i])
			}
			col, from = col+1, i
		}
		blank = r == ' '
		pos++
	}
	if col == 0 {
		return nil, false
	}
	cells[col-1] = strings.TrimSpace(row[from:])
	return cells, strings.TrimSpace(row[:min(h.start[0], len(row))]) == ""
}
