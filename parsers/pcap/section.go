package pcap

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"time"
)

// A pcapng file is a row of blocks: type, length, body, length again. A section
// header says the order of bytes of what follows, and interfaces are counted
// from it. (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html)
const (
	blockSection    = 0x0a0d0d0a
	blockInterface  = 1
	blockPacket     = 2 // before pcapng 1.0
	blockSimple     = 3
	blockStatistics = 5
	blockEnhanced   = 6
)

const blockLen = 12 // type and both lengths

// sectionOrder returns the order of bytes of a section header; nil when head is
// none.
func sectionOrder(head []byte) binary.ByteOrder {
	const magic = 0x1a2b3c4d
	if len(head) < 12 || binary.BigEndian.Uint32(head) != blockSection {
		return nil
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if order.Uint32(head[8:]) == magic {
			return order
		}
	}
	return nil
}

// A section is what later blocks of it need.
type section struct {
	order binary.ByteOrder
	ports []port
}

// A port is an interface as packets name it.
type port struct {
	link     Link
	snap     uint32 // 0: no limit
	unit     unit
	shift    int64 // seconds added to times
	recorded int   // index in Capture.Interfaces, -1 for no room
}

// sections reads all blocks.
func (c *counter) sections(text []byte) error {
	var s *section
	for at := 0; at < len(text); {
		rest := text[at:]
		if order := sectionOrder(rest); order != nil {
			s = &section{order: order}
		}
		if s == nil || len(rest) < blockLen {
			return fmt.Errorf("cut after packet %d", c.out.Packets)
		}
		size := int(s.order.Uint32(rest[4:]))
		if size < blockLen || size%4 != 0 {
			return fmt.Errorf("a block after packet %d would have %d bytes", c.out.Packets, size)
		}
		if size > len(rest) {
			return fmt.Errorf("cut after packet %d", c.out.Packets)
		}
		c.block(s, s.order.Uint32(rest), rest[8:size-4])
		at += size
	}
	return nil
}

func (c *counter) block(s *section, kind uint32, body []byte) {
	switch kind {
	case blockInterface:
		c.describe(s, body)
	case blockEnhanced:
		if len(body) >= 20 {
			c.blockPacket(s, s.order.Uint32(body), body[4:])
		}
	case blockPacket:
		if len(body) >= 20 {
			c.blockPacket(s, uint32(s.order.Uint16(body)), body[4:])
		}
	case blockSimple:
		if len(body) >= 4 && len(s.ports) > 0 {
			p, data := s.ports[0], body[4:]
			n := min(int(s.order.Uint32(body)), len(data))
			if p.snap > 0 {
				n = min(n, int(p.snap))
			}
			c.packet(time.Time{}, p.link, s.order, data[:n])
		}
	case blockStatistics:
		c.statistics(s, body)
	}
}

// blockPacket reads a packet from its time on.
func (c *counter) blockPacket(s *section, num uint32, body []byte) {
	captured, data := int(s.order.Uint32(body[8:])), body[16:]
	if num >= uint32(len(s.ports)) {
		c.out.Packets++
		c.out.Other++
		return
	}
	p := s.ports[num]
	ticks := uint64(s.order.Uint32(body))<<32 | uint64(s.order.Uint32(body[4:]))
	c.packet(p.time(ticks), p.link, s.order, data[:min(captured, len(data))])
}

// describe reads an interface.
func (c *counter) describe(s *section, body []byte) {
	if len(body) < 8 || len(s.ports) == maxInterfaces {
		return
	}
	p := port{link: Link(s.order.Uint16(body)), snap: s.order.Uint32(body[4:]), unit: microseconds, recorded: -1}
	in := Interface{Link: p.link}
	options(s.order, body[8:], func(code uint16, value []byte) {
		switch {
		case code == 2:
			in.Name = optionText(value)
		case code == 9 && len(value) == 1:
			p.unit = unitOf(value[0])
		case code == 14 && len(value) == 8:
			p.shift = int64(s.order.Uint64(value))
		}
	})
	if len(c.out.Interfaces) < maxInterfaces {
		p.recorded = len(c.out.Interfaces)
		c.out.Interfaces = append(c.out.Interfaces, in)
	}
	s.ports = append(s.ports, p)
}

// statistics reads what the capturing program counted, of which the last
// block of an interface is right.
func (c *counter) statistics(s *section, body []byte) {
	if len(body) < 12 || s.order.Uint32(body) >= uint32(len(s.ports)) {
		return
	}
	p := s.ports[s.order.Uint32(body)]
	if p.recorded < 0 {
		return
	}
	in := &c.out.Interfaces[p.recorded]
	in.Received, in.Dropped = 0, 0
	options(s.order, body[12:], func(code uint16, value []byte) {
		if len(value) != 8 {
			return
		}
		switch n := s.order.Uint64(value); code {
		case 4:
			in.Received, in.Counted = n, true
		case 5, 7: // by the interface, by the system
			in.Dropped, in.Counted = in.Dropped+n, true
		}
	})
}

// options calls f for each option: code, length, value, filled up to 4 bytes.
func options(order binary.ByteOrder, b []byte, f func(code uint16, value []byte)) {
	for len(b) >= 4 {
		code, n := order.Uint16(b), int(order.Uint16(b[2:]))
		b = b[4:]
		if code == 0 || n > len(b) {
			return
		}
		f(code, b[:n])
		b = b[min(len(b), (n+3)&^3):]
	}
}

// A unit is what times are counted in: a second divided by a power of 2 or 10.
type unit struct {
	two   bool
	power uint8
}

var microseconds = unit{power: 6}

// unitOf reads if_tsresol. A power that no count of 64 bits can have is not
// believed.
func unitOf(b byte) unit {
	u := unit{b&0x80 != 0, b & 0x7f}
	if u.two && u.power > 63 || !u.two && u.power > 19 {
		return microseconds
	}
	return u
}

// time is zero for a count that is no time.
func (p port) time(ticks uint64) time.Time {
	sec, nano := p.unit.split(ticks)
	const latest = 1 << 34 // the year 2514
	if sec > latest || p.shift > latest || p.shift < -latest || int64(sec)+p.shift < 0 {
		return time.Time{}
	}
	return time.Unix(int64(sec)+p.shift, nano).UTC()
}

// split makes seconds and nanoseconds of a count.
func (u unit) split(ticks uint64) (sec uint64, nano int64) {
	if u.two {
		sec = ticks >> u.power
		hi, lo := bits.Mul64(ticks&(1<<u.power-1), 1e9)
		return sec, int64(hi<<(64-u.power) | lo>>u.power)
	}
	per := uint64(1)
	for range u.power {
		per *= 10
	}
	hi, lo := bits.Mul64(ticks%per, 1e9)
	q, _ := bits.Div64(hi, lo, per)
	return ticks / per, int64(q)
}
