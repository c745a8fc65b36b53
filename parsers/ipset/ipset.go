// Package ipset reads the sets of addresses of a node: the output of ipset
// --list, and of ipset --save after it. kube-proxy has some in its IPVS mode.
package ipset

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is ipset.txt.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Sets of addresses and ports, ipset --list and --save.",
	Files:  []string{"networking/ipset.txt"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ipset"

// What is kept of a file. A set has 65536 members at most unless told.
const (
	maxSets    = 10_000
	maxMembers = 100_000 // of all sets together
	maxHeader  = 1000    // bytes
)

// Sets is a file. A node without sets has a file with an empty line.
type Sets struct {
	Sets  []Set
	Saved int        // sets and members in the part of --save, which says the same again
	Cut   bool       // there were more sets or members than are kept
	Notes rows.Notes // any other lines
}

// A Set is a set as --list shows it, or, where that is missing, --save.
type Set struct {
	Line       int
	Name, Type string // "KUBE-CLUSTER-IP", "hash:ip,port"
	Header     string // options as written: "family inet hashsize 1024 maxelem 65536"
	References int    // rules that use the set
	Entries    int    // members that the file shows, kept or not
	Members    []Member
}

// A Member is an entry of a set.
type Member struct {
	Line  int
	Entry string // "172.20.0.1,tcp:443"
	Rest  string // "timeout 119 packets 0 bytes 0", a comment
}

// Set returns a set by its name, nil when there is none.
func (s *Sets) Set(name string) *Set {
	for i := range s.Sets {
		if s.Sets[i].Name == name {
			return &s.Sets[i]
		}
	}
	return nil
}

// MaxElem returns how many members a set can have, 0 when it does not say.
func (s *Set) MaxElem() int {
	f := strings.Fields(s.Header)
	for i, w := range f[:max(len(f)-1, 0)] {
		if w == "maxelem" {
			n, _ := strconv.ParseUint(f[i+1], 10, 31)
			return int(n)
		}
	}
	return 0
}

// Parse reads a file.
//
//	Name: KUBE-CLUSTER-IP
//	Type: hash:ip,port
//	Header: family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x751289a1
//	References: 0
//	Number of entries: 1
//	Members:
//	172.20.0.1,tcp:443
//
//	create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536
//	add KUBE-CLUSTER-IP 172.20.0.1,tcp:443
func Parse(file string, text []byte) (*Sets, error) {
	p := &parser{out: &Sets{}, listed: map[string]bool{}, made: map[string]int{}}
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(strings.TrimRight(line, " \t\r"))
	}
	if s := p.out; len(s.Sets) == 0 && s.Saved == 0 && len(s.Notes) > 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file, Line: s.Notes[0].Line}, Format: name, Err: errors.New("no sets")}
	}
	return p.out, nil
}

type parser struct {
	out     *Sets
	num     int
	kept    int             // members
	listed  map[string]bool // sets that --list has
	made    map[string]int  // index in out.Sets of those that only --save has
	members bool            // the lines after "Members:"
	skip    bool            // of a set that is not kept
}

func (p *parser) line(s string) {
	if s == "" {
		p.members = false
		return
	}
	word, rest, _ := strings.Cut(s, " ")
	switch {
	case word == "Name:":
		p.members = false
		if p.skip = !p.start(Set{Line: p.num, Name: rest}); !p.skip {
			p.listed[rest] = true
		}
	case p.members:
		p.member(p.last(), s)
	case word == "create" && rest != "":
		p.create(rest)
	case word == "add" && rest != "":
		p.add(rest)
	case len(p.out.Sets) == 0 || !p.field(s):
		p.out.Notes.Add(p.num, s)
	}
}

// last returns the set that the lines belong to, nil when it is not kept.
func (p *parser) last() *Set {
	if p.skip || len(p.out.Sets) == 0 {
		return nil
	}
	return &p.out.Sets[len(p.out.Sets)-1]
}

func (p *parser) start(s Set) bool {
	if len(p.out.Sets) == maxSets {
		p.out.Cut = true
		return false
	}
	p.out.Sets = append(p.out.Sets, s)
	return true
}

// field reads a line of the head of a set; false when it is unknown.
func (p *parser) field(s string) bool {
	key, value, _ := strings.Cut(s, ":")
	value = strings.TrimSpace(value)
	set := p.last()
	if set == nil {
		set = &Set{}
	}
	switch key {
	case "Type":
		set.Type = value
	case "Header":
		set.Header = value[:min(len(value), maxHeader)]
	case "References":
		n, _ := strconv.ParseUint(value, 10, 31)
		set.References = int(n)
	case "Members":
		p.members = true
	case "Revision", "Size in memory", "Number of entries":
	default:
		return false
	}
	return true
}

// member keeps an entry of a set, nil when the set is not kept.
func (p *parser) member(set *Set, s string) {
	if set == nil {
		return
	}
	set.Entries++
	if p.kept == maxMembers {
		p.out.Cut = true
		return
	}
	p.kept++
	entry, rest, _ := strings.Cut(s, " ")
	set.Members = append(set.Members, Member{p.num, entry, strings.TrimSpace(rest)})
}

// create reads "KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024".
func (p *parser) create(s string) {
	p.out.Saved++
	set, rest, _ := strings.Cut(s, " ")
	kind, header, _ := strings.Cut(rest, " ")
	if p.listed[set] {
		return
	}
	if p.start(Set{Line: p.num, Name: set, Type: kind, Header: header[:min(len(header), maxHeader)]}) {
		p.made[set] = len(p.out.Sets) - 1
	}
}

// add reads "KUBE-CLUSTER-IP 172.20.0.1,tcp:443".
func (p *parser) add(s string) {
	p.out.Saved++
	set, entry, _ := strings.Cut(s, " ")
	if i, ok := p.made[set]; ok {
		p.member(&p.out.Sets[i], entry)
	}
}

func sniff(head []byte) bool {
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(first, []byte("Name: ")) && bytes.HasPrefix(rest, []byte("Type: ")) && bytes.Contains(rest, []byte("\nRevision: "))
}
