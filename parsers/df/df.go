// Package df reads how full the filesystems of a node are, and what is mounted
// where.
package df

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
)

// Format is the output of mount, df --human-readable and df --inodes.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Mounts and the space and inodes of filesystems: mount, df -h, df -i.",
	Files:  append([]string{"storage/mounts.txt", "storage/inodes.txt"}, place.Logdog("df", "df-inodes")...),
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "df"

// maxRows bounds what is kept of a file. A node with 250 pods has some
// thousands of mounts.
const maxRows = 100_000

// A Table is a file. mounts.txt has mounts and space, inodes.txt has inodes;
// when df hung on a dead server, Space is empty.
type Table struct {
	Mounts []Mount
	Space  []Usage
	Inodes []Usage
}

// A Mount is a line of mount.
type Mount struct {
	Source, Target, Type string
	Options              string // "rw,noatime,..."
	Line                 int
}

// ReadOnly reports whether the mount has the option ro. The kernel may have
// made a filesystem read-only without it being said here.
func (m Mount) ReadOnly() bool {
	first, _, _ := strings.Cut(m.Options, ",")
	return first == "ro"
}

// A Usage is a row of df. Space is in bytes, rounded as df -h does.
type Usage struct {
	Source, Target    string
	Size, Used, Avail uint64
	// Percent is what df says, rounded up; -1 where it says "-".
	Percent int
	Line    int
}

// MountAt returns the mount that is seen at a path: the last one there.
func (t *Table) MountAt(target string) (Mount, bool) {
	for i := len(t.Mounts) - 1; i >= 0; i-- {
		if t.Mounts[i].Target == target {
			return t.Mounts[i], true
		}
	}
	return Mount{}, false
}

// Parse reads the file.
//
//	/dev/nvme0n1p1 on / type xfs (rw,noatime,attr2,inode64,logbufs=8,logbsize=32k,noquota)
//
//	Filesystem      Size  Used Avail Use% Mounted on
//	/dev/nvme0n1p1   24G   23G  1.9G  93% /
//
// and of df --inodes
//
//	Filesystem       Inodes IUsed    IFree IUse% Mounted on
//	/dev/root             -     - 18446744073709540218     - /
//
// Old coreutils break a row after a long source.
func Parse(file string, text []byte) (*Table, error) {
	p := parser{table: &Table{}}
	for line := range strings.Lines(string(text)) {
		p.num++
		p.line(strings.TrimRight(line, "\r\n"))
	}
	t := p.table
	if len(t.Mounts)+len(t.Space)+len(t.Inodes) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("neither mounts nor a table of df")}
	}
	return t, nil
}

type parser struct {
	table *Table
	num   int
	rows  *[]Usage // of the table whose head was read last
	typed bool     // the table has a column Type, as df -T makes it
	broke string   // a source alone on its line
	at    int      // the number of that line
}

func (p *parser) line(s string) {
	if strings.HasPrefix(s, "Filesystem") && strings.HasSuffix(s, "Mounted on") {
		p.rows, p.broke = &p.table.Space, ""
		if strings.Contains(s, "IUse%") {
			p.rows = &p.table.Inodes
		}
		p.typed = strings.Contains(s, " Type ")
		return
	}
	if p.rows == nil {
		p.mount(s)
		return
	}
	p.row(s)
}

// mount reads "SOURCE on TARGET type TYPE (OPTIONS)".
func (p *parser) mount(s string) {
	head, opts, ok := cutLast(s, " (")
	head, kind, ok2 := cutLast(head, " type ")
	source, target, ok3 := strings.Cut(head, " on ")
	if !ok || !ok2 || !ok3 || len(p.table.Mounts) == maxRows {
		return
	}
	p.table.Mounts = append(p.table.Mounts, Mount{source, target, kind, strings.TrimSuffix(opts, ")"), p.num})
}

// row reads a row of df. The target is the rest of the line: it may have blanks.
func (p *parser) row(s string) {
	f := strings.Fields(s)
	cols := 6
	if p.typed {
		cols = 7
	}
	line := p.num
	if p.broke != "" && strings.HasPrefix(s, " ") {
		f, line = append([]string{p.broke}, f...), p.at
	}
	p.broke = ""
	if len(f) == 1 {
		p.broke, p.at = f[0], p.num
		return
	}
	if len(f) < cols || len(*p.rows) == maxRows {
		return
	}
	u := Usage{Source: f[0], Target: strings.Join(f[cols-1:], " "), Percent: -1, Line: line}
	num := f[cols-5:]
	u.Size, u.Used, u.Avail = size(num[0]), size(num[1]), size(num[2])
	if n, err := strconv.ParseUint(strings.TrimSuffix(num[3], "%"), 10, 16); err == nil {
		u.Percent = int(n)
	}
	*p.rows = append(*p.rows, u)
}

// size reads "1.9G", "24G", "0", "-" and plain counts of inodes.
func size(s string) uint64 {
	unit := float64(1)
	if s != "" {
		if i := strings.IndexByte("KMGTPE", s[len(s)-1]); i >= 0 {
			for range i + 1 {
				unit *= 1024
			}
			s = s[:len(s)-1]
		}
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil && unit == 1 {
		return n
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0) || v*unit >= 1<<63 {
		return 0
	}
	return uint64(v * unit)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func sniff(head []byte) bool {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(first, []byte("Filesystem ")) && bytes.Contains(first, []byte("Use% Mounted on"))
}
