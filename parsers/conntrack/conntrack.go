// Package conntrack reads the connection tracking of a node: the counters of
// conntrack -S and the flows of conntrack -L.
//
// A busy node has hundreds of thousands of flows. [Table] counts all of them,
// by state and by destination, and keeps the first ones of each state.
package conntrack

import (
	"bytes"
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is conntrack.txt and conntrack6.txt.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Connection tracking: counters and flows, conntrack -S and -L.",
	Files:  []string{"networking/conntrack.txt", "networking/conntrack6.txt"},
	Sniff:  sniff,
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "conntrack"

// What is kept of a file. Counting goes on beyond maxFlows.
const (
	maxCPUs         = 4096
	maxCounters     = 100 // of a CPU
	maxFlows        = 500 // of a protocol, state and answer
	maxKinds        = 200
	maxDestinations = 50_000
	maxLines        = 5      // of a destination
	maxRow          = 10_000 // bytes read of a row of counters
)

// A Table is a file.
type Table struct {
	// StatsLine and ListLine are where the collector announces conntrack -S
	// and conntrack -L; 0 where it does not. One that is announced and left
	// nothing has failed: its error went to the operator's terminal.
	StatsLine, ListLine int

	CPUs   []CPU
	Global *CPU // the one-column table of old versions; nil otherwise

	// Total is the number of flows, V6 how many of them are of IPv6. Version
	// 1.4.7 lists both families for conntrack -L: conntrack6.txt then has
	// again what conntrack.txt has.
	Total, V6    int
	Kinds        []Kind        // the most frequent first
	Destinations []Destination // the most frequent first
	Flows        []Flow        // the first of each kind, by line
	Shown        int           // of "12 flow entries have been shown", -1 without it

	// Cut tells that there were more kinds or destinations than are counted.
	Cut bool
	// Repeats are earlier runs of the collector in the same file. What they
	// saw is not in the other fields.
	Repeats int
	Notes   rows.Notes // lines that are neither
}

// A CPU has the counters of a CPU since the node started.
type CPU struct {
	CPU      int // -1 in Global
	Line     int
	Counters []Counter
}

// A Counter is one of found, invalid, ignore, insert, insert_failed, drop,
// early_drop, error, search_restart, clash_resolve, chaintoolong. Which there
// are depends on the kernel.
type Counter struct {
	Name  string
	Value uint64
	Line  int
}

// A Kind counts flows.
type Kind struct {
	Proto     string // "tcp", "udp", "icmp", "unknown"
	State     string // "TIME_WAIT"; "" where the protocol has none
	Unreplied bool
	Flows     int
	Line      int // of the first
}

// A Destination counts the flows to where their first packet went: for a
// Service that is the Service's address.
type Destination struct {
	Proto, State string
	Addr         netip.Addr
	Port         uint16 // 0 where the protocol has none
	Flows        int
	Unreplied    int
	// Direct are the flows whose answer is awaited from the address itself:
	// nothing translates it. To that of a Service no flow should be.
	Direct int
	Lines  []int // the first unreplied ones, else the first ones
}

// A Flow is a line of conntrack -L.
type Flow struct {
	Line        int
	Proto       string
	Number      int   // of the protocol: 6
	Timeout     int64 // seconds left; -1 when not said, as for offloaded flows
	State       string
	Orig, Reply Tuple
	Unreplied   bool
	Assured     bool
	Mark        uint64
	Zone        int // 0 is the default one
	Use         int
	Rest        string // other words, as written: "[OFFLOAD] secctx=..."
}

// A Tuple is one direction of a flow. Ports are 0 where the protocol has none;
// packets and bytes are 0 unless the node counts them.
type Tuple struct {
	Src, Dst         netip.Addr
	SrcPort, DstPort uint16
	Packets, Bytes   uint64
}

// Counter returns a counter of a CPU.
func (c *CPU) Counter(name string) (Counter, bool) {
	for _, n := range c.Counters {
		if n.Name == name {
			return n, true
		}
	}
	return Counter{}, false
}

// Sum adds a counter of all CPUs; false when the file does not have it.
func (t *Table) Sum(name string) (sum uint64, ok bool) {
	if t.Global != nil {
		c, ok := t.Global.Counter(name)
		return c.Value, ok
	}
	for i := range t.CPUs {
		if c, has := t.CPUs[i].Counter(name); has {
			sum, ok = sum+c.Value, true
		}
	}
	return sum, ok
}

// Count adds the flows of a protocol in a state; "" is any.
func (t *Table) Count(proto, state string) int {
	n := 0
	for _, k := range t.Kinds {
		if (proto == "" || k.Proto == proto) && (state == "" || k.State == state) {
			n += k.Flows
		}
	}
	return n
}

// Unreplied returns how many flows got no answer.
func (t *Table) Unreplied() int {
	n := 0
	for _, k := range t.Kinds {
		if k.Unreplied {
			n += k.Flows
		}
	}
	return n
}

// Parse reads a file.
//
//	*** Output of conntrack -S ***
//	cpu=0   	found=0 invalid=1 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 search_restart=0
//	*** Output of conntrack -L ***
//	tcp      6 73 SYN_SENT src=10.0.12.34 dst=172.20.0.1 sport=58408 dport=443 [UNREPLIED] src=172.20.0.1 dst=10.0.12.34 sport=443 dport=64339 mark=0 use=1
//	udp      17 7 src=10.0.12.34 dst=10.0.0.2 sport=546 dport=53 src=10.0.0.2 dst=10.0.12.34 sport=53 dport=546 mark=0 use=1
func Parse(file string, text []byte) (*Table, error) {
	p := &parser{}
	p.reset()
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(strings.TrimSpace(line))
	}
	t := p.finish()
	if t.StatsLine+t.ListLine == 0 && len(t.CPUs) == 0 && t.Global == nil && t.Total == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("neither counters nor flows")}
	}
	return t, nil
}

