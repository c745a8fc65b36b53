package report

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/checks/area"
)

const (
	barWidth  = 10 // of the bar beside a percentage
	leastWide = 12 // what a column of text is not made narrower than
	fewRows   = 15 // of a table, unless all are asked for
	longValue = 400
)

// table writes a table within the page: bars that do not fit are left out, and a
// column of text that is too wide is wrapped. The place of a row stands in the
// last column, or below the row if it is long; when all are of one file, that is
// named above and only lines are told.
func (a *areaPage) table(t *area.Table) {
	file := tableFile(t)
	a.subtitle(t.Title, file)
	shown := t.Rows
	if !a.full {
		shown = shown[:min(len(shown), fewRows)]
	}
	rows := lines(t, shown, file, true)
	below := widest(rows)[len(t.Columns)] > a.width/2 // places that are too long to stand beside anything
	wide := widths(rows, below)
	if total(wide) > a.width {
		rows = lines(t, shown, file, false)
		wide = a.narrowed(t, widths(rows, below))
	}
	for i, cells := range rows {
		place := cells[len(t.Columns)]
		if below {
			cells[len(t.Columns)] = ""
		}
		a.cells(t, wide, cells, i == 0)
		if below && place != "" {
			a.line(6, span{faint, place})
		}
	}
	if more := t.More + len(t.Rows) - len(shown); more > 0 {
		a.line(4, span{plain, "and " + number(int64(more)) + " more"})
	}
}

// tableFile is the file that all rows are of; "" when they are of several.
func tableFile(t *area.Table) string {
	file := ""
	for _, r := range t.Rows {
		for _, p := range r.At {
			if file != "" && p.File != file {
				return ""
			}
			file = p.File
		}
	}
	return file
}

// lines are the cells of the head and of the rows, as they are shown.
func lines(t *area.Table, shown []area.Row, file string, bars bool) [][]string {
	var head []string
	for _, c := range t.Columns {
		head = append(head, c.Name)
	}
	rows := [][]string{append(head, "")}
	for _, r := range shown {
		var cells []string
		for i, c := range r.Cells {
			cells = append(cells, drawn(c, t.Columns[i].Unit, bars))
		}
		rows = append(rows, append(cells, strings.TrimPrefix(placeWords(r.At), file)))
	}
	return rows
}

// drawn writes a value for people: a percentage with a bar.
func drawn(value, unit string, bar bool) string {
	text := clip(measured(value, unit), longValue)
	n, err := strconv.Atoi(value)
	if unit != area.Percent || err != nil || n < 0 || !bar {
		return text
	}
	full := min((n*barWidth+50)/100, barWidth)
	return text + " " + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full)
}

// widest are the widths of the columns by what is in them.
func widest(rows [][]string) []int {
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			wide[i] = max(wide[i], columns(c))
		}
	}
	return wide
}

// widths is widest, without the places if they stand below.
func widths(rows [][]string, below bool) []int {
	wide := widest(rows)
	if below {
		wide[len(wide)-1] = 0
	}
	return wide
}

// total is the width of a table.
func total(wide []int) int {
	sum := 4 - 2
	for _, w := range wide {
		sum += w + 2
	}
	return sum
}

// narrowed takes width from the widest columns of text until the table fits.
func (a *areaPage) narrowed(t *area.Table, wide []int) []int {
	for total(wide) > a.width {
		most := -1
		for i, w := range wide {
			if i < len(t.Columns) && t.Columns[i].Unit == "" && (most < 0 || w > wide[most]) {
				most = i
			}
		}
		if most < 0 || wide[most] <= leastWide {
			break
		}
		wide[most]--
	}
	return wide
}

// cells writes one row, on as many lines as its longest cell needs.
func (a *areaPage) cells(t *area.Table, wide []int, cells []string, head bool) {
	var rows [][]string
	for i, c := range cells {
		for n, part := range wrap(c, max(wide[i], 1)) {
			if n == len(rows) {
				rows = append(rows, make([]string, len(cells)))
			}
			rows[n][i] = part
		}
	}
	for _, l := range rows {
		var spans []span
		for i, c := range l {
			text := pad(c, wide[i])
			if i < len(t.Columns) && t.Columns[i].Unit != "" {
				text = strings.Repeat(" ", max(wide[i]-columns(c), 0)) + c
			}
			s := plain
			if head || i == len(l)-1 {
				s = faint
			}
			spans = append(spans, span{s, text + "  "})
		}
		a.line(4, trimmed(spans)...)
	}
}

// trimmed drops the blanks at the end of a line, which may be several spans.
func trimmed(spans []span) []span {
	for len(spans) > 0 {
		last := &spans[len(spans)-1]
		if last.text = strings.TrimRight(last.text, " "); last.text != "" {
			return spans
		}
		spans = spans[:len(spans)-1]
	}
	return spans
}
