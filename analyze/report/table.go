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
)

// table writes a table within the page: a column of text that is too wide is
// wrapped. The place of a row stands in the last column; when all are of one
// file, that is named above and only lines are told.
func (a *areaPage) table(t *area.Table) {
	file := tableFile(t)
	a.subtitle(t.Title, file)
	rows := [][]string{nil}
	for _, c := range t.Columns {
		rows[0] = append(rows[0], c.Name)
	}
	rows[0] = append(rows[0], "")
	shown := t.Rows
	if !a.full {
		shown = shown[:min(len(shown), fewRows)]
	}
	for _, r := range shown {
		var cells []string
		for i, c := range r.Cells {
			cells = append(cells, drawn(c, t.Columns[i].Unit))
		}
		rows = append(rows, append(cells, strings.TrimPrefix(placeWords(r.At), file)))
	}
	wide := a.widths(t, rows)
	for i, cells := range rows {
		a.cells(t, wide, cells, i == 0)
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

// drawn writes a value for people: a percentage with a bar.
func drawn(value, unit string) string {
	if unit != area.Percent {
		return Visible(measured(value, unit))
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return Visible(value)
	}
	full := min((n*barWidth+50)/100, barWidth)
	return strconv.Itoa(n) + "% " + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full)
}

// widths are those of the columns. The widest of text give way when the table
// does not fit.
func (a *areaPage) widths(t *area.Table, rows [][]string) []int {
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			wide[i] = max(wide[i], columns(c))
		}
	}
	for {
		total, widest := 4, -1
		for i, w := range wide {
			total += w + 2
			if i < len(t.Columns) && t.Columns[i].Unit != "" {
				continue
			}
			if widest < 0 || w > wide[widest] {
				widest = i
			}
		}
		if total-2 <= a.width || widest < 0 || wide[widest] <= leastWide {
			return wide
		}
		wide[widest]--
	}
}

// cells writes one row, on as many lines as its longest cell needs.
func (a *areaPage) cells(t *area.Table, wide []int, cells []string, head bool) {
	var lines [][]string
	for i, c := range cells {
		for n, part := range wrap(c, max(wide[i], 1)) {
			if n == len(lines) {
				lines = append(lines, make([]string, len(cells)))
			}
			lines[n][i] = part
		}
	}
	for _, l := range lines {
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
