package kubeproxy

import (
	"context"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kmod"
)

// empty looks for a kube-proxy that uses IPVS and has made no virtual server.
// The Service "kubernetes" is in every cluster.
func empty(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	m := proxyMode(p)
	all, file, known := servers(p)
	proc, _, listed := network.Process(p, "kube-proxy")
	switch {
	case len(all) > 0:
		return network.Clear("IPVS has " + words.Count(len(all), "virtual server", "virtual servers")), nil
	case m.Mode == network.Unknown:
		return network.NoData("no log of kube-proxy tells its mode"), nil
	case m.Mode != network.IPVS:
		return network.Clear("kube-proxy uses " + string(m.Mode)), nil
	case !known:
		return network.NoData(whole.Absent(p, "networking/ipvsadm.txt")), nil
	case whole.Cut(p, file) != "":
		return network.NoData(whole.Cut(p, file)), nil
	case listed && proc == nil:
		return network.NoData("no kube-proxy runs"), nil
	case network.ProxyStartedLate(p):
		return network.NoData("kube-proxy had just started"), nil
	}
	at, ok := title(p, file)
	if !ok {
		return network.NoData(file + " is no list of virtual servers"), nil
	}
	match := analyze.Match{
		Summary: "kube-proxy uses IPVS, and IPVS has no virtual server, not even that of the Service kubernetes",
		At:      []parsers.Pos{at, m.at},
	}
	if at, ok := noScheduler(p); ok {
		match.Summary += "; ip_vs is loaded, and its scheduler ip_vs_rr is not"
		match.At = append(match.At, at)
	}
	return network.Found(match), nil
}

// title is the line that ipvsadm writes above its servers, also when there are
// none:
//
//	IP Virtual Server version 1.2.1 (size=4096)
func title(p *analyze.Pass, file string) (at parsers.Pos, ok bool) {
	f := p.File(file)
	if f == nil {
		return at, false
	}
	err := p.Lines(f, 1, func(n int, line []byte) bool {
		if strings.HasPrefix(string(line), "IP Virtual Server version") {
			at, ok = parsers.Pos{File: file, Line: n}, true
		}
		return !ok
	})
	return at, ok && err == nil
}

// noScheduler reports a node with IPVS and without round robin, which kube-proxy
// takes unless it is told another scheduler.
func noScheduler(p *analyze.Pass) (parsers.Pos, bool) {
	for _, f := range analyze.Facts[kmod.Table](p) {
		base, ok := f.Value.Module("ip_vs")
		if _, rr := f.Value.Module("ip_vs_rr"); ok && !rr && whole.Cut(p, f.Path) == "" {
			return parsers.Pos{File: f.Path, Line: base.Line}, true
		}
	}
	return parsers.Pos{}, false
}
