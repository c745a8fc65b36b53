package iptables

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
)

// rulesTotal weighs the largest table of each family. The tables are counted by
// themselves: iptables.txt has the filter table once more.
func rulesTotal(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var matches []analyze.Match
	var notes []string
	whole := false
	for _, v6 := range []bool{false, true} {
		t := largest(p, v6)
		if t == nil {
			continue
		}
		whole = whole || t.Whole && !v6
		notes = append(notes, fmt.Sprintf("%d rules in the table %s of %s", len(t.Rules), t.Name, t.File))
		if s := weight(p, len(t.Rules)); s != "" {
			matches = append(matches, many(t, s))
		}
	}
	switch {
	case len(matches) > 0:
		return network.Found(matches...), nil
	case !whole:
		return network.NoData("no whole table of IPv4 rules could be read"), nil
	}
	return network.Clear(strings.Join(notes, "; ")), nil
}

// largest is the table with the most rules.
func largest(p *analyze.Pass, v6 bool) (most *network.Table) {
	for _, name := range []string{"nat", "filter", "mangle", "raw"} {
		for _, t := range network.Tables(p, name, v6) {
			if most == nil || len(t.Rules) > len(most.Rules) {
				most = t
			}
		}
	}
	return most
}

func weight(p *analyze.Pass, rules int) analyze.Severity {
	switch n := float64(rules); {
	case n > p.Limit("high"):
		return analyze.High
	case n > p.Limit("medium"):
		return analyze.Medium
	case n > p.Limit("low"):
		return analyze.Low
	}
	return ""
}

// many says whose the rules are.
func many(t *network.Table, s analyze.Severity) analyze.Match {
	kube, services := 0, map[string]bool{}
	for _, r := range t.Rules {
		if network.Owner(r.Chain) == network.KubeProxy {
			kube++
		}
		if strings.HasPrefix(r.Target, "KUBE-SVC-") {
			services[r.Target] = true
		}
	}
	more := ""
	if t.Set.Cut {
		more = "at least "
	}
	family := "IPv4"
	if t.V6 {
		family = "IPv6"
	}
	m := analyze.Match{
		Entity:   family,
		Severity: s,
		Summary:  fmt.Sprintf("the %s table %s has %s%d rules, %d of them kube-proxy's for %d ports of Services", family, t.Name, more, len(t.Rules), kube, len(services)),
		At:       []parsers.Pos{t.Start(), t.Pos(t.Rules[len(t.Rules)-1].Line)},
	}
	if 2*kube < len(t.Rules) {
		m.Summary += "; most are of something else"
	}
	return m
}
