// Package ctr reads what containerd says of its images, containers, tasks,
// plugins and namespaces: the tables that its client ctr prints.
//
// Each table becomes a fact of its own ([Images], [Tasks], ...). Lines that are
// no rows are kept as notes: ctr writes its errors into the same file.
package ctr

import (
	"bytes"
	"errors"
	"path"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/columns"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the tables of ctr.
var Format = &parsers.Format{
	Name: name,
	Doc:  "Images, containers, tasks, plugins and namespaces of containerd: ctr list.",
	Files: []string{
		"containerd/containerd-images.txt", "containerd/containerd-containers.txt", "containerd/containerd-tasks.txt",
		"containerd/containerd-plugins.txt", "containerd/containerd-namespaces.txt",
	},
	Sniff:  sniff,
	Rows:   true,
	Decode: Parse,
}

const name = "ctr"

// Bounds of what is kept. A node has some hundred images and containers.
const (
	maxRows  = 50_000
	maxNotes = 100
	maxNote  = 500 // bytes of a note
)

// A Note is a line that is no row.
type Note struct {
	Line int
	Text string // shortened
}

// Rest is what a table has besides its rows.
type Rest struct {
	Notes []Note // the first lines that are no rows: errors and warnings of ctr
	Cut   int    // rows and notes that were too many to be kept
	// NoHead says that the file does not have the line with the names of
	// the columns, so its first rows may be missing too.
	NoHead bool
}

// A table is one kind of list that ctr prints.
type table struct {
	file string // base name in a bundle
	head string // names of the columns
	// pair is the column that holds two words, "16.7 MiB"; -1 for none.
	pair int
	fact func() fact
}

// A fact takes the rows of its table.
type fact interface {
	// add keeps a row; false says that the cells cannot be one.
	add(line int, cells []string) bool
	rest() *Rest
}

func (r *Rest) rest() *Rest { return r }

var tables = []table{
	{"containerd-images.txt", "REF TYPE DIGEST SIZE PLATFORMS LABELS", 3, func() fact { return &Images{} }},
	{"containerd-containers.txt", "CONTAINER IMAGE RUNTIME", -1, func() fact { return &Containers{} }},
	{"containerd-tasks.txt", "TASK PID STATUS", -1, func() fact { return &Tasks{} }},
	{"containerd-plugins.txt", "TYPE ID PLATFORMS STATUS", -1, func() fact { return &Plugins{} }},
	{"containerd-namespaces.txt", "NAME LABELS", -1, func() fact { return &Namespaces{} }},
}

// Parse reads a table. Its head tells which one it is; in a file without a head,
// the name of the file does.
//
//	time="2026-11-21T00:21:58Z" level=error msg="failed calculating size for image docker.io/library/busybox:1.36" error="not found"
//	REF                            TYPE                                                 DIGEST       SIZE    PLATFORMS   LABELS
//	docker.io/library/busybox:1.36 application/vnd.docker.distribution.manifest.v2+json sha256:49b7… 2.0 MiB linux/amd64 io.cri-containerd.image=managed
//	ctr: failed to list images: context deadline exceeded
func Parse(file string, text []byte) (any, error) {
	p := &parser{}
	if p.table, p.headed = headOf(text); p.table == nil {
		p.table = byName(file)
	}
	if p.table == nil {
		return nil, fail(file, 0, errors.New("no table of ctr"))
	}
	p.fact = p.table.fact()
	p.fact.rest().NoHead = !p.headed
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(line)
	}
	if rest := p.fact.rest(); rest.NoHead && p.rows == 0 {
		return nil, nothing(file, rest)
	}
	return p.fact, nil
}

// headOf finds the first line that is the head of a table.
func headOf(text []byte) (*table, bool) {
	for line := range bytes.Lines(text) {
		if t := heads(line); t != nil {
			return t, true
		}
	}
	return nil, false
}

// heads returns the table whose head a line is. Newer clients may add columns
// at the end.
func heads(line []byte) *table {
	if len(line) == 0 || line[0] < 'A' || line[0] > 'Z' {
		return nil
	}
	words := strings.Join(strings.Fields(string(line[:min(len(line), parsers.SniffLen)])), " ")
	for i := range tables {
		if rest, ok := strings.CutPrefix(words, tables[i].head); ok && (rest == "" || rest[0] == ' ') {
			return &tables[i]
		}
	}
	return nil
}

func byName(file string) *table {
	for i := range tables {
		if tables[i].file == path.Base(file) {
			return &tables[i]
		}
	}
	return nil
}

type parser struct {
	table  *table
	headed bool
	head   columns.Head // no names before it was read
	fact   fact
	num    int
	rows   int
}

// nothing says what stands in a file without rows.
func nothing(file string, r *Rest) error {
	if len(r.Notes) > 0 {
		return fail(file, r.Notes[0].Line, errors.New(r.Notes[0].Text))
	}
	return fail(file, 0, errors.New("neither the head of a table nor rows"))
}

func fail(file string, line int, err error) error {
	return &parsers.ParseError{Pos: parsers.Pos{File: file, Line: line}, Format: name, Err: err}
}

func (p *parser) line(s string) {
	switch {
	case strings.TrimSpace(s) == "":
	case p.headed && heads([]byte(s)) == p.table:
		p.head = columns.ParseHead(s, 1)
	case said.MatchString(s) || p.headed && p.head.Names == nil:
		p.note(s)
	default:
		p.row(s)
	}
}

// said are the starts of what ctr writes to stderr. No row looks so.
var said = regexp.MustCompile(`^(ctr: |time="|WARN\[|ERRO\[|FATA\[|DEPRECATION|Error: |panic: |fatal error: |goroutine \d)`)

func (p *parser) row(s string) {
	if p.rows == maxRows {
		p.fact.rest().Cut++
		return
	}
	if cells, ok := p.head.Cells(s); ok && p.single(cells) && p.fact.add(p.num, cells) {
		p.rows++
		return
	}
	if cells, ok := p.words(s); ok && p.fact.add(p.num, cells) {
		p.rows++
		return
	}
	p.note(s)
}

// single reports that the cells that cannot have a blank in them have none.
// The last column is free text.
func (p *parser) single(cells []string) bool {
	for i, c := range cells[:len(cells)-1] {
		if i != p.table.pair && strings.Contains(c, " ") {
			return false
		}
	}
	return true
}

// words splits a row that does not keep to the columns, or has no head: the
// text was pasted, or a name was changed. The last cell is the rest.
func (p *parser) words(s string) ([]string, bool) {
	n := strings.Count(p.table.head, " ") + 1
	cells := make([]string, 0, n)
	for len(cells) < n-1 {
		word, rest, _ := strings.Cut(strings.TrimLeft(s, " "), " ")
		if len(cells) == p.table.pair {
			var unit string
			unit, rest, _ = strings.Cut(strings.TrimLeft(rest, " "), " ")
			word += " " + unit
		}
		if word == "" {
			return nil, false
		}
		cells, s = append(cells, word), rest
	}
	return append(cells, strings.TrimSpace(s)), true
}

func (p *parser) note(s string) {
	r := p.fact.rest()
	if len(r.Notes) == maxNotes {
		r.Cut++
		return
	}
	r.Notes = append(r.Notes, Note{p.num, strings.ToValidUTF8(s[:min(len(s), maxNote)], "?")})
}

// sniff accepts the head of a table as the first line.
func sniff(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return heads(line) != nil
}
