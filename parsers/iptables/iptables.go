// Package iptables reads the packet filter of a node: the output of
// iptables-save and the listings of iptables --list, for IPv4 and IPv6.
//
// Both become the same [Ruleset], so that a check asks one question of any of
// them. What a rule says beyond the fields of [Rule] is kept as text in
// Rule.Matches; a rule is never refused because a part of it is unknown.
package iptables

import (
	"bytes"
	"errors"
	"net/netip"
	"path"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the rules of iptables and ip6tables.
var Format = &parsers.Format{
	Name: name,
	Doc:  "Packet filter rules: iptables-save and iptables --list, IPv4 and IPv6.",
	Files: append([]string{
		"networking/iptables-save.txt", "networking/ip6tables-save.txt",
		"networking/iptables.txt", "networking/iptables-filter.txt", "networking/iptables-nat.txt", "networking/iptables-mangle.txt",
		"networking/ip6tables.txt", "networking/ip6tables-filter.txt", "networking/ip6tables-nat.txt", "networking/ip6tables-mangle.txt",
	}, place.Logdog("iptables-filter", "iptables-nat")...),
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "iptables"

// MaxRules is how many rules of one file are kept. A node with more has other
// problems; a hostile file must not turn 5 bytes into a Rule without end.
const MaxRules = 250_000

// maxLine bounds the bytes of a line that is read as a rule. The longest that
// iptables takes, with fifteen ports and a comment of 256 bytes, have some
// hundred. A longer line is a note: read to the limit it would be another rule.
const maxLine = 10_000

// A Ruleset is all rules of one file, in the order of its lines.
type Ruleset struct {
	V6      bool
	Listing bool   // from --list: counters are rounded, but known
	Backend string // "nf_tables" or "legacy" when the file says so

	// Saved is when iptables-save began, by the clock and in the zone of the
	// node, and SavedLine the line that says so; zero for a listing.
	Saved     parsers.Stamp
	SavedLine int

	Chains []Chain
	Rules  []Rule
	Total  int        // of the collector's "Total Number of Rules", -1 without it
	Notes  rows.Notes // lines that are neither: warnings and errors of the command
	Cut    bool       // there were more than MaxRules rules

	// Whole is true when the text shows that it goes to its end, so that a
	// rule that it has not was not there: each table of iptables-save has its
	// COMMIT; a listing has the chains that every table has, and the rules
	// that its total counts.
	Whole bool
}

// A Chain is the head of a chain.
type Chain struct {
	Line        int
	Table, Name string
	Policy      string // "" for chains that users made
	References  int    // -1 when not known
	Counters
}

// Counters are packets and bytes. Known is false where the file has none.
type Counters struct {
	Known          bool
	Packets, Bytes uint64
}

// A Rule is one rule.
type Rule struct {
	Line         int
	Table, Chain string
	Counters

	Proto    string // "tcp", "udp", ...; "" is any
	NotProto bool
	Src, Dst Addr
	In, Out  Iface
	SrcPorts Ports
	DstPorts Ports
	Owner    *Owner // nil: packets of all users

	Target     string // "" for a rule that only counts
	Goto       bool   // -g: the chain does not come back here
	TargetArgs string // as written: "--reject-with icmp-port-unreachable", "to:10.0.1.1:80"
	Comment    string
	Matches    []string // all other conditions, as written
}

// An Addr is a condition on an address. The zero value is any address.
type Addr struct {
	Not      bool
	From, To netip.Addr // first and last address; not valid when Text is a name
	Text     string     // as written; "" is any
}

// Any reports that a accepts every address.
func (a Addr) Any() bool { return a.Text == "" }

// Contains reports whether the condition holds for ip. Names do not hold.
func (a Addr) Contains(ip netip.Addr) bool {
	if a.Any() {
		return true
	}
	if !a.From.IsValid() {
		return false
	}
	within := a.From.BitLen() == ip.BitLen() && a.From.Compare(ip) <= 0 && ip.Compare(a.To) <= 0
	return within != a.Not
}

func (a Addr) String() string {
	if a.Not {
		return "!" + a.Text
	}
	return a.Text
}

// An Iface is a condition on an interface; a final "+" stands for anything.
type Iface struct {
	Not  bool
	Name string // "" is any
}

// Ports is a condition on ports. The zero value is any port.
type Ports struct {
	Not    bool
	Ranges []PortRange
	Text   string // as written, for names that are not known too; "" is any
}

// A PortRange is the ports First to Last.
type PortRange struct{ First, Last uint16 }

// Contains reports whether the condition holds for a port.
func (p Ports) Contains(port uint16) bool {
	if p.Text == "" {
		return true
	}
	for _, r := range p.Ranges {
		if r.First <= port && port <= r.Last {
			return !p.Not
		}
	}
	return p.Not
}

// An Owner is a condition on the process that made a packet. It holds for
// packets of the node's own network namespace only.
type Owner struct {
	UID, GID       string // "0", "1000-10000" or a name; "" is any
	NotUID, NotGID bool
}

// Root reports whether packets of root pass the condition.
func (o *Owner) Root() bool {
	if o == nil {
		return true
	}
	return holdsZero(o.UID, o.NotUID) && holdsZero(o.GID, o.NotGID)
}

// holdsZero reports whether an ID condition holds for ID 0.
func holdsZero(ids string, not bool) bool {
	if ids == "" {
		return true
	}
	first, _, _ := strings.Cut(ids, "-")
	zero := first == "root" || strings.Trim(first, "0") == "" && first != ""
	return zero != not
}

// Parse reads the rules of a file. The file name tells the table of a listing
// and the family of an empty file.
func Parse(file string, text []byte) (*Ruleset, error) {
	p := &parser{rules: &Ruleset{Total: -1, V6: strings.Contains(path.Base(file), "ip6")}}
	p.table = tableOf(file)
	p.rules.Rules = make([]Rule, 0, min(bytes.Count(text, []byte("\n-A ")), MaxRules))
	for line := range strings.Lines(string(text)) {
		p.num++
		p.line(strings.TrimRight(line, "\r\n"))
	}
	p.finish()
	p.rules.Whole = p.whole(bytes.HasSuffix(text, []byte("\n")))
	if len(p.rules.Chains) == 0 && len(p.rules.Rules) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: p.why(text)}
	}
	return p.rules, nil
}

