// Package df reads how full the filesystems of a node are, and what is mounted
// where.
package df

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of mount, df --human-readable and df --inodes.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Mounts and the space and inodes of filesystems: mount, df -h, df -i.",
	Files:  append([]string{"storage/mounts.txt", "storage/inodes.txt"}, place.Logdog("df", "df-inodes")...),
	Sniff:  sniff,
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "df"

// What is kept of a file. A node with 250 pods has some thousands of mounts. A
// path has 4096 bytes at most, and the source of a network filesystem the name
// of a host before it.
const (
	maxRows = 100_000 // of each list
	maxPath = 5000
)

// A Table is a file. mounts.txt has mounts and space, inodes.txt has inodes;
// when df hung on a dead server, Space is empty.
type Table struct {
	Mounts []Mount
	Space  []Usage
	Inodes []Usage
	Cut    bool // there were more than are kept
	// Repeats are earlier runs of the collector in the same file. Their rows
	// are in none of the lists.
	Repeats int
	// Notes are the other lines, such as what df says of a server that does
	// not answer: "df: '/mnt/nfs': Stale file handle".
	Notes rows.Notes
}

// A Mount is a line of mount.
type Mount struct {
	Source, Target, Type string
	Options              string // "rw,noatime,...", of a line up to rows.MaxLine
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
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(line)
	}
	p.unbreak()
	t := p.table
	if len(t.Mounts)+len(t.Space)+len(t.Inodes) == 0 {
		return nil, t.Notes.Fail(name, file, "neither mounts nor a table of df")
	}
	return t, nil
}

type parser struct {
	table *Table
	num   int
	began [3]int   // how often each list began
	rows  *[]Usage // of the table whose head was read last; nil among mounts
	typed bool     // the table has a column Type, as df -T makes it
	broke string   // a source alone on its line
	at    int      // the number of that line
}

func (p *parser) line(s string) {
	switch {
	case strings.HasPrefix(s, "Filesystem") && strings.HasSuffix(s, "Mounted on"):
		p.head(s)
	case p.rows != nil && p.row(s):
	case p.mount(s):
	default:
		p.table.Notes.Add(p.num, s)
	}
}

// A list is one of the three of a Table.
type list int

const (
	mounts list = iota
	space
	inodes
)

// begin empties a list that begins once more: the collector, which only
// appends, ran again, and what it saw in its earlier run is stale.
func (p *parser) begin(l list) {
	t := p.table
	t.Repeats = max(t.Repeats, p.began[l])
	p.began[l]++
	switch l {
	case mounts:
		t.Mounts, p.rows = nil, nil
	case space:
		t.Space, p.rows = nil, &t.Space
	case inodes:
		t.Inodes, p.rows = nil, &t.Inodes
	}
}

func (p *parser) head(s string) {
	p.unbreak()
	p.typed = strings.Contains(s, " Type ")
	if strings.Contains(s, "IUse%") {
		p.begin(inodes)
		return
	}
	p.begin(space)
}

// mount reads "SOURCE on TARGET type TYPE (OPTIONS)"; false when it is none.
func (p *parser) mount(s string) bool {
	source, rest, ok := strings.Cut(s, " on /")
	target, kind, opts, ok2 := cutType(rest)
	if !ok || !ok2 || max(len(source), len(target), len(kind)) > maxPath {
		return false
	}
	if p.rows != nil || p.began[mounts] == 0 {
		p.begin(mounts)
	}
	if len(p.table.Mounts) == maxRows {
		p.table.Cut = true
		return true
	}
	p.table.Mounts = append(p.table.Mounts, Mount{source, "/" + target, kind, opts, p.num})
	return true
}

// cutType cuts "TARGET type TYPE (OPTIONS)". A type has no blank, so the options
// are in the first parentheses behind one; a path among them can have others:
//
//	/a type overlay (rw,relatime,lowerdir=/l,upperdir=/u (1),workdir=/w)
func cutType(s string) (target, kind, opts string, ok bool) {
	const word = " type "
	for at := 0; ; at += len(word) - 1 {
		i := strings.Index(s[at:], word)
		if i < 0 {
			return "", "", "", false
		}
		at += i
		kind, opts, _ = strings.Cut(s[at+len(word):], " ")
		if opts, ok = strings.CutPrefix(opts, "("); ok && kind != "" {
			return s[:at], kind, cutEnd(opts), true
		}
	}
}

