package ipamd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
)

// refusals are the rules whose events are pods that got no address.
var refusals = []string{"cni.ipamd.no_available_ip", "cni.plugin.assign_ip_failed"}

// lately is how old a refusal may be to be one of the state that is seen.
const lately = 10 * time.Minute

// poolExhausted looks for network cards whose addresses are all in use. A node
// that is packed to its last address and refused no pod is no problem yet.
func poolExhausted(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	pools := network.Pools(p)
	if len(pools) == 0 {
		return network.NoData("no addresses of ipamd: ipamd/enis.json"), nil
	}
	var matches []analyze.Match
	var notes []string
	for _, f := range pools {
		for i := range f.Value.Cards {
			c := &f.Value.Cards[i]
			notes = append(notes, fmt.Sprintf("%d of %d addresses are in use", c.Assigned, c.Capacity()))
			if e := ledger.Pool(f.Path, c); e.Full() {
				matches = append(matches, exhausted(p, f.Path, c))
			}
		}
	}
	if len(matches) > 0 {
		return network.Found(matches...), nil
	}
	return network.Clear(strings.Join(notes[:min(len(notes), maxSaid)], "; ")), nil
}

// exhausted weighs a card by what is known of pods that got no address.
func exhausted(p *analyze.Pass, file string, c *enis.Card) analyze.Match {
	m := analyze.Match{
		Entity:   fmt.Sprintf("card %d", c.Number),
		Severity: analyze.Medium,
		Summary:  fmt.Sprintf("all %d addresses of network card %d are in use", c.Capacity(), c.Number),
		At:       []parsers.Pos{{File: file, Line: c.Line}},
	}
	for _, e := range c.ENIs[:min(len(c.ENIs), maxSaid)] {
		if m.Entities == nil {
			m.Entities = map[string][]string{}
		}
		m.Entities["eni"] = append(m.Entities["eni"], e.ID)
	}
	have, ok1 := gauge(p, "awscni_eni_allocated")
	most, ok2 := gauge(p, "awscni_eni_max")
	if ok1 && ok2 {
		m.Summary += fmt.Sprintf("; %.0f of %.0f interfaces are attached", have.Value, most.Value)
		m.At = append(m.At, have.At, most.At)
	}
	count, counted := gauge(p, "awscni_no_available_ip_addresses")
	at, recent := lastRefusal(p)
	switch {
	case recent:
		m.Severity = analyze.High
		m.Summary += "; pods got none in the last minutes"
		m.At = append(m.At, at)
	case counted && count.Value > 0:
		m.Severity = analyze.High
		m.Summary += fmt.Sprintf("; %.0f requests of pods were refused since aws-node started", count.Value)
		m.At = append(m.At, count.At)
	case counted:
		m.Severity = analyze.Low
		m.Summary += "; no pod was refused one so far"
		m.At = append(m.At, count.At)
	}
	if m.Severity != analyze.Low {
		m.Explains = refusals
	}
	return m
}

// lastRefusal is the last line about a pod that got no address, when that was
// shortly before the collection.
func lastRefusal(p *analyze.Pass) (at parsers.Pos, recent bool) {
	for _, rule := range refusals {
		for _, h := range p.Hits(rule) {
			if age := p.Clock.Collected.Sub(h.At); !h.At.IsZero() && !p.Clock.Collected.IsZero() && age < lately {
				at, recent = h.Pos, true
			}
		}
	}
	return at, recent
}

// eniMax compares the node with the limit of its instance type.
func eniMax(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	have, ok1 := gauge(p, "awscni_eni_allocated")
	most, ok2 := gauge(p, "awscni_eni_max")
	used, ok3 := gauge(p, "awscni_assigned_ip_addresses")
	ips, ok4 := gauge(p, "awscni_ip_max")
	if !ok1 || !ok2 || !ok3 || !ok4 || most.Value <= 0 || ips.Value <= 0 {
		return network.NoData(noMetrics), nil
	}
	share := ledger.Share(used.Value, ips.Value)
	note := fmt.Sprintf("%.0f of %.0f interfaces, %.0f of %.0f addresses", have.Value, most.Value, used.Value, ips.Value)
	if have.Value < most.Value || share < p.Limit("addresses") {
		return network.Clear(note), nil
	}
	m := analyze.Match{
		Entity:   "aws-node",
		Severity: analyze.Medium,
		Summary:  note,
		At:       []parsers.Pos{have.At, most.At, used.At, ips.At},
		Explains: refusals,
	}
	if s, ok := network.Variable(p, "MAX_ENI"); ok && s.Value != "" && s.Value != "-1" && s.Value != "0" {
		m.Summary += "; MAX_ENI is " + s.Value
		m.At = append(m.At, s.At)
	}
	if no, ok := gauge(p, "awscni_no_available_ip_addresses"); ok && no.Value == 0 {
		// The node is full, and so far nobody missed an address.
		m.Severity, m.Explains = analyze.Low, nil
	}
	return network.Found(m), nil
}

// refused looks at the requests for which there was no address. The counter is
// since the start of aws-node: some while an interface is attached are normal.
func refused(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	n, ok := gauge(p, "awscni_no_available_ip_addresses")
	switch {
	case !ok:
		return network.NoData(noMetrics), nil
	case n.Value <= 0:
		return network.Clear("no request was refused since aws-node started"), nil
	}
	m := analyze.Match{
		Entity:   "aws-node",
		Severity: analyze.Medium,
		Count:    int(min(n.Value, 1<<30)),
		Summary:  fmt.Sprintf("%.0f requests for an address were refused since aws-node started", n.Value),
		At:       []parsers.Pos{n.At},
	}
	full, at := full(p)
	switch {
	case full:
		m.Severity, m.Explains = analyze.High, refusals
		m.Summary += ", and all addresses are in use now"
		m.At = append(m.At, at)
	case n.Value < p.Limit("few"):
		m.Severity = analyze.Low
		m.Summary += "; addresses are free now"
	}
	return network.Found(m), nil
}

// full reports a card whose addresses are all in use.
func full(p *analyze.Pass) (bool, parsers.Pos) {
	for _, f := range network.Pools(p) {
		for i := range f.Value.Cards {
			if e := ledger.Pool(f.Path, &f.Value.Cards[i]); e.Full() {
				return true, e.Used.Pos()
			}
		}
	}
	return false, parsers.Pos{}
}
