// Package netstat reads the TCP sockets of a node from netstat -plant. They
// are those of the node's own network namespace: sockets of pods are not there.
//
// [Sockets] counts all of them, by state, program and peer, and keeps the first
// ones of each state.
package netstat

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

// Format is netstat.txt.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "TCP sockets of the node with their programs, netstat -plant.",
	Files:  []string{"system/netstat.txt"},
	Sniff:  sniff,
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "netstat"

// What is kept of a file. Counting goes on beyond maxSockets.
const (
	maxSockets = 2000 // of a state
	maxStates  = 50
	maxGroups  = 20_000 // programs, and as many peers
	maxName    = 100    // of a program or an address, which netstat cuts to some 20 bytes
)

// Sockets is a file.
type Sockets struct {
	Total    int
	States   []Count // the most frequent first
	Programs []Group // by state and program, the most frequent first
	Peers    []Group // by state and foreign address, the most frequent first
	Sockets  []Socket
	Cut      bool       // there were more states, programs or peers than are counted
	Notes    rows.Notes // lines that are no rows
}

// A Count is how many sockets are in a state.
type Count struct {
	State   string // "LISTEN", "ESTABLISHED", "TIME_WAIT", ...; "" for UDP
	Sockets int
	Line    int // of the first
}

// A Group counts sockets in a state with the same program or peer. The other
// of the two is empty.
type Group struct {
	State   string
	PID     int
	Program string
	Peer    Endpoint
	Sockets int
	Line    int // of the first
}

// A Socket is a row.
type Socket struct {
	Line           int
	Proto          string // "tcp", "tcp6"
	RecvQ, SendQ   uint64 // bytes; of a listening socket RecvQ counts connections not accepted
	Local, Foreign Endpoint
	State          string
	PID            int    // 0 when not known: the socket is the kernel's, or netstat was not root
	Program        string // cut to about 20 bytes: "sshd: /usr/sbin"
}

// An Endpoint is an address and a port.
type Endpoint struct {
	Text string     // as written
	Addr netip.Addr // not valid when the text is no address
	Port uint16     // 0 for "*"
	// Cut says that netstat may have cut the address: it gives address and
	// port 22 characters together, too few for many addresses of IPv6.
	Cut bool
}

// Count returns how many sockets are in a state.
func (s *Sockets) Count(state string) int {
	for _, c := range s.States {
		if c.State == state {
			return c.Sockets
		}
	}
	return 0
}

// Listens returns the socket that listens on a port.
func (s *Sockets) Listens(port uint16) (Socket, bool) {
	for _, k := range s.Sockets {
		if k.State == "LISTEN" && k.Local.Port == port {
			return k, true
		}
	}
	return Socket{}, false
}

// Parse reads a file.
//
//	Active Internet connections (servers and established)
//	Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
//	tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      371/sshd: /usr/sbin
//	tcp        0      0 127.0.0.1:42864         127.0.0.1:50051         TIME_WAIT   -
//	tcp6       0      0 :::10250                :::*                    LISTEN      464/kubelet
func Parse(file string, text []byte) (*Sockets, error) {
	p := &parser{out: &Sockets{}, states: map[string]int{}, programs: map[groupKey]int{}, peers: map[groupKey]int{}}
	for num, line := range rows.Lines(text) {
		p.num = num
		p.line(strings.TrimSpace(line))
	}
	s := p.out
	if s.Total == 0 && !p.head {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no table of sockets")}
	}
	slices.SortStableFunc(s.States, func(a, b Count) int { return cmp.Compare(b.Sockets, a.Sockets) })
	for _, g := range [][]Group{s.Programs, s.Peers} {
		slices.SortStableFunc(g, func(a, b Group) int { return cmp.Compare(b.Sockets, a.Sockets) })
	}
	return s, nil
}

type parser struct {
	out      *Sockets
	num      int
	head     bool             // the table has a head
	states   map[string]int   // index in out.States
	programs map[groupKey]int // index in out.Programs
	peers    map[groupKey]int
}

