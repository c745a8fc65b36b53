// Package networkd reads the network configuration of systemd: links, networks
// and virtual devices with their drop-ins, as systemd-analyze cat-config shows
// them.
//
// A file has the configuration file itself and then its drop-ins; what is
// assigned last counts. Files that end in .example are not in force.
package networkd

import (
	"bytes"
	"errors"
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the files of systemd-network, and what the node monitoring agent
// writes when it found no interfaces.
var Format = &parsers.Format{
	Name: name,
	Doc:  "Network configuration of systemd, systemd-analyze cat-config.",
	Files: []string{
		"networking/systemd-network/*.link", "networking/systemd-network/*.network", "networking/systemd-network/*.netdev",
		"networking/systemd-network/*.link.example", "networking/systemd-network/*.network.example", "networking/systemd-network/*.netdev.example",
		"networking/CheckMacAddressPolicy.log",
	},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "networkd"

// What is kept of a file.
const (
	maxParts    = 1000
	maxSettings = 20_000
	maxValue    = 2000 // bytes
	maxSection  = 300  // bytes
)

// A Config is a file.
type Config struct {
	Name     string // "99-default.link"
	Kind     Kind
	Parts    []Part
	Settings []Setting  // in the order of the file, of all parts
	Cut      bool       // there were more than are kept
	Notes    rows.Notes // lines that are no setting
}

// A Kind says who reads a file.
type Kind string

// The kinds of files. Links are for udev, which names interfaces and sets their
// addresses; the others are for systemd-networkd.
const (
	Link    Kind = "link"
	Network Kind = "network"
	Netdev  Kind = "netdev"
	Example Kind = "example" // not in force
	Unknown Kind = ""
)

// A Part is a file that the configuration is made of.
type Part struct {
	Line int
	Path string // "/etc/systemd/network/99-default.link.d/99-no-policy.conf"
}

// A Setting is an assignment.
type Setting struct {
	Line       int
	Part       int // index in Parts, -1 before the first
	Section    string
	Key, Value string
}

// Last returns the assignment of a key that counts, for keys that have one
// value.
func (c *Config) Last(section, key string) (Setting, bool) {
	for i := len(c.Settings) - 1; i >= 0; i-- {
		if s := c.Settings[i]; s.Section == section && s.Key == key {
			return s, true
		}
	}
	return Setting{}, false
}

// All returns the assignments of a key that add up. An empty one drops those
// before it.
func (c *Config) All(section, key string) []Setting {
	var out []Setting
	for _, s := range c.Settings {
		switch {
		case s.Section != section || s.Key != key:
		case s.Value == "":
			out = nil
		default:
			out = append(out, s)
		}
	}
	return out
}

// MACAddressPolicy returns the setting that counts. Without "none", systemd
// changes the address of the veths of pods after the VPC CNI has used it.
func (c *Config) MACAddressPolicy() (Setting, bool) { return c.Last("Link", "MACAddressPolicy") }

// Matches reports whether the section Match lets a property have a value, as
// Matches("OriginalName", "eni776d0ffff46"). A file without a condition on the
// property lets it.
func (c *Config) Matches(key, value string) bool {
	var globs []string
	for _, s := range c.All("Match", key) {
		globs = append(globs, strings.Fields(s.Value)...)
	}
	if len(globs) == 0 {
		return true
	}
	first, not := strings.CutPrefix(globs[0], "!") // is for the whole list
	globs[0] = first
	for _, g := range globs {
		if ok, _ := path.Match(g, value); ok {
			return !not
		}
	}
	return not
}

// Parse reads a file.
//
//	# /usr/lib/systemd/network/99-default.link
//	# SPDX-License-Identifier: MIT-0
//	[Match]
//	OriginalName=*
//
//	[Link]
//	NamePolicy=keep kernel database onboard slot path
//	MACAddressPolicy=persistent
//
//	# /etc/systemd/network/99-default.link.d/99-no-policy.conf
//	[Link]
//	MACAddressPolicy=none
func Parse(file string, text []byte) (*Config, error) {
	base := path.Base(file)
	p := &parser{out: &Config{Name: base, Kind: kindOf(base)}, blank: true}
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(strings.TrimSpace(line))
	}
	p.set()
	c := p.out
	if len(c.Parts)+len(c.Settings)+len(c.Notes) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no configuration")}
	}
	return c, nil
}

func kindOf(base string) Kind {
	switch path.Ext(base) {
	case ".link":
		return Link
	case ".network":
		return Network
	case ".netdev":
		return Netdev
	case ".example":
		return Example
	}
	return Unknown
}

type parser struct {
	out     *Config
	num     int
	blank   bool   // the line before was empty, or there was none
	section string // of the lines
	open    string // an assignment that goes on in the next line
	at      int    // the number of its first line, 0 when there is none
}

func (p *parser) line(s string) {
	blank := p.blank
	p.blank = s == ""
	switch {
	case blank && isPart(s):
		p.set()
		p.part(s[len("# "):])
	case s != "" && (s[0] == '#' || s[0] == ';'):
	case p.at != 0:
		p.more(s)
	case s == "":
	case s[0] == '[' && s[len(s)-1] == ']':
		p.section = rows.Clip(s[1:len(s)-1], maxSection)
	default:
		p.at = p.num
		p.more(s)
	}
}

// isPart tells the head of a part from comments: it is a path alone, and what
// cat-config writes after an empty line.
func isPart(s string) bool {
	return strings.HasPrefix(s, "# /") && !strings.ContainsAny(s[2:], " \t")
}

// part begins a part. No section lasts beyond a file.
func (p *parser) part(file string) {
	p.section = ""
	if len(p.out.Parts) == maxParts {
		p.out.Cut = true
		return
	}
	p.out.Parts = append(p.out.Parts, Part{p.num, file[:min(len(file), maxValue)]})
}

// more reads a line of an assignment. A backslash at its end stands for a blank
// and the next line.
func (p *parser) more(s string) {
	s, goesOn := strings.CutSuffix(s, `\`)
	if room := maxValue - len(p.open); len(s) > room {
		s, p.out.Cut = s[:max(room, 0)], true
	}
	p.open += s
	if !goesOn {
		p.set()
		return
	}
	if len(p.open) < maxValue {
		p.open += " "
	}
}

// set keeps the open assignment.
func (p *parser) set() {
	if p.at == 0 {
		return
	}
	s, line := p.open, p.at
	p.open, p.at = "", 0
	key, value, ok := strings.Cut(s, "=")
	switch {
	case !ok || p.section == "":
		p.out.Notes.Add(line, s)
	case len(p.out.Settings) == maxSettings:
		p.out.Cut = true
	default:
		p.out.Settings = append(p.out.Settings, Setting{
			Line: line, Part: len(p.out.Parts) - 1, Section: p.section,
			Key: strings.TrimSpace(key), Value: strings.TrimSpace(value),
		})
	}
}

// sniff accepts the head of a part of network configuration.
func sniff(head []byte) bool {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return isPart(string(bytes.TrimSpace(first))) && bytes.Contains(first, []byte("/systemd/network/"))
}
