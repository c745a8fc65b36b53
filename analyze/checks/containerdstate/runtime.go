package containerdstate

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/runc"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ctr"
)

// needed are the plugins without which containerd runs no pods. containerd 2
// has the CRI in three parts.
var needed = map[string]bool{
	"io.containerd.grpc.v1/cri":            true,
	"io.containerd.cri.v1/images":          true,
	"io.containerd.cri.v1/runtime":         true,
	"io.containerd.content.v1/content":     true,
	"io.containerd.metadata.v1/bolt":       true,
	"io.containerd.runtime.v2/task":        true,
	"io.containerd.shim.v1/manager":        true,
	"io.containerd.sandbox.store.v1/local": true,
}

// pluginsError looks for plugins that pods need and that did not start. Others
// have errors on any node: what they are for is not there.
//
//	io.containerd.snapshotter.v1    aufs                     linux/amd64    error
//	io.containerd.grpc.v1           cri                      linux/amd64    error
func pluginsError(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const place = "containerd/containerd-plugins.txt"
	note := whole.Absent(p, place)
	snapshotter := "io.containerd.snapshotter.v1/" + snapshotterOf(p)
	for _, f := range analyze.Facts[ctr.Plugins](p) {
		var out []analyze.Match
		cri := false
		for _, x := range f.Value.Plugins {
			name := x.Type + "/" + x.ID
			cri = cri || strings.HasSuffix(name, ".grpc.v1/cri") && x.Status == "ok"
			if x.Status == "error" && (needed[name] || name == snapshotter) {
				out = append(out, analyze.Match{
					Entity:  name,
					Summary: fmt.Sprintf("the plugin %s of %s did not start", x.ID, x.Type),
					At:      []parsers.Pos{{File: f.Path, Line: x.Line}},
				})
			}
		}
		switch why := partial(p, f.Path, &f.Value.Rest); {
		case len(out) > 0:
			return network.Found(out...), nil
		case why != "":
			note = why
		case !cri:
			note = f.Path + " does not list the CRI plugin"
		default:
			return network.Clear("the plugins that pods need run"), nil
		}
	}
	return network.NoData(note), nil
}

// snapshotterOf is what unpacks images.
func snapshotterOf(p *analyze.Pass) string {
	for _, f := range runc.Configs(p) {
		if f.Value.Snapshotter.Value != "" {
			return f.Value.Snapshotter.Value
		}
	}
	return "overlayfs"
}

// tasksStopped looks for containers that ended and that nobody cleans up.
//
//	97f403d970a80b32c4f9f5788ccf23a35cd3cb0b46e93ef26fa648b10627a94a    0        UNKNOWN
func tasksStopped(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const place = "containerd/containerd-tasks.txt"
	note := whole.Absent(p, place)
	for _, f := range analyze.Facts[ctr.Tasks](p) {
		stopped, at := with(f.Value, f.Path, ctr.Stopped)
		unknown, where := with(f.Value, f.Path, ctr.Unknown)
		var why []string
		var evidence []parsers.Pos
		if float64(stopped) >= p.Limit("stopped") {
			why, evidence = append(why, fmt.Sprintf("%d ended and were not removed", stopped)), append(evidence, at...)
		}
		if float64(unknown) >= p.Limit("unknown") {
			why, evidence = append(why, fmt.Sprintf("%d have a shim that does not answer", unknown)), append(evidence, where...)
		}
		if len(why) > 0 {
			return network.Found(analyze.Match{
				Summary: fmt.Sprintf("of %d containers %s", len(f.Value.Tasks), strings.Join(why, ", ")),
				Count:   stopped + unknown,
				At:      evidence,
			}), nil
		}
		if note = partial(p, f.Path, &f.Value.Rest); note == "" {
			return network.Clear(fmt.Sprintf("%d tasks, %d of them stopped and %d unknown", len(f.Value.Tasks), stopped, unknown)), nil
		}
	}
	return network.NoData(note), nil
}

// with counts the tasks of a state, and returns the first rows.
func with(t *ctr.Tasks, path string, state ctr.Status) (n int, at []parsers.Pos) {
	const some = 3
	for _, x := range t.Tasks {
		if x.Status != state {
			continue
		}
		if n++; n <= some {
			at = append(at, parsers.Pos{File: path, Line: x.Line})
		}
	}
	return n, at
}
