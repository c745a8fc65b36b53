package report

import (
	"strings"

	"github.com/rivo/uniseg"
)

// An Excerpt is a line of a log in which something was found.
type Excerpt struct {
	Text          string
	Marks         [][2]int // what was found: start and end in bytes, in order and apart
	Before, After bool     // the line goes on before and behind Text
}

// ellipsis stands where something is left out of an excerpt.
const ellipsis = "…"

// Line lays the excerpt out in at most width columns around its first mark, or
// in full if width is 0. Color paints the marks; without it nothing shows them.
func (e *Excerpt) Line(width int, color bool) string {
	cells := e.cells()
	from, to := 0, len(cells)
	if width > 0 {
		from, to = window(cells, width)
	}
	var b strings.Builder
	if e.Before || from > 0 {
		b.WriteString(ellipsis)
	}
	paint(&b, cells[from:to], color)
	if e.After || to < len(cells) {
		b.WriteString(ellipsis)
	}
	return b.String()
}

// A cell is a character as a terminal shows it.
type cell struct {
	text   string
	width  int
	marked bool
}

func (e *Excerpt) cells() []cell {
	var cells []cell
	at := 0
	add := func(end int, marked bool) {
		rest, state := Visible(e.Text[at:end]), -1
		for rest != "" {
			var c cell
			c.text, rest, c.width, state = uniseg.FirstGraphemeClusterInString(rest, state)
			c.marked = marked
			cells = append(cells, c)
		}
		at = end
	}
	for _, m := range e.Marks {
		add(m[0], false)
		add(m[1], true)
	}
	add(len(e.Text), false)
	return cells
}

// window chooses the cells that fit: from the start if the first mark is among
// them, else with a part of what stands before the mark.
func window(cells []cell, width int) (from, to int) {
	total, markStart, markEnd := 0, -1, -1
	for _, c := range cells {
		if c.marked && markStart < 0 {
			markStart = total
		}
		total += c.width
		if c.marked && (markEnd < 0 || markEnd == total-c.width) {
			markEnd = total
		}
	}
	// The text that starts at a column, with the signs of what is left out.
	start := 0
	if room := width - 2; total > width && markEnd > room {
		start = max(min(markStart-room/3, total-room), 0)
	}
	room := width
	if start > 0 || total > width {
		room -= 2
	}
	at := 0
	for ; from < len(cells) && at < start; from++ {
		at += cells[from].width
	}
	for to = from; to < len(cells) && cells[to].width <= room; to++ {
		room -= cells[to].width
	}
	return from, to
}

func paint(b *strings.Builder, cells []cell, color bool) {
	painted := false
	for _, c := range cells {
		if color && c.marked != painted {
			painted = c.marked
			b.WriteString(map[bool]string{true: "\x1b[" + string(alarm) + "m", false: "\x1b[0m"}[painted])
		}
		b.WriteString(c.text)
	}
	if painted {
		b.WriteString("\x1b[0m")
	}
}

// Column makes text exactly width columns wide; of a longer one the end is kept.
func Column(s string, width int) string {
	s = Visible(s)
	if columns(s) <= width {
		return pad(s, width)
	}
	for rest, state := s, -1; rest != ""; {
		if columns(rest) < width {
			return pad(ellipsis+rest, width)
		}
		_, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
	}
	return pad("", width)
}
