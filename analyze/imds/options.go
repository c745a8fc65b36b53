package imds

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
)

// Options are the metadata options of the node's instance.
type Options struct {
	ec2.MetadataOptions
	File string
	// Sure is false when the file does not say which instance it is about,
	// and describes only one.
	Sure bool
}

// At is the place of a line of the options.
func (o *Options) At(line int) parsers.Pos { return parsers.Pos{File: o.File, Line: line} }

// Find looks for the options in the outputs of describe-instances. A file that
// names the instance comes before one that does not. The wanted option must be
// there: has tells. Without options, the note says why.
func Find(node *side.Node, facts []index.Fact, option string, has func(m *ec2.MetadataOptions) bool) (found *Options, note string) {
	var notes []string
	n := 0
	for _, f := range facts {
		v, ok := f.Value.(*ec2.Instances)
		if !ok {
			continue
		}
		n++
		path := f.File.Path
		c := node.Instance(v)
		switch {
		case c.Match == side.Other:
			notes = append(notes, path+" is about another instance")
		case c.Match == side.Part:
			notes = append(notes, path+" was not read whole, and what was read is about others: "+v.Cut)
		case c.Item == nil:
			notes = append(notes, path+" is about several instances and does not tell which one is this node")
		case !has(&c.Item.Metadata):
			notes = append(notes, path+" does not say "+option)
		case found == nil || c.Match == side.Same && !found.Sure:
			found = &Options{MetadataOptions: c.Item.Metadata, File: path, Sure: c.Match == side.Same}
		}
	}
	switch {
	case n == 0:
		return nil, "no output of describe-instances among the files"
	case found == nil:
		return nil, strings.Join(notes, "; ")
	case !found.Sure:
		return found, fmt.Sprintf("%s describes one instance without saying which; it is taken for this node", found.File)
	}
	return found, ""
}

// Trust lowers a confidence when it is not sure that the options are those of
// this node.
func (o *Options) Trust(c float64) float64 {
	if o != nil && !o.Sure {
		return c - 0.2
	}
	return c
}

// Settings are metadata options with where they stand. What is not known is ""
// or 0.
type Settings struct {
	Endpoint string  `json:"http_endpoint"`
	Tokens   string  `json:"http_tokens"`
	HopLimit int     `json:"http_put_response_hop_limit"`
	IPv6     string  `json:"http_protocol_ipv6"`
	State    string  `json:"state"` // "applied", or "pending" while a change is made
	Sure     bool    `json:"sure"`  // the file names this instance
	At       []Place `json:"at"`
}

func (o *Options) settings() *Settings {
	s := settingsOf(&o.MetadataOptions, o.File)
	s.Sure = o.Sure
	return &s
}

func settingsOf(m *ec2.MetadataOptions, file string) Settings {
	s := Settings{Endpoint: m.Endpoint, Tokens: m.Tokens, HopLimit: m.HopLimit, IPv6: m.IPv6, State: m.State}
	for _, line := range []int{m.EndpointLine, m.TokensLine, m.HopLimitLine} {
		if line > 0 {
			s.At = append(s.At, Place{file, line})
		}
	}
	return s
}

// differences are the options that a maker and the running instance say
// differently, with the lines of both. What one of them does not say is none.
func differences(a, b *ec2.MetadataOptions) (said []string, there, here []int) {
	add := func(name, x, y string, lineX, lineY int) {
		if x != "" && y != "" && x != y {
			said = append(said, fmt.Sprintf("%s is %s there and %s here", name, x, y))
			there, here = append(there, lineX), append(here, lineY)
		}
	}
	add("HttpEndpoint", a.Endpoint, b.Endpoint, a.EndpointLine, b.EndpointLine)
	add("HttpTokens", a.Tokens, b.Tokens, a.TokensLine, b.TokensLine)
	add("HttpPutResponseHopLimit", number(a.HopLimit), number(b.HopLimit), a.HopLimitLine, b.HopLimitLine)
	return said, there, here
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func join(parts []string) string { return strings.Join(parts, "; ") }
