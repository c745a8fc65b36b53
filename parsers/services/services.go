// Package services reads which systemd units of a node are loaded, and in what
// state they are.
package services

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/columns"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of systemctl list-units.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Loaded systemd units and their states, systemctl list-units.",
	Files:  []string{"system/services.txt"},
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "services"

// maxUnits bounds what is kept. A node with 250 pods has some thousands: each
// mount, scope and network device is one.
const maxUnits = 100_000

// Names have 255 bytes at most (UNIT_NAME_MAX of systemd); with the states, a
// row with more than maxUnit is none. Descriptions are cut to maxDescription.
const (
	maxUnit        = 400
	maxDescription = 300
)

// A Table is the file.
type Table struct {
	Units     []Unit
	Total     int        // as the last line says it, -1 without: the list was cut
	TotalLine int        // that line, 0 without
	Notes     rows.Notes // lines that are no units
}

// A Unit is a row.
type Unit struct {
	Name        string
	Load        string // "loaded", "not-found", "masked", "error", "bad-setting"
	Active      string // "active", "failed", "activating", ...
	Sub         string // "running", "auto-restart", ...: depends on the kind of unit
	Job         string // "start", "stop", ...: what waits to be done; mostly ""
	Description string
	Marked      bool // systemctl drew attention to it with a dot
	Line        int
}

// Find returns the unit of a name.
func (t *Table) Find(name string) (Unit, bool) {
	for _, u := range t.Units {
		if u.Name == name {
			return u, true
		}
	}
	return Unit{}, false
}

// Parse reads the output. Units that are not well have a mark, a star where
// the locale is C and a dot elsewhere; the column JOB is there while any unit
// has one; systemd 255 has "Legend: LOAD ..." below the rows, older ones
// "LOAD   = ...".
//
//	  UNIT            LOAD   ACTIVE     SUB          JOB   DESCRIPTION
//	  chronyd.service loaded active     running            NTP client/server
//	* kubelet.service loaded activating auto-restart       Kubernetes Kubelet
//	● network.service loaded failed     failed             LSB: Bring up/down networking
//
//	LOAD   = Reflects whether the unit definition was properly loaded.
//	2 loaded units listed. Pass --all to see loaded but inactive units, too.
func Parse(file string, text []byte) (*Table, error) {
	p := parser{table: &Table{Total: -1}}
	for num, line := range rows.Lines(text) {
		p.line(num, line)
	}
	if !p.began {
		return nil, p.table.Notes.Fail(name, file, "no table of systemctl list-units")
	}
	return p.table, nil
}

type parser struct {
	table *Table
	began bool
	ended bool
	jobs  bool // there is a column JOB
	head  columns.Head
}

func (p *parser) line(num int, s string) {
	words := strings.Fields(s)
	switch {
	case len(words) >= 4 && words[0] == "UNIT" && words[1] == "LOAD":
		p.began, p.ended = true, false
		p.jobs = strings.Contains(s, " JOB ")
		p.head = columns.ParseHead(s, 1)
	case strings.Contains(s, " loaded units listed"):
		p.total(num, words[0])
	case p.ended && isLegend(words):
	case p.began && !p.ended && (len(words) == 0 || isLegend(words)):
		p.ended = true
	case p.began && !p.ended:
		p.unit(num, s)
	default:
		p.table.Notes.Add(num, s)
	}
}

func (p *parser) total(num int, word string) {
	p.ended = true
	if n, err := strconv.ParseUint(word, 10, 31); err == nil {
		p.table.Total, p.table.TotalLine = int(n), num
	}
}

// isLegend knows the explanations below the table.
func isLegend(words []string) bool {
	if len(words) < 2 {
		return len(words) == 0
	}
	switch words[0] {
	case "Legend:", "To":
		return true
	case "LOAD", "ACTIVE", "SUB", "JOB":
		return words[1] == "=" || words[1] == "→" || words[1] == "->"
	}
	return false
}

func (p *parser) unit(num int, s string) {
	row, marked := unmark(s)
	f := rows.Split(row, 5)
	if len(f) < 4 || !strings.Contains(f[0], ".") || len(f[0])+len(f[1])+len(f[2])+len(f[3]) > maxUnit {
		p.table.Notes.Add(num, s)
		return
	}
	if len(p.table.Units) == maxUnits {
		return
	}
	u := Unit{Name: f[0], Load: f[1], Active: f[2], Sub: f[3], Marked: marked, Line: num}
	if len(f) == 5 {
		u.Description = strings.TrimSpace(f[4])
	}
	if cells, ok := p.head.Cells(row); ok && p.jobs && len(cells) == 6 {
		u.Job, u.Description = cells[4], cells[5]
	}
	u.Description = rows.Clip(u.Description, maxDescription)
	p.table.Units = append(p.table.Units, u)
}

// unmark puts a blank for the mark of a row. Names of units have a dot in
// them, the mark has none.
func unmark(s string) (string, bool) {
	first, rest, ok := strings.Cut(s, " ")
	if !ok || first == "" || len(first) > len("●") || strings.Contains(first, ".") {
		return s, false
	}
	return "  " + rest, true
}
