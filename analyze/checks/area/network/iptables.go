package network

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// filterTables are the tables of the packet filter, in the order in which they
// see a packet.
var filterTables = []string{"raw", "mangle", "nat", "filter"}

// baseChain is what the chains of the kernel are listed as, which belong to
// nobody.
const baseChain = "(base chains)"

func iptablesState(r *area.Reader) {
	all := packetTables(r)
	if len(all) == 0 {
		r.NotJudged("rules of the packet filter", whole.Absent(r.Pass, "networking/iptables-save.txt"))
		return
	}
	families(r, all)
	policies(r, all)
	chainOwners(r, all)
	foreign(r, all)
	for _, t := range all {
		if !t.Whole {
			r.NotJudged(fmt.Sprintf("what is behind the last rule of table %s", t.Name), t.File+" does not go to its end")
		}
	}
}

// packetTables are the tables of both families, the best copy of each.
func packetTables(r *area.Reader) (all []*network.Table) {
	for _, v6 := range []bool{false, true} {
		for _, name := range filterTables {
			if t := network.GetTable(r.Pass, name, v6); t != nil {
				all = append(all, t)
			}
		}
	}
	return all
}

func family(v6 bool) string {
	if v6 {
		return "IPv6"
	}
	return "IPv4"
}

// families tells backend and number of rules.
func families(r *area.Reader, all []*network.Table) {
	for _, v6 := range []bool{false, true} {
		rules, tables, backend := 0, 0, ""
		var first parsers.Pos
		for _, t := range all {
			if t.V6 != v6 {
				continue
			}
			rules, tables = rules+len(t.Rules), tables+1
			if backend = cmp.Or(backend, t.Set.Backend); first.File == "" {
				first = t.Start()
			}
		}
		if tables == 0 {
			if !v6 {
				r.NotJudged("packet filter of IPv4", whole.Absent(r.Pass, "networking/iptables-save.txt"))
			}
			continue
		}
		if backend != "" {
			r.Say("backend "+family(v6), backend, at(first.File, 1))
		}
		r.Count("rules "+family(v6), int64(rules), "rules", first).With("tables: %d", tables)
	}
}

// policies tells what becomes of packets that no rule takes.
func policies(r *area.Reader, all []*network.Table) {
	t := r.Table("policies of base chains", area.Text("family"), area.Text("table"), area.Text("chain"), area.Text("policy"), area.N("rules"))
	for _, x := range all {
		if x.Name != "filter" && !slices.ContainsFunc(x.Chains, func(c *iptables.Chain) bool { return c.Policy == "DROP" }) {
			continue
		}
		for _, c := range x.Chains {
			if c.Policy == "" {
				continue
			}
			t.Row(x.Pos(c.Line), family(x.V6), x.Name, c.Name, c.Policy, rulesIn(x, c.Name))
		}
	}
}

func rulesIn(t *network.Table, chain string) (n int) {
	for _, r := range t.Rules {
		if r.Chain == chain {
			n++
		}
	}
	return n
}

// A share is what one component has of the packet filter.
type share struct {
	owner, family string
	chains, rules int
	first         parsers.Pos
}

// chainOwners counts chains and rules by who makes them.
func chainOwners(r *area.Reader, all []*network.Table) {
	t := r.Table("chains by owner", area.Text("owner"), area.Text("family"), area.N("chains"), area.N("rules"))
	for _, s := range shares(all) {
		t.Row(s.first, s.owner, s.family, s.chains, s.rules)
	}
}

func shares(all []*network.Table) (out []*share) {
	by := map[string]*share{}
	of := func(x *network.Table, chain string, line int) *share {
		owner := ownerOf(x, chain)
		key := owner + family(x.V6)
		s := by[key]
		if s == nil {
			s = &share{owner: owner, family: family(x.V6), first: x.Pos(line)}
			by[key] = s
			out = append(out, s)
		}
		return s
	}
	for _, x := range all {
		for _, c := range x.Chains {
			of(x, c.Name, c.Line).chains++
		}
		for _, rule := range x.Rules {
			of(x, rule.Chain, rule.Line).rules++
		}
	}
	slices.SortStableFunc(out, func(a, b *share) int { return cmp.Compare(a.family, b.family) })
	return out
}

// base are the chains that the kernel has.
var base = []string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}

func ownerOf(t *network.Table, chain string) string {
	if slices.Contains(base, chain) {
		return baseChain
	}
	return cmp.Or(network.Owner(chain), "not known: "+chain)
}

// foreign lists the rules that drop packets and that no known component makes.
func foreign(r *area.Reader, all []*network.Table) {
	t := r.Table("rules that drop packets and are of no known component", area.Text("rule"), area.N("packets"))
	for _, x := range all {
		var counts map[string]uint64
		for _, rule := range x.Rules {
			if !network.Blocks(rule) || network.Expected(rule) {
				continue
			}
			if counts == nil {
				counts = counted(r, x)
			}
			packets := "-"
			if n, ok := counts[network.Key(rule)]; ok {
				packets = fmt.Sprint(n)
			}
			t.Row(x.Pos(rule.Line), x.Name+" "+network.Describe(rule), packets)
		}
	}
	if len(t.Rows) == 0 {
		r.Say("foreign drop rules", "none", at(all[0].File, 0))
	}
}

// counted are the packets that rules have seen: iptables-save does not tell them
// on every node, the listings do.
func counted(r *area.Reader, x *network.Table) map[string]uint64 {
	counts := map[string]uint64{}
	for _, t := range network.Tables(r.Pass, x.Name, x.V6) {
		for _, rule := range t.Rules {
			if rule.Known && network.Blocks(rule) {
				counts[network.Key(rule)] = max(counts[network.Key(rule)], rule.Packets)
			}
		}
	}
	return counts
}
