// Package nft reads tables of nftables as "nft list table" shows them. The node
// monitoring agent collects each table; kube-proxy has one in its nftables mode,
// and iptables-nft has one for each table of iptables.
package nft

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is nftables-FAMILY-TABLE.txt.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Tables of nftables with chains, rules and sets, nft list table.",
	Files:  []string{"networking/nftables-*.txt"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "nft"

// What is kept of a file.
const (
	maxRows = 200_000 // tables, chains, sets and rules together
	maxText = 2000    // bytes of a rule
)

// A Ruleset is a file.
type Ruleset struct {
	Tables []Table
	Cut    bool       // there were more rows than are kept
	Notes  rows.Notes // lines that are none of these: warnings, errors of nft
}

// A Table is a table of a family.
type Table struct {
	Line    int
	Family  string // "ip", "ip6", "inet", "arp", "bridge", "netdev"
	Name    string // "kube-proxy", "filter"
	Comment string
	Chains  []Chain
	Sets    []Set
}

// A Chain is a list of rules. One with a hook sees packets of its own; others
// are jumped to.
type Chain struct {
	Line       int
	Name       string
	HookLine   int    // 0 without a hook
	Type, Hook string // "filter", "nat"; "input", "prerouting"
	Device     string // of ingress and egress hooks, as written
	Priority   string // "filter", "dstnat", "filter + 5", "-110"
	Policy     string // "accept", "drop"; "" without a hook
	Comment    string
	Rules      []Rule
}

// A Rule is a line of a chain.
type Rule struct {
	Line    int
	Text    string // as written, cut to 2000 bytes
	Counted bool   // it has a counter of its own
	Packets uint64
	Bytes   uint64
	Verdict string // "accept", "drop", "reject", "jump", "goto", "return", "dnat", "vmap", ...; "" when packets go on
	Target  string // of jump and goto: the chain
	Comment string
}

// A Set is a set, a map, or a named object as a counter.
type Set struct {
	Line     int
	Kind     string // "set", "map", "counter", "flowtable", ...
	Name     string
	Type     string // "ipv4_addr . inet_proto . inet_service : verdict"
	Elements int
	Comment  string
}

// Chain returns a chain by its name, nil when there is none.
func (t *Table) Chain(name string) *Chain {
	for i := range t.Chains {
		if t.Chains[i].Name == name {
			return &t.Chains[i]
		}
	}
	return nil
}

// Set returns a set or map by its name, nil when there is none.
func (t *Table) Set(name string) *Set {
	for i := range t.Sets {
		if t.Sets[i].Name == name {
			return &t.Sets[i]
		}
	}
	return nil
}

// Parse reads a file.
//
//	table ip kube-proxy {
//		comment "rules for kube-proxy"
//		set cluster-ips {
//			type ipv4_addr
//			elements = { 172.20.0.1, 172.20.0.10 }
//		}
//
//		chain filter-input {
//			type filter hook input priority -110; policy accept;
//			ct state new counter packets 0 bytes 0 jump service-endpoints-check
//		}
//	}
func Parse(file string, text []byte) (*Ruleset, error) {
	p := &parser{out: &Ruleset{}}
	for raw := range bytes.Lines(text) {
		line := string(raw) // what is kept holds one line in memory, not the file
		p.num++
		p.line(strings.TrimSpace(line))
	}
	if len(p.out.Tables) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no tables")}
	}
	return p.out, nil
}

type parser struct {
	out  *Ruleset
	num  int
	rows int

	// What the lines are inside of. Those that are not kept stand for the ones
	// that are no part of the fact.
	table *Table
	chain *Chain
	set   *Set
	elems bool // the lines of "elements = {"
}

func (p *parser) line(s string) {
	switch {
	case s == "":
	case p.elems:
		p.elements(s)
	case s == "}":
		p.end()
	case p.chain != nil:
		p.inChain(s)
	case p.set != nil:
		p.inSet(s)
	case p.table != nil:
		p.inTable(s)
	case len(s) < maxText && strings.HasPrefix(s, "table ") && opens(s):
		p.startTable(strings.Fields(s))
	default:
		p.out.Notes.Add(p.num, s)
	}
}

