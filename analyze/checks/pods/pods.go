// Package pods judges what the pods of a node have in common: how many there may
// be, and how kubelet reaches those with security groups of their own.
package pods

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the pods.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.pods.at_limit":   atLimit,
	"state.cni.early_demux": earlyDemux,
})

// atLimit compares the pods that run with how many kubelet takes. A node that is
// full may be just what was wanted, so it is told for information only, unless
// kubelet had to turn pods away.
func atLimit(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	e := ledger.RunningPods(p.Ledger())
	if e.Unknown != "" {
		return network.NoData(e.Unknown), nil
	}
	said := fmt.Sprintf("%d pods run, and kubelet takes %d", e.Used.Value, e.Allowed.Value)
	if e.Percent() < p.Limit("share") {
		return network.Clear(said), nil
	}
	m := analyze.Match{
		Summary: fmt.Sprintf("%s (%.0f %%)", said, e.Percent()),
		At:      []parsers.Pos{e.Used.Pos(), e.Allowed.Pos()},
	}
	if hits := p.Hits("kubelet.admission.too_many_pods"); len(hits) > 0 && e.Percent() >= 100 {
		m.Severity = analyze.Medium
		m.Summary += "; pods were turned away"
		m.At = append(m.At, hits[len(hits)-1].Pos)
	}
	return network.Found(m), nil
}

// earlyDemux looks for a kernel that gives packets of pods with security groups
// of their own to the wrong sockets.
//
//	net.ipv4.tcp_early_demux = 1
//	net.ipv4.conf.vlan1f2e3d4c5b6.forwarding = 1
//	"podSGEnforcingMode": "strict",
func earlyDemux(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := analyze.Facts[sysctl.Params](p)
	if len(files) == 0 {
		return network.NoData(whole.Absent(p, "sysctls/sysctl_all.txt")), nil
	}
	f := files[0]
	demux, known := f.Value.Get("net.ipv4.tcp_early_demux")
	branch, some := branchOf(f.Value)
	mode := enforcing(p)
	switch {
	case known && strings.TrimSpace(demux.Value) != "1":
		return network.Clear("net.ipv4.tcp_early_demux is " + demux.Value), nil
	case mode.Value == "standard":
		return network.Clear("pods with security groups of their own are not in strict mode"), nil
	case !some && (f.Value.Cut || whole.Cut(p, f.Path) != ""):
		return network.NoData(f.Path + " is not whole"), nil
	case !some:
		return network.Clear("no pod with security groups of its own runs"), nil
	case !known:
		return network.NoData(f.Path + " has no net.ipv4.tcp_early_demux"), nil
	case mode.Value == "":
		return network.NoData("nothing tells POD_SECURITY_GROUP_ENFORCING_MODE of aws-node"), nil
	}
	return network.Found(analyze.Match{
		Summary: "net.ipv4.tcp_early_demux is 1, and pods with security groups of their own run: kubelet does not reach them over TCP",
		At:      []parsers.Pos{{File: f.Path, Line: demux.Line}, {File: f.Path, Line: branch.Line}, mode.At},
	}), nil
}

// enforcing is the mode of security groups of pods: as aws-node has it, or as it
// has written it for its plugin.
func enforcing(p *analyze.Pass) network.Setting {
	const name = "POD_SECURITY_GROUP_ENFORCING_MODE"
	if s, ok := network.Get(p, name); ok && s.Value != "" {
		return s
	}
	for _, f := range network.Conflists(p) {
		if plugin := f.Value.Plugin("aws-cni"); plugin != nil {
			if s, ok := plugin.Get("podSGEnforcingMode"); ok {
				return network.Setting{Name: name, Value: s.Value, At: parsers.Pos{File: f.Path, Line: s.Line}}
			}
		}
	}
	return network.Setting{}
}

// branchOf is a parameter of the interface of such a pod. vlan.eth.1 is the
// branch interface itself, and not of a pod.
func branchOf(params *sysctl.Params) (sysctl.Param, bool) {
	for _, v := range params.All {
		rest, ok := strings.CutPrefix(v.Name, "net.ipv4.conf.vlan")
		if name, _, _ := strings.Cut(rest, "."); ok && len(name) == 11 && strings.Trim(name, "0123456789abcdef") == "" {
			return v, true
		}
	}
	return sysctl.Param{}, false
}
