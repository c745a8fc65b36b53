// Package awscli reads the outputs of the AWS CLI that are made to be looked
// at: text and table. Those that are made for programs are read by package tree.
package awscli

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// A Cell is a value with the line that it stands on.
type Cell struct {
	Text string
	Line int
}

// maxLine is how many bytes of a line are read, maxBlock how many rows of a table
// are gathered. User data make the longest lines, of up to 22 KiB.
const (
	maxLine  = 64 << 10
	maxBlock = 10_000
)

// Text reads a text output and gives each line to f until f returns false. A
// line is a map, headed by the name of its key in capitals, then its values in
// the order of their names, with tabs; or, without a head, the result of a query.
//
//	INSTANCES	0	x86_64	True	True	xen	ami-0f00f00f00f00f00f	i-07c3d9ab1e4f301ef	m5.large	...
//	METADATAOPTIONS	enabled	disabled	1	required	disabled	applied
//
// Written by awscli/text.py (1.45).
func Text(s string, line int, f func([]Cell) bool) {
	for l := range strings.Lines(s) {
		var cells []Cell
		for c := range strings.SplitSeq(strings.TrimRight(l[:min(len(l), maxLine)], "\r\n"), "\t") {
			cells = append(cells, Cell{c, line})
		}
		if !f(cells) {
			return
		}
		line++
	}
}

// A Part is the title of a section of a table, with no row, or one row below
// the titles. Names are those of the columns, nil for values without names.
type Part struct {
	Titles []string // of the open sections, outermost first; reused
	Names  []string
	Row    []Cell
}

// Section is the title of the innermost section.
func (p *Part) Section() string {
	if len(p.Titles) == 0 {
		return ""
	}
	return p.Titles[len(p.Titles)-1]
}

// Table reads a table output and gives each part to f until f returns false.
// Maps are sections with a title; the number of bars at the left tells how deep
// a section lies. A map alone is a column of names and a column of values,
// several maps are a row of names and a row of values for each.
//
//	||||                               MetadataOptions                               ||||
//	|||+-----------------------------------------------------+-----------------------+|||
//	||||  HttpEndpoint                                       |  enabled              ||||
//	||||  HttpPutResponseHopLimit                            |  1                    ||||
//
// Written by awscli/table.py and awscli/formatter.py (1.45).
func Table(s string, line int, f func(Part) bool) {
	t := table{f: f}
	for l := range strings.Lines(s) {
		if t.stopped {
			return
		}
		t.line(strings.TrimRight(l[:min(len(l), maxLine)], " \r\n"), line)
		line++
	}
	t.end()
}

// table is the state between the lines of a table.
type table struct {
	f       func(Part) bool
	stopped bool
	titles  []string
	names   []string // of the columns, for rows of values
	block   [][]Cell // rows since the last border
	depth   int      // of block
}

func (t *table) line(s string, line int) {
	inner := strings.Trim(s, "|")
	depth := len(s) - len(strings.TrimLeft(s, "|"))
	switch {
	case strings.Trim(s, "-+|") == "":
		t.end()
	case depth == 0:
		// Text outside of the table: a command line, a message.
	default:
		var row []Cell
		for c := range strings.SplitSeq(inner, "|") {
			row = append(row, Cell{strings.TrimSpace(c), line})
		}
		t.block, t.depth = append(t.block, row), depth
		if len(t.block) == maxBlock {
			t.end()
		}
	}
}

// end reads the rows between two borders: a title, names, or values.
func (t *table) end() {
	block := t.block
	t.block = nil
	switch {
	case len(block) == 0:
	case len(block) == 1 && len(block[0]) == 1 && isName(block[0][0].Text):
		t.title(block[0][0].Text)
	case len(block) == 1 && isNames(block[0]):
		t.names = nil
		for _, c := range block[0] {
			t.names = append(t.names, c.Text)
		}
	case t.names != nil:
		for _, row := range block {
			t.give(t.names, row)
		}
	case len(block[0]) == 2 && isName(block[0][0].Text):
		t.pairs(block)
	default:
		for _, row := range block {
			t.give(nil, row)
		}
	}
}

// maxDepth bounds how deep sections lie.
const maxDepth = 64

// title opens a section.
func (t *table) title(s string) {
	t.names = nil
	if t.depth > maxDepth {
		return
	}
	for len(t.titles) < t.depth {
		t.titles = append(t.titles, "")
	}
	t.titles = append(t.titles[:t.depth-1], s)
	t.give(nil, nil)
}

func (t *table) give(names []string, row []Cell) {
	if names != nil {
		row = row[:min(len(row), len(names))]
		names = names[:len(row)]
	}
	if !t.stopped {
		t.stopped = !t.f(Part{t.titles, names, row})
	}
}

// pairs reads a map of names and values, one on each row.
func (t *table) pairs(block [][]Cell) {
	var names []string
	var row []Cell
	for _, r := range block {
		if len(r) == 2 {
			names, row = append(names, r[0].Text), append(row, r[1])
		}
	}
	t.give(names, row)
}

