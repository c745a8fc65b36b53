package tcpdump

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
)

// A Packet is what tcpdump prints of one. What it did not print is zero.
type Packet struct {
	Line  int
	Stamp parsers.Stamp // without a kind for a time without a date
	// Clock is the time of the day, or since another packet, of a line whose
	// Stamp has no kind; -1 when there is none.
	Clock time.Duration

	Interface string // with -i any
	Direction string // with -i any: "In", "Out", "B", "M", "P"
	Family    Family
	TTL       int // the hop limit of IPv6; with -v only
	Proto     Proto
	Src, Dst  Endpoint
	Flags     string // of TCP as printed: "S", "S.", "R.", "P.", "."
	Seq       string // of TCP as printed: "238168980", later "1:97"
	Length    int    // of the contents; -1 when not printed
	Text      string // what stands behind the addresses, shortened

	// Quoted is the packet that an ICMP error is about; with -v only.
	Quoted *Packet
}

// A Family is what a packet is below its ports.
type Family string

// The families that are told apart.
const (
	IPv4 Family = "IPv4"
	IPv6 Family = "IPv6"
	ARP  Family = "ARP"
)

// A Proto is what an IP packet holds.
type Proto string

// The protocols that are told apart.
const (
	TCP    Proto = "TCP"
	UDP    Proto = "UDP"
	ICMP   Proto = "ICMP"
	ICMPv6 Proto = "ICMPv6"
)

// An Endpoint is an address with its port, in numbers or, without -nn, names.
type Endpoint struct{ Host, Port string }

// maxText is how much is kept of the text of a packet.
const maxText = 500

// SYN reports whether the packet asks for a connection.
func (p *Packet) SYN() bool { return p.syn() && !strings.Contains(p.Flags, ".") }

// SYNACK reports whether the packet accepts a connection.
func (p *Packet) SYNACK() bool { return p.syn() && strings.Contains(p.Flags, ".") }

// RST reports whether the packet refuses or breaks a connection.
func (p *Packet) RST() bool { return strings.Contains(p.Flags, "R") }

func (p *Packet) syn() bool { return strings.HasPrefix(p.Flags, "S") }

// Expired reports whether the packet tells that another one had no hops left,
// as those to and from the metadata service with a hop limit of 1 have not.
func (p *Packet) Expired() bool { return strings.Contains(p.Text, "time exceeded in-transit") }

// Packets reads lines with their numbers, as those of a file. A packet is
// yielded when the next one starts, as more may be printed of it.
func Packets(lines iter.Seq2[int, []byte]) iter.Seq[Packet] {
	return func(yield func(Packet) bool) {
		var r reader
		for num, line := range lines {
			if p, done := r.line(num, line); done && !yield(p) {
				return
			}
		}
		if r.open {
			yield(r.at)
		}
	}
}

// A reader puts the lines of a packet together.
type reader struct {
	at      Packet
	open    bool // at is a packet
	quoting bool // the next line with addresses is of the packet in quotes
}

// line reads one line and returns the packet before, when this one starts the
// next.
func (r *reader) line(num int, line []byte) (done Packet, ok bool) {
	line = bytes.TrimRight(line, "\r\n")
	if p, head := first(line); head {
		done, ok = r.at, r.open
		p.Line = num
		r.at, r.open, r.quoting = p, true, false
		return done, ok
	}
	if r.open {
		r.more(num, line)
	}
	return Packet{}, false
}

// first reads the first line of a packet.
func first(line []byte) (Packet, bool) {
	s, n := stamp(line)
	if _, bare := family(line); n == 0 && bare == 0 {
		return Packet{}, false
	}
	p, ok := readHead(line[n:])
	p.Stamp, p.Clock = s, -1
	if n > 0 && s.Kind == parsers.NoStamp {
		p.Clock = sinceMidnight(string(bytes.TrimSpace(line[:n])))
	}
	return p, ok
}

