package kubeproxy

import (
	"context"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kmod"
)

// modules looks for a kube-proxy that was told to use IPVS on a kernel without.
//
//	E0626 17:19:43.491383  1 server_others.go:127] Can't use the IPVS proxier: IPVS proxier will not be used because the following required kernel modules are not loaded: [ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh]
func modules(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	m := proxyMode(p)
	var refused *analyze.Hit
	for _, h := range p.Hits("mark.kubeproxy.no_ipvs") {
		refused = &h
	}
	all, _, _ := servers(p)
	switch {
	case len(all) > 0:
		return network.Clear("IPVS works: it has " + words.Count(len(all), "virtual server", "virtual servers")), nil
	case refused != nil && m.Mode != network.IPVS:
		return network.Found(without(p, m, *refused)), nil
	case m.Mode == network.Unknown:
		return network.NoData("no log of kube-proxy tells its mode"), nil
	case m.Mode != network.IPVS:
		return network.Clear("kube-proxy uses " + string(m.Mode)), nil
	}
	return loaded(p, m), nil
}

// without is the finding about a kube-proxy that gave up on IPVS.
func without(p *analyze.Pass, m mode, refused analyze.Hit) analyze.Match {
	match := analyze.Match{
		Summary: "kube-proxy was told to use IPVS and cannot",
		At:      []parsers.Pos{refused.Pos},
	}
	if m.Mode != network.Unknown {
		match.Severity = analyze.Low
		match.Summary += fmt.Sprintf("; it went on with %s", m.Mode)
		match.At = append(match.At, m.at)
	}
	if at, ok := missing(p); ok {
		match.Summary += "; the module ip_vs is not loaded"
		match.At = append(match.At, at)
	}
	return match
}

// loaded judges a kube-proxy that says that it uses IPVS and has no servers yet.
func loaded(p *analyze.Pass, m mode) analyze.Verdict {
	if at, ok := missing(p); ok {
		return network.Found(analyze.Match{
			Summary: "kube-proxy uses IPVS, and the module ip_vs is not loaded",
			At:      []parsers.Pos{m.at, at},
		})
	}
	for _, f := range analyze.Facts[kmod.Table](p) {
		if _, ok := f.Value.Module("ip_vs"); ok {
			return network.Clear("the module ip_vs is loaded")
		}
	}
	return network.NoData(whole.Absent(p, "modinfo/ip_vs"))
}

// missing reports a list of modules without ip_vs. The collector keeps those of
// conntrack too, so that the list of any node that has Services has rows.
func missing(p *analyze.Pass) (parsers.Pos, bool) {
	for _, f := range analyze.Facts[kmod.Table](p) {
		if len(f.Value.Loaded) == 0 || whole.Cut(p, f.Path) != "" {
			continue
		}
		if _, ok := f.Value.Module("ip_vs"); !ok {
			return parsers.Pos{File: f.Path, Line: f.Value.Loaded[0].Line}, true
		}
	}
	return parsers.Pos{}, false
}

// dummy looks for the interface with the addresses of Services.
func dummy(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	m := proxyMode(p)
	all, path, _ := servers(p)
	switch {
	case m.Mode == network.Unknown && len(all) > 0:
		m = mode{network.IPVS, parsers.Pos{File: path, Line: all[0].Line}}
	case m.Mode == network.Unknown:
		return network.NoData("nothing tells the mode of kube-proxy"), nil
	}
	if m.Mode != network.IPVS {
		return network.Clear("kube-proxy uses " + string(m.Mode)), nil
	}
	s := sight(p)
	switch {
	case s.there:
		return network.Clear(device + " is there"), nil
	case s.note != "":
		return network.NoData(s.note), nil
	}
	return network.Found(analyze.Match{
		Entities: map[string][]string{"interface": {device}},
		Summary:  "kube-proxy uses IPVS, and there is no interface " + device + " with the addresses of Services",
		At:       []parsers.Pos{m.at, s.at},
	}), nil
}