// opens reports whether a line is the head of a block. With -a a handle stands
// behind the brace.
func opens(s string) bool {
	s, _, _ = strings.Cut(s, " # handle ")
	return strings.HasSuffix(s, "{")
}

// end leaves the innermost block.
func (p *parser) end() {
	switch {
	case p.chain != nil:
		p.chain = nil
	case p.set != nil:
		p.set = nil
	default:
		p.table = nil
	}
}

// startTable reads "table ip kube-proxy {".
func (p *parser) startTable(f []string) {
	t := Table{Line: p.num, Family: f[1]}
	if len(f) > 3 {
		t.Name = f[2]
	}
	p.table = &t
	if p.room() {
		p.out.Tables = append(p.out.Tables, t)
		p.table = &p.out.Tables[len(p.out.Tables)-1]
	}
}

// inTable reads the heads of the blocks of a table.
func (p *parser) inTable(s string) {
	if len(s) > maxText {
		p.out.Notes.Add(p.num, s)
		return
	}
	f := strings.Fields(s)
	switch {
	case f[0] == "comment":
		p.table.Comment = comment(s)
	case f[0] == "flags":
	case f[0] == "chain" && opens(s):
		p.startChain(f[1])
	case opens(s) && len(f) > 2:
		p.startSet(f)
	default:
		p.out.Notes.Add(p.num, s)
	}
}

func (p *parser) startChain(name string) {
	p.chain = &Chain{Line: p.num, Name: name}
	if p.room() {
		p.table.Chains = append(p.table.Chains, *p.chain)
		p.chain = &p.table.Chains[len(p.table.Chains)-1]
	}
}

// startSet reads "set cluster-ips {", and "ct helper ftp {" too.
func (p *parser) startSet(f []string) {
	n := len(f) - 1
	for n > 1 && f[n] != "{" {
		n-- // a handle
	}
	p.set = &Set{Line: p.num, Kind: strings.Join(f[:n-1], " "), Name: f[n-1]}
	if p.room() {
		p.table.Sets = append(p.table.Sets, *p.set)
		p.set = &p.table.Sets[len(p.table.Sets)-1]
	}
}

// inSet reads a line of a set or of another block that is no chain.
func (p *parser) inSet(s string) {
	word, rest, _ := strings.Cut(s, " ")
	switch word {
	case "type", "typeof":
		p.set.Type = rest[:min(len(rest), maxText)]
	case "comment":
		p.set.Comment = comment(s)
	case "elements":
		_, list, _ := strings.Cut(s, "{")
		p.elements(list)
	}
}

// elements counts the elements of a line: those before the last end with a
// comma. Comments may have commas and braces.
//
//	elements = { 10.0.0.0/8, 11.0.0.1-11.0.0.9,
//		     12.0.0.1 comment "a, b" }
func (p *parser) elements(s string) {
	p.elems = true
	quoted, empty := false, true
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted, empty = !quoted, false
		case quoted || c == ' ' || c == '\t':
		case c == ',':
			p.set.Elements++
			empty = true
		case c == '}':
			p.elems = false
			if !empty {
				p.set.Elements++
			}
			return
		default:
			empty = false
		}
	}
}

// inChain reads the hook of a chain or a rule.
func (p *parser) inChain(s string) {
	switch {
	case strings.HasPrefix(s, "type ") && strings.Contains(s, " hook "):
		p.chain.hook(s[:min(len(s), maxText)], p.num)
	case strings.HasPrefix(s, "policy "):
		p.chain.Policy = strings.TrimRight(strings.TrimPrefix(s, "policy "), "; ")
	case strings.HasPrefix(s, "comment "):
		p.chain.Comment = comment(s)
	case p.room():
		p.chain.Rules = append(p.chain.Rules, rule(strings.Clone(s[:min(len(s), maxText)]), p.num))
	}
}