// parser is the state between lines.
type parser struct {
	table *Table
	num   int
	kinds map[kindKey]int // index in table.Kinds
	dests map[destKey]int // index in table.Destinations
}

type kindKey struct {
	proto, state string
	unreplied    bool
}

type destKey struct {
	proto, state string
	addr         netip.Addr
	port         uint16
}

func (p *parser) reset() {
	p.table = &Table{Shown: -1}
	p.kinds, p.dests = map[kindKey]int{}, map[destKey]int{}
}

func (p *parser) line(s string) {
	switch {
	case s == "":
	case strings.HasPrefix(s, "*** Output of conntrack "):
		p.head(s)
	case strings.HasPrefix(s, "cpu="):
		p.cpu(s)
	case p.flow(s) || p.global(s) || p.shown(s):
	default:
		p.table.Notes.Add(p.num, s)
	}
}

// head reads what the collector writes before the output of a command. The
// same one again starts another run, as the collector only appends.
func (p *parser) head(s string) {
	at := func() *int {
		if strings.Contains(s, " -S") {
			return &p.table.StatsLine
		}
		return &p.table.ListLine
	}
	if *at() != 0 {
		repeats, notes := p.table.Repeats, p.table.Notes
		p.reset()
		p.table.Repeats, p.table.Notes = repeats+1, notes
	}
	*at() = p.num
}

// cpu reads a row of conntrack -S.
func (p *parser) cpu(s string) {
	f := strings.Fields(s[:min(len(s), maxRow)])
	n, err := strconv.ParseUint(f[0][len("cpu="):], 10, 31)
	if err != nil || len(p.table.CPUs) == maxCPUs {
		p.table.Notes.Add(p.num, s)
		return
	}
	c := CPU{CPU: int(n), Line: p.num}
	for _, w := range f[1:min(len(f), maxCounters)] {
		key, value, _ := strings.Cut(w, "=")
		if v, err := strconv.ParseUint(value, 10, 64); err == nil {
			c.Counters = append(c.Counters, Counter{key, v, p.num})
		}
	}
	p.table.CPUs = append(p.table.CPUs, c)
}

