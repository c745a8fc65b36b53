// Package metrics reads the metrics of ipamd, in the text format of Prometheus.
package metrics

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the answer of ipamd to /metrics.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Metrics of ipamd, in the text format of Prometheus.",
	Files:  []string{"ipamd/metrics.json", "ipamd/metrics.txt"}, // .txt until version 0.6.1 of eks-log-collector
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "metrics"

// What is kept of a file. ipamd has some hundred samples.
const (
	maxSamples = 100_000
	maxLabels  = 1_000_000
	maxLine    = 64 << 10
	maxUnread  = 100_000
	maxText    = 300
)

// Metrics is a file.
type Metrics struct {
	Samples  []Sample
	Families []Family
	Notes    rows.Notes // lines that could not be read: the text is cut, a message of curl
	Unread   int        // how many there are
	More     int        // samples that were not kept
}

// A Sample is a line. The parts of a histogram or summary are samples of their
// own: "x_bucket" with the label "le", "x_sum", "x_count".
type Sample struct {
	Line   int
	Name   string
	Labels []Label // by name
	Value  Number
}

// A Label is a label of a sample.
type Label struct{ Name, Value string }

// A Family is a metric with its kind and explanation, where they are given.
type Family struct {
	Line int // of its TYPE
	Name string
	Type string // "counter", "gauge", "histogram", "summary", "untyped"
}

// A Number is a value; it may be infinite or not a number.
type Number float64

// MarshalJSON writes what JSON has no number for as a string.
func (n Number) MarshalJSON() ([]byte, error) {
	s := strconv.FormatFloat(float64(n), 'g', -1, 64)
	if strings.ContainsAny(s, "NI") {
		s = strconv.Quote(s)
	}
	return []byte(s), nil
}

// Get returns the samples of a name, in the order of the file.
func (m *Metrics) Get(name string) []Sample {
	var out []Sample
	for _, s := range m.Samples {
		if s.Name == name {
			out = append(out, s)
		}
	}
	return out
}

// Label returns the value of a label, "" when the sample has none.
func (s Sample) Label(name string) string {
	for _, l := range s.Labels {
		if l.Name == name {
			return l.Value
		}
	}
	return ""
}

// Parse reads the file, which is no JSON in spite of its name. Each line is
// parsed for itself, so that a cut or strange one costs no other.
//
//	# HELP awscni_assigned_ip_addresses The number of IP addresses assigned to pods
//	# TYPE awscni_assigned_ip_addresses gauge
//	awscni_assigned_ip_addresses 4
//	awscni_aws_api_latency_ms_sum{api="CreateTags",error="false",status="200"} 1271
//
// The format: github.com/prometheus/docs, content/docs/instrumenting/exposition_formats.md.
func Parse(file string, text []byte) (*Metrics, error) {
	p := parser{out: &Metrics{}, text: expfmt.NewTextParser(model.UTF8Validation)}
	num := 0
	for line := range bytes.Lines(text) {
		num++
		p.line(num, bytes.TrimSpace(line), line[len(line)-1] == '\n')
	}
	m := p.out
	if len(m.Samples) == 0 {
		e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no samples")}
		if len(m.Notes) > 0 {
			e.Pos.Line, e.Err = m.Notes[0].Line, errors.New("no samples: "+m.Notes[0].Text)
		}
		return nil, e
	}
	return m, nil
}

type parser struct {
	out    *Metrics
	text   expfmt.TextParser
	buf    bytes.Buffer
	labels int
}

func (p *parser) line(num int, line []byte, whole bool) {
	switch {
	case len(line) == 0:
	case line[0] == '#':
		p.comment(num, line)
	case len(p.out.Samples) == maxSamples || p.labels >= maxLabels:
		p.out.More++
	case !whole || len(line) > maxLine || p.out.Unread >= maxUnread || !p.sample(num, line):
		p.note(num, line) // the value of a line without an end may be cut
	}
}

// comment reads "# TYPE name kind"; other comments mean nothing.
func (p *parser) comment(num int, line []byte) {
	f := strings.Fields(string(line[:min(len(line), maxText)]))
	if len(f) == 4 && f[0] == "#" && f[1] == "TYPE" && len(p.out.Families) < maxSamples {
		p.out.Families = append(p.out.Families, Family{num, f[2], strings.ToLower(f[3])})
	}
}

// sample reads a line as a text of its own, where its metric has no type.
func (p *parser) sample(num int, line []byte) bool {
	p.buf.Reset()
	p.buf.Write(line)
	p.buf.WriteByte('\n')
	families, err := p.text.TextToMetricFamilies(&p.buf)
	if err != nil || len(families) != 1 {
		return false
	}
	name := slices.Collect(maps.Keys(families))[0]
	m := families[name].GetMetric()
	if len(m) != 1 {
		return false
	}
	s := Sample{Line: num, Name: name, Labels: labels(m[0].GetLabel()), Value: Number(m[0].GetUntyped().GetValue())}
	p.out.Samples = append(p.out.Samples, s)
	p.labels += len(s.Labels)
	return true
}

func labels(pairs []*dto.LabelPair) []Label {
	var out []Label
	for _, l := range pairs {
		out = append(out, Label{l.GetName(), l.GetValue()})
	}
	slices.SortFunc(out, func(a, b Label) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (p *parser) note(num int, line []byte) {
	p.out.Unread++
	p.out.Notes.Add(num, string(line))
}

func sniff(head []byte) bool {
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	if bytes.HasPrefix(first, []byte("# HELP ")) {
		first, _, _ = bytes.Cut(rest, []byte("\n"))
	}
	return bytes.HasPrefix(first, []byte("# TYPE "))
}
