// Package versions judges which kernel, kubelet and packages a node has.
package versions

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cversion"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/pkglist"
)

//go:embed check.yaml
var doc []byte

// Checks are those of state.kernel, and others that go by versions.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.kernel.known_bad":     knownBad,
	"state.kernel.old":           oldKernel,
	"state.version.kubelet_skew": kubeletSkew,
	"state.pkg.conflicting":      conflicting,

	"state.version.kube_proxy_skew": proxySkew,
})

// minor is the 33 of "v1.33.5-eks-113cf36" and of "1.33"; 0 for what is no
// version 1.
func minor(version string) int {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(version, "v"), "1.")
	if !ok {
		return 0
	}
	text, _, _ := strings.Cut(rest, ".")
	n, _ := strconv.Atoi(text)
	return n
}

// kubeletSkew looks for a kubelet that its API server or its containerd does not
// support.
func kubeletSkew(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	hits := p.Hits("mark.node.kubelet_version")
	if len(hits) == 0 {
		return network.NoData("no log tells the version of kubelet"), nil
	}
	last := hits[len(hits)-1]
	kubelet := minor(last.Entities["version"])
	if kubelet == 0 {
		return network.NoData("the version of kubelet cannot be read"), nil
	}
	out := oldContainerd(p, kubelet, last)
	server, at, note := serverOf(p)
	if note == "" {
		if m := skew(p, kubelet, server, last, at); m != nil {
			out = append(out, *m)
		}
	}
	switch {
	case len(out) > 0:
		return network.Found(out...), nil
	case note != "":
		return network.NoData(note), nil
	}
	return network.Clear(fmt.Sprintf("kubelet is 1.%d, the API server 1.%d", kubelet, server)), nil
}

// skew compares kubelet with the API server; nil when they get along.
func skew(p *analyze.Pass, kubelet, server int, last analyze.Hit, at parsers.Pos) *analyze.Match {
	m := &analyze.Match{Entity: "kubelet", Entities: map[string][]string{"version": {last.Entities["version"]}}, At: []parsers.Pos{last.Pos, at}}
	switch {
	case kubelet > server:
		m.Summary = fmt.Sprintf("kubelet 1.%d is newer than the API server, 1.%d", kubelet, server)
	case float64(server-kubelet) > p.Limit("behind"):
		m.Summary = fmt.Sprintf("kubelet 1.%d is %d versions behind the API server, 1.%d", kubelet, server-kubelet, server)
	default:
		return nil
	}
	return m
}

// oldContainerd is the finding about a containerd 1 below a kubelet that needs
// containerd 2.
func oldContainerd(p *analyze.Pass, kubelet int, last analyze.Hit) (out []analyze.Match) {
	if float64(kubelet) < p.Limit("containerd2") {
		return nil
	}
	for _, f := range analyze.Facts[cversion.Versions](p) {
		if v := f.Value.Server; strings.HasPrefix(strings.TrimPrefix(v.Version, "v"), "1.") {
			out = append(out, analyze.Match{
				Entity:  "containerd",
				Summary: fmt.Sprintf("kubelet 1.%d does not support containerd %s", kubelet, v.Version),
				At:      []parsers.Pos{last.Pos, {File: f.Path, Line: v.Line}},
			})
		}
	}
	return out
}

// serverOf is the version of the API server. A bundle does not have it, the
// output of describe-cluster does.
func serverOf(p *analyze.Pass) (server int, at parsers.Pos, note string) {
	for _, f := range analyze.Facts[ekscluster.Clusters](p) {
		c := p.Node().InCluster(f.Value)
		if c.Item == nil || minor(c.Item.Version) == 0 {
			note = f.Path + " does not tell the version of this node's cluster"
			continue
		}
		line := c.Item.Lines["version"]
		if line == 0 {
			line = c.Item.Line
		}
		return minor(c.Item.Version), parsers.Pos{File: f.Path, Line: line}, ""
	}
	if note == "" {
		note = "the version of the API server is not in a bundle, and no output of describe-cluster is among the files"
	}
	return 0, at, note
}

// conflicting looks for packages that set up the same interfaces as the VPC CNI.
// Amazon Linux 2023 keeps amazon-ec2-net-utils on purpose, its triggers masked.
func conflicting(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	lists := analyze.Facts[pkglist.List](p)
	if len(lists) == 0 {
		return network.NoData(whole.Absent(p, "system/pkglist.txt")), nil
	}
	f := lists[0]
	names := []string{"ec2-net-utils", "NetworkManager-cloud-setup"}
	if f.Value.Kind == pkglist.Dpkg {
		names = append(names, "amazon-ec2-net-utils")
	}
	var out []analyze.Match
	for _, name := range names {
		if x, ok := f.Value.Find(name); ok {
			out = append(out, analyze.Match{
				Entity:  name,
				Summary: fmt.Sprintf("%s %s is installed: it sets up the interfaces of the VPC CNI in its own way", name, x.Version),
				At:      []parsers.Pos{{File: f.Path, Line: x.Line}},
			})
		}
	}
	switch {
	case len(out) > 0 && !vpcCNI(p):
		return network.NoData("the network plugin of the node is not known to be the VPC CNI"), nil
	case len(out) > 0:
		return network.Found(out...), nil
	case whole.Cut(p, f.Path) != "":
		return network.NoData(whole.Cut(p, f.Path)), nil
	case len(f.Value.Packages) == 0:
		return network.NoData(f.Path + " lists no package"), nil
	}
	return network.Clear("no package that sets up interfaces in its own way"), nil
}

// vpcCNI reports a node that is known to have the VPC CNI.
func vpcCNI(p *analyze.Pass) bool {
	if len(network.Pools(p)) > 0 {
		return true
	}
	return slices.ContainsFunc(network.Conflists(p), func(f conflistFact) bool { return f.Value.Plugin("aws-cni") != nil })
}
