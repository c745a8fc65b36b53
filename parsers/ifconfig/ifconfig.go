// Package ifconfig reads the network interfaces of a node from the output of
// ifconfig: addresses, MTU and the counters of the kernel.
package ifconfig

import (
	"bytes"
	"errors"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is ifconfig.txt.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Network interfaces with addresses and counters, ifconfig.",
	Files:  []string{"networking/ifconfig.txt"},
	Sniff:  sniff,
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ifconfig"

// What is kept of a file. A node has an interface for each pod.
const (
	maxInterfaces = 10_000
	maxAddresses  = 1000   // of an interface: kube-ipvs0 has one for each Service
	maxLine       = 10_000 // bytes; a longer line is a note
)

// Interfaces is a file.
type Interfaces struct {
	Interfaces []Interface
	Cut        bool       // there were more interfaces or addresses than are kept
	Notes      rows.Notes // lines that say nothing of an interface
}

// An Interface is one that is up, or any one with ifconfig -a.
type Interface struct {
	Line  int
	Name  string   // "ens5", "eni776d0ffff46", "eth0:1"
	Flags []string // "UP", "BROADCAST", "RUNNING", "MULTICAST", "LOOPBACK", ...
	MTU   int
	Kind  string // "Ethernet", "Local Loopback"
	MAC   string // lower case; "" where there is none
	Addrs []Addr
	RX    Counters
	TX    Counters
	// Collisions of a virtual network are always 0.
	Collisions uint64
}

// An Addr is an address of an interface with the length of its network.
type Addr struct {
	Line   int
	Prefix netip.Prefix
	Scope  string // of IPv6: "link", "global", "host"
}

// Counters of a direction count since the interface was made. Lines are those
// of the packets and of the errors; old versions print both on one.
type Counters struct {
	Line, ErrorLine           int
	Packets, Bytes            uint64
	Errors, Dropped, Overruns uint64
	Frame /* RX */, Carrier/* TX */ uint64
}

// Has reports whether an interface has a flag.
func (i *Interface) Has(flag string) bool {
	for _, f := range i.Flags {
		if f == flag {
			return true
		}
	}
	return false
}

// Interface returns an interface by its name, nil when there is none.
func (i *Interfaces) Interface(name string) *Interface {
	for n := range i.Interfaces {
		if i.Interfaces[n].Name == name {
			return &i.Interfaces[n]
		}
	}
	return nil
}

// Parse reads a file. net-tools before 2.0 writes the values after colons.
//
//	ens5: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 9001
//	        inet 10.0.7.118  netmask 255.255.240.0  broadcast 10.0.15.255
//	        inet6 fe80::5f:31ff:fea3:776  prefixlen 64  scopeid 0x20<link>
//	        ether 02:5f:31:a3:07:76  txqueuelen 1000  (Ethernet)
//	        RX packets 4231  bytes 14863676 (14.1 MiB)
//	        RX errors 0  dropped 0  overruns 0  frame 0
//
//	eth0      Link encap:Ethernet  HWaddr 02:5F:31:A3:07:76
//	          inet addr:10.0.7.118  Bcast:10.0.15.255  Mask:255.255.240.0
//	          inet6 addr: fe80::5f:31ff:fea3:776/64 Scope:Link
//	          UP BROADCAST RUNNING MULTICAST  MTU:9001  Metric:1
//	          RX packets:4231 errors:0 dropped:0 overruns:0 frame:0
//	          RX bytes:14863676 (14.1 MiB)  TX bytes:732590 (715.4 KiB)
func Parse(file string, text []byte) (*Interfaces, error) {
	p := &parser{out: &Interfaces{}}
	for raw := range bytes.Lines(text) {
		line := string(raw) // what is kept holds one line in memory, not the file
		p.num++
		if line = strings.TrimRight(line, " \t\r\n"); line != "" {
			p.line(line)
		}
	}
	if len(p.out.Interfaces) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no interfaces")}
	}
	return p.out, nil
}

type parser struct {
	out *Interfaces
	num int
	cur *Interface // the last interface; nil before the first
}

func (p *parser) line(s string) {
	indented := s[0] == ' ' || s[0] == '\t'
	switch {
	case len(s) > maxLine:
		p.out.Notes.Add(p.num, s)
	case !indented && !p.head(s):
		p.out.Notes.Add(p.num, s)
	case indented && (p.cur == nil || !p.cur.line(strings.TrimSpace(s), p)):
		p.out.Notes.Add(p.num, strings.TrimSpace(s))
	}
}

// head reads the first line of an interface.
func (p *parser) head(s string) bool {
	i := Interface{Line: p.num}
	dev, rest, _ := strings.Cut(s, " ")
	switch {
	case strings.HasPrefix(strings.TrimSpace(rest), "flags=") && strings.HasSuffix(dev, ":"):
		i.Name = dev[:len(dev)-1]
		i.newHead(rest)
	case strings.Contains(rest, "Link encap:"):
		i.Name = dev
		i.oldHead(rest)
	default:
		return false
	}
	if len(p.out.Interfaces) == maxInterfaces {
		p.out.Cut = true
		p.cur = &Interface{}
		return true
	}
	p.out.Interfaces = append(p.out.Interfaces, i)
	p.cur = &p.out.Interfaces[len(p.out.Interfaces)-1]
	return true
}

// newHead reads "flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 9001".
func (i *Interface) newHead(s string) {
	_, after, _ := strings.Cut(s, "<")
	flags, after, _ := strings.Cut(after, ">")
	if flags != "" {
		i.Flags = strings.Split(flags, ",")
	}
	i.MTU = int(value(strings.Fields(after), "mtu"))
}

