// Package ebpf reads what the network policy agent of the VPC CNI has loaded
// into the kernel: its programs with their maps, and the rules in the maps.
//
// The text is that of aws-eks-na-cli:
// https://github.com/aws/aws-network-policy-agent/blob/main/pkg/clihelper/show.go
package ebpf

import (
	"bytes"
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rerun"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is ebpf-data.txt, ebpf-maps-data.txt and ebpf-cp-maps-data.txt.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Programs and maps of the network policy agent, aws-eks-na-cli.",
	Files:  []string{"networking/ebpf-data.txt", "networking/ebpf-maps-data.txt", "networking/ebpf-cp-maps-data.txt"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ebpf"

// What is kept of a file. A map has 65536 entries at most, an entry 24 rules.
const (
	maxPrograms = 10_000
	maxRows     = 200_000 // maps, entries and rules together
)

// Data is a file: programs in ebpf-data.txt, maps in the others.
type Data struct {
	Programs []Program
	Maps     []Map
	Cut      bool // there were more than are kept
	// Repeats are earlier runs of the collector in the same file. Their
	// programs and maps are not among these.
	Repeats int
	Notes   rows.Notes // any other lines
}

// A Program filters the packets of the pods of a workload.
type Program struct {
	Line      int
	PinPath   string
	Pod       string // "busybox-deployment-77948c5466-default": workload and namespace
	Direction string // "ingress", "egress"
	ID        int    // -1 when not said, as by versions of 2023
	Maps      []Ref
}

// A Ref is a map of a program. Some maps are of all programs.
type Ref struct {
	Line int
	Name string // "ingress_map", "aws_conntrack_map", "policy_events"
	ID   int
}

// A Map is the content of a map.
type Map struct {
	Line    int
	ID      int
	Entries []Entry // of the rules of a network policy
	States  []State // of the state of a pod
	Flows   int     // of connection tracking; these are counted only
	Empty   int     // line that says so, 0 without it
	// Done is the line that says that the map was read in full; 0 tells that
	// the command failed, or was stopped.
	Done int
}

// An Entry is what is allowed to or from the addresses of a prefix.
type Entry struct {
	Line   int
	Prefix netip.Prefix
	Rules  []Rule // none: nothing
}

// A Rule is for a protocol and ports: what a network policy allows. The agent
// uses RESERVED where nothing is allowed.
type Rule struct {
	Line               int
	Protocol           string // "TCP", "UDP", "SCTP", "ICMP", "ANY PROTOCOL", "RESERVED" or a number
	Priority           int    // of cluster network policies; -1 for others
	StartPort, EndPort int    // 0 and 0 are all ports
}

// A State is whether policies hold for the pods of a map: 0 when they are
// applied, 1 when everything is allowed, 2 when everything is denied. Key 0 is
// for network policies, 1 for cluster network policies.
type State struct{ Line, Key, State int }

// Parse reads a file. Versions differ in blanks and words.
//
//	*** EBPF loaded data ***
//	PinPath:  /sys/fs/bpf/globals/aws/programs/busybox-deployment-77948c5466-default_handle_egress
//	Pod Identifier : busybox-deployment-77948c5466-default  Direction : egress
//	Prog ID:  19580
//	Associated Maps ->
//	Map Name:  egress_map
//	Map ID:  225
//
//	*** EBPF Maps Data for Map ID 225 ***
//	Key : IP/Prefixlen - 192.168.61.236/32
//	Value Entry :  0
//	Protocol -  TCP
//	StartPort -  80
//	Endport -  0
//	Done reading all entries
func Parse(file string, text []byte) (*Data, error) {
	p := &parser{out: &Data{}}
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(strings.TrimSpace(line))
	}
	if !p.known {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no output of aws-eks-na-cli")}
	}
	p.out.Repeats = max(p.heads-1, p.ids.Repeats())
	return p.out, nil
}

type parser struct {
	out   *Data
	num   int
	known bool // the file is what it should be
	rows  int
	heads int // of the list of programs
	ids   rerun.Sections[int]

	program *Program // the last one; nil when it is not kept
	of      *Map
	entry   *Entry
	rule    *Rule
	key     int // of the state that follows
}

const mapHead = "*** EBPF Maps Data for Map ID "

func (p *parser) line(s string) {
	switch {
	case s == "" || strings.Trim(s, "-=*") == "":
	case strings.HasPrefix(s, "*** EBPF loaded data"):
		p.known = true
		p.startPrograms()
	case strings.HasPrefix(s, mapHead):
		p.known = true
		p.startMap(number(strings.TrimRight(s[len(mapHead):], " *")))
	case strings.HasPrefix(s, "PinPath:"):
		p.known = true
		p.startProgram(strings.TrimSpace(s[len("PinPath:"):]))
	case strings.HasPrefix(s, "Associated Maps"), strings.HasPrefix(s, "pinPathName:"), strings.HasPrefix(s, "Walking map:"):
	case p.program != nil && p.ofProgram(s), p.of != nil && p.ofMap(s):
	default:
		p.out.Notes.Add(p.num, s)
	}
}

// startPrograms starts the list of a run. The collector only appends: what an
// earlier run had loaded is dropped.
func (p *parser) startPrograms() {
	for _, old := range p.out.Programs {
		p.rows -= len(old.Maps)
	}
	p.out.Programs, p.program, p.of = nil, nil, nil
	p.heads++
}

func (p *parser) startProgram(pin string) {
	p.program, p.of = nil, nil
	if len(p.out.Programs) == maxPrograms {
		p.out.Cut = true
		return
	}
	p.out.Programs = append(p.out.Programs, Program{Line: p.num, PinPath: pin, ID: -1})
	p.program = &p.out.Programs[len(p.out.Programs)-1]
}

// ofProgram reads a line of a program; false when it is none.
func (p *parser) ofProgram(s string) bool {
	key, value, ok := strings.Cut(s, ":")
	value = strings.TrimSpace(value)
	switch strings.TrimSpace(key) {
	case "Pod Identifier":
		pod, direction, _ := strings.Cut(value, "Direction :")
		p.program.Pod, p.program.Direction = strings.TrimSpace(pod), strings.TrimSpace(direction)
	case "Prog ID":
		p.program.ID = number(value)
	case "Prog FD":
	case "Map Name":
		if p.room() {
			p.program.Maps = append(p.program.Maps, Ref{p.num, value, -1})
		}
	case "Map ID":
		if n := len(p.program.Maps); n > 0 {
			p.program.Maps[n-1].ID = number(value)
		}
	default:
		return false
	}
	return ok
}

func (p *parser) startMap(id int) {
	p.program, p.of, p.entry, p.rule = nil, nil, nil, nil
	if id >= 0 {
		p.dropMaps(p.ids.Add(id, len(p.out.Maps)))
	}
	if p.room() {
		p.out.Maps = append(p.out.Maps, Map{Line: p.num, ID: id})
		p.of = &p.out.Maps[len(p.out.Maps)-1]
	}
}

// dropMaps drops the first n maps, which an earlier run has read.
func (p *parser) dropMaps(n int) {
	for i := range p.out.Maps[:n] {
		m := &p.out.Maps[i]
		p.rows -= 1 + len(m.Entries) + len(m.States)
		for _, e := range m.Entries {
			p.rows -= len(e.Rules)
		}
		*m = Map{}
	}
	p.out.Maps = p.out.Maps[n:]
}

// ofMap reads a line of the content of a map; false when it is none.
func (p *parser) ofMap(s string) bool {
	switch {
	case strings.HasPrefix(s, "No Entries found"), strings.HasPrefix(s, "No entries found"):
		p.of.Empty = p.num
	case strings.HasPrefix(s, "Done reading all entries"):
		p.of.Done = p.num
	case strings.HasPrefix(s, "Conntrack Key :"):
		p.of.Flows++
		p.entry, p.rule = nil, nil
	case strings.HasPrefix(s, "Conntrack Val"), strings.HasPrefix(s, "Last Seen"):
	case strings.HasPrefix(s, "Key"):
		return p.startEntry(s)
	case strings.HasPrefix(s, "Value"), strings.HasPrefix(s, "Entry "):
		p.rule = nil
	default:
		return p.ofRule(s)
	}
	return true
}

// startEntry reads the three forms of a key, "Key : IP/Prefixlen - 0.0.0.0/0",
// "Key: 0.0.0.0/0" and, of a pod's state, "Key :  0". Those of cluster network
// policies are printed twice.
func (p *parser) startEntry(s string) bool {
	_, value, _ := strings.Cut(s, ":")
	value = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(value), "IP/Prefixlen -"))
	if n := number(value); n >= 0 {
		p.key, p.entry, p.rule = n, nil, nil
		return true
	}
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		return false
	}
	if p.entry != nil && p.entry.Prefix == prefix && len(p.entry.Rules) == 0 {
		return true
	}
	p.entry, p.rule = nil, nil
	if p.room() {
		p.of.Entries = append(p.of.Entries, Entry{Line: p.num, Prefix: prefix})
		p.entry = &p.of.Entries[len(p.of.Entries)-1]
	}
	return true
}

