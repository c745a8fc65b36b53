// Package routing judges the rules and routes of a node, and the configuration
// of systemd-networkd that changes them.
package routing

import (
	_ "embed"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
)

//go:embed check.yaml
var doc []byte

// Checks are those of state.iprule, state.route and state.networkd.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.iprule.pod_rule_missing": podRules,
	"state.iprule.orphaned_rules":   orphans,
	"state.iprule.foreign_tables":   foreignTables,
	"state.route.default_missing":   defaultMissing,
	"state.route.multiple_defaults": defaults,
	"state.route.blackhole":         blackholes,
	"state.route.pod_device":        podDevices,
	"state.route.leftover_devices":  leftOvers,
	"state.networkd.mac_policy":     macPolicy,
	"state.networkd.foreign_rules":  foreignRules,
})

// maxSaid is how many addresses are told of a list, and cited.
const maxSaid = 10

// A table is the policy rules or the routes of a family, with their file.
type table[T any] struct {
	file  string
	value *T
}

func (t *table[T]) pos(line int) parsers.Pos { return parsers.Pos{File: t.file, Line: line} }

// rules are the policy rules for IPv4; why says what is wrong with them. A list
// that goes to its end has the rule for the main table, which is near it.
func rules(p *analyze.Pass) (t *table[iproute2.Rules], why string) {
	for _, f := range analyze.Facts[iproute2.Rules](p) {
		if f.Value.V6 {
			continue
		}
		t = &table[iproute2.Rules]{f.Path, f.Value}
		if f.Value.Cut || whole.Cut(p, f.Path) != "" {
			return t, f.Path + " is cut"
		}
		for i := range f.Value.Rules {
			if r := &f.Value.Rules[i]; r.Priority == 32767 || r.Table == "default" {
				return t, ""
			}
		}
		return t, f.Path + " does not go to its end"
	}
	return nil, "no rules: networking/iprule.txt"
}

// routes are those of all tables. A list of all tables has the local one behind
// the main one.
func routes(p *analyze.Pass) (t *table[iproute2.Routes], why string) {
	for _, f := range analyze.Facts[iproute2.Routes](p) {
		if len(f.Value.Table("main", false)) == 0 && len(f.Value.Table("local", false)) == 0 {
			continue
		}
		t = &table[iproute2.Routes]{f.Path, f.Value}
		switch {
		case f.Value.Cut || whole.Cut(p, f.Path) != "":
			return t, f.Path + " is cut"
		case len(f.Value.Table("local", false)) == 0:
			return t, f.Path + " has not the routes of all tables"
		}
		return t, ""
	}
	return nil, "no IPv4 routes: networking/iproute.txt"
}
