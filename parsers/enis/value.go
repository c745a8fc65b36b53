package enis

import (
	"encoding/base64"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// cards reads a document: a card, or a map of cards by their number.
func cards(v *tree.Value) []Card {
	if pools(v) != nil {
		return []Card{card(0, v)}
	}
	var out []Card
	for i, key := range v.Keys {
		if n, err := strconv.Atoi(key); err == nil && n >= 0 && pools(v.Items[i]) != nil {
			out = append(out, card(n, v.Items[i]))
		}
	}
	return out
}

// pools is the map of the interfaces of a card.
func pools(v *tree.Value) *tree.Value {
	if p := v.Get("ENIs"); p != nil {
		return p
	}
	return v.Get("ENIIPPools")
}

func card(n int, v *tree.Value) Card {
	c := Card{Line: v.Line, Number: n, Total: integer(v, "TotalIPs"), Assigned: integer(v, "AssignedIPs")}
	p := pools(v)
	for i, id := range p.Keys {
		c.ENIs = append(c.ENIs, eni(id, p.Items[i]))
	}
	return c
}

func eni(id string, v *tree.Value) ENI {
	e := ENI{
		Line: v.Line, ID: id, Device: int(integer(v, "DeviceNumber")), RouteTable: int(integer(v, "RouteTableID")), Subnet: v.String("SubnetID"),
		Primary: truth(v, "IsPrimary"), Trunk: truth(v, "IsTrunk"), EFA: truth(v, "IsEFA"), Excluded: truth(v, "IsExcludedForPodIPs"),
	}
	for _, key := range []string{"AvailableIPv4Cidrs", "IPv6Cidrs"} {
		e.Ranges = append(e.Ranges, ranges(v.Get(key))...)
	}
	// Before CNI 1.9 an interface has addresses without ranges.
	e.Ranges = append(e.Ranges, singles(v.Get("IPv4Addresses"))...)
	return e
}

func ranges(v *tree.Value) []Range {
	if v == nil {
		return nil
	}
	var out []Range
	for i, key := range v.Keys {
		item := v.Items[i]
		r := Range{Line: item.Line, CIDR: cidr(key, item.Get("Cidr")), Delegated: truth(item, "IsPrefix")}
		for _, list := range []string{"IPAddresses", "IPv4Addresses"} { // the latter in CNI 1.9
			if a := item.Get(list); a != nil {
				r.Addresses = append(r.Addresses, addresses(a)...)
			}
		}
		out = append(out, r)
	}
	return out
}

func singles(v *tree.Value) []Range {
	if v == nil {
		return nil
	}
	var out []Range
	for _, a := range addresses(v) {
		r := Range{Line: a.Line, Addresses: []Address{a}}
		if a.IP.IsValid() {
			r.CIDR = netip.PrefixFrom(a.IP, a.IP.BitLen())
		}
		out = append(out, r)
	}
	return out
}

// cidr reads a range by its key, or by its address and its mask of raw bytes.
//
//	"192.168.41.206/32":{"Cidr":{"IP":"192.168.41.206","Mask":"/////w=="},..}
func cidr(key string, v *tree.Value) netip.Prefix {
	if p, err := netip.ParsePrefix(key); err == nil {
		return p
	}
	addr, err := netip.ParseAddr(v.String("IP"))
	mask, err2 := base64.StdEncoding.DecodeString(v.String("Mask"))
	if err != nil || err2 != nil || len(mask)*8 != addr.BitLen() {
		return netip.Prefix{}
	}
	ones, bits := net.IPMask(mask).Size()
	if bits == 0 {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(addr, ones)
}

func addresses(v *tree.Value) []Address {
	var out []Address
	for i, key := range v.Keys {
		item := v.Items[i]
		a := Address{
			Line: item.Line, Network: item.String("IPAMKey", "networkName"), Container: item.String("IPAMKey", "containerID"), Interface: item.String("IPAMKey", "ifName"),
			Namespace: item.String("IPAMMetadata", "k8sPodNamespace"), Pod: item.String("IPAMMetadata", "k8sPodName"),
			AssignedAt: date(item.String("AssignedTime")), UnassignedAt: date(item.String("UnassignedTime")),
		}
		a.IP, _ = netip.ParseAddr(key)
		a.Assigned = truth(item, "Assigned") || a.Network != "" || a.Container != "" || a.Interface != ""
		out = append(out, a)
	}
	return out
}

// date reads a time; Go's zero time, 0001-01-01T00:00:00Z, means never.
func date(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func integer(v *tree.Value, key string) int64 {
	n, _ := strconv.ParseInt(v.String(key), 10, 64)
	return n
}

func truth(v *tree.Value, key string) bool { return v.String(key) == "true" }