// hook reads "type filter hook ingress device "lo" priority filter; policy accept;".
func (c *Chain) hook(s string, num int) {
	c.HookLine = num
	for part := range strings.SplitSeq(s, ";") {
		part = strings.TrimSpace(part)
		if p, ok := strings.CutPrefix(part, "policy "); ok {
			c.Policy = p
		}
		if !strings.HasPrefix(part, "type ") {
			continue
		}
		part, c.Priority, _ = strings.Cut(part, " priority ")
		part, c.Hook, _ = strings.Cut(part, " hook ")
		c.Type = strings.TrimPrefix(part, "type ")
		c.Hook, c.Device, _ = strings.Cut(c.Hook, " device")
		c.Device = strings.Trim(strings.TrimPrefix(c.Device, "s = "), ` "`)
	}
}

// room reports whether one row more is kept.
func (p *parser) room() bool {
	if p.rows == maxRows {
		p.out.Cut = true
		return false
	}
	p.rows++
	return true
}

// verdicts are the words that end a rule.
var verdicts = map[string]bool{
	"accept": true, "drop": true, "reject": true, "return": true, "continue": true, "queue": true, "jump": true, "goto": true,
	"dnat": true, "snat": true, "masquerade": true, "redirect": true, "tproxy": true, "notrack": true, "vmap": true,
}

// rule reads a line of a chain.
//
//	ct state { established, new } counter packets 12 bytes 340 drop
//	ip saddr 10.0.9.202 jump mark-for-masquerade comment "x { y"
func rule(s string, num int) Rule {
	r := Rule{Line: num, Text: s}
	f := words(s)
	for i, w := range f {
		next := ""
		if i+1 < len(f) {
			next = f[i+1]
		}
		switch {
		case w == "counter":
			r.counter(f[i+1:])
		case w == "comment":
			r.Comment = strings.Trim(next, `"`)
		case verdicts[w] && (i == 0 || !takesWord[f[i-1]]):
			r.Verdict, r.Target = w, ""
			if w == "jump" || w == "goto" {
				r.Target = next
			}
		}
	}
	return r
}

// takesWord are words whose value may look like a verdict.
var takesWord = map[string]bool{"jump": true, "goto": true, "map": true, "name": true}

// counter reads "packets 12 bytes 340".
func (r *Rule) counter(f []string) {
	if len(f) < 4 || f[0] != "packets" || f[2] != "bytes" {
		return
	}
	packets, err1 := strconv.ParseUint(f[1], 10, 64)
	octets, err2 := strconv.ParseUint(f[3], 10, 64)
	if err1 == nil && err2 == nil {
		r.Counted, r.Packets, r.Bytes = true, packets, octets
	}
}

// words splits a rule at blanks, but not inside "..."; what stands in braces is
// left out, as the verdicts there are for some packets only.
func words(s string) []string {
	var out []string
	depth, start, quoted := 0, -1, false
	end := func(i int) {
		if start >= 0 && depth == 0 {
			out = append(out, s[start:i])
		}
		start = -1
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
			if start < 0 {
				start = i
			}
		case quoted:
		case c == '{':
			end(i)
			depth++
		case c == '}':
			end(i)
			depth = max(depth-1, 0)
		case c == ' ' || c == '\t':
			end(i)
		case start < 0:
			start = i
		}
	}
	end(len(s))
	return out
}

// comment reads the text of comment "...".
func comment(s string) string {
	_, text, _ := strings.Cut(s[:min(len(s), maxText)], `"`)
	return strings.TrimSuffix(text, `"`)
}

func sniff(head []byte) bool {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	f := bytes.Fields(first)
	if len(f) < 4 || string(f[0]) != "table" || string(f[3]) != "{" {
		return false
	}
	switch string(f[1]) {
	case "ip", "ip6", "inet", "arp", "bridge", "netdev":
		return true
	}
	return false
}