type groupKey struct {
	state, text string
	pid         int
}

func (p *parser) line(s string) {
	switch {
	case s == "" || strings.HasPrefix(s, "Active Internet connections"):
	case strings.HasPrefix(s, "Proto Recv-Q Send-Q"):
		p.head = true
	default:
		k, ok := row(s)
		if !ok {
			p.out.Notes.Add(p.num, s)
			return
		}
		k.Line = p.num
		p.count(k)
	}
}

// row reads a row. The program is the rest of the line: it may have blanks.
func row(s string) (Socket, bool) {
	var f [5]string
	for i := range f {
		f[i], s = cutField(s)
	}
	k := Socket{Proto: f[0], Local: endpoint(f[3]), Foreign: endpoint(f[4])}
	var err1, err2 error
	k.RecvQ, err1 = strconv.ParseUint(f[1], 10, 64)
	k.SendQ, err2 = strconv.ParseUint(f[2], 10, 64)
	if err1 != nil || err2 != nil || !strings.Contains(f[4], ":") || len(f[3]) > maxName || len(f[4]) > maxName {
		return k, false
	}
	if state, rest := cutField(s); isState(state) {
		k.State, s = state, rest
	}
	pid, program, ok := strings.Cut(s, "/")
	if n, err := strconv.ParseUint(pid, 10, 31); ok && err == nil {
		k.PID, k.Program = int(n), rows.Clip(strings.TrimSpace(program), maxName)
	}
	return k, true
}

// isState tells a state from the program of a socket without one.
func isState(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_12") == ""
}

// cutField returns the first word and what follows it.
func cutField(s string) (word, rest string) {
	i := strings.IndexByte(s, ' ')
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimLeft(s[i:], " ")
}

// endpoint reads "10.0.7.118:443", "0.0.0.0:*", ":::22" and "::1:8081".
func endpoint(s string) Endpoint {
	e := Endpoint{Text: s}
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return e
	}
	host, port := s[:i], s[i+1:]
	if ip, err := netip.ParseAddr(host); err == nil {
		e.Addr = ip.Unmap() // old versions write ::ffff:10.0.7.118
	}
	n, _ := strconv.ParseUint(port, 10, 16)
	e.Port = uint16(n)
	e.Cut = len(host)+len(port) >= 22 && strings.Contains(host, ":")
	return e
}

func (p *parser) count(k Socket) {
	p.out.Total++
	i, ok := p.states[k.State]
	if !ok {
		i = len(p.out.States)
		if i == maxStates {
			p.out.Cut = true
			return
		}
		p.states[k.State] = i
		p.out.States = append(p.out.States, Count{k.State, 0, k.Line})
	}
	if p.out.States[i].Sockets++; p.out.States[i].Sockets <= maxSockets {
		p.out.Sockets = append(p.out.Sockets, k)
	}
	if k.PID != 0 {
		p.group(p.programs, &p.out.Programs, groupKey{k.State, k.Program, k.PID}, Group{State: k.State, PID: k.PID, Program: k.Program, Line: k.Line})
	}
	if k.State != "LISTEN" {
		p.group(p.peers, &p.out.Peers, groupKey{k.State, k.Foreign.Text, 0}, Group{State: k.State, Peer: k.Foreign, Line: k.Line})
	}
}

// group counts a socket in its group, which is first when there is none yet.
func (p *parser) group(index map[groupKey]int, groups *[]Group, key groupKey, first Group) {
	i, ok := index[key]
	if !ok {
		i = len(*groups)
		if i == maxGroups {
			p.out.Cut = true
			return
		}
		index[key] = i
		*groups = append(*groups, first)
	}
	(*groups)[i].Sockets++
}

func sniff(head []byte) bool {
	return bytes.HasPrefix(head, []byte("Active Internet connections ")) || bytes.HasPrefix(head, []byte("Proto Recv-Q Send-Q Local Address "))
}