// sinceMidnight reads "11:29:12.031922".
func sinceMidnight(s string) time.Duration {
	d, err := time.ParseDuration(s[:2] + "h" + s[3:5] + "m" + s[6:] + "s")
	if err != nil {
		return -1
	}
	return d
}

// more reads a line below the first.
//
//	    10.0.12.34 > 169.254.169.254: ICMP time exceeded in-transit, length 68
//		IP (tos 0x0, ttl 1, id 0, offset 0, flags [DF], proto TCP (6), length 60)
//	    169.254.169.254.8181 > 10.0.97.30.37840: Flags [S.], seq 2808616520, ack 2158258517, ...
func (r *reader) more(num int, line []byte) {
	if in, ok := bytes.CutPrefix(line, tab); ok {
		if _, n := family(in); n > 0 && r.at.Quoted == nil && r.at.isICMP() {
			if q, ok := readHead(in); ok {
				q.Line, q.Clock = num, -1
				r.at.Quoted, r.quoting = &q, q.Src.Host == ""
			}
		}
		return
	}
	if !isTail(line) {
		return
	}
	switch text := string(bytes.TrimLeft(line, " ")); {
	case r.quoting:
		r.at.Quoted.addresses(text)
		r.quoting = false
	case r.at.Src.Host == "" && r.at.Family != ARP:
		r.at.addresses(text)
	}
}

func (p *Packet) isICMP() bool { return p.Proto == ICMP || p.Proto == ICMPv6 }

// readHead reads the first line of a packet behind its time.
//
//	eni0  In  IP (tos 0x0, ttl 64, id 39501, offset 0, flags [DF], proto TCP (6), length 60)
//	32:4f:b0:4d:76:d9 > 4e:27:27:5f:9f:0a, ethertype IPv4 (0x0800), length 74: 10.0.97.30.37472 > 169.254.169.254.80: Flags [S], ...
func readHead(rest []byte) (p Packet, ok bool) {
	p.Length, p.Clock = -1, -1
	rest = bytes.TrimLeft(rest, " ")
	p.Interface, p.Direction, rest = link(rest)
	f, n := family(rest)
	if n == 0 {
		f, n = ethertype(rest)
	}
	if n == 0 {
		return p, false
	}
	p.Family, rest = f, rest[n:]
	text := p.details(string(rest))
	if p.Family == ARP {
		p.text(text)
		return p, true
	}
	if text != "" {
		p.addresses(text)
	}
	return p, text == "" || p.Src.Host != ""
}

// link reads the interface and the direction of -i any; older versions print
// the direction only.
func link(rest []byte) (name, direction string, after []byte) {
	one, more, _ := bytes.Cut(rest, []byte(" "))
	if isDirection(one) {
		return "", string(one), bytes.TrimLeft(more, " ")
	}
	const longest = 15 // of the name of an interface
	more = bytes.TrimLeft(more, " ")
	two, tail, _ := bytes.Cut(more, []byte(" "))
	if len(one) > longest || !isDirection(two) {
		return "", "", rest
	}
	return string(one), string(two), bytes.TrimLeft(tail, " ")
}

func isDirection(word []byte) bool {
	switch string(word) {
	case "In", "Out", "B", "M", "P":
		return true
	}
	return false
}

// ethertype finds the protocol behind the header of the link, as -e prints it,
// and where its text starts. Tags of a VLAN stand between.
func ethertype(rest []byte) (f Family, n int) {
	for {
		head := rest[n:min(len(rest), n+maxTuple)]
		i := bytes.Index(head, []byte("ethertype "))
		if i < 0 {
			return f, n
		}
		switch after := head[i+len("ethertype "):]; {
		case bytes.HasPrefix(after, []byte("IPv4")):
			f = IPv4
		case bytes.HasPrefix(after, []byte("IPv6")):
			f = IPv6
		case bytes.HasPrefix(after, []byte("ARP")):
			f = ARP
		case !bytes.HasPrefix(after, []byte("802.1")):
			return "", 0
		}
		end := bytes.Index(head[i:], []byte("), "))
		if end < 0 {
			return "", 0
		}
		if n += i + end + len("), "); n > len(rest) {
			return "", 0
		}
		if bytes.HasPrefix(rest[n:], []byte("length ")) {
			c := bytes.Index(rest[n:], colon)
			if c < 0 {
				return "", 0
			}
			n += c + len(colon)
		}
		if f != "" {
			return f, n
		}
	}
}

