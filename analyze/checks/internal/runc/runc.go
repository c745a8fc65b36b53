// Package runc tells how containerd has runc manage the cgroups of pods.
package runc

import (
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/containerdconfig"
)

// Place is where the collector writes the configuration of containerd.
const Place = "containerd/containerd-config.txt"

// Configs are the configurations of the containerd that runs pods. Bottlerocket
// has another one for its host containers.
func Configs(p *analyze.Pass) (all []analyze.FileFact[containerdconfig.Config]) {
	for _, f := range analyze.Facts[containerdconfig.Config](p) {
		if !strings.HasSuffix(f.Path, "containerd-config-host") {
			all = append(all, f)
		}
	}
	return all
}

// Driver is the cgroup driver of the default runtime, "systemd" or "cgroupfs",
// and where that stands; else the note says why it is not known.
//
//	[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
//	  SystemdCgroup = true
func Driver(p *analyze.Pass) (driver string, at parsers.Pos, note string) {
	configs := Configs(p)
	if len(configs) == 0 {
		return "", at, whole.Absent(p, Place)
	}
	f := configs[0]
	r, ok := f.Value.Runtime()
	switch {
	case f.Value.Cut || whole.Cut(p, f.Path) != "":
		return "", at, f.Path + " is not whole"
	case !ok || r.Type.Value != "io.containerd.runc.v2":
		return "", at, f.Path + " does not tell how runc is run"
	case !r.SystemdCgroup.Set():
		return "cgroupfs", parsers.Pos{File: f.Path, Line: r.Line}, ""
	}
	driver = "cgroupfs"
	if r.SystemdCgroup.Value {
		driver = "systemd"
	}
	return driver, parsers.Pos{File: f.Path, Line: r.SystemdCgroup.Line}, ""
}
