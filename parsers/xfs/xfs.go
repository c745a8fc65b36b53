// Package xfs reads how the XFS filesystems of a node are made, and how their
// free space is split up.
package xfs

import (
	"math"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of xfs_info and of freesp -s of xfs_db, for each mount.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "XFS filesystems and the histogram of their free space.",
	Files:  []string{"storage/xfs.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "xfs"

// maxDevices and maxBuckets bound what is kept of a file.
const (
	maxDevices = 5000
	maxBuckets = 100 // of a device; there is one for each power of 2
)

// A Table is the file.
type Table struct {
	Devices []Device
	Cut     bool // there were more than are kept
	Notes   rows.Notes
}

// A Device is a filesystem. The file has it for each mount of it, as each
// directory that is mounted elsewhere counts; the first is kept.
type Device struct {
	Path  string // "" when xfs_info failed and only free space is known
	Times int    // that it stands in the file
	Line  int

	BlockSize uint64 // bytes; 0 is not known, as of all below
	Blocks    uint64 // of data
	Groups    uint64 // allocation groups
	LogBlocks uint64 // of the journal

	// FType is 1 for a filesystem that overlays can be made on; -1 is not
	// known.
	FType     int
	FTypeLine int

	Free *Free // nil without freesp
}

// Free is the free space. Lengths are in blocks.
type Free struct {
	Buckets []Bucket
	Extents uint64
	Blocks  uint64
	Average float64 // length of an extent; -1 when there is none
	Line    int     // of the average, or of the histogram
	Whole   bool    // the average, which is the last line, is there
}

// A Bucket counts the free extents of some lengths.
type Bucket struct {
	From, To        uint64 // blocks
	Extents, Blocks uint64
	Percent         float64 // of the free blocks
	Line            int
}

// Parse reads the file. New versions of xfs_db add two columns
// to the histogram.
//
//	meta-data=/dev/nvme1n1p1         isize=512    agcount=16, agsize=1310688 blks
//	data     =                       bsize=4096   blocks=20971008, imaxpct=25
//	naming   =version 2              bsize=4096   ascii-ci=0, ftype=1
//	log      =internal log           bsize=4096   blocks=16384, version=2
//	   from      to extents   blocks    pct blkcdf extcdf
//	      1       1     130      130   0.00 100.00 100.00
//	total free extents 166
//	total free blocks 20618715
//	average free extent size 124209
func Parse(file string, text []byte) (*Table, error) {
	p := parser{seen: map[string]int{}}
	for num, line := range rows.Filled(text) {
		p.line(num, line)
	}
	p.flush()
	if len(p.table.Devices) == 0 {
		return nil, p.table.Notes.Fail(name, file, "no XFS filesystem")
	}
	return &p.table, nil
}

type parser struct {
	table   Table
	seen    map[string]int // place in the table by path
	dev     *Device        // that is being read
	section string         // of xfs_info: "data", "log", ...
}

func (p *parser) line(num int, s string) {
	words := strings.Fields(s)
	head, rest, _ := strings.Cut(s, "=")
	switch {
	case strings.HasPrefix(s, "meta-data="):
		p.open(num, words[0][len("meta-data="):])
		p.section = "meta-data"
		p.settings(num, rest)
	case len(words) >= 5 && words[0] == "from" && words[1] == "to":
		p.histogram(num)
	case p.dev != nil && p.dev.Free != nil && p.freeLine(num, words):
	case p.dev != nil && strings.Contains(s, "=") && !strings.Contains(strings.TrimSpace(head), " "):
		if head = strings.TrimSpace(head); head != "" {
			p.section = head
		}
		p.settings(num, rest)
	default:
		p.table.Notes.Add(num, s)
	}
}

// open starts a device.
func (p *parser) open(num int, path string) {
	p.flush()
	p.dev = &Device{Path: path, Times: 1, Line: num, FType: -1}
}

// flush keeps the device that was read, unless it is known.
func (p *parser) flush() {
	d := p.dev
	p.dev = nil
	if d == nil {
		return
	}
	if i, ok := p.seen[d.Path]; ok && d.Path != "" {
		old := &p.table.Devices[i]
		old.Times++
		if old.Free == nil {
			old.Free = d.Free
		}
		return
	}
	if len(p.table.Devices) == maxDevices {
		p.table.Cut = true
		return
	}
	p.seen[d.Path] = len(p.table.Devices)
	p.table.Devices = append(p.table.Devices, *d)
}

// histogram starts the free space of the device, or of one that xfs_info did
// not know.
func (p *parser) histogram(num int) {
	if p.dev == nil || p.dev.Free != nil {
		p.open(num, "")
	}
	p.dev.Free = &Free{Average: -1, Line: num}
}

// settings reads "bsize=4096   blocks=6290688, imaxpct=25".
func (p *parser) settings(num int, s string) {
	d := p.dev
	for word := range strings.FieldsSeq(s) {
		key, value, _ := strings.Cut(strings.TrimSuffix(word, ","), "=")
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			continue
		}
		switch p.section + " " + key {
		case "meta-data agcount":
			d.Groups = n
		case "data bsize":
			d.BlockSize = n
		case "data blocks":
			d.Blocks = n
		case "log blocks":
			d.LogBlocks = n
		case "naming ftype":
			d.FType, d.FTypeLine = int(min(n, 1<<31)), num
		}
	}
}

// freeLine reads a line below the head of a histogram.
func (p *parser) freeLine(num int, words []string) bool {
	f := p.dev.Free
	last := words[len(words)-1]
	switch n, err := strconv.ParseUint(last, 10, 64); strings.Join(words[:len(words)-1], " ") {
	case "total free extents":
		f.Extents = n
		return err == nil
	case "total free blocks":
		f.Blocks = n
		return err == nil
	case "average free extent size":
		f.Line, f.Whole = num, true
		if v, err := strconv.ParseFloat(last, 64); err == nil && v >= 0 && !math.IsInf(v, 0) {
			f.Average = v
		}
		return true
	}
	b, ok := bucket(words)
	if b.Line = num; ok && len(f.Buckets) < maxBuckets {
		f.Buckets = append(f.Buckets, b)
	}
	return ok
}

func bucket(words []string) (b Bucket, ok bool) {
	if len(words) < 5 {
		return b, false
	}
	for i, n := range []*uint64{&b.From, &b.To, &b.Extents, &b.Blocks} {
		var err error
		if *n, err = strconv.ParseUint(words[i], 10, 64); err != nil {
			return b, false
		}
	}
	v, err := strconv.ParseFloat(words[4], 64)
	if err != nil || !(v >= 0 && v <= 100) {
		v = 0 // "nan" of a full filesystem
	}
	b.Percent = v
	return b, true
}