// ofRule reads "Protocol -  TCP", "EndPort   - 80" and the state of a pod.
func (p *parser) ofRule(s string) bool {
	key, value, ok := strings.Cut(s, "-")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if !ok {
		return false
	}
	switch key {
	case "Protocol":
		p.startRule(value)
	case "State":
		if p.room() {
			p.of.States = append(p.of.States, State{p.num, p.key, number(value)})
		}
	case "Priority", "StartPort", "EndPort", "Endport":
		if p.rule != nil {
			p.rule.set(key, number(value))
		}
	default:
		return false
	}
	return true
}

func (r *Rule) set(key string, n int) {
	switch key {
	case "Priority":
		r.Priority = n
	case "StartPort":
		r.StartPort = n
	case "EndPort", "Endport":
		r.EndPort = n
	}
}

// protocols are the names of what versions of 2023 print as numbers.
var protocols = map[string]string{"1": "ICMP", "6": "TCP", "17": "UDP", "132": "SCTP", "254": "ANY PROTOCOL", "255": "RESERVED"}

func (p *parser) startRule(protocol string) {
	p.rule = nil
	if p.entry == nil || !p.room() {
		return
	}
	if n, ok := protocols[protocol]; ok {
		protocol = n
	}
	p.entry.Rules = append(p.entry.Rules, Rule{Line: p.num, Protocol: protocol, Priority: -1})
	p.rule = &p.entry.Rules[len(p.entry.Rules)-1]
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

// number reads a number, -1 when it is none.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return -1
	}
	return int(n)
}

func sniff(head []byte) bool {
	return bytes.HasPrefix(head, []byte("*** EBPF loaded data")) || bytes.HasPrefix(head, []byte(mapHead))
}
