package pcap

import (
	"encoding/binary"
	"fmt"
)

// A Link is the type of the layer below IP, by its number in the files.
// (https://www.tcpdump.org/linktypes.html)
type Link uint16

// The links that packets are read from.
const (
	linkNull     Link = 0
	linkEthernet Link = 1
	linkRaw12    Link = 12 // raw IP, as tcpdump knew it before it had its number
	linkRaw14    Link = 14
	linkRaw      Link = 101
	linkLoop     Link = 108
	linkCooked   Link = 113 // -i any
	linkIPv4     Link = 228
	linkIPv6     Link = 229
	linkCooked2  Link = 276 // -i any, since 2021
)

var linkNames = map[Link]string{
	linkNull: "null", linkEthernet: "ethernet", linkRaw12: "raw", linkRaw14: "raw", linkRaw: "raw", linkLoop: "loop",
	linkCooked: "cooked", linkIPv4: "ipv4", linkIPv6: "ipv6", linkCooked2: "cooked2",
}

func (l Link) String() string {
	if s := linkNames[l]; s != "" {
		return s
	}
	return fmt.Sprintf("link %d", uint16(l))
}

// MarshalText makes reports say "ethernet".
func (l Link) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// The types of Ethernet that lead to IP.
const (
	typeIPv4 = 0x0800
	typeIPv6 = 0x86dd
	typeVLAN = 0x8100
	typeQinQ = 0x88a8
	typeOld  = 0x9100
)

// A layer is what was found below the headers of a link.
type layer uint8

const (
	layerIP    layer = iota
	layerOther       // something else than IP
	layerShort       // cut before it could be known
)

// network finds the IP packet in what a link carries.
func (l Link) network(order binary.ByteOrder, b []byte) ([]byte, layer) {
	switch l {
	case linkEthernet:
		return tagged(b, 12)
	case linkCooked:
		return tagged(b, 14)
	case linkCooked2:
		if len(b) < 20 {
			return nil, layerShort
		}
		if kind := binary.BigEndian.Uint16(b); kind != typeVLAN && kind != typeQinQ {
			return byType(kind, b[20:])
		}
		return tagged(b[20:], 2)
	case linkNull, linkLoop:
		return family(l, order, b)
	case linkRaw, linkRaw12, linkRaw14, linkIPv4, linkIPv6:
		return byVersion(b)
	}
	return nil, layerOther
}

// tagged reads the type at an offset; the tags of VLANs stand before the type
// of what they carry.
func tagged(b []byte, at int) ([]byte, layer) {
	const maxTags = 4
	for range maxTags {
		if len(b) < at+2 {
			return nil, layerShort
		}
		kind := binary.BigEndian.Uint16(b[at:])
		if kind != typeVLAN && kind != typeQinQ && kind != typeOld {
			return byType(kind, b[at+2:])
		}
		at += 4
	}
	return nil, layerOther
}

func byType(kind uint16, b []byte) ([]byte, layer) {
	if kind != typeIPv4 && kind != typeIPv6 {
		return nil, layerOther
	}
	return byVersion(b)
}

// byVersion looks at the first half byte of an IP packet.
func byVersion(b []byte) ([]byte, layer) {
	if len(b) == 0 {
		return nil, layerShort
	}
	if v := b[0] >> 4; v != 4 && v != 6 {
		return nil, layerOther
	}
	return b, layerIP
}

// family reads the four bytes of BSD's loopback: the number that the system
// has for IPv4 or IPv6, in the order of the machine or of the network.
func family(l Link, order binary.ByteOrder, b []byte) ([]byte, layer) {
	if len(b) < 4 {
		return nil, layerShort
	}
	if l == linkLoop {
		order = binary.BigEndian
	}
	switch order.Uint32(b) {
	case 2, 10, 23, 24, 28, 30:
		return byVersion(b[4:])
	}
	return nil, layerOther
}
