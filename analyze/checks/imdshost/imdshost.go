// Package imdshost finds that the collector got no answer from the instance
// metadata service: the files in which it writes the answers are absent.
package imdshost

import (
	"context"
	_ "embed"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
	"github.com/eksleuth/eksleuth/parsers/unit"
)

//go:embed check.yaml
var doc []byte

// Check is state.imds.unreachable_from_host.
var Check = &analyze.Check{ID: "state.imds.unreachable_from_host", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	proof := collected(p)
	nameless := strings.HasPrefix(path.Base(p.Case.Bundle), "eks__")
	switch {
	case answered(p) != "":
		return analyze.Verdict{Outcome: analyze.Clear, Note: answered(p) + " holds an answer of the service"}, nil
	case hybrid(p):
		return noData("a hybrid node has no instance metadata service"), nil
	case proof == nil:
		return noData("not a bundle of eks-log-collector, or only a part of one"), nil
	case imds.Node(p).InstanceID != "":
		return noData("the name of the bundle has an instance ID, but the files that hold it are not there"), nil
	case !nameless && !modern(p):
		return noData("collectors before 0.7.3 write no region.txt, and the name of the bundle does not tell"), nil
	}
	m := analyze.Match{
		Kind:       analyze.FromAbsence,
		Summary:    "system/instance-id.txt and system/region.txt are not in the bundle",
		Confidence: 0.85,
		At:         []parsers.Pos{{File: proof.Path, Line: 1}},
	}
	if nameless {
		m.Summary += ", and the name of the bundle has no instance ID"
		m.Confidence = 0.9
	}
	if wrong := unreadable(p); wrong != nil {
		m.Summary = wrong.Path + " does not hold an answer of the service: " + wrong.Err
		m.At = append(m.At, parsers.Pos{File: wrong.Path, Line: min(1, wrong.Lines)})
	}
	at, _ := imds.Hits(p, "nodeadm.imds.error", "cni.ipamd.imds_error")
	m.At = append(m.At, at...)
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{m}}, nil
}

func noData(note string) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}
}

// answered returns a file that holds an answer of the service, "" for none.
func answered(p *analyze.Pass) string {
	for _, f := range analyze.Facts[instance.Identity](p) {
		if !strings.HasPrefix(f.Value.Value, "mi-") {
			return f.Path
		}
	}
	return ""
}

// unreadable returns a file that should hold an answer and holds something else.
func unreadable(p *analyze.Pass) *index.File {
	for _, f := range p.Facts {
		if f.Err != nil && instance.Format.Matches(f.File.At()) {
			return f.File
		}
	}
	return nil
}

// hybrid reports a node outside of EC2: its name or ID is one of Systems
// Manager, or kubelet was told so, by its unit, its flags or its configuration.
//
//	/usr/bin/kubelet --config=/etc/kubernetes/kubelet/config.json --hostname-override=mi-0123456789abcdef0
//	"providerID": "eks-hybrid:///us-west-2/prod-usw2-blue/mi-0123456789abcdef0"
func hybrid(p *analyze.Pass) bool {
	if strings.HasPrefix(p.Case.InstanceID, "mi-") || strings.HasPrefix(imds.Node(p).Hostname, "mi-") || strings.Contains(p.Case.Bundle, "_mi-") {
		return true
	}
	for _, f := range analyze.Facts[instance.Identity](p) {
		if strings.HasPrefix(f.Value.Value, "mi-") {
			return true
		}
	}
	for _, u := range analyze.Facts[unit.Unit](p) {
		for _, s := range u.Value.Settings {
			if tellsHybrid(s.Value) {
				return true
			}
		}
	}
	for _, f := range analyze.Facts[kubeletconfig.Config](p) {
		if strings.HasPrefix(f.Value.ProviderID.Text, "eks-hybrid:") {
			return true
		}
	}
	proc, _, _ := network.Process(p, "kubelet")
	return proc != nil && tellsHybrid(proc.Command)
}

// tellsHybrid reports a command of kubelet, or a variable of its unit, with
// what kubelet is told on hybrid nodes.
func tellsHybrid(command string) bool {
	return slices.ContainsFunc([]string{"eks-hybrid:", "eks.amazonaws.com/compute-type=hybrid", "hostname-override=mi-", "hostname-override mi-"},
		func(words string) bool { return strings.Contains(command, words) })
}

// collected returns a file that shows that the collector came past the folder
// system, where the answers would be. It writes script-params.txt first.
func collected(p *analyze.Pass) *index.File {
	if f := p.File("system/script-params.txt"); f != nil && f.Lines > 0 {
		return f
	}
	if !strings.HasPrefix(path.Base(p.Case.Bundle), "eks_") {
		return nil
	}
	for _, name := range []string{"system/procstat.txt", "system/ps.txt", "system/services.txt"} {
		if f := p.File(name); f != nil && f.Lines > 0 {
			return f
		}
	}
	return nil
}

// marks are files that only collectors from 0.7.3 on write.
var marks = []string{"networking/ethtool.txt", "system/large_environments.txt", "modinfo/ip_vs", "nodeadm/nodeadm-config.log", "nodeadm/nodeadm-run.log", "storage/fstab.txt"}

// modern reports a collector that writes region.txt.
func modern(p *analyze.Pass) bool {
	if v := p.Case.CollectorVersion; v != "" {
		return !before(v, []int{0, 7, 3})
	}
	return slices.ContainsFunc(marks, func(name string) bool { return p.File(name) != nil })
}

// before compares a version of the form 0.7.9. What is no number counts as 0.
func before(version string, limit []int) bool {
	parts := strings.Split(version, ".")
	for i, want := range limit {
		got := 0
		if i < len(parts) {
			got, _ = strconv.Atoi(parts[i])
		}
		if got != want {
			return got < want
		}
	}
	return false
}