// details takes the fields of the IP header that -v prints off the text.
func (p *Packet) details(s string) string {
	if !strings.HasPrefix(s, "(") {
		return s
	}
	in, rest := parentheses(s)
	for _, key := range []string{"ttl ", "hlim "} {
		if _, after, ok := strings.Cut(in, key); ok {
			p.TTL = number(after)
		}
	}
	for _, key := range []string{"proto ", "next-header "} {
		if _, after, ok := strings.Cut(in, key); ok {
			word, _, _ := strings.Cut(after, " ")
			p.Proto = protoOf(word)
		}
	}
	return strings.TrimLeft(rest, " ")
}

// parentheses returns what stands in the parentheses that s starts with, and
// what follows them. All of it stands in those of a cut line.
func parentheses(s string) (in, rest string) {
	depth := 0
	for i, c := range []byte(s) {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return s[1:i], s[i+1:]
		}
	}
	return s[1:], ""
}

func protoOf(word string) Proto {
	switch word {
	case "TCP":
		return TCP
	case "UDP":
		return UDP
	case "ICMP":
		return ICMP
	case "ICMPv6":
		return ICMPv6
	}
	return ""
}

// number reads the digits at the start of s.
func number(s string) int {
	n := len(s) - len(strings.TrimLeft(s, "0123456789"))
	v, err := strconv.ParseUint(s[:n], 10, 16)
	if err != nil {
		return 0
	}
	return int(v)
}

// addresses reads "10.0.97.30.37472 > 169.254.169.254.80: Flags [S], seq ...".
func (p *Packet) addresses(s string) {
	src, rest, ok := strings.Cut(s, " > ")
	dst, text, ok2 := strings.Cut(rest, ": ")
	if !ok || !ok2 || len(src)+len(dst) > maxTuple {
		return
	}
	p.text(text)
	switch {
	case strings.HasPrefix(text, "Flags ["):
		p.Proto = TCP
	case strings.HasPrefix(text, "ICMP6,"), strings.Contains(text[:min(len(text), 20)], " ICMP6,"):
		p.Proto = ICMPv6
	case strings.HasPrefix(text, "ICMP "):
		p.Proto = ICMP
	case p.Proto == "" && hasPort(src) && hasPort(dst):
		p.Proto = UDP // tcpdump prints what it holds: "4660+ A? example.com. (29)"
	}
	if p.Proto == TCP || p.Proto == UDP {
		p.Src, p.Dst = endpoint(src), endpoint(dst)
	} else {
		p.Src, p.Dst = Endpoint{Host: src}, Endpoint{Host: dst}
	}
}

// hasPort reports whether the address in numbers has a port behind it.
func hasPort(s string) bool {
	return strings.Trim(s, "0123456789.") == "" && strings.Count(s, ".") == 4 || strings.Contains(s, ":") && strings.Contains(s, ".")
}

func endpoint(s string) Endpoint {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return Endpoint{Host: s}
	}
	return Endpoint{s[:i], s[i+1:]}
}

// text reads what stands behind the addresses.
func (p *Packet) text(s string) {
	if in, ok := strings.CutPrefix(s, "Flags ["); ok {
		p.Flags, _, _ = strings.Cut(in, "]")
		p.Flags = p.Flags[:min(len(p.Flags), 10)]
	}
	if _, after, ok := strings.Cut(s, ", seq "); ok {
		p.Seq, _, _ = strings.Cut(after, ",")
		p.Seq = p.Seq[:min(len(p.Seq), 25)]
	}
	if i := strings.Index(s, ", length "); i >= 0 {
		p.Length = number(s[i+len(", length "):])
	}
	p.Text = s[:min(len(s), maxText)]
}
