package iptables

import (
	"net/netip"
	"strconv"
	"strings"
)

// protocols are the names that listings and iptables-save use for numbers.
// iptables 1.8.9 lists numbers where earlier ones list names.
var protocols = map[string]string{
	"0": "", "all": "", "1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "33": "dccp", "41": "ipv6",
	"4": "ipencap", "8": "egp", "89": "ospf", "94": "ipip", "103": "pim", "108": "ipcomp", "112": "vrrp", "115": "l2tp",
	"135": "ipv6-mh", "mh": "ipv6-mh", "mobility-header": "ipv6-mh", "139": "hip",
	"47": "gre", "50": "esp", "51": "ah", "58": "icmpv6", "ipv6-icmp": "icmpv6", "132": "sctp", "136": "udplite",
}

// proto returns the name of a protocol, "" for any.
func proto(s string) string {
	if name, ok := protocols[s]; ok {
		return name
	}
	return s
}

// isProto reports whether a word is a protocol for sure. Others have a name if
// the file protocols of the node says so.
func isProto(s string) bool {
	s = strings.TrimPrefix(s, "!")
	if _, err := strconv.ParseUint(s, 10, 8); err == nil {
		return true
	}
	_, ok := protocols[s]
	return ok || protocolNames[s]
}

var protocolNames = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range protocols {
		names[name] = name != ""
	}
	return names
}()

// addr reads an address as iptables-save writes it: a prefix, an address, a
// range of -m iprange, or a mask that is no prefix, which stays text.
func addr(s string, not bool) Addr {
	a := Addr{Not: not, Text: s}
	if ip, err := netip.ParseAddr(s); err == nil && ip.Zone() == "" {
		a.From, a.To = ip, ip
		return a
	}
	host, mask, ok := strings.Cut(s, "/")
	if ok {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			p = maskPrefix(host, mask)
		}
		if p.IsValid() && p.Bits() == 0 && !not {
			return Addr{}
		}
		a.From, a.To = Bounds(p)
		return a
	}
	from, to, _ := strings.Cut(s, "-")
	if f, err := netip.ParseAddr(from); err == nil {
		if t, err := netip.ParseAddr(to); err == nil && f.BitLen() == t.BitLen() {
			a.From, a.To = f, t
		}
	}
	return a
}

// Bounds returns the first and the last address of a prefix; none of one that is
// not valid.
func Bounds(p netip.Prefix) (first, last netip.Addr) {
	if !p.IsValid() {
		return
	}
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	last, _ = netip.AddrFromSlice(b)
	return p.Masked().Addr(), last
}

// maskPrefix reads "10.0.0.0/255.0.0.0"; masks with holes give no prefix.
func maskPrefix(host, mask string) netip.Prefix {
	ip, err1 := netip.ParseAddr(host)
	m, err2 := netip.ParseAddr(mask)
	if err1 != nil || err2 != nil || !ip.Is4() || !m.Is4() {
		return netip.Prefix{}
	}
	bits, open := 0, true
	for _, b := range m.As4() {
		for i := 7; i >= 0; i-- {
			set := b>>i&1 == 1
			if set && !open {
				return netip.Prefix{}
			}
			if open = open && set; set {
				bits++
			}
		}
	}
	return netip.PrefixFrom(ip, bits)
}

// listAddr reads an address of a listing. Without --numeric it may be a name:
// of /etc/networks, or of the metadata service in the DNS of a VPC.
func listAddr(s string) Addr {
	not := strings.HasPrefix(s, "!")
	s = strings.TrimPrefix(s, "!")
	switch {
	case s == "" || s == "anywhere":
		return Addr{}
	case s == "link-local/16":
		return addr("169.254.0.0/16", not)
	case s == "loopback/8":
		return addr("127.0.0.0/8", not)
	case strings.HasPrefix(s, "instance-data."):
		a := addr("169.254.169.254", not)
		a.Text = s
		return a
	}
	return addr(s, not)
}

// iface reads an interface of iptables-save.
func iface(s string, not bool) Iface {
	if s == "+" {
		s = ""
	}
	return Iface{not && s != "", s}
}

// listIface reads an interface of a listing, where "*" and "any" are any.
func listIface(s string) Iface {
	not := strings.HasPrefix(s, "!")
	s = strings.TrimPrefix(s, "!")
	if s == "*" || s == "any" {
		s = ""
	}
	return iface(s, not)
}

// services are the ports that a listing without --numeric may name.
var services = map[string]uint16{"http": 80, "https": 443, "domain": 53, "ssh": 22, "webcache": 8080, "http-alt": 8080}

// ports reads "80", "80:90", "80,443" and ":1024".
func ports(s string, not bool) Ports {
	p := Ports{Not: not, Text: s}
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, ":")
		if !isRange {
			last = first
		}
		a, ok1 := port(first, 0)
		b, ok2 := port(last, 65535)
		if ok1 && ok2 {
			p.Ranges = append(p.Ranges, PortRange{a, b})
		}
	}
	return p
}

// port reads one port; open is what an empty text means.
func port(s string, open uint16) (uint16, bool) {
	if s == "" {
		return open, true
	}
	if n, ok := services[s]; ok {
		return n, true
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err == nil
}

// listPorts reads the ports of a listing: "80", "!80", "80:90".
func listPorts(s string, not bool) Ports {
	v, cut := strings.CutPrefix(s, "!")
	return ports(v, not != cut)
}

// owner returns the rule's condition on the owner, made when it has none.
func owner(r *Rule) *Owner {
	if r.Owner == nil {
		r.Owner = &Owner{}
	}
	return r.Owner
}
