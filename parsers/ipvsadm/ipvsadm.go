// Package ipvsadm reads the virtual servers of a node. kube-proxy makes one for
// each address and port of a Service in its IPVS mode.
package ipvsadm

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

// Format is ipvsadm.txt.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Virtual servers of IPVS with their backends, ipvsadm.",
	Files:  []string{"networking/ipvsadm.txt"},
	Sniff:  sniff,
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ipvsadm"

// What is kept of a file.
const (
	maxRows = 100_000 // servers and backends together, of each part
	maxLine = 10_000  // bytes; a longer line is a note
)

// Servers is a file. Its three parts show the same servers: as commands, with
// rates, and with counters. A name of /etc/hosts or /etc/services may stand for
// an address or a port among the commands, as they are saved without --numeric.
type Servers struct {
	Saved []Server // without Rates and Totals
	Rates []Server
	Stats []Server
	Cut   bool       // there were more than are kept
	Notes rows.Notes // any other lines
}

// A Server is a virtual server.
type Server struct {
	Line      int
	Proto     string // "TCP", "UDP", "SCTP", "FWM"
	Addr      string // "172.20.0.1:443", "[fd00::1]:443"; of FWM the mark
	Scheduler string // "rr"; of Saved only
	Options   string // "-p 10800"; of Saved only
	Values    Values
	Backends  []Backend
}

// A Backend is a real server of a virtual one.
type Backend struct {
	Line    int
	Addr    string
	Forward string // "-m" is masquerading; of Saved only
	Weight  int    // 0 gets no new connections; of Saved only, else -1
	Values  Values
}

// Values are the five columns. Among the Stats they count since the server was
// made, among the Rates they are a second's. Those that are not exact are
// rounded, as "2110M".
type Values struct {
	Conns, InPackets, OutPackets, InBytes, OutBytes uint64
}

// All returns the part that has the most servers: commands may have failed.
func (s *Servers) All() []Server {
	best := s.Saved
	for _, part := range [][]Server{s.Stats, s.Rates} {
		if len(part) > len(best) {
			best = part
		}
	}
	return best
}

// Parse reads a file. Without virtual servers it has the heads only.
//
//	-A -t 172.20.0.1:https -s rr
//	-a -t 172.20.0.1:https -r 10.0.9.201:https -m -w 1
//
//	IP Virtual Server version 1.2.1 (size=4096)
//	Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS
//	  -> RemoteAddress:Port
//	TCP  172.20.0.1:443                      0        2        1      215      343
//	  -> 10.0.9.201:443                      0        2        1      215      343
//
//	IP Virtual Server version 1.2.1 (size=4096)
//	Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
//	  -> RemoteAddress:Port
//	TCP  172.20.0.1:443                  14209   111769    74613  7207174  8334358
//	  -> 10.0.9.201:443                  14209   111769    74613  7207174  8334358
func Parse(file string, text []byte) (*Servers, error) {
	p := &parser{out: &Servers{}}
	for raw := range bytes.Lines(text) {
		line := string(raw) // what is kept holds one line in memory, not the file
		p.num++
		p.line(strings.TrimSpace(line))
	}
	s := p.out
	if !p.head && len(s.Saved) == 0 && len(s.Notes) > 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file, Line: s.Notes[0].Line}, Format: name, Err: errors.New("no virtual servers")}
	}
	return s, nil
}

type parser struct {
	out   *Servers
	num   int
	head  bool      // a table has begun
	table *[]Server // what its rows belong to; nil before its head
	rows  int
	cur   *Server // the last server; nil when it is not kept
}

func (p *parser) line(s string) {
	switch {
	case s == "":
	case len(s) > maxLine:
		p.out.Notes.Add(p.num, s)
	case strings.HasPrefix(s, "IP Virtual Server version "):
		p.head, p.table, p.cur = true, nil, nil
	case strings.HasPrefix(s, "Prot LocalAddress:Port "):
		p.columns(s)
	case strings.HasPrefix(s, "-> RemoteAddress:Port"):
	case strings.HasPrefix(s, "-A ") || strings.HasPrefix(s, "-a "):
		p.saved(strings.Fields(s))
	case p.table == nil || !p.row(strings.Fields(s)):
		p.out.Notes.Add(p.num, s)
	}
}

