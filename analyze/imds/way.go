package imds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/nft"
)

// dropped are the routes, and the rules of nftables, that keep packets from the
// service. Rules of iptables are a matter of the check state.imds.iptables_block.
func dropped(facts []index.Fact) (out []Point) {
	for _, f := range facts {
		switch v := f.Value.(type) {
		case *iproute2.Routes:
			if r := route(v); r != nil && drops(r) {
				out = add(out, fmt.Sprintf("a route drops it: %s %s", r.Type, r.Dst), Place{f.File.Path, r.Line})
			}
		case *nft.Ruleset:
			for _, at := range refusals(v) {
				out = add(out, "a rule of nftables drops it", Place{f.File.Path, at})
			}
		}
	}
	return out
}

// route is the one of the main table that packets to the service take.
func route(t *iproute2.Routes) (best *iproute2.Route) {
	for i := range t.Routes {
		r := &t.Routes[i]
		if r.Table == "main" && r.Dst.IsValid() && r.Dst.Contains(services[0]) && (best == nil || r.Dst.Bits() > best.Dst.Bits()) {
			best = r
		}
	}
	return best
}

func drops(r *iproute2.Route) bool {
	return slices.Contains([]string{"blackhole", "unreachable", "prohibit"}, r.Type)
}

// refusals are the lines of rules that name the service and end packets.
//
//	ip daddr 169.254.169.254 tcp dport 80 counter packets 12 bytes 720 drop
func refusals(r *nft.Ruleset) (lines []int) {
	for i := range r.Tables {
		for k := range r.Tables[i].Chains {
			for _, rule := range r.Tables[i].Chains[k].Rules {
				if (rule.Verdict == "drop" || rule.Verdict == "reject") && strings.Contains(rule.Text, "daddr 169.254.169.254") {
					lines = append(lines, rule.Line)
				}
			}
		}
	}
	return lines
}

// fewFlows is how many connections without an answer are more than one that had
// just begun.
const fewFlows = 3

// unreplied are connections to the service that the node tracks and that got no
// answer. A hop limit does not make such: the service accepts connections.
func unreplied(facts []index.Fact) (out []Point) {
	for _, f := range facts {
		v, ok := f.Value.(*conntrack.Table)
		if !ok {
			continue
		}
		for _, d := range v.Destinations {
			if d.Proto != "tcp" || !slices.Contains(services, d.Addr.Unmap()) || d.Unreplied < fewFlows || d.Unreplied < d.Flows || len(d.Lines) == 0 {
				continue
			}
			out = add(out, fmt.Sprintf("%d connections to the service have no answer", d.Unreplied), Place{f.File.Path, d.Lines[0]})
		}
	}
	return out
}