// parser is the state between lines.
type parser struct {
	rules *Ruleset
	num   int
	table string

	open  string // the table of iptables-save that has no COMMIT so far
	saves int    // tables that have it
	torn  bool   // a table began before the COMMIT of the one before

	chain   string  // of a listing
	columns columns // of a listing
	args    []token // reused
}

// line hands a line to the grammar that it belongs to.
func (p *parser) line(s string) {
	switch {
	case s == "" || strings.HasPrefix(s, "===="):
	case s == "COMMIT":
		p.open, p.saves = "", p.saves+1
	case len(s) > maxLine:
		p.rules.Notes.Add(p.num, s)
	case strings.HasPrefix(s, "Chain "):
		p.chainHead(s)
	case strings.HasPrefix(s, "Total Number of Rules: "):
		if n, ok := number(strings.TrimPrefix(s, "Total Number of Rules: ")); ok {
			p.rules.Total = int(min(n, 1<<31-1))
		}
	case s[0] == '*' || s[0] == ':' || s[0] == '-' || s[0] == '[':
		p.saveLine(s)
	case s[0] == '#':
		p.comment(s)
	case p.chain != "" && p.listLine(s):
	default:
		p.rules.Notes.Add(p.num, s)
	}
}

// comment reads the line before a table of iptables-save. Warnings of the
// command have the same form and are notes.
//
//	# Generated by iptables-save v1.8.9 (nf_tables) on Sat Nov 21 00:39:21 2026
//	# Completed on Sat Nov 21 00:39:21 2026
//	# Warning: iptables-legacy tables present, use iptables-legacy-save to see them
func (p *parser) comment(s string) {
	switch {
	case strings.HasPrefix(s, "# Generated by "):
		p.rules.V6 = p.rules.V6 || strings.HasPrefix(s, "# Generated by ip6")
		for _, b := range []string{"nf_tables", "legacy"} {
			if strings.Contains(s, "("+b+")") {
				p.rules.Backend = b
			}
		}
		p.saved(s)
	case strings.HasPrefix(s, "# Completed on "):
	default:
		p.rules.Notes.Add(p.num, s)
	}
}

