// Package iptables judges the packet filter of a node: whether kube-proxy and
// the VPC CNI have their rules in it, and whether anything else drops packets.
package iptables

import (
	_ "embed"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
)

//go:embed check.yaml
var doc []byte

// Checks are those of state.iptables.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.iptables.rules_total":           rulesTotal,
	"state.iptables.unexpected_reject":     unexpectedReject,
	"state.iptables.forward_policy_drop":   forwardPolicy,
	"state.iptables.kube_services_missing": servicesMissing,
	"state.iptables.aws_snat_missing":      snatMissing,
	"state.iptables.aws_connmark_missing":  connmarkMissing,
	"state.iptables.snat_source_stale":     snatSource,
	"state.iptables.dnat_10250":            kubeletPort,
	"state.iptables.mixed_backends":        backends,
	"state.iptables.endpoint_stale":        staleEndpoints,
})

// maxAt is how many lines are cited as proof, and maxSaid how many are told.
const (
	maxAt   = 20
	maxSaid = 5
)

// unseen says why a table cannot be judged; "" when all of it is there.
func unseen(t *network.Table, name string, v6 bool) string {
	family := "IPv4"
	if v6 {
		family = "IPv6"
	}
	switch {
	case t == nil:
		return fmt.Sprintf("no rules of the table %s for %s could be read", name, family)
	case !t.Whole:
		return t.File + " does not go to its end"
	}
	return ""
}
