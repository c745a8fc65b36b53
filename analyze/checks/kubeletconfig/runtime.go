package kubeletconfig

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/runc"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cversion"
)

// cgroupDriver looks for kubelet and containerd managing cgroups in two ways.
func cgroupDriver(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := settingsOf(p)
	if note != "" {
		return network.NoData(note), nil
	}
	v := of(&s, "cgroup-driver", s.CgroupDriver)
	if v.text != "systemd" && v.text != "cgroupfs" {
		return network.NoData("kubelet is told no cgroup driver: its own default depends on its version and on containerd"), nil
	}
	driver, at, note := runc.Driver(p)
	switch {
	case note != "":
		return network.NoData(note), nil
	case driver == v.text:
		return network.Clear("both use " + driver), nil
	case asks(p):
		return network.Clear("this kubelet takes the driver that containerd tells"), nil
	}
	return network.Found(analyze.Match{
		Summary: fmt.Sprintf("kubelet uses the cgroup driver %s, containerd %s", v.text, driver),
		At:      []parsers.Pos{v.at, at},
	}), nil
}

// asks reports a kubelet that takes the driver from the runtime: it does so from
// 1.31 on, and containerd answers from 2.0 on.
func asks(p *analyze.Pass) bool {
	hits := p.Hits("mark.node.kubelet_version")
	if len(hits) == 0 || minor(hits[len(hits)-1].Entities["version"]) < 31 {
		return false
	}
	for _, f := range analyze.Facts[cversion.Versions](p) {
		major, _, _ := strings.Cut(strings.TrimPrefix(f.Value.Server.Version, "v"), ".")
		if n, err := strconv.Atoi(major); err == nil && n >= 2 {
			return true
		}
	}
	return false
}

// minor is the 33 of "v1.33.5-eks-113cf36"; 0 when there is none.
func minor(version string) int {
	_, rest, _ := strings.Cut(version, ".")
	text, _, _ := strings.Cut(rest, ".")
	n, _ := strconv.Atoi(text)
	return n
}

// readOnlyPort looks for a port that tells all of the pods to anybody.
func readOnlyPort(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := settingsOf(p)
	if note != "" {
		return network.NoData(note), nil
	}
	v := of(&s, "read-only-port", s.ReadOnlyPort)
	n, err := strconv.Atoi(v.text)
	switch {
	case !v.set() || v.text == "":
		return network.Clear("not set: with a configuration file the port is closed"), nil
	case err != nil:
		return network.NoData(fmt.Sprintf("readOnlyPort %q is no number", v.text)), nil
	case n == 0:
		return network.Clear("the port is closed"), nil
	}
	return network.Found(analyze.Match{
		Summary: fmt.Sprintf("kubelet answers on port %d without asking who wants to know", n),
		At:      []parsers.Pos{v.at},
	}), nil
}

// serializePulls looks for settings that let many images wait for each other.
func serializePulls(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := settingsOf(p)
	if note != "" {
		return network.NoData(note), nil
	}
	if v := of(&s, "serialize-image-pulls", s.SerializeImagePulls); v.text != "false" {
		m := analyze.Match{Summary: "kubelet pulls one image at a time", At: []parsers.Pos{v.at}}
		if !v.set() {
			m.Summary += ", which is its default"
			m.At = []parsers.Pos{{File: s.Base()}}
		}
		return network.Found(m), nil
	}
	hits := p.Hits("image.pull.qps")
	v := of(&s, "registry-qps", s.RegistryPullQPS)
	qps, err := strconv.Atoi(v.text)
	low := !v.set() || err == nil && qps > 0 && float64(qps) <= p.Limit("rate")
	if len(hits) == 0 || !low {
		return network.Clear("images are pulled side by side"), nil
	}
	m := analyze.Match{
		Summary:  "kubelet's own limit holds pulls back: registryPullQPS is " + v.text,
		Count:    len(hits),
		At:       []parsers.Pos{v.at, hits[0].Pos},
		Explains: []string{"image.pull.qps"},
	}
	if !v.set() {
		m.Summary, m.At = "kubelet's own limit holds pulls back: registryPullQPS has its default of 5", []parsers.Pos{hits[0].Pos}
	}
	return network.Found(m), nil
}
