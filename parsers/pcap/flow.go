package pcap

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// A counter makes flows of packets.
type counter struct {
	out    *Capture
	flows  map[flowKey]int // index in out.Flows
	errors map[errorKey]int
}

// A flowKey is the same for both directions: a is the lower endpoint.
type flowKey struct {
	proto Proto
	a, b  netip.AddrPort
}

// An errorKey is what errors have in common that are counted as one.
type errorKey struct {
	kind      ErrorKind
	typ, code uint8
	from      netip.Addr
	proto     Proto
	src, dst  netip.AddrPort
}

func newCounter() *counter {
	return &counter{out: &Capture{}, flows: map[flowKey]int{}, errors: map[errorKey]int{}}
}

// packet counts one packet; at is zero when its time is not known.
func (c *counter) packet(at time.Time, link Link, order binary.ByteOrder, b []byte) {
	c.out.Packets++
	c.span(at)
	in, l := link.network(order, b)
	switch l {
	case layerOther:
		c.out.Other++
		return
	case layerShort:
		c.out.Short++
		return
	}
	p, r := readIP(in, false)
	switch r {
	case readShort:
		c.out.Short++
	case readFragment:
		c.out.Fragments++
	case readOther:
		c.out.Other++
	default:
		c.add(at, &p)
	}
}

// span widens the time of the capture.
func (c *counter) span(at time.Time) {
	if at.IsZero() {
		return
	}
	if c.out.First.IsZero() || at.Before(c.out.First) {
		c.out.First = at
	}
	if at.After(c.out.Last) {
		c.out.Last = at
	}
}

func (c *counter) add(at time.Time, p *packet) {
	if p.icmp != nil {
		c.addError(at, p)
		return
	}
	f := c.flow(p)
	if f == nil {
		c.out.MoreFlows++
		return
	}
	f.add(at, p)
}

// flow finds the flow of a packet, or makes one; nil when there is no room.
func (c *counter) flow(p *packet) *Flow {
	k := flowKey{p.proto, p.src, p.dst}
	if k.b.Compare(k.a) < 0 {
		k.a, k.b = k.b, k.a
	}
	if i, ok := c.flows[k]; ok {
		return &c.out.Flows[i]
	}
	if len(c.out.Flows) == maxFlows {
		return nil
	}
	c.flows[k] = len(c.out.Flows)
	f := Flow{Proto: p.proto, Client: p.src, Server: p.dst, Packet: c.out.Packets}
	if p.fromServer() {
		f.Client, f.Server = p.dst, p.src
	}
	c.out.Flows = append(c.out.Flows, f)
	return &c.out.Flows[len(c.out.Flows)-1]
}

// fromServer judges by the first packet that was seen of a flow.
func (p *packet) fromServer() bool {
	switch {
	case p.proto == Ping:
		return p.src.Port() == 0 && p.dst.Port() != 0
	case p.tcp&flagSYN != 0:
		return p.tcp&flagACK != 0
	}
	return p.src.Port() < p.dst.Port()
}

// add counts a packet of the flow.
func (f *Flow) add(at time.Time, p *packet) {
	if p.opens() && p.src == f.Server && p.src != p.dst && f.Out.SYN+f.Back.SYN == 0 {
		f.Client, f.Server, f.Out, f.Back = f.Server, f.Client, f.Back, f.Out
	}
	side := &f.Out
	if p.src == f.Server && p.src != p.dst {
		side = &f.Back
	}
	side.add(p)
	if p.opens() && side == &f.Out {
		f.resend(at, p.seq)
	}
	if at.IsZero() {
		return
	}
	if f.First.IsZero() || at.Before(f.First) {
		f.First = at
	}
	if at.After(f.Last) {
		f.Last = at
	}
}

// opens reports whether the packet asks for a connection.
func (p *packet) opens() bool { return p.tcp&(flagSYN|flagACK) == flagSYN }

func (s *Side) add(p *packet) {
	s.Packets++
	if s.TTL == 0 || p.ttl < s.TTL {
		s.TTL = p.ttl
	}
	if p.tcp&flagSYN != 0 {
		s.SYN++
	}
	if p.tcp&flagFIN != 0 {
		s.FIN++
	}
	if p.tcp&flagRST != 0 {
		s.RST++
	}
}

// soon is shorter than any system waits before it sends a SYN again, and longer
// than a packet takes from one interface of the node to the next.
const soon = 200 * time.Millisecond

// resend counts SYNs that are those of before, and are not just another sight
// of the same packet.
func (f *Flow) resend(at time.Time, seq uint32) {
	same := f.Out.SYN > 1 && seq == f.syn
	if same && at.Sub(f.synAt) < soon {
		return
	}
	if same {
		f.Resent++
	}
	f.syn, f.synAt = seq, at
}

// addError counts an error of ICMP.
func (c *counter) addError(at time.Time, p *packet) {
	m := p.icmp
	k := errorKey{m.kind, m.typ, m.code, p.src.Addr(), m.about.proto, m.about.src, m.about.dst}
	i, known := c.errors[k]
	if !known {
		if len(c.out.Errors) == maxErrors {
			c.out.MoreErrors++
			return
		}
		i = len(c.out.Errors)
		c.errors[k] = i
		c.out.Errors = append(c.out.Errors, Error{
			Kind: m.kind, Type: m.typ, Code: m.code, From: p.src.Addr(), To: p.dst.Addr(),
			Proto: m.about.proto, Src: m.about.src, Dst: m.about.dst, MTU: m.mtu, First: at, Packet: c.out.Packets,
		})
	}
	e := &c.out.Errors[i]
	e.Count++
	if at.Before(e.First) {
		e.First = at
	}
	if at.After(e.Last) {
		e.Last = at
	}
}
