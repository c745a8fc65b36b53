// Package lvm reads the logical volumes of a node, their groups and the disks
// that these are made of.
package lvm

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/columns"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

// Format is the output of lvs, vgs and pvs. The files are empty on a node that
// does not use LVM.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Logical volumes, volume groups and physical volumes: lvs, vgs, pvs.",
	Files:  []string{"storage/lvs.txt", "storage/vgs.txt", "storage/pvs.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "lvm"

// maxRows bounds what is kept.
const maxRows = 20_000

// A Table is a file: each of them has one kind of rows.
type Table struct {
	Volumes []Volume
	Groups  []Group
	Disks   []Disk
	Notes   rows.Notes // warnings, and rows that do not fit the columns
}

// A Volume is a row of lvs. Sizes are in bytes, rounded as LVM does.
type Volume struct {
	Name, Group string
	// Attr says what it is: "twi-aotz--" is a thin pool, "Vwi-aotz--" a
	// volume of one. The fifth character is "a" for an active one.
	Attr string
	Size uint64
	Pool string // of a thin volume
	// Origin is what a snapshot was made of.
	Origin string
	// DataPercent and MetaPercent are how full a thin pool or a snapshot
	// is; -1 where nothing stands.
	DataPercent, MetaPercent float64
	Line                     int
}

// A Group is a row of vgs.
type Group struct {
	Name                      string
	Disks, Volumes, Snapshots int
	Attr                      string
	Size, Free                uint64
	Line                      int
}

// A Disk is a row of pvs.
type Disk struct {
	Name, Group string // of no group: ""
	Attr        string
	Size, Free  uint64
	Line        int
}

// Parse reads any of the files. Cells may be empty.
//
//	LV    VG    Attr       LSize    Pool  Origin Data%  Meta%  Move Log Cpy%Sync Convert
//	lv1   bd-vg Vwi-a-tz-- 1000.00m lvol1        0.00
//	lvol1 bd-vg twi-aotz-- 1000.00m              0.00   0.98
//
//	VG    #PV #LV #SN Attr   VSize   VFree
//	rl      1   2   0 wz--n- <19.00g     0
//
//	PV             VG    Fmt  Attr PSize   PFree
//	/dev/nvme0n3   my_vg lvm2 a--   <5.00g <2.00g
func Parse(file string, text []byte) (*Table, error) {
	p := parser{table: &Table{}}
	for num, line := range rows.Filled(text) {
		p.line(num, line)
	}
	if p.head.Names == nil {
		return nil, p.table.Notes.Fail(name, file, "no table of LVM")
	}
	return p.table, nil
}

type parser struct {
	table *Table
	head  columns.Head
	count int
}

func (p *parser) line(num int, s string) {
	words := strings.Fields(s)
	if len(words) > 3 && (words[0] == "LV" || words[0] == "VG" || words[0] == "PV") && strings.Contains(s, "Attr") {
		p.head = columns.ParseHead(s, 1)
		return
	}
	cells, ok := p.head.Cells(s)
	if !ok {
		cells, ok = unaligned(p.head.Names, words)
	}
	r := row{names: p.head.Names, cells: cells, bad: !ok}
	if ok && p.count < maxRows {
		p.add(&r, num)
		p.count++
	}
	if r.bad {
		p.table.Notes.Add(num, s)
	}
}

// unaligned gives words their columns in a row whose blanks were changed, as
// far as that is certain: only a disk of no group has one word less, and only
// a plain volume has the first four alone.
func unaligned(names, words []string) ([]string, bool) {
	cells := make([]string, len(names))
	switch {
	case len(words) == len(names) && len(names) > 0:
		copy(cells, words)
	case len(words) == 5 && len(names) == 6 && names[0] == "PV":
		cells[0] = words[0]
		copy(cells[2:], words[1:])
	case len(words) == 4 && len(names) > 4 && names[0] == "LV":
		copy(cells, words)
	default:
		return nil, false
	}
	return cells, true
}

// add keeps a row, unless a cell of it is not what its column promises.
func (p *parser) add(r *row, num int) {
	t := p.table
	switch p.head.Names[0] {
	case "LV":
		v := Volume{Name: r.text("LV"), Group: r.text("VG"), Attr: r.text("Attr"), Size: r.size("LSize"), Pool: r.text("Pool"),
			Origin: r.text("Origin"), DataPercent: r.percent("Data%"), MetaPercent: r.percent("Meta%"), Line: num}
		if !r.bad {
			t.Volumes = append(t.Volumes, v)
		}
	case "VG":
		g := Group{Name: r.text("VG"), Disks: r.count("#PV"), Volumes: r.count("#LV"), Snapshots: r.count("#SN"),
			Attr: r.text("Attr"), Size: r.size("VSize"), Free: r.size("VFree"), Line: num}
		if !r.bad {
			t.Groups = append(t.Groups, g)
		}
	case "PV":
		d := Disk{Name: r.text("PV"), Group: r.text("VG"), Attr: r.text("Attr"), Size: r.size("PSize"), Free: r.size("PFree"), Line: num}
		if !r.bad {
			t.Disks = append(t.Disks, d)
		}
	}
}

// A row is cells by name. A column that is not there has empty ones.
type row struct {
	names, cells []string
	bad          bool // a cell was not what its column promises
}

func (r *row) text(column string) string {
	for i, n := range r.names {
		if n == column {
			return r.cells[i]
		}
	}
	return ""
}

func (r *row) size(column string) uint64 {
	n, ok := size.Parse(r.text(column), 1)
	r.bad = r.bad || !ok
	return n
}

func (r *row) count(column string) int {
	n, err := strconv.ParseUint(r.text(column), 10, 31)
	r.bad = r.bad || err != nil
	return int(n)
}

func (r *row) percent(column string) float64 {
	s := r.text(column)
	if s == "" {
		return -1
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v <= 1000) {
		r.bad = true
		return -1
	}
	return v
}
