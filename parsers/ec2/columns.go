package ec2

import (
	"bytes"
	"regexp"
	"strings"
)

// text reads a text output: a line for each map, headed by the name of its
// key in capitals, then its values in the order of their names, with tabs.
//
//	INSTANCES	0	x86_64	True	True	xen	ami-0f00f00f00f00f00f	i-07c3d9ab1e4f301ef	m5.large	...
//	METADATAOPTIONS	enabled	disabled	1	required	disabled	applied
//
// The result of a query has no heads:
//
//	i-07c3d9ab1e4f301ef	required	1
//
// Written by awscli/text.py (1.45).
func (r *reader) text(s string, line int) {
	open := false // the last instance still waits for its options
	for l := range strings.Lines(s) {
		if r.full() {
			return
		}
		cells := split(strings.TrimRight(l, "\r\n"), line)
		switch cells[0].text {
		case "RESERVATIONS":
			r.out.Projected, open = false, false
		case "INSTANCES":
			r.textInstance(cells)
			open = len(r.out.Instances) > 0
		case "METADATAOPTIONS":
			r.textOptions(cells, open)
		case "IAMINSTANCEPROFILE":
			if open && len(cells) > 1 {
				r.last().InstanceProfile = cells[1].text
			}
		case "STATE":
			if open && len(cells) > 2 {
				r.last().State = cells[2].text
			}
		default:
			if r.out.Projected {
				r.row(cells, line)
			}
		}
		line++
	}
}

func (r *reader) last() *Instance { return &r.out.Instances[len(r.out.Instances)-1] }

// textInstance reads the line of an instance.
func (r *reader) textInstance(cells []cell) {
	in := Instance{Line: cells[0].line}
	for _, c := range cells[1:] {
		if in.InstanceID == "" && idText.MatchString(c.text) {
			in.InstanceID = c.text
		}
		in.identity(c.text)
	}
	r.out.Instances = append(r.out.Instances, in)
}

// textOptions reads the line of the metadata options into the open instance.
func (r *reader) textOptions(cells []cell, open bool) {
	n := len(r.out.Instances)
	r.row(cells[1:], cells[0].line)
	if open && len(r.out.Instances) > n {
		m := r.last().Metadata
		r.out.Instances = r.out.Instances[:n]
		r.last().Metadata = m
	}
}

// split returns the cells of a line with tabs; there is at least one.
func split(s string, line int) []cell {
	var cells []cell
	for c := range strings.SplitSeq(s, "\t") {
		cells = append(cells, cell{c, line})
	}
	return cells
}

var textStart = regexp.MustCompile(`^(?:RESERVATIONS\t|INSTANCES\t|METADATAOPTIONS\t|m?i-[0-9a-f]{8,17}\t)|^[^\n]*(?:^|\t)(?:required|optional)(?:\t|\r?\n|$)`)

// isText reports whether a file starts as a text output does.
func isText(head []byte) bool {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.ContainsRune(first, '\t') && textStart.Match(first)
}

// table reads a table output. Maps are sections with a title; the number of
// bars at the left tells how deep a section lies. A map alone is a column of
// names and a column of values, several maps are a row of names and a row of
// values for each.
//
//	||||                               MetadataOptions                               ||||
//	|||+-----------------------------------------------------+-----------------------+|||
//	||||  HttpEndpoint                                       |  enabled              ||||
//	||||  HttpPutResponseHopLimit                            |  1                    ||||
//
// Written by awscli/table.py and awscli/formatter.py (1.45).
func (r *reader) table(s string, line int) {
	t := table{reader: r}
	for l := range strings.Lines(s) {
		if r.full() {
			return
		}
		t.line(strings.TrimRight(l, " \r\n"), line)
		line++
	}
	t.end()
}

// table is the state between the lines of a table.
type table struct {
	*reader
	titles []string // of the open sections, by depth
	names  []string // of the columns, for rows of values
	block  [][]cell // rows since the last border
	depth  int      // of block
	open   int      // 1 + index of the instance that sections belong to
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
		var row []cell
		for c := range strings.SplitSeq(inner, "|") {
			row = append(row, cell{strings.TrimSpace(c), line})
		}
		t.block, t.depth = append(t.block, row), depth
	}
}

