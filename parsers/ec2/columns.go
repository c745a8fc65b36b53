package ec2

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/awscli"
)

// text reads a text output. What belongs to an instance follows its line.
func (r *reader) text(s string, line int) {
	open := false // the last instance still waits for its options
	awscli.Text(s, line, func(cells []awscli.Cell) bool {
		switch cells[0].Text {
		case "RESERVATIONS":
			r.out.Projected, open = false, false
		case "INSTANCES":
			r.textInstance(cells)
			open = len(r.out.Instances) > 0
		case "METADATAOPTIONS":
			r.textOptions(cells, open)
		case "IAMINSTANCEPROFILE":
			if open && len(cells) > 1 {
				r.last().InstanceProfile = cells[1].Text
			}
		case "STATE":
			if open && len(cells) > 2 {
				r.last().State = cells[2].Text
			}
		case "TAGS":
			if open && len(cells) > 2 {
				r.last().tag(cells[1].Text, cells[2].Text)
			}
		default:
			if r.out.Projected {
				n := len(r.out.Instances)
				r.row(cells, cells[0].Line)
				open = open && len(r.out.Instances) == n || len(r.out.Instances) > n && r.last().InstanceID != ""
			}
		}
		return !r.full()
	})
}

func (r *reader) last() *Instance { return &r.out.Instances[len(r.out.Instances)-1] }

// textInstance reads the line of an instance.
func (r *reader) textInstance(cells []awscli.Cell) {
	in := Instance{Line: cells[0].Line}
	for _, c := range cells[1:] {
		if in.InstanceID == "" && idText.MatchString(c.Text) {
			in.InstanceID = c.Text
		}
		if in.Image == "" && strings.HasPrefix(c.Text, "ami-") {
			in.Image = c.Text
		}
		in.identity(c.Text)
	}
	r.out.Instances = append(r.out.Instances, in)
}

// textOptions reads the line of the metadata options into the open instance.
func (r *reader) textOptions(cells []awscli.Cell, open bool) {
	n := len(r.out.Instances)
	r.row(cells[1:], cells[0].Line)
	if open && len(r.out.Instances) > n {
		m := r.last().Metadata
		r.out.Instances = r.out.Instances[:n]
		r.last().Metadata = m
	}
}

var textStart = regexp.MustCompile(`^(?:RESERVATIONS\t|INSTANCES\t|METADATAOPTIONS\t|m?i-[0-9a-f]{8,17}\t)|^[^\n]*(?:^|\t)(?:required|optional)(?:\t|\r?\n|$)` +
	`|^m?i-[0-9a-f]{8,17}\r?\nMETADATAOPTIONS\t|^\d+\t[^\n]*\tami-[0-9a-f]{8,17}\tm?i-[0-9a-f]{8,17}\t`)

// isText reports whether a file starts as a text output does.
func isText(head []byte) bool {
	head = head[:min(len(head), 2000)]
	row, next, _ := bytes.Cut(head, []byte("\n"))
	row = bytes.TrimRight(row, "\r")
	if bytes.IndexByte(row, '\t') < 0 {
		return bytes.HasPrefix(next, []byte("METADATAOPTIONS\t")) && textStart.Match(head)
	}
	return textStart.Match(row)
}

// table reads a table output. What belongs to an instance stands in sections
// below its own.
func (r *reader) table(s string, line int) {
	t := table{reader: r}
	awscli.Table(s, line, func(p awscli.Part) bool {
		switch {
		case p.Row == nil:
			t.title(p.Section())
		case p.Names == nil && p.Section() == "DescribeInstances" && len(p.Row) == 1:
			t.cell(p.Row[0])
		case p.Names == nil && p.Section() == "DescribeInstances":
			t.row(p.Row, p.Row[0].Line)
		case len(p.Names) > 0:
			t.values(p.Section(), p.Names, p.Row)
		}
		return !r.full()
	})
	t.endColumn()
}

// table is the state between the sections of a table.
type table struct {
	*reader
	open   int // 1 + index of the instance that sections belong to
	column []awscli.Cell
}

// cell gathers a column without names: the values of one instance stand below
// each other, each of them begins with what tells which it is.
//
//	|  i-07c3d9ab1e4f301ef  |
//	|  required             |
//	|  1                    |
func (t *table) cell(c awscli.Cell) {
	if len(t.column) > 0 && (len(t.column) == maxColumn || idText.MatchString(c.Text)) {
		t.endColumn()
	}
	t.column = append(t.column, c)
}

const maxColumn = 20

func (t *table) endColumn() {
	if len(t.column) > 0 && !t.full() {
		t.row(t.column, t.column[0].Line)
	}
	t.column = t.column[:0]
}

func (t *table) title(s string) {
	if s == "Reservations" {
		t.out.Projected = false
	}
	if s == "Instances" || s == "Reservations" {
		t.open = 0
	}
}

// values reads one map.
func (t *table) values(section string, names []string, row []awscli.Cell) {
	var in *Instance
	if t.open > 0 {
		in = &t.out.Instances[t.open-1]
	}
	switch section {
	case "Instances":
		t.out.Instances = append(t.out.Instances, Instance{})
		t.open = len(t.out.Instances)
		t.last().fill(names, row)
	case "MetadataOptions":
		if in == nil {
			t.out.Instances = append(t.out.Instances, Instance{Line: row[0].Line})
			in = t.last()
		}
		in.fill(names, row)
	case "IamInstanceProfile":
		for i, c := range row {
			if in != nil && names[i] == "Arn" {
				in.InstanceProfile = c.Text
			}
		}
	case "Tags":
		if in != nil && len(names) == 2 && names[0] == "Key" && names[1] == "Value" {
			in.tag(row[0].Text, row[1].Text)
		}
	case "DescribeInstances":
		t.object(names, row)
	}
}

// object reads a map that is the result of a query.
func (t *table) object(names []string, row []awscli.Cell) {
	in := Instance{Line: row[0].Line}
	in.fill(names, row)
	if in.InstanceID == "" && in.Metadata.Line == 0 {
		t.row(row, row[0].Line)
		return
	}
	t.add(in)
	t.open = len(t.out.Instances)
}

// fill takes the fields that an instance and its options have.
func (in *Instance) fill(names []string, row []awscli.Cell) {
	for i, c := range row {
		if in.Line == 0 {
			in.Line = c.Line
		}
		switch names[i] {
		case "InstanceId":
			in.InstanceID, in.Line = c.Text, c.Line
		case "InstanceType":
			in.Type = c.Text
		case "PrivateDnsName":
			in.PrivateDNS = c.Text
		case "PrivateIpAddress":
			in.PrivateIP = c.Text
		case "ImageId":
			in.Image = c.Text
		case "State":
			if c.Text == "applied" || c.Text == "pending" {
				in.Metadata.State = c.Text
			}
		default:
			in.Metadata.Set(names[i], c.Text, c.Line)
		}
	}
}