// oldHead reads "Link encap:Ethernet  HWaddr 02:5F:31:A3:07:76".
func (i *Interface) oldHead(s string) {
	_, after, _ := strings.Cut(s, "encap:")
	kind, mac, _ := strings.Cut(after, "HWaddr ")
	i.Kind = strings.TrimSpace(kind)
	i.MAC = strings.ToLower(strings.TrimSpace(mac))
}

// line reads any other line of an interface; false when it is unknown.
func (i *Interface) line(s string, p *parser) bool {
	f := strings.Fields(strings.ReplaceAll(s, ": ", ":"))
	switch {
	case f[0] == "inet" || f[0] == "inet6":
		return i.addr(f, p)
	case f[0] == "RX" || f[0] == "TX":
		i.counters(f, p.num)
	case strings.Contains(s, "  MTU:"):
		i.oldFlags(f)
	case strings.HasPrefix(f[0], "collisions:"):
		i.Collisions = value(f, "collisions")
	case strings.Contains(s, "txqueuelen "):
		i.link(f, s)
	default:
		return f[0] == "device" || strings.HasPrefix(f[0], "Interrupt:") || strings.HasPrefix(f[0], "Memory:")
	}
	return true
}

// link reads "ether 02:5f:31:a3:07:76  txqueuelen 1000  (Ethernet)" and
// "loop  txqueuelen 1000  (Local Loopback)".
func (i *Interface) link(f []string, s string) {
	if strings.ContainsAny(f[1], ":-") {
		i.MAC = strings.ToLower(f[1])
	}
	if _, kind, ok := strings.Cut(s, "("); ok {
		i.Kind = strings.TrimSuffix(kind, ")")
	}
}

// oldFlags reads "UP BROADCAST RUNNING MULTICAST  MTU:9001  Metric:1".
func (i *Interface) oldFlags(f []string) {
	for n, w := range f {
		if strings.HasPrefix(w, "MTU:") {
			i.Flags, i.MTU = append([]string(nil), f[:n]...), int(value(f, "MTU"))
		}
	}
}

// addr reads the lines inet and inet6 of both layouts.
func (i *Interface) addr(f []string, p *parser) bool {
	if len(f) < 2 {
		return false
	}
	text := strings.TrimPrefix(f[1], "addr:")
	a := Addr{Line: p.num}
	var err error
	if strings.Contains(text, "/") {
		a.Prefix, err = netip.ParsePrefix(text)
	} else {
		var ip netip.Addr
		ip, err = netip.ParseAddr(text)
		a.Prefix = netip.PrefixFrom(ip.WithZone(""), length(f, ip))
	}
	if err != nil {
		return false
	}
	a.Scope = scope(f)
	if len(i.Addrs) == maxAddresses {
		p.out.Cut = true
		return true
	}
	i.Addrs = append(i.Addrs, a)
	return true
}

// length returns the length of the network that a line says, all bits when it
// says none.
func length(f []string, ip netip.Addr) int {
	for n, w := range f {
		switch {
		case w == "prefixlen" && n+1 < len(f):
			if v, err := strconv.ParseUint(f[n+1], 10, 8); err == nil && int(v) <= ip.BitLen() {
				return int(v)
			}
		case w == "netmask" && n+1 < len(f):
			return maskLength(f[n+1], ip)
		case strings.HasPrefix(w, "Mask:"):
			return maskLength(w[len("Mask:"):], ip)
		}
	}
	return ip.BitLen()
}

// maskLength counts the ones of "255.255.240.0".
func maskLength(mask string, ip netip.Addr) int {
	m, err := netip.ParseAddr(mask)
	if err != nil || !m.Is4() {
		return ip.BitLen()
	}
	n := 0
	for _, b := range m.As4() {
		n += bits.OnesCount8(b)
	}
	return n
}

// scope reads "scopeid 0x20<link>" and "Scope:Link".
func scope(f []string) string {
	for _, w := range f {
		if s, ok := strings.CutPrefix(w, "Scope:"); ok {
			return strings.ToLower(s)
		}
		if _, s, ok := strings.Cut(w, "<"); ok && strings.HasPrefix(w, "0x") {
			return strings.TrimSuffix(s, ">")
		}
	}
	return ""
}

// counters reads a line that starts with RX or TX. The old layout has the
// bytes of both directions on one.
func (i *Interface) counters(f []string, num int) {
	c := &i.RX
	for n, w := range f {
		switch w {
		case "RX":
			c = &i.RX
		case "TX":
			c = &i.TX
		}
		key, val, ok := strings.Cut(w, ":")
		if !ok && n+1 < len(f) {
			val = f[n+1]
		}
		if v, err := strconv.ParseUint(val, 10, 64); err == nil {
			i.counter(c, key, v, num)
		}
	}
}

func (i *Interface) counter(c *Counters, key string, v uint64, num int) {
	switch key {
	case "packets":
		c.Packets, c.Line = v, num
	case "bytes":
		c.Bytes = v
	case "errors":
		c.Errors, c.ErrorLine = v, num
	case "dropped":
		c.Dropped = v
	case "overruns":
		c.Overruns = v
	case "frame":
		c.Frame = v
	case "carrier":
		c.Carrier = v
	case "collisions":
		i.Collisions = v
	}
}

// value returns the number after a key, as "mtu 9001" or "MTU:9001"; 0 when
// there is none.
func value(f []string, key string) uint64 {
	for n, w := range f {
		k, val, ok := strings.Cut(w, ":")
		if k != key {
			continue
		}
		if !ok && n+1 < len(f) {
			val = f[n+1]
		}
		v, _ := strconv.ParseUint(val, 10, 31)
		return v
	}
	return 0
}

func sniff(head []byte) bool {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.Contains(first, []byte(": flags=")) && bytes.Contains(first, []byte(">  mtu ")) ||
		bytes.Contains(first, []byte(" Link encap:"))
}