// end reads the rows between two borders: a title, names, or values.
func (t *table) end() {
	block := t.block
	t.block = nil
	switch {
	case len(block) == 0:
	case len(block) == 1 && len(block[0]) == 1:
		t.title(block[0][0].text)
	case len(block) == 1 && isNames(block[0]):
		t.names = nil
		for _, c := range block[0] {
			t.names = append(t.names, c.text)
		}
	case t.names != nil:
		for _, row := range block {
			t.values(t.names, row)
		}
	case len(block[0]) == 2 && isName(block[0][0].text):
		t.pairs(block)
	default:
		for _, row := range block {
			if t.section() == "DescribeInstances" {
				t.row(row, row[0].line)
			}
		}
	}
}

// title opens a section.
func (t *table) title(s string) {
	if t.depth <= 64 {
		for len(t.titles) < t.depth {
			t.titles = append(t.titles, "")
		}
		t.titles = append(t.titles[:t.depth-1], s)
	}
	t.names = nil
	if s == "Reservations" {
		t.out.Projected = false
	}
	if s == "Instances" || s == "Reservations" {
		t.open = 0
	}
}

// section is the title of the innermost section.
func (t *table) section() string {
	if len(t.titles) == 0 {
		return ""
	}
	return t.titles[len(t.titles)-1]
}

// pairs reads a map of names and values, one on each row.
func (t *table) pairs(block [][]cell) {
	var names []string
	var row []cell
	for _, r := range block {
		if len(r) == 2 {
			names, row = append(names, r[0].text), append(row, r[1])
		}
	}
	t.values(names, row)
}

// values reads one map.
func (t *table) values(names []string, row []cell) {
	row = row[:min(len(row), len(names))]
	var in *Instance
	if t.open > 0 {
		in = &t.out.Instances[t.open-1]
	}
	switch t.section() {
	case "Instances":
		t.out.Instances = append(t.out.Instances, Instance{})
		t.open = len(t.out.Instances)
		t.last().fill(names, row)
	case "MetadataOptions":
		if in == nil {
			t.out.Instances = append(t.out.Instances, Instance{Line: row[0].line})
			in = t.last()
		}
		in.fill(names, row)
	case "IamInstanceProfile":
		for i, c := range row {
			if in != nil && names[i] == "Arn" {
				in.InstanceProfile = c.text
			}
		}
	case "DescribeInstances":
		t.object(names, row)
	}
}

// object reads a map that is the result of a query.
func (t *table) object(names []string, row []cell) {
	in := Instance{Line: row[0].line}
	in.fill(names, row)
	if in.InstanceID == "" && in.Metadata.Line == 0 {
		t.row(row, row[0].line)
		return
	}
	t.add(in)
	t.open = len(t.out.Instances)
}

// fill takes the fields that an instance and its options have.
func (in *Instance) fill(names []string, row []cell) {
	for i, c := range row {
		if in.Line == 0 {
			in.Line = c.line
		}
		switch names[i] {
		case "InstanceId":
			in.InstanceID, in.Line = c.text, c.line
		case "InstanceType":
			in.Type = c.text
		case "PrivateDnsName":
			in.PrivateDNS = c.text
		case "PrivateIpAddress":
			in.PrivateIP = c.text
		case "HttpProtocolIpv6":
			in.Metadata.IPv6 = c.text
		case "InstanceMetadataTags":
			in.Metadata.Tags = c.text
		case "State":
			if c.text == "applied" || c.text == "pending" {
				in.Metadata.State = c.text
			}
		default:
			in.Metadata.set(names[i], c.text, c.line)
		}
	}
}

// isNames reports whether a row is made of names of fields.
func isNames(row []cell) bool {
	for _, c := range row {
		if !isName(c.text) {
			return false
		}
	}
	return true
}

var fieldName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{1,60}$`)

func isName(s string) bool { return fieldName.MatchString(s) }
