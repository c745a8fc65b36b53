// Package osstate judges settings of the operating system that stand in no
// configuration of Kubernetes: SELinux, the environments of processes, and who
// sets the clock.
package osstate

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/largeenv"
	"github.com/eksleuth/eksleuth/parsers/ps"
	"github.com/eksleuth/eksleuth/parsers/selinux"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the operating system.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.selinux.enforcing":  enforcing,
	"state.large_environments": largeEnvironments,
	"state.time.daemon":        timeDaemon,
})

// enforcing looks for SELinux that keeps programs from what they want. On
// Bottlerocket it always does, with rules made for it.
//
//	SELinux mode:
//		 Enforcing
func enforcing(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	states := analyze.Facts[selinux.State](p)
	if len(states) == 0 {
		return network.NoData(whole.Absent(p, "system/selinux.txt")), nil
	}
	f := states[0]
	switch {
	case f.Value.Mode == selinux.Unknown:
		return network.NoData(fmt.Sprintf("%s says %q, which is no mode", f.Path, f.Value.Text)), nil
	case f.Value.Mode != selinux.Enforcing:
		return network.Clear("SELinux is " + string(f.Value.Mode)), nil
	case strings.HasPrefix(p.Case.Node.OS, "Bottlerocket"):
		return network.Clear("SELinux enforces, as on every Bottlerocket"), nil
	}
	m := analyze.Match{
		Summary: "SELinux enforces its policy",
		At:      []parsers.Pos{{File: f.Path, Line: f.Value.Line}},
	}
	denied(p, &m)
	return network.Found(m), nil
}

// ofNode are programs that a node does not do without.
var ofNode = []string{"kubelet", "containerd", "containerd-shim", "runc", "nodeadm", "aws-k8s-agent", "aws-cni", "kube-proxy", "aws-ebs-csi-driv", "iptables", "ip6tables", "xtables-nft-mul"}

// denied adds what was denied to the finding: it is severe when it was to a
// program of the node.
//
//	audit: type=1400 audit(1583448728.949:176): avc:  denied  { execute } for  pid=1493 comm="containerd-shim" ... permissive=0
func denied(p *analyze.Pass, m *analyze.Match) {
	hits := p.Hits("selinux.avc_denied")
	if len(hits) == 0 {
		return
	}
	m.Severity = analyze.Medium
	m.Summary += ", and has denied accesses"
	var names []string
	for _, h := range hits {
		name := strings.Trim(h.Entities["process"], "()\"")
		if name != "" && !slices.Contains(names, name) && len(names) < 5 {
			names = append(names, name)
			m.At = append(m.At, h.Pos)
		}
		if slices.Contains(ofNode, name) {
			m.Severity = analyze.High
		}
	}
	if len(names) == 0 {
		m.At = append(m.At, hits[0].Pos)
		return
	}
	m.Summary += " to " + strings.Join(names, ", ")
	m.Entities = map[string][]string{"process": names}
}

// maxProcesses bounds the findings.
const maxProcesses = 10

// largeEnvironments looks for processes with very many variables. The collector
// lists no others.
//
//	PID	Count
//	4417	1043
func largeEnvironments(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	tables := analyze.Facts[largeenv.Table](p)
	if len(tables) == 0 {
		return network.NoData(whole.Absent(p, "system/large_environments.txt")), nil
	}
	f := tables[0]
	var out []analyze.Match
	seen := map[int]bool{}
	for _, x := range f.Value.Processes {
		if x.PID == 0 || seen[x.PID] || float64(x.Count) <= p.Limit("variables") || len(out) == maxProcesses {
			continue
		}
		seen[x.PID] = true
		out = append(out, large(p, f.Path, x))
	}
	switch why := whole.Cut(p, f.Path); {
	case len(out) > 0:
		return network.Found(out...), nil
	case why != "":
		return network.NoData(why), nil
	case len(f.Value.Notes) > 0:
		return network.NoData(fmt.Sprintf("line %d of %s is no row", f.Value.Notes[0].Line, f.Path)), nil
	}
	return network.Clear(fmt.Sprintf("no process has more than %.0f variables", p.Limit("variables"))), nil
}

func large(p *analyze.Pass, file string, x largeenv.Process) analyze.Match {
	m := analyze.Match{
		Entity:   strconv.Itoa(x.PID),
		Entities: map[string][]string{"pid": {strconv.Itoa(x.PID)}},
		Summary:  fmt.Sprintf("process %d has %d environment variables", x.PID, x.Count),
		At:       []parsers.Pos{{File: file, Line: x.Line}},
	}
	f := gates.Processes(p)
	if f == nil {
		return m
	}
	i := slices.IndexFunc(f.Value.Processes, func(r ps.Process) bool { return r.PID == x.PID })
	if i < 0 {
		return m
	}
	r := f.Value.Processes[i]
	name := path.Base(gates.Program(r.Command))
	m.Entities["process"] = []string{name}
	m.Summary = fmt.Sprintf("%s (process %d) has %d environment variables", name, x.PID, x.Count)
	m.At = append(m.At, parsers.Pos{File: f.Path, Line: r.Line})
	return m
}
