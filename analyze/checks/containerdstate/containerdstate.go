// Package containerdstate judges the containerd of a node: its configuration,
// its plugins, and the images and tasks that it has.
package containerdstate

import (
	"context"
	_ "embed"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/runc"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the family state.containerd.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.containerd.systemd_cgroup": systemdCgroup,
	"state.containerd.sandbox_image":  sandboxImage,
	"state.containerd.plugins_error":  pluginsError,
	"state.containerd.tasks_stopped":  tasksStopped,
	"state.containerd.config_version": configVersion,
	"state.containerd.config_refused": configRefused,
	"state.containerd.images_big":     imagesBig,
})

// partial says why a table of ctr may have more rows; "" when it is whole.
func partial(p *analyze.Pass, path string, r *ctr.Rest) string {
	if why := whole.Cut(p, path); why != "" {
		return why
	}
	if r.Cut > 0 || r.NoHead {
		return path + " is not whole"
	}
	for _, n := range r.Notes {
		if strings.HasPrefix(n.Text, "ctr:") {
			return path + " ends with an error: " + n.Text
		}
	}
	return ""
}

// systemdCgroup looks for a runc that manages cgroups besides systemd, which
// has them all to itself with cgroup v2.
func systemdCgroup(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	driver, at, note := runc.Driver(p)
	switch {
	case note != "":
		return network.NoData(note), nil
	case driver == "systemd":
		return network.Clear("systemd manages the cgroups"), nil
	}
	for _, f := range analyze.Facts[kubeletconfig.Config](p) {
		if f.Value.CgroupDriver.Value == "cgroupfs" {
			return network.Clear(f.Path + " has kubelet use cgroupfs too"), nil
		}
	}
	v2, mounted, known := cgroup2(p)
	switch {
	case !known:
		return network.NoData("nothing tells the version of cgroups: " + whole.Absent(p, "storage/mounts.txt")), nil
	case !v2:
		return network.Clear("the node has cgroup v1"), nil
	}
	return network.Found(analyze.Match{
		Summary: "the default runtime of containerd does not leave cgroups to systemd, on a node with cgroup v2",
		At:      []parsers.Pos{at, mounted},
	}), nil
}

// cgroup2 reports a node with cgroup v2 alone, and whether the mounts tell.
//
//	cgroup2 on /sys/fs/cgroup type cgroup2 (rw,nosuid,nodev,noexec,relatime)
func cgroup2(p *analyze.Pass) (v2 bool, at parsers.Pos, known bool) {
	for _, f := range analyze.Facts[df.Table](p) {
		if m, ok := f.Value.MountAt("/sys/fs/cgroup"); ok {
			return m.Type == "cgroup2", parsers.Pos{File: f.Path, Line: m.Line}, true
		}
	}
	return false, at, false
}
