package routing

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
)

// A pod is an address that ipamd gave to a pod, and what leads to it.
type pod struct {
	enis.Address
	at     parsers.Pos
	second bool // its interface is not the primary one

	to, from *iproute2.Rule
	route    *iproute2.Route
}

// lacks names what is missing on the way to the pod and back.
func (x *pod) lacks() (all []string) {
	if x.to == nil {
		all = append(all, "rule to it")
	}
	if x.route == nil {
		all = append(all, "route")
	}
	if x.second && x.from == nil {
		all = append(all, "rule from it")
	}
	return all
}

// gone reports a pod that nothing leads to: as one that ended after ipamd was
// asked, or one whose network was never made.
func (x *pod) gone() bool { return x.to == nil && x.route == nil && x.from == nil }

// A plan is the pods of a node beside its rules and routes.
type plan struct {
	rules  *table[iproute2.Rules]
	routes *table[iproute2.Routes]
	pods   []*pod
	wanted map[netip.Addr]*pod
	kept   bool // by the checkpoint, which may have pods that ended since ipamd did
}

// compare joins what ipamd says with rules and routes. Of further network cards
// pods have more than one address, which do not have rules of their own.
//
//	512:	from all to 10.0.97.30 lookup main
//	1536:	from 10.0.97.30 lookup 2
//	10.0.97.30 dev eni78036b9b79a scope link
func compare(p *analyze.Pass) (pl *plan, why string) {
	pools := network.Pools(p)
	pl = &plan{wanted: map[netip.Addr]*pod{}}
	var whyRules, whyRoutes string
	pl.rules, whyRules = rules(p)
	pl.routes, whyRoutes = routes(p)
	switch {
	case len(pools) == 0 && !pl.fromCheckpoint(p):
		return nil, "no addresses of pods: ipamd/enis.json"
	case whyRules != "":
		return nil, whyRules
	case whyRoutes != "":
		return nil, whyRoutes
	}
	for _, f := range pools {
		for _, c := range f.Value.Cards {
			if c.Number == 0 {
				pl.add(f.Path, &c)
			}
		}
	}
	pl.join()
	return pl, ""
}

// fromCheckpoint takes the pods of the file that ipamd goes by after a restart,
// for an ipamd that does not answer. It does not tell their interfaces, and so
// not who needs a rule from its address.
func (pl *plan) fromCheckpoint(p *analyze.Pass) bool {
	for _, f := range analyze.Facts[ipam.Checkpoint](p) {
		if strings.Contains(f.Path, ".tmp") {
			continue
		}
		if f.Value.Damaged || whole.Cut(p, f.Path) != "" {
			return false
		}
		for _, a := range f.Value.Allocations {
			if !a.IPv4.IsValid() || a.Migrated() || pl.wanted[a.IPv4] != nil {
				continue
			}
			x := &pod{at: parsers.Pos{File: f.Path, Line: a.Line}}
			x.IP, x.Namespace, x.Pod, x.Assigned = a.IPv4, a.Namespace, a.Pod, true
			pl.pods = append(pl.pods, x)
			pl.wanted[a.IPv4] = x
		}
	}
	pl.kept = len(pl.pods) > 0
	return pl.kept
}

// add takes the pods of a card.
func (pl *plan) add(file string, c *enis.Card) {
	for _, e := range c.ENIs {
		for _, r := range e.Ranges {
			for _, a := range r.Addresses {
				if !a.Assigned || !a.IP.Is4() || pl.wanted[a.IP] != nil {
					continue
				}
				x := &pod{Address: a, at: parsers.Pos{File: file, Line: a.Line}, second: !e.Primary && e.Device > 0}
				pl.pods = append(pl.pods, x)
				pl.wanted[a.IP] = x
			}
		}
	}
}

// join finds the rules and routes of the pods.
func (pl *plan) join() {
	for i := range pl.rules.value.Rules {
		r := &pl.rules.value.Rules[i]
		if r.Action != iproute2.Lookup || r.Not {
			continue
		}
		if ip, ok := network.IsHost(r.To); ok && r.Table == "main" && pl.wanted[ip] != nil {
			pl.wanted[ip].to = r
		}
		if ip, ok := network.IsHost(r.From); ok && r.Table != "main" && pl.wanted[ip] != nil {
			pl.wanted[ip].from = r
		}
	}
	for _, r := range pl.routes.value.Table("main", false) {
		if ip, ok := network.IsHost(r.Dst); ok && !r.Via.IsValid() && !slices.Contains(r.Flags, "dead") && pl.wanted[ip] != nil {
			pl.wanted[ip].route = r
		}
	}
}

// podRules looks for pods that have an address and no way.
func podRules(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	pl, why := compare(p)
	if why != "" {
		return network.NoData(why), nil
	}
	var broken, gone []*pod
	for _, x := range pl.pods {
		switch {
		case x.gone():
			gone = append(gone, x)
		case len(x.lacks()) > 0:
			broken = append(broken, x)
		}
	}
	note := fmt.Sprintf("%d pods with address, rules and route", len(pl.pods)-len(broken)-len(gone))
	if len(gone) > 0 {
		note += fmt.Sprintf("; %d of which there is only the address: they ended, or were not made yet", len(gone))
	}
	// Some pods come and go while the collector works. Of many, or of all, not.
	if n := float64(len(gone)); !pl.kept && n >= p.Limit("gone") && 2*len(gone) >= len(pl.pods) {
		broken = append(broken, gone...)
	}
	if len(broken) == 0 {
		return network.Clear(note), nil
	}
	return network.Found(noWay(pl, broken)), nil
}

