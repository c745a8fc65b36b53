// Package pcap reads captures of packets, as tcpdump -w and Wireshark save
// them, and says what became of the connections in them.
//
// Only the headers are read: addresses, ports, flags, what ICMP errors are
// about. Begin with [Parse].
package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format owns no place of a bundle: people add captures under names of their
// own, so the first bytes decide.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Captures of packets: pcap and pcapng files.",
	Sniff:  Is,
	Binary: true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "pcap"

// maxFlows, maxErrors and maxInterfaces bound what is kept of a file.
const (
	maxFlows      = 50_000
	maxErrors     = 5_000
	maxInterfaces = 1_000
)

// A Capture is a file.
type Capture struct {
	Interfaces []Interface // where the packets were seen; pcap files have one, without a name

	// Packets counts those of the file. Other holds no IP, Short was cut
	// before its headers end, Fragments are the later ones of IP packets.
	Packets, Other, Short, Fragments int

	First, Last time.Time // UTC, of the earliest and the latest packet; zero without any

	// Flows are the connections in the order of their first packets. When
	// there was no room for more, MoreFlows counts the packets of the rest.
	Flows     []Flow
	MoreFlows int

	// Errors are the messages of ICMP about packets that did not arrive;
	// MoreErrors counts those that there was no room for.
	Errors     []Error
	MoreErrors int

	// Cut says how the file ends before its time; "" for a whole one.
	Cut string
}

// An Interface is where packets were seen.
type Interface struct {
	Name string
	Link Link
	// Received and Dropped are what the capturing program counted; pcapng
	// files may have them, and then Counted is true.
	Counted           bool
	Received, Dropped uint64
}

// A Flow is what two endpoints said to each other. Without the start of a
// connection, the one with the lower port is taken for the server. A capture
// of all interfaces ("any") has each packet of a pod several times, and those
// that the node translates as a second flow.
type Flow struct {
	Proto          Proto
	Client, Server netip.AddrPort
	Out, Back      Side // from the client, from the server
	First, Last    time.Time
	Packet         int // number of the first packet, from 1 as in Wireshark

	// Resent counts SYNs that were sent again as nobody had answered.
	Resent int

	syn   uint32    // sequence number of the last SYN
	synAt time.Time // and its time
}

// A Side is what one endpoint of a flow sent.
type Side struct {
	Packets       int
	SYN, FIN, RST int   // the server's SYNs are its SYN-ACKs
	TTL           uint8 // the lowest TTL or hop limit
}

// Unanswered reports whether the client asked and the server never said a
// thing: no SYN-ACK and no RST, no reply of UDP or to a ping.
func (f *Flow) Unanswered() bool {
	return f.Back.Packets == 0 && f.Out.Packets > 0 && (f.Proto != TCP || f.Out.SYN > 0)
}

// Refused reports whether the server answered SYNs with RST only.
func (f *Flow) Refused() bool {
	return f.Proto == TCP && f.Out.SYN > 0 && f.Back.SYN == 0 && f.Back.RST > 0
}

// A Proto is what a flow is made of.
type Proto string

// The protocols that make flows. The "port" of a ping's client is its number.
const (
	TCP  Proto = "tcp"
	UDP  Proto = "udp"
	Ping Proto = "ping"
)

// An Error is what ICMP says of a packet, with how often it says so.
type Error struct {
	Kind        ErrorKind
	Type, Code  uint8 // of ICMP or ICMPv6
	From, To    netip.Addr
	Proto       Proto // of the packet it is about; "" for others than those of flows
	Src, Dst    netip.AddrPort
	MTU         uint16 // with TooBig: what would have passed
	Count       int
	First, Last time.Time
	Packet      int // number of the first one
}

// An ErrorKind says why a packet did not arrive.
type ErrorKind string

// The kinds of errors.
const (
	Unreachable ErrorKind = "unreachable" // the code says what: network, host, port, by a filter
	Expired     ErrorKind = "expired"     // no hops were left
	TooBig      ErrorKind = "too-big"     // longer than the path allows
)

// Is reports whether a file starts as a capture does.
func Is(head []byte) bool {
	_, ok := classic(head)
	return ok || sectionOrder(head) != nil
}

// Parse reads a file as far as it goes.
func Parse(file string, text []byte) (*Capture, error) {
	c := newCounter()
	var err error
	switch h, ok := classic(text); {
	case ok:
		err = c.classic(h, text)
	case sectionOrder(text) != nil:
		err = c.sections(text)
	default:
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no capture of packets")}
	}
	if err != nil {
		c.out.Cut = err.Error()
	}
	return c.out, nil
}

// A fileHeader is how a pcap file starts.
//
//	d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000
//
// are its magic number, version 2.4, a zone and a precision that nobody sets,
// the snapshot length, and the type of the link.
// (https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/draft-ietf-opsawg-pcap.html)
type fileHeader struct {
	order  binary.ByteOrder
	nano   bool // times have nanoseconds, not microseconds
	record int  // bytes before each packet
	link   Link
}

const fileHeaderLen = 24

// magics are the first four bytes in the order of the machine that wrote them.
var magics = []struct {
	number uint32
	nano   bool
	record int
}{
	{0xa1b2c3d4, false, 16},
	{0xa1b23c4d, true, 16},
	{0xa1b2cd34, false, 24}, // libpcap with the patches of old Red Hats
}

func classic(head []byte) (h fileHeader, ok bool) {
	if len(head) < fileHeaderLen {
		return h, false
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, m := range magics {
			if order.Uint32(head) == m.number && order.Uint16(head[4:]) == 2 {
				return fileHeader{order, m.nano, m.record, Link(order.Uint32(head[20:]) & 0xffff)}, true
			}
		}
	}
	return h, false
}

// maxCaptured is the longest packet that is one: more than tcpdump's largest
// snapshot, and less than a damaged length.
const maxCaptured = 16 << 20

// classic reads the records of a pcap file: seconds, a fraction, the length
// that was captured and that of the packet, and the bytes.
func (c *counter) classic(h fileHeader, text []byte) error {
	c.out.Interfaces = []Interface{{Link: h.link}}
	at := fileHeaderLen
	for at < len(text) {
		if len(text)-at < h.record {
			return fmt.Errorf("cut before packet %d", c.out.Packets+1)
		}
		captured := int(h.order.Uint32(text[at+8:]))
		if captured > maxCaptured {
			return fmt.Errorf("packet %d would have %d bytes", c.out.Packets+1, captured)
		}
		start := at + h.record
		if len(text)-start < captured {
			return fmt.Errorf("cut in packet %d", c.out.Packets+1)
		}
		c.packet(h.time(text[at:]), h.link, h.order, text[start:start+captured])
		at = start + captured
	}
	return nil
}

func (h fileHeader) time(record []byte) time.Time {
	sec, frac := int64(h.order.Uint32(record)), int64(h.order.Uint32(record[4:]))
	if !h.nano {
		frac *= 1000
	}
	return time.Unix(sec, frac).UTC()
}

// optionText is the text of an option of pcapng, shortened.
func optionText(b []byte) string {
	const longest = 64
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(bytes.ToValidUTF8(b[:min(len(b), longest)], []byte("?")))
}
