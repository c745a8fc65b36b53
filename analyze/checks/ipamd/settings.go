package ipamd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/ipamdsettings"
)

// unset are values that mean that a variable is not set.
var unset = []string{"", "0", "-1", "false"}

// switches are settings that are off unless somebody wants what they do.
var switches = []string{
	"WARM_IP_TARGET", "MINIMUM_IP_TARGET", "MAX_ENI", "ENABLE_PREFIX_DELEGATION", "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG",
	"AWS_VPC_K8S_CNI_EXTERNALSNAT", "ENABLE_POD_ENI", "DISABLE_INTROSPECTION", "DISABLE_METRICS", "ENABLE_IPv6",
	"DISABLE_NETWORK_RESOURCE_PROVISIONING", "ENABLE_IMDS_ONLY_MODE",
}

// settings lists what is not as the VPC CNI is installed, as that explains what
// a node does. Two combinations leave it short of addresses.
func settings(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	if len(analyze.Facts[ipamdsettings.Settings](p)) == 0 && len(analyze.Facts[cnienv.Containers](p)) == 0 {
		return network.NoData("no settings of the VPC CNI"), nil
	}
	m := analyze.Match{Entity: "aws-node", Severity: analyze.Info}
	var said []string
	tell := func(s network.Setting) {
		said = append(said, s.Name+"="+s.Value)
		if !slices.Contains(m.At, s.At) {
			m.At = append(m.At, s.At)
		}
	}
	for _, name := range switches {
		if s, ok := network.Get(p, name); ok && !slices.Contains(unset, s.Value) {
			tell(s)
		}
	}
	// The number of whole interfaces to keep counts only without a number of
	// addresses.
	if s, ok := network.Get(p, "WARM_ENI_TARGET"); ok && s.Value != "1" && !isSet(p, "WARM_IP_TARGET") {
		tell(s)
	}
	if s, ok := network.Get(p, "NETWORK_POLICY_ENFORCING_MODE"); ok && s.Value == "strict" {
		tell(s)
	}
	if len(said) == 0 {
		return network.Clear("as installed"), nil
	}
	m.Summary = strings.Join(said, ", ")
	if isSet(p, "WARM_IP_TARGET") && !isSet(p, "MINIMUM_IP_TARGET") && knows(p, "MINIMUM_IP_TARGET") {
		m.Summary += "; without MINIMUM_IP_TARGET a small WARM_IP_TARGET makes many calls to EC2"
	}
	if s, short := noWarm(p); short {
		m.Severity = analyze.Medium
		m.Summary += "; no prefix is kept ready, so that pods wait for EC2 each time the addresses are used up"
		m.At = append(m.At, s.At)
	}
	m.At = slices.Compact(m.At)
	return network.Found(m), nil
}

func isSet(p *analyze.Pass, name string) bool {
	s, ok := network.Get(p, name)
	return ok && !slices.Contains(unset, s.Value)
}

func knows(p *analyze.Pass, name string) bool {
	_, ok := network.Get(p, name)
	return ok
}

// noWarm reports prefix delegation with a target of no prefix and no addresses.
func noWarm(p *analyze.Pass) (network.Setting, bool) {
	s, ok := network.Get(p, "WARM_PREFIX_TARGET")
	return s, ok && s.Value == "0" && network.On(p, "ENABLE_PREFIX_DELEGATION") && !isSet(p, "WARM_IP_TARGET") && !isSet(p, "MINIMUM_IP_TARGET")
}

// unreachable looks for an ipamd that runs and does not answer.
func unreachable(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	if len(network.Pools(p)) > 0 {
		return network.Clear("ipamd told its interfaces"), nil
	}
	for _, f := range analyze.Facts[ipamdsettings.Ignored](p) {
		if !f.Value.Metrics {
			return network.NoData("the collector was told not to ask ipamd (" + f.Path + ")"), nil
		}
	}
	file := answer(p)
	proc, at, listed := network.Process(p, "aws-k8s-agent")
	switch {
	case network.OtherCNI(p) != "":
		return network.NoData("the network plugin is " + network.OtherCNI(p)), nil
	case !listed:
		return network.NoData("no list of processes: system/ps.txt"), nil
	case proc == nil:
		return network.NoData("no ipamd runs on this node"), nil
	case variableOn(p, "DISABLE_INTROSPECTION"):
		return network.NoData("ipamd was told not to answer: DISABLE_INTROSPECTION"), nil
	case file == nil:
		return network.NoData("the collector has not asked ipamd: no ipamd/enis.json"), nil
	case file.Bytes > 0:
		return network.NoData(file.Path + " is no answer of this ipamd"), nil
	case startedLate(p):
		return network.NoData("ipamd had just started"), nil
	}
	return network.Found(analyze.Match{
		Entity:   "aws-node",
		Entities: map[string][]string{"process": {"aws-k8s-agent"}, "pid": {fmt.Sprint(proc.PID)}},
		Summary:  fmt.Sprintf("ipamd runs as process %d and did not answer the collector in 3 seconds: %s is empty", proc.PID, file.Path),
		At:       []parsers.Pos{at, {File: file.Path}},
	}), nil
}

// answer is the file for what ipamd said.
func answer(p *analyze.Pass) *index.File {
	return cmp.Or(p.File("ipamd/enis.json"), p.File("ipamd/enis.txt"))
}

func variableOn(p *analyze.Pass, name string) bool {
	s, ok := network.Variable(p, name)
	return ok && s.True()
}

// settle is how long ipamd may take from its start to its first answer.
const settle = 30 * time.Second

// startedLate reports an ipamd that started, and did not start again and again,
// when the collection did.
func startedLate(p *analyze.Pass) bool {
	hits := p.Hits("mark.ipamd.started")
	if len(hits) != 1 || p.Clock.Collected.IsZero() {
		return false
	}
	return !hits[0].At.IsZero() && p.Clock.Collected.Sub(hits[0].At) < settle
}