// noWay makes one finding of all pods.
func noWay(pl *plan, broken []*pod) analyze.Match {
	m := analyze.Match{Entity: "pods", Count: len(broken), Entities: map[string][]string{}}
	var said []string
	for _, x := range broken[:min(len(broken), maxSaid)] {
		name := x.IP.String()
		m.Entities["ip"] = append(m.Entities["ip"], name)
		if x.Pod != "" {
			name += " (" + x.Namespace + "/" + x.Pod + ")"
			m.Entities["pod"] = append(m.Entities["pod"], x.Namespace+"/"+x.Pod)
		}
		said = append(said, name+" has no "+strings.Join(x.lacks(), ", no "))
		m.At = appendNew(m.At, x.at)
		if x.to != nil {
			m.At = append(m.At, pl.rules.pos(x.to.Line))
		}
		if x.from != nil {
			m.At = append(m.At, pl.rules.pos(x.from.Line))
		}
		if x.route != nil {
			m.At = append(m.At, pl.routes.pos(x.route.Line))
		}
	}
	if rest := len(broken) - len(said); rest > 0 {
		said = append(said, fmt.Sprintf("and %d more", rest))
	}
	m.Summary = strings.Join(said, "; ")
	return m
}

func appendNew(at []parsers.Pos, pos parsers.Pos) []parsers.Pos {
	if slices.Contains(at, pos) {
		return at
	}
	return append(at, pos)
}

// orphans looks for rules to addresses that no pod has.
func orphans(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	pl, why := compare(p)
	if why != "" {
		return network.NoData(why), nil
	}
	routed := map[netip.Addr]bool{}
	for _, r := range pl.routes.value.Table("main", false) {
		if ip, ok := network.IsHost(r.Dst); ok {
			routed[ip] = true
		}
	}
	m := analyze.Match{Entity: "rules", Entities: map[string][]string{}}
	for i := range pl.rules.value.Rules {
		r := &pl.rules.value.Rules[i]
		ip, ok := network.IsHost(r.To)
		if !ok || r.Priority != network.ToPod || r.Table != "main" || pl.wanted[ip] != nil || routed[ip] {
			continue
		}
		if m.Count++; m.Count <= maxSaid {
			m.Entities["ip"] = append(m.Entities["ip"], ip.String())
			m.At = append(m.At, pl.rules.pos(r.Line))
		}
	}
	if m.Count == 0 {
		return network.Clear("every rule to a pod has its pod or its route"), nil
	}
	if float64(m.Count) >= p.Limit("many") {
		m.Severity = analyze.Medium
	}
	m.Summary = fmt.Sprintf("%s that no pod has: %s", words.Count(m.Count, "rule to an address", "rules to addresses"), strings.Join(m.Entities["ip"], ", "))
	return network.Found(m), nil
}

// foreignTables looks for rules by which other programs route the packets of
// addresses of the node. They come behind those of the VPC CNI: while these are
// all there, and none of the others is for the address of a pod, nothing is lost.
func foreignTables(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, why := rules(p)
	if t == nil {
		return network.NoData(why), nil
	}
	byOwner := map[string]*analyze.Match{}
	tables := map[string][]string{}
	taken := map[string]string{}
	pl, unknown := compare(p)
	for i := range t.value.Rules {
		r := &t.value.Rules[i]
		owner := network.TableOwner(r)
		if owner == "" {
			continue
		}
		m := byOwner[owner]
		if m == nil {
			m = &analyze.Match{Entity: owner}
			byOwner[owner] = m
		}
		if m.Count++; m.Count <= maxSaid {
			m.At = append(m.At, t.pos(r.Line))
		}
		if !slices.Contains(tables[owner], r.Table) && len(tables[owner]) < maxSaid {
			tables[owner] = append(tables[owner], r.Table)
		}
		if ip, ok := network.IsHost(r.From); ok && unknown == "" && pl.wanted[ip] != nil {
			taken[owner] = ip.String()
		}
	}
	var matches []analyze.Match
	for _, owner := range []string{network.CloudSetup, network.EC2Utils} {
		if m := byOwner[owner]; m != nil {
			m.Summary = fmt.Sprintf("%s of %s, for %s", words.Count(m.Count, "rule", "rules"), owner, named(tables[owner]))
			pl.weigh(m, taken[owner])
			matches = append(matches, *m)
		}
	}
	switch {
	case len(matches) > 0:
		return network.Found(matches...), nil
	case why != "":
		return network.NoData(why), nil
	}
	return network.Clear("no rule is of another program"), nil
}

func named(tables []string) string {
	if len(tables) == 1 {
		return "the table " + tables[0]
	}
	return "the tables " + strings.Join(tables, ", ")
}

// weigh says whether the rules of another program have done harm: to the pod
// with an address that they take, or to pods that have lost their own.
func (pl *plan) weigh(m *analyze.Match, taken string) {
	if pl == nil || len(pl.pods) == 0 {
		return
	}
	lost := 0
	for _, x := range pl.pods {
		if x.route != nil && (x.to == nil || x.second && x.from == nil) {
			lost++
		}
	}
	switch {
	case lost > 0:
		m.Summary += fmt.Sprintf("; %d of %d pods have lost theirs", lost, len(pl.pods))
		m.Explains = []string{"state.iprule.pod_rule_missing"}
	case taken != "":
		m.Summary += "; one is for " + taken + ", the address of a pod"
	default:
		m.Severity = analyze.Low
		m.Summary += fmt.Sprintf("; the rules of all %d pods are there", len(pl.pods))
	}
}
