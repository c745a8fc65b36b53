package pcap

import (
	"encoding/binary"
	"net/netip"
)

// A packet is what the headers of one say.
type packet struct {
	src, dst netip.AddrPort
	ttl      uint8
	proto    Proto // "" for ICMP errors and protocols without flows
	tcp      uint8 // the flags of TCP
	seq      uint32
	icmp     *message
}

// A message is an error of ICMP.
type message struct {
	kind      ErrorKind
	typ, code uint8
	mtu       uint16
	about     packet // the packet that it quotes, as far as it does
}

// The flags of TCP.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	_
	flagACK
)

// The numbers of protocols in IP.
const (
	numICMP   = 1
	numTCP    = 6
	numUDP    = 17
	numICMPv6 = 58
)

// A reading is how far a packet could be read.
type reading uint8

const (
	readAll reading = iota
	readShort
	readFragment
	readOther
)

// readIP reads an IP packet. A quoted one ends after 8 bytes of what it
// carries, and holds no error itself.
func readIP(b []byte, quoted bool) (p packet, r reading) {
	if b[0]>>4 == 4 {
		return readIPv4(b, quoted)
	}
	return readIPv6(b, quoted)
}

func readIPv4(b []byte, quoted bool) (p packet, r reading) {
	if len(b) < 20 {
		return p, readShort
	}
	head := int(b[0]&0xf) * 4
	if head < 20 {
		return p, readOther
	}
	p.ttl = b[8]
	p.src = netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[12:16])), 0)
	p.dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[16:20])), 0)
	if binary.BigEndian.Uint16(b[6:])&0x1fff != 0 {
		return p, readFragment
	}
	if len(b) < head {
		return p, readShort
	}
	return p, p.transport(b[9], b[head:], quoted)
}

func readIPv6(b []byte, quoted bool) (p packet, r reading) {
	if len(b) < 40 {
		return p, readShort
	}
	p.ttl = b[7]
	p.src = netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])), 0)
	p.dst = netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[24:40])), 0)
	next, rest := b[6], b[40:]
	const maxHeaders = 8
	for range maxHeaders {
		switch next {
		case 0, 43, 60, 44, 51: // hop by hop, routing, destination; fragment; authentication
		default:
			return p, p.transport(next, rest, quoted)
		}
		if len(rest) < 8 {
			return p, readShort
		}
		size := 8 + int(rest[1])*8
		switch next {
		case 44:
			if binary.BigEndian.Uint16(rest[2:])&0xfff8 != 0 {
				return p, readFragment
			}
			size = 8
		case 51:
			size = 8 + int(rest[1])*4
		}
		if next = rest[0]; len(rest) < size {
			return p, readShort
		}
		rest = rest[size:]
	}
	return p, readOther
}

// transport reads the first bytes of what an IP packet carries.
func (p *packet) transport(num uint8, b []byte, quoted bool) reading {
	switch num {
	case numTCP, numUDP:
		return p.ports(num, b, quoted)
	case numICMP:
		return p.icmp4(b, quoted)
	case numICMPv6:
		return p.icmp6(b, quoted)
	}
	return readOther
}

func (p *packet) ports(num uint8, b []byte, quoted bool) reading {
	if len(b) < 8 {
		return readShort
	}
	p.src = netip.AddrPortFrom(p.src.Addr(), binary.BigEndian.Uint16(b))
	p.dst = netip.AddrPortFrom(p.dst.Addr(), binary.BigEndian.Uint16(b[2:]))
	if p.proto = UDP; num == numUDP {
		return readAll
	}
	p.proto = TCP
	p.seq = binary.BigEndian.Uint32(b[4:])
	if len(b) < 14 {
		if quoted {
			return readAll
		}
		return readShort
	}
	p.tcp = b[13]
	return readAll
}

func (p *packet) icmp4(b []byte, quoted bool) reading {
	if len(b) < 8 {
		return readShort
	}
	switch typ, code := b[0], b[1]; {
	case typ == 0 || typ == 8:
		p.ping(b, typ == 8)
	case quoted:
		return readOther
	case typ == 3 && code == 4:
		p.about(TooBig, b, binary.BigEndian.Uint16(b[6:]))
	case typ == 3:
		p.about(Unreachable, b, 0)
	case typ == 11 && code == 0:
		p.about(Expired, b, 0)
	default:
		return readOther
	}
	return readAll
}

func (p *packet) icmp6(b []byte, quoted bool) reading {
	if len(b) < 8 {
		return readShort
	}
	switch typ, code := b[0], b[1]; {
	case typ == 128 || typ == 129:
		p.ping(b, typ == 128)
	case quoted:
		return readOther
	case typ == 1:
		p.about(Unreachable, b, 0)
	case typ == 2:
		p.about(TooBig, b, uint16(min(binary.BigEndian.Uint32(b[4:]), 0xffff)))
	case typ == 3 && code == 0:
		p.about(Expired, b, 0)
	default:
		return readOther
	}
	return readAll
}

// ping gives the client the number of the ping as port.
func (p *packet) ping(b []byte, request bool) {
	p.proto = Ping
	id := binary.BigEndian.Uint16(b[4:])
	if request {
		p.src = netip.AddrPortFrom(p.src.Addr(), id)
	} else {
		p.dst = netip.AddrPortFrom(p.dst.Addr(), id)
	}
}

// about reads the packet that an error quotes.
func (p *packet) about(kind ErrorKind, b []byte, mtu uint16) {
	p.icmp = &message{kind: kind, typ: b[0], code: b[1], mtu: mtu}
	if in, l := byVersion(b[8:]); l == layerIP {
		p.icmp.about, _ = readIP(in, true)
	}
}