// saved reads the date of the first table: "... on Sat Nov 21 00:39:21 2026".
func (p *parser) saved(s string) {
	_, date, _ := strings.Cut(s, " on ")
	t, err := time.Parse(time.ANSIC, date)
	switch {
	case err != nil:
		p.rules.Notes.Add(p.num, s)
	case p.rules.SavedLine == 0:
		p.rules.Saved = parsers.Stamp{Kind: parsers.Local, Nano: t.UnixNano()}
		p.rules.SavedLine = p.num
	}
}

// add keeps a rule.
func (p *parser) add(r Rule) {
	if len(p.rules.Rules) == MaxRules {
		p.rules.Cut = true
		return
	}
	p.rules.Rules = append(p.rules.Rules, r)
}

// addChain keeps the head of a chain. Chains count as rules for the limit.
func (p *parser) addChain(c Chain) {
	if len(p.rules.Chains) == MaxRules {
		p.rules.Cut = true
		return
	}
	p.rules.Chains = append(p.rules.Chains, c)
}

// why says what stands in a file without chains.
func (p *parser) why(text []byte) error {
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return errors.New("empty file")
	case p.rules.Total == 0:
		return errors.New("empty listing: iptables was not allowed to list, the xtables lock was held")
	}
	return errors.New("no chains")
}

// finish settles what only the whole file tells.
func (p *parser) finish() {
	if p.table != "" {
		return
	}
	table := guessTable(p.rules.Chains)
	for i := range p.rules.Chains {
		p.rules.Chains[i].Table = table
	}
	for i := range p.rules.Rules {
		p.rules.Rules[i].Table = table
	}
}

// whole reports whether nothing is missing at the end of the text. A listing
// without the collector's total can only be seen to end with a line.
func (p *parser) whole(ends bool) bool {
	r := p.rules
	switch {
	case r.Cut || p.torn || p.open != "":
		return false
	case p.saves > 0:
		return true
	case r.Total >= 0:
		return len(r.Rules)+len(r.Notes) >= r.Total && p.builtIn()
	}
	return ends && p.builtIn()
}

// builtIn reports whether each table of the file has the chains that it cannot
// be without.
func (p *parser) builtIn() bool {
	policy := map[string]bool{}
	for _, c := range p.rules.Chains {
		policy[c.Name] = policy[c.Name] || c.Policy != ""
	}
	if p.rules.HasFilter() {
		return policy["INPUT"] && policy["FORWARD"] && policy["OUTPUT"]
	}
	return policy["PREROUTING"] || policy["OUTPUT"]
}

// HasFilter reports whether a chain of the file is one of the filter table.
func (r *Ruleset) HasFilter() bool {
	for i := range r.Chains {
		if r.Chains[i].Table == "filter" {
			return true
		}
	}
	return false
}

// tableOf returns the table that a listing's file name tells, "" for none.
// iptables.txt is made without --table, which means filter.
func tableOf(file string) string {
	base := strings.TrimSuffix(path.Base(file), ".txt")
	switch base {
	case "iptables", "ip6tables":
		return "filter"
	}
	_, table, _ := strings.Cut(base, "-")
	switch table {
	case "filter", "nat", "mangle", "raw", "security":
		return table
	}
	return ""
}

// guessTable tells the table of a listing by its base chains.
func guessTable(chains []Chain) string {
	has := map[string]bool{}
	for _, c := range chains {
		has[c.Name] = true
	}
	switch {
	case has["FORWARD"] && has["POSTROUTING"]:
		return "mangle"
	case has["POSTROUTING"]:
		return "nat"
	case has["PREROUTING"] && !has["FORWARD"]:
		return "raw"
	}
	return "filter"
}

// sniff accepts the first line of either kind of file.
func sniff(head []byte) bool {
	if bytes.HasPrefix(head, []byte("# Generated by iptables-save")) || bytes.HasPrefix(head, []byte("# Generated by ip6tables-save")) {
		return true
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(line, []byte("Chain ")) && (bytes.Contains(line, []byte(" (policy ")) || bytes.Contains(line, []byte(" references)")))
}
