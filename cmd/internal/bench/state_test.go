package main

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// What is generated is read as what it says.
func TestBusyNode(t *testing.T) {
	flows, err := conntrack.Parse("networking/conntrack.txt", []byte(busyConntrack()))
	if err != nil || flows.Total != busyFlows || len(flows.Notes) > 0 {
		t.Errorf("conntrack: %d flows, notes %v, %v", flows.Total, flows.Notes, err)
	}
	filter, err := iptables.Parse("networking/iptables-save.txt", []byte(busyIptables()))
	if err != nil || len(filter.Rules) != 1+11*busyServices || !filter.Whole || len(filter.Notes) > 0 {
		t.Errorf("iptables: %d rules, whole %v, notes %v, %v", len(filter.Rules), filter.Whole, filter.Notes, err)
	}
	rules, err := iproute2.ParseRules("networking/iprule.txt", []byte(busyRules()))
	if err != nil || len(rules.Rules) != 4+busyPods || len(rules.Notes) > 0 {
		t.Errorf("rules: %d, notes %v, %v", len(rules.Rules), rules.Notes, err)
	}
}
