package mounts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/containerdconfig"
	"github.com/eksleuth/eksleuth/parsers/fstab"
)

// readOnly looks for filesystems of the node that were switched to read-only.
// The inverse is not true: kernels may say rw of an ext4 that failed.
//
//	/dev/nvme1n1 on /var/lib/containerd type ext4 (ro,relatime)
func readOnly(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, note := mounted(p)
	if note != "" {
		return network.NoData(note), nil
	}
	var out []analyze.Match
	ext4 := ""
	for _, target := range []string{"/", "/var", "/var/lib", "/var/lib/containerd", "/var/lib/kubelet"} {
		m, ok := t.MountAt(target)
		if !ok || m.Type != "ext4" && m.Type != "xfs" || target == "/" && t.image() {
			continue
		}
		switch {
		case m.ReadOnly() && !wanted(p, target):
			out = append(out, analyze.Match{
				Entity:   target,
				Entities: map[string][]string{"file": {target}, "device": {strings.TrimPrefix(m.Source, "/dev/")}},
				Summary:  fmt.Sprintf("%s (%s) is mounted read-only", target, m.Source),
				At:       []parsers.Pos{t.at(m)},
			})
		case m.Type == "ext4":
			ext4 = target
		}
	}
	switch {
	case len(out) > 0:
		return network.Found(out...), nil
	case t.note != "":
		return network.NoData(t.note), nil
	case ext4 != "":
		v := network.NoData("mount says rw, which it may also say of an ext4 that failed, as of " + ext4)
		v.Silent = true
		return v, nil
	}
	return network.Clear("no filesystem of the node is mounted read-only"), nil
}

// wanted reports a mount that fstab has read-only.
func wanted(p *analyze.Pass, target string) bool {
	for _, f := range analyze.Facts[fstab.Table](p) {
		if slices.ContainsFunc(f.Value.Entries, func(e fstab.Entry) bool { return e.Target == target && e.Has("ro") }) {
			return true
		}
	}
	return false
}

// programs are where the node's own programs are.
var programs = []struct {
	target, what string
	severity     analyze.Severity
}{
	{"/", "the programs of the system", analyze.High},
	{"/usr", "kubelet, containerd and nodeadm", analyze.High},
	{"/opt", "the network plugins of /opt/cni/bin", analyze.High},
	{"/var", "what is run from /var/lib and from volumes of pods", analyze.Medium},
	{containers, "what is run from there", analyze.Medium},
	{"/tmp", "what installers unpack there", analyze.Low},
}

// containers is where the files of containers are. Through an overlay they run
// from a filesystem with noexec too: only the options of the overlay itself
// count. The snapshotter native mounts the directory itself, with its options.
const containers = "/var/lib/containerd"

// copied returns the line that sets the snapshotter native.
func copied(p *analyze.Pass) (parsers.Pos, bool) {
	for _, f := range analyze.Facts[containerdconfig.Config](p) {
		if s := f.Value.Snapshotter; s.Value == "native" {
			return parsers.Pos{File: f.Path, Line: s.Line}, true
		}
	}
	return parsers.Pos{}, false
}

// noexec looks for filesystems with programs of the node that cannot be run.
func noexec(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, note := mounted(p)
	if note != "" {
		return network.NoData(note), nil
	}
	if t.image() {
		return network.Clear("a system that is an image mounts its other filesystems so"), nil
	}
	var out []analyze.Match
	for _, x := range programs {
		if m, ok := t.MountAt(x.target); ok && option(m, "noexec") {
			match := analyze.Match{
				Entity: x.target, Entities: map[string][]string{"file": {x.target}},
				Severity: x.severity,
				Summary:  fmt.Sprintf("%s is mounted with noexec: %s cannot be run", x.target, x.what),
				At:       []parsers.Pos{t.at(m)},
			}
			if at, ok := copied(p); ok && x.target == containers {
				match.Severity = analyze.High
				match.Summary = x.target + " is mounted with noexec, and the snapshotter native mounts containers from it: their programs cannot be run"
				match.At = append(match.At, at)
			}
			out = append(out, match)
		}
	}
	switch {
	case len(out) > 0:
		return network.Found(out...), nil
	case t.note != "":
		return network.NoData(t.note), nil
	}
	return network.Clear("nothing that the node runs is on a filesystem with noexec"), nil
}