// cutEnd takes the end off "rw,relatime)" and of what mount -l writes, which is
// "rw,relatime) [boot]" with the label of the filesystem.
func cutEnd(opts string) string {
	if i := strings.LastIndex(opts, ") ["); i >= 0 && strings.HasSuffix(opts, "]") {
		return opts[:i]
	}
	return strings.TrimSuffix(opts, ")")
}

// row reads a row of df, or the source that is the first half of one; false when
// the line is neither.
func (p *parser) row(s string) bool {
	if p.broke != "" && strings.HasPrefix(s, " ") {
		if u, ok := p.usage(p.broke + s); ok {
			u.Line, p.broke = p.at, ""
			p.keep(u)
			return true
		}
	}
	p.unbreak()
	if u, ok := p.usage(s); ok {
		u.Line = p.num
		p.keep(u)
		return true
	}
	if s == "" || len(s) > maxPath || strings.ContainsFunc(s, isBlank) {
		return false
	}
	p.broke, p.at = s, p.num
	return true
}

// unbreak gives up a source to which no numbers came.
func (p *parser) unbreak() {
	p.table.Notes.Add(p.at, p.broke)
	p.broke = ""
}

func (p *parser) keep(u Usage) {
	if len(*p.rows) == maxRows {
		p.table.Cut = true
		return
	}
	*p.rows = append(*p.rows, u)
}

// usage reads a row. The target is the rest of the line: it may have blanks, and
// so may the source. The numbers tell a row from an error that stands between
// them, such as "df: /mnt/dead: Transport endpoint is not connected".
func (p *parser) usage(s string) (u Usage, ok bool) {
	words := strings.FieldsFunc(s, isBlank)
	before := 1
	if p.typed {
		before = 2
	}
	for at := before; at+4 < len(words); at++ {
		if !u.numbers(words[at : at+4]) {
			continue
		}
		cells := rows.Split(s, at+5)
		u.Source = strings.Join(words[:at-before+1], " ")
		u.Target = strings.TrimLeft(cells[at+4], " \t")
		return u, max(len(u.Source), len(u.Target)) <= maxPath
	}
	return u, false
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' }

// numbers reads the columns of numbers: "24G", "23G", "1.9G", "93%".
func (u *Usage) numbers(f []string) bool {
	percent, ok := strings.CutSuffix(f[3], "%")
	n, err := strconv.ParseUint(percent, 10, 16)
	if ok != (err == nil) || !ok && f[3] != "-" {
		return false
	}
	u.Percent = -1
	if ok {
		u.Percent = int(n)
	}
	size, ok := amount(f[0])
	used, ok2 := amount(f[1])
	avail, ok3 := amount(f[2])
	u.Size, u.Used, u.Avail = size, used, avail
	return ok && ok2 && ok3
}

// amount reads "1.9G", "24G", "0", "-" and plain counts of inodes. Less than
// nothing, as some filesystems say of what is used, is 0.
func amount(s string) (uint64, bool) {
	if s == "-" {
		return 0, true
	}
	s, negative := strings.CutPrefix(s, "-")
	number, unit := s, 1.0
	if s != "" {
		if i := strings.IndexByte("KMGTPEZY", s[len(s)-1]); i >= 0 {
			number, unit = s[:len(s)-1], math.Pow(1024, float64(i+1))
		}
	}
	if strings.Trim(number, "0123456789.") != "" {
		return 0, false
	}
	if n, err := strconv.ParseUint(number, 10, 64); err == nil && unit == 1 && !negative {
		return n, true
	}
	v, err := strconv.ParseFloat(number, 64)
	switch v *= unit; {
	case err != nil || negative:
		return 0, err == nil
	case v >= 1<<64:
		return math.MaxUint64, true
	}
	return uint64(v), true
}

func sniff(head []byte) bool {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(first, []byte("Filesystem ")) && bytes.Contains(first, []byte("Use% Mounted on"))
}
