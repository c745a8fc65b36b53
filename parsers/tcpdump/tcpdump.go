// Package tcpdump reads captures of packets that tcpdump printed as text.
package tcpdump

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Format owns no place of a bundle: people add captures under names of their
// own, so the text decides.
var Format = &parsers.Format{
	Name:   "tcpdump",
	Doc:    "Packets, as printed by tcpdump.",
	Sniff:  isCapture,
	Header: header,
}

// header reads the first line of a packet, with any of tcpdump's kinds of times
// (-t to -ttttt), and what it prints below it with -v. What -A and -X print of
// the contents has no structure.
//
//	11:29:12.031922 IP 10.0.97.30.37472 > 169.254.169.254.80: Flags [S], seq 238168980, win 64240, options [...], length 0
//	2026-11-21 11:29:12.031922 ens5  Out IP 10.0.97.30.37472 > 169.254.169.254.80: Flags [S], seq 238168980, ...
//	1795260552.031922 IP 10.0.97.30.37472 > 169.254.169.254.80: Flags [S], seq 238168980, ...
//	    10.0.97.30.37472 > 169.254.169.254.80: Flags [S], cksum 0xbf49 (incorrect -> 0xf19a), seq 238168980, ...
//
// The first form has no date and therefore no stamp; the second is of the clock
// of the host that printed it. (print-*.c of the-tcpdump-group/tcpdump, 4.9 to 4.99)
func header(line []byte) parsers.Header {
	if s, n := stamp(line); n > 0 {
		return parsers.Header{OK: true, Stamp: s, Body: n}
	}
	// A tab stands before the packet that an ICMP error quotes.
	if _, n := family(bytes.TrimPrefix(line, tab)); n > 0 || isTail(line) || isNotice(line) {
		return parsers.Header{OK: true}
	}
	return parsers.Header{}
}

// stamp reads the time of a packet and the blank behind it. A time without a
// date, or since the packet before, is a stamp without a kind.
func stamp(line []byte) (parsers.Stamp, int) {
	if len(line) < len("0:00:00.0 ") {
		return parsers.Stamp{}, 0
	}
	if line[0] == ' ' {
		return parsers.Stamp{}, clock(line, 1)
	}
	if line[0] < '0' || line[0] > '9' {
		return parsers.Stamp{}, 0
	}
	if n := clock(line, 0); n > 0 {
		return parsers.Stamp{}, n
	}
	if s, _, n := when.ISO(line); n > 0 && line[10] == ' ' {
		return behind(line, s, n)
	}
	const point = 10 // a count of seconds has ten digits from 2001 to 2286
	if len(line) > point && line[point] == '.' {
		if s, n := when.Epoch(line); n > point {
			return behind(line, s, n)
		}
	}
	return parsers.Stamp{}, 0
}

// behind accepts a stamp of n bytes when a blank and some text follow.
func behind(line []byte, s parsers.Stamp, n int) (parsers.Stamp, int) {
	if n+1 >= len(line) || line[n] != ' ' {
		return parsers.Stamp{}, 0
	}
	return s, n + 1
}

// clock reads "11:29:12.031922 " at i and returns where the rest starts; 0 for
// anything else.
func clock(line []byte, i int) int {
	const point = len("11:29:12")
	b := line[i:]
	if len(b) <= point || b[2] != ':' || b[5] != ':' || b[point] != '.' {
		return 0
	}
	for _, at := range [...]int{0, 1, 3, 4, 6, 7} {
		if !digit(b[at]) {
			return 0
		}
	}
	n := point + 1
	for n < len(b) && digit(b[n]) {
		n++
	}
	if n == point+1 || n+1 >= len(b) || b[n] != ' ' {
		return 0
	}
	return i + n + 1
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// families are the protocols that a line starts with.
var families = [...]struct {
	text []byte
	name Family
}{
	{[]byte("IP "), IPv4},
	{[]byte("IP6 "), IPv6},
	{[]byte("ARP, "), ARP},
}

// family reads the protocol at the start of text.
func family(text []byte) (Family, int) {
	for _, f := range families {
		if bytes.HasPrefix(text, f.text) {
			return f.name, len(f.text)
		}
	}
	return "", 0
}

var (
	tab    = []byte("\t")
	indent = []byte("    ")
	to     = []byte(" > ")
	colon  = []byte(": ")
)

// isTail reports whether a line is the second of a packet that was printed with
// -v. Text that went through a web page has lost its indent.
func isTail(line []byte) bool {
	i := bytes.Index(line[:min(len(line), maxTuple)], to)
	if i < 0 {
		return false
	}
	_, text, ok := bytes.Cut(line[i:], colon)
	if !ok {
		return false
	}
	if bytes.HasPrefix(line, indent) {
		return true
	}
	for _, start := range tailTexts {
		if bytes.HasPrefix(text, start) {
			return true
		}
	}
	return false
}

// maxTuple is how long the names of two hosts can be.
const maxTuple = 600

var tailTexts = [...][]byte{[]byte("Flags ["), []byte("ICMP"), []byte("UDP, "), []byte("[udp ")}

// notices are lines of tcpdump itself, at their start or end.
var notices = [...][]byte{[]byte("listening on "), []byte("reading from file "), []byte("tcpdump: ")}
var counts = [...][]byte{[]byte(" captured"), []byte(" by filter"), []byte(" by kernel"), []byte(" by interface")}

func isNotice(line []byte) bool {
	for _, n := range notices {
		if bytes.HasPrefix(line, n) {
			return true
		}
	}
	if len(line) == 0 || !digit(line[0]) || !bytes.Contains(line[:min(len(line), 40)], []byte(" packet")) {
		return false
	}
	for _, c := range counts {
		if bytes.HasSuffix(line, c) {
			return true
		}
	}
	return false
}

// isCapture reports whether one of the first lines is the start of a packet and
// cannot be anything else. Most others may be contents.
func isCapture(head []byte) bool {
	for line := range bytes.Lines(head) {
		line = bytes.TrimRight(line, "\r\n")
		_, n := stamp(line)
		if n == 0 {
			continue
		}
		if p, ok := readHead(line[n:]); ok && (p.Family == ARP || p.Src.Host != "" || p.TTL > 0) {
			return true
		}
	}
	return false
}
