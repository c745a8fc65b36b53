package resolv

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers/iptables"
	"github.com/eksleuth/eksleuth/parsers/resolv"
)

// The addresses under which Amazon's resolver answers in any VPC.
var amazon = []netip.Addr{netip.MustParseAddr("169.254.169.253"), netip.MustParseAddr("fd00:ec2::253")}

// notVPC looks for servers that are not Amazon's. Those have the third address
// of a range of the VPC, or one of their own.
func notVPC(c *conf) analyze.Verdict {
	if len(c.Servers) == 0 {
		return noData("resolv.conf names no server")
	}
	ranges := vpc(c.Pass)
	var others []resolv.Entry
	guess := false
	for _, s := range c.Servers {
		a := address(s.Value)
		switch {
		case !a.IsValid():
			return noData(s.Value + " is no address")
		case a.IsLoopback():
			return noData("the servers behind " + s.Value + " are not known")
		case isAmazon(a) || isLocalCache(a):
		case len(ranges) > 0 && third(a, ranges):
		case len(ranges) == 0 && likelyThird(a):
			guess = true
		default:
			others = append(others, s)
		}
	}
	if len(others) == 0 {
		note := "the servers are those of the VPC"
		if guess {
			note += ", as far as their addresses tell: its ranges are not known"
		}
		return clear("%s", note)
	}
	m := analyze.Match{Entity: "nameserver", Entities: map[string][]string{}}
	var words []string
	for _, s := range others[:min(len(others), 8)] {
		words = append(words, s.Value)
		m.At = append(m.At, c.at(s.Line))
		m.Entities["ip"] = append(m.Entities["ip"], address(s.Value).String())
	}
	m.Summary = fmt.Sprintf("name servers that are not the VPC's: %s", strings.Join(words, ", "))
	if len(ranges) == 0 {
		m.Confidence = 0.6
	}
	return found(m)
}

func isAmazon(a netip.Addr) bool { return a == amazon[0] || a == amazon[1] }

// isLocalCache knows NodeLocal DNSCache, which asks others in turn.
func isLocalCache(a netip.Addr) bool { return a == netip.MustParseAddr("169.254.20.10") }

// third reports an address that is the third one of a range: x.x.x.2 of 10.0.0.0/16.
func third(a netip.Addr, ranges []netip.Prefix) bool {
	for _, r := range ranges {
		if first := r.Masked().Addr(); a == first.Next().Next() {
			return true
		}
	}
	return false
}

// likelyThird reports an address that can be the third one of a range: a VPC
// has at least 16 addresses.
func likelyThird(a netip.Addr) bool {
	b := a.AsSlice()
	return b[len(b)-1]%16 == 2
}

// vpc returns the ranges of the VPC: the VPC CNI does not translate what goes
// to them.
//
//	-A AWS-SNAT-CHAIN-0 -d 10.0.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
//	-A AWS-SNAT-CHAIN-0 ! -d 10.0.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-1
func vpc(p *analyze.Pass) []netip.Prefix {
	var out []netip.Prefix
	for _, f := range analyze.Facts[iptables.Ruleset](p) {
		for i := range f.Value.Rules {
			r := &f.Value.Rules[i]
			if !strings.HasPrefix(r.Chain, "AWS-SNAT-CHAIN-") || r.Dst.Any() || len(out) == maxRanges {
				continue
			}
			if prefix, err := netip.ParsePrefix(strings.TrimPrefix(strings.TrimSpace(r.Dst.Text), "!")); err == nil {
				out = append(out, prefix)
			}
		}
	}
	return out
}

// maxRanges bounds the ranges; a VPC has five, or some hundreds of peers.
const maxRanges = 1000
