package netif

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

// A link is an interface and how long its packets may be.
type link struct {
	name string
	mtu  int
	at   parsers.Pos
}

// links reads the interfaces from ifconfig, else from the parameters of the
// kernel, which has one for each as long as IPv6 is not switched off.
//
//	net.ipv6.conf.ens5.mtu = 9001
func links(p *analyze.Pass) (out []link, note string) {
	path, all, note := listed(p)
	if all != nil {
		for _, dev := range all.Interfaces {
			out = append(out, link{dev.Name, dev.MTU, parsers.Pos{File: path, Line: dev.Line}})
		}
		return out, note
	}
	for _, f := range analyze.Facts[sysctl.Params](p) {
		for _, v := range f.Value.All {
			name, ok := strings.CutPrefix(v.Name, "net.ipv6.conf.")
			name, is := strings.CutSuffix(name, ".mtu")
			if n, err := strconv.Atoi(v.Value); ok && is && err == nil && name != "all" && name != "default" {
				out = append(out, link{name, n, parsers.Pos{File: f.Path, Line: v.Line}})
			}
		}
		if len(out) > 0 {
			return out, whole.Cut(p, f.Path)
		}
	}
	return nil, note + ", and no net.ipv6.conf.*.mtu in sysctls/sysctl_all.txt"
}

// setting reads what the VPC CNI gives the interfaces of pods.
//
//	"mtu": "9001",
func setting(p *analyze.Pass) (mtu link, prefix, note string) {
	if kind := network.OtherCNI(p); kind != "" {
		return mtu, "", "the network plugin is " + kind + ", which has rules of its own"
	}
	for _, f := range network.Conflists(p) {
		plugin := f.Value.Plugin("aws-cni")
		if plugin == nil {
			continue
		}
		prefix = "eni"
		if s, ok := plugin.Get("vethPrefix"); ok && s.Value != "" {
			prefix = s.Value
		}
		s, ok := plugin.Get("mtu")
		n, err := strconv.Atoi(s.Value)
		if !ok || err != nil || n <= 0 {
			return mtu, "", f.Path + " has no mtu"
		}
		return link{"aws-cni", n, parsers.Pos{File: f.Path, Line: s.Line}}, prefix, ""
	}
	return mtu, "", whole.Absent(p, "cni/10-aws.conflist")
}

// mtuMismatch compares the interfaces with that setting: those of pods have it,
// and a card that carries their packets has no less. More is no problem, nor
// is a smaller size that all have.
func mtuMismatch(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	want, prefix, note := setting(p)
	if note != "" {
		return noData(note)
	}
	all, note := links(p)
	pod := regexp.MustCompile(`^(` + regexp.QuoteMeta(prefix) + `|vlan)[0-9a-f]{11}$`)
	var out []analyze.Match
	cards := 0
	main := primary(p)
	for _, l := range all {
		onCard := l.name == main || card.MatchString(l.name)
		if onCard {
			cards++
		}
		if len(out) == maxMatches || l.mtu == 0 || l.mtu == want.mtu || !onCard && !pod.MatchString(l.name) || onCard && l.mtu > want.mtu {
			continue
		}
		m := match(l.name, fmt.Sprintf("%s takes packets of %d bytes, and the VPC CNI gives pods %d", l.name, l.mtu, want.mtu), l.at, want.at)
		if !onCard {
			m.Summary += "; the pod may be older than the setting"
		}
		out = append(out, m)
	}
	switch {
	case len(out) > 0:
		return analyze.Verdict{Outcome: analyze.Found, Matches: out}, nil
	case note != "":
		return noData(note)
	case cards == 0:
		return noData("no network card is listed")
	}
	return isClear("")
}