// isNames reports whether a row is made of names of fields.
func isNames(row []Cell) bool {
	for _, c := range row {
		if !isName(c.Text) {
			return false
		}
	}
	return true
}

// A Reader takes an output of any format.
type Reader struct {
	Begins func(text []byte) bool // a text or yaml output starts here
	IsText func(text []byte) bool // it is a text output

	Value       func(v *tree.Value)      // reads a document of json or yaml
	Table, Text func(s string, line int) // read an output that starts on a line
}

// Read chooses the format by the first character. The AWS CLI indents json by four;
// jq and others do as they like. There may be several documents; a yaml-stream is a
// list of answers.
//
//	"MetadataOptions": {            Reservations:
//	    "State": "applied",         - Groups: []
//	    "HttpTokens": "required",     Instances:
//	                                  - AmiLaunchIndex: 0
func (r *Reader) Read(text []byte) (err error) {
	text = Output(text, r.Begins)
	body := bytes.TrimLeft(text, " \t\r\n")
	line := 1 + bytes.Count(text[:len(text)-len(body)], []byte("\n"))
	var docs []*tree.Value
	switch {
	case len(body) == 0:
		return errors.New("empty file")
	case body[0] == '{' || body[0] == '[':
		docs, _, err = tree.Documents(text)
	case LooksLikeTable(body):
		r.Table(string(body), line)
	case r.IsText(body):
		r.Text(string(body), line)
	default:
		docs, err = tree.YAML(text)
	}
	for _, v := range docs {
		r.Value(v)
	}
	return err
}

// Output returns a text without the lines before the output: the command that was
// pasted with it, messages. They are left empty, so that lines count as before.
// JSON and tables show by themselves where they start; begins tells whether another
// output starts with a text, and is asked about the first line and about those
// behind a command. Colours are left out too.
//
//	$ aws ec2 describe-instances \
//	    --query 'Reservations[].Instances[].MetadataOptions'
//	- HttpEndpoint: enabled
func Output(text []byte, begins func([]byte) bool) []byte {
	const few = 20 // lines
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.IndexByte(text, 0x1b) >= 0 {
		text = colour.ReplaceAll(text, nil)
	}
	command := false
	at := 0 // of the line
	for n := 0; n < few && at < len(text); {
		row, _, _ := bytes.Cut(text[at:], newline)
		start := bytes.TrimLeft(row, " \t\r")
		switch {
		case len(start) == 0:
		case tree.CommandLine(start):
			command = true
			n++
		case start[0] == '{' || start[0] == '[' || LooksLikeTable(start), (n == 0 || command) && begins(text[at:]):
			if n == 0 {
				return text
			}
			return slices.Concat(bytes.Repeat(newline, bytes.Count(text[:at], newline)), text[at:])
		default:
			n++
		}
		at += len(row) + 1
	}
	return text
}

// colour is what the CLI puts around values for a terminal.
var colour = regexp.MustCompile(`\x1b\[[0-9;]{0,20}m`)

// Torn tells whether an output can have been cut: its last line has no end, or the
// last border of its table is not there. The AWS CLI ends both. Damage in JSON
// shows itself.
func Torn(text []byte) error {
	body := bytes.TrimRight(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n")
	start := bytes.TrimLeft(body, " \t\r\n")
	last := 1 + bytes.Count(body, newline)
	switch {
	case len(start) == 0 || start[0] == '{' || start[0] == '[':
		return nil
	case LooksLikeTable(start):
		return tornTable(body)
	case len(body) == len(text):
		return &tree.Error{Line: last, Err: errors.New("its end is not there")}
	}
	return nil
}

var newline = []byte("\n")

// tornTable looks for the last line of a table; a prompt can stand behind it.
func tornTable(text []byte) error {
	first, _, _ := bytes.Cut(bytes.TrimLeft(text, " \t\r\n"), newline)
	width := len(bytes.TrimRight(first, " \r"))
	for line := 1 + bytes.Count(text, newline); len(text) > 0; line-- {
		at := bytes.LastIndexByte(text, '\n') + 1
		row := bytes.TrimRight(text[at:], " \r")
		text = text[:max(at-1, 0)]
		if len(row) == 0 || !bytes.ContainsRune([]byte("|+-"), rune(row[0])) {
			continue
		}
		if len(bytes.Trim(row, "|+-")) > 0 || len(row) < width {
			return &tree.Error{Line: line, Err: errors.New("the last border of the table is not there")}
		}
		return nil
	}
	return nil
}

var fieldName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{1,60}$`)

func isName(s string) bool { return fieldName.MatchString(s) }

// IsTable reports whether a file starts as the table of a command does, such as
// DescribeInstances.
func IsTable(head []byte, command string) bool {
	m := tableStart.FindSubmatch(head)
	return m != nil && string(m[1]) == command
}

var tableStart = regexp.MustCompile(`^-+\r?\n\| +(\w+) +\|\r?\n`)

// LooksLikeTable reports whether a text starts with the border of a table.
func LooksLikeTable(text []byte) bool { return bytes.HasPrefix(text, []byte("---------")) }
