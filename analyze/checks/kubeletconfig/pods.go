package kubeletconfig

import (
	"context"
	"fmt"
	"strconv"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/machine"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/procstat"
)

// maxPods looks for more pods than the interfaces have addresses for.
func maxPods(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := settingsOf(p)
	if note != "" {
		return network.NoData(note), nil
	}
	v := of(&s, "max-pods", s.MaxPods)
	n, err := strconv.Atoi(v.text)
	if !v.set() || err != nil {
		return network.NoData("neither the configuration of kubelet nor a flag has a number of pods"), nil
	}
	if other := network.OtherCNI(p); other != "" {
		return network.Clear("the addresses of pods are those of " + other), nil
	}
	of := machine.Of(p)
	capacity, known := node.LimitsOf(of.Name)
	limit, size := sizeOf(p)
	switch {
	case n > limit && (!known || n > capacity.MaxPods()):
		return network.Found(analyze.Match{
			Severity: analyze.Low,
			Summary:  fmt.Sprintf("maxPods is %d; EKS recommends at most %d for %s", n, limit, size),
			At:       []parsers.Pos{v.at},
		}), nil
	case !of.Known():
		return network.NoData("nothing tells the instance type, and so how many addresses its interfaces have"), nil
	case !known:
		return network.NoData("how many addresses the interfaces of " + of.Name + " have is not known"), nil
	case n <= capacity.MaxPods():
		return network.Clear(fmt.Sprintf("maxPods is %d, and the interfaces have addresses for %d", n, capacity.MaxPods())), nil
	}
	return beyond(p, n, capacity, v.at, of)
}

// beyond judges a number that needs prefixes instead of single addresses.
func beyond(p *analyze.Pass, n int, capacity node.Limits, at parsers.Pos, of machine.Type) (analyze.Verdict, error) {
	if network.V6(p) || network.On(p, "ENABLE_PREFIX_DELEGATION") {
		return network.Clear("the interfaces have prefixes of addresses"), nil
	}
	if len(analyze.Facts[cnienv.Containers](p)) == 0 {
		return network.NoData("nothing tells whether the VPC CNI takes prefixes instead of single addresses"), nil
	}
	return network.Found(analyze.Match{
		Summary: fmt.Sprintf("maxPods is %d, but the interfaces of %s have addresses for %d pods (%s)",
			n, of.Name, capacity.MaxPods(), capacity),
		At:       of.Cite([]parsers.Pos{at}),
		Explains: []string{"cni.ipamd.no_available_ip"},
	}), nil
}

// sizeOf is how many pods EKS recommends for a node, and for what kind of node.
func sizeOf(p *analyze.Pass) (limit int, size string) {
	for _, f := range analyze.Facts[procstat.Stat](p) {
		if cpus := f.Value.CPUs; cpus > 0 && float64(cpus) < p.Limit("cpus") {
			return int(p.Limit("small")), fmt.Sprintf("a node of %d vCPUs", cpus)
		}
	}
	return int(p.Limit("large")), "any node"
}