// columns tells the tables apart.
func (p *parser) columns(s string) {
	p.rows, p.cur, p.table = 0, nil, nil
	switch {
	case strings.Contains(s, " CPS "):
		p.table = &p.out.Rates
	case strings.Contains(s, " Conns "):
		p.table = &p.out.Stats
	}
}

// row reads a row of a table; false when it is none.
func (p *parser) row(f []string) bool {
	if f[0] == "->" {
		if len(f) < 2 {
			return false
		}
		p.backend(Backend{Line: p.num, Addr: f[1], Weight: -1, Values: values(f[2:])})
		return true
	}
	if len(f) < 2 || !isProto(f[0]) {
		return false
	}
	p.server(p.table, Server{Line: p.num, Proto: f[0], Addr: f[1], Values: values(f[2:])})
	return true
}

func isProto(s string) bool { return s == "TCP" || s == "UDP" || s == "SCTP" || s == "FWM" }

// saved reads a command: "-A" makes a virtual server, "-a" a backend of one.
func (p *parser) saved(f []string) {
	if f[0] == "-a" {
		p.savedBackend(f[1:])
		return
	}
	s := Server{Line: p.num}
	var other []string
	for i := 1; i < len(f); i++ {
		value := ""
		if i+1 < len(f) {
			value = f[i+1]
		}
		switch {
		case option[f[i]] != "" && s.Addr == "":
			s.Proto, s.Addr = option[f[i]], value
			i++
		case f[i] == "-s":
			s.Scheduler = value
			i++
		default:
			other = append(other, f[i])
		}
	}
	s.Options = strings.Join(other, " ")
	p.server(&p.out.Saved, s)
}

// option are the protocols of the options that name a virtual server.
var option = map[string]string{"-t": "TCP", "-u": "UDP", "--sctp-service": "SCTP", "-f": "FWM"}

// savedBackend reads "-t 172.20.0.1:https -r 10.0.9.201:https -m -w 1".
func (p *parser) savedBackend(f []string) {
	b := Backend{Line: p.num, Weight: 1}
	for i, w := range f {
		switch {
		case (w == "-m" || w == "-g" || w == "-i") && b.Addr != "":
			b.Forward = w
		case w == "-r" && i+1 < len(f):
			b.Addr = f[i+1]
		case w == "-w" && i+1 < len(f):
			n, _ := strconv.ParseUint(f[i+1], 10, 31)
			b.Weight = int(n)
		}
	}
	p.backend(b)
}

func (p *parser) server(to *[]Server, s Server) {
	p.cur = nil
	if p.rows == maxRows {
		p.out.Cut = true
		return
	}
	p.rows++
	*to = append(*to, s)
	p.cur = &(*to)[len(*to)-1]
}

func (p *parser) backend(b Backend) {
	switch {
	case p.cur == nil && !p.out.Cut:
		p.out.Notes.Add(p.num, "a backend without a server: "+b.Addr)
		return
	case p.cur == nil || p.rows == maxRows:
		p.out.Cut = true
		return
	}
	p.rows++
	p.cur.Backends = append(p.cur.Backends, b)
}

func values(f []string) Values {
	var v [5]uint64
	for i := range min(len(f), len(v)) {
		v[i], _ = size.Counter(f[i])
	}
	return Values{v[0], v[1], v[2], v[3], v[4]}
}

func sniff(head []byte) bool {
	return bytes.HasPrefix(head, []byte("IP Virtual Server version ")) && (bytes.Contains(head, []byte(" InPPS ")) || bytes.Contains(head, []byte(" InPkts ")))
}