// global reads a row of the table that versions without netlink counters
// print, the sums of all CPUs.
//
//	entries   		90
//	insert_failed		0
func (p *parser) global(s string) bool {
	key, value, ok := strings.Cut(s, "\t")
	v, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
	key = strings.TrimSpace(key)
	if !ok || err != nil || key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return false
	}
	if p.table.Global == nil {
		p.table.Global = &CPU{CPU: -1, Line: p.num}
	}
	if len(p.table.Global.Counters) < maxCounters {
		p.table.Global.Counters = append(p.table.Global.Counters, Counter{key, v, p.num})
	}
	return true
}

// shown reads "conntrack v1.4.7 (conntrack-tools): 12 flow entries have been
// shown.", which stands in files that somebody else collected.
func (p *parser) shown(s string) bool {
	s, ok := strings.CutSuffix(s, " flow entries have been shown.")
	n, err := strconv.ParseUint(s[strings.LastIndexByte(s, ' ')+1:], 10, 31)
	if !ok || err != nil {
		return false
	}
	p.table.Shown = int(n)
	return true
}

func (p *parser) flow(s string) bool {
	f, ok := parseFlow(s)
	if !ok {
		return false
	}
	f.Line = p.num
	p.table.Total++
	if f.Orig.Dst.Is6() {
		p.table.V6++
	}
	p.countKind(f)
	p.countDestination(f)
	return true
}

func (p *parser) countKind(f Flow) {
	key := kindKey{f.Proto, f.State, f.Unreplied}
	i, ok := p.kinds[key]
	if !ok {
		i = len(p.table.Kinds)
		if i == maxKinds {
			p.table.Cut = true
			return
		}
		p.kinds[key] = i
		p.table.Kinds = append(p.table.Kinds, Kind{f.Proto, f.State, f.Unreplied, 0, f.Line})
	}
	k := &p.table.Kinds[i]
	if k.Flows++; k.Flows <= maxFlows {
		p.table.Flows = append(p.table.Flows, f)
	}
}

func (p *parser) countDestination(f Flow) {
	key := destKey{f.Proto, f.State, f.Orig.Dst, f.Orig.DstPort}
	i, ok := p.dests[key]
	if !ok {
		i = len(p.table.Destinations)
		if i == maxDestinations {
			p.table.Cut = true
			return
		}
		p.dests[key] = i
		p.table.Destinations = append(p.table.Destinations, Destination{Proto: f.Proto, State: f.State, Addr: f.Orig.Dst, Port: f.Orig.DstPort})
	}
	d := &p.table.Destinations[i]
	d.Flows++
	if f.Reply.Src == f.Orig.Dst {
		d.Direct++
	}
	if f.Unreplied {
		if d.Unreplied++; d.Unreplied == 1 {
			d.Lines = d.Lines[:0]
		}
	}
	if len(d.Lines) < maxLines && (f.Unreplied || d.Unreplied == 0) {
		d.Lines = append(d.Lines, f.Line)
	}
}

// finish puts the counts in order. Equal ones stay as the file has them.
func (p *parser) finish() *Table {
	t := p.table
	slices.SortStableFunc(t.Kinds, func(a, b Kind) int { return cmp.Compare(b.Flows, a.Flows) })
	slices.SortStableFunc(t.Destinations, func(a, b Destination) int { return cmp.Compare(b.Flows, a.Flows) })
	return t
}

// sniff accepts what the collector writes first, and a listing without it.
func sniff(head []byte) bool {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.HasPrefix(first, []byte("*** Output of conntrack -")) {
		return true
	}
	_, ok := parseFlow(string(first))
	return ok
}
