package blockstorage

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/entity"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/podstorage"
)

const gib = 1 << 30

// maxLayers is how many of the largest layers are looked at.
const maxLayers = 200

// bigWriter looks for containers that fill the disk of the node with their own
// layer.
//
//	12G	/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1042/fs
func bigWriter(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const place = "storage/pod_local_storage.txt"
	files := analyze.Facts[podstorage.Usage](p)
	if len(files) == 0 {
		return network.NoData(whole.Absent(p, place)), nil
	}
	f := files[0]
	spaces := space(p)
	layers := slices.Clone(f.Value.Layers)
	slices.SortStableFunc(layers, func(a, b podstorage.Layer) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Path, b.Path))
	})
	var big []writer
	for _, l := range layers[:min(len(layers), maxLayers)] {
		w := writer{layer: l, on: spaces.of(l.Path)}
		again := slices.ContainsFunc(big, func(x writer) bool { return x.layer.Path == l.Path })
		if w.big(p) && !again && len(big) < maxMatches {
			big = append(big, w)
		}
	}
	switch why := whole.Cut(p, f.Path); {
	case len(big) > 0:
		return found(tell(p, f.Path, big)), nil
	case why != "":
		return network.NoData(why), nil
	case len(layers) == 0:
		return network.NoData(f.Path + " has no sizes"), nil
	}
	return network.Clear(fmt.Sprintf("the largest of %s that hold something has %s", words.Count(len(layers), "layer", "layers"), ledger.Bytes(layers[0].Bytes))), nil
}

// A table is that of df.
type table struct {
	path string
	rows []df.Usage
}

// space is how full filesystems are.
func space(p *analyze.Pass) table {
	for _, f := range analyze.Facts[df.Table](p) {
		if len(f.Value.Space) > 0 {
			return table{f.Path, f.Value.Space}
		}
	}
	return table{}
}

// of is the filesystem that a path is on; nil when it is not known.
func (t table) of(path string) *filesystem {
	var best *filesystem
	for _, u := range t.rows {
		if under(path, u.Target) && u.Size > 0 && (best == nil || len(u.Target) >= len(best.Target)) {
			best = &filesystem{u, parsers.Pos{File: t.path, Line: u.Line}}
		}
	}
	return best
}

// A filesystem is a row of df, and where it is told.
type filesystem struct {
	df.Usage
	at parsers.Pos
}

// A writer is a container by its layer.
type writer struct {
	layer podstorage.Layer
	on    *filesystem
}

// big reports a layer that is a part of what fills the disk.
func (w *writer) big(p *analyze.Pass) bool {
	switch size := float64(w.layer.Bytes); {
	case size >= p.Limit("size")*gib:
		return true
	case w.on == nil || size < p.Limit("least")*gib:
		return false
	default:
		return w.share() >= p.Limit("share")
	}
}

func (w *writer) share() float64 { return float64(w.layer.Bytes) / float64(w.on.Size) * 100 }

// tell makes the findings.
func tell(p *analyze.Pass, file string, big []writer) []analyze.Match {
	known := entity.Facts(p.Facts, p.Files)
	var out []analyze.Match
	for i := range big {
		out = append(out, big[i].match(p, file, known))
	}
	return out
}

func (w *writer) match(p *analyze.Pass, file string, known []entity.Observation) analyze.Match {
	m := analyze.Match{
		Entity:   w.layer.Path,
		Entities: map[string][]string{},
		At:       []parsers.Pos{{File: file, Line: w.layer.Line}},
	}
	who := "a container"
	if id, at := container(p, w.layer.Path); id != "" {
		m.Entities["container_id"] = []string{id}
		m.At = append(m.At, at)
		who = "container " + id[:min(12, len(id))]
		if pod := podOf(known, id); pod != "" {
			m.Entities["pod"] = []string{pod}
			who += " of pod " + pod
		}
	}
	m.Summary = fmt.Sprintf("%s has written %s into its own layer", who, ledger.Bytes(w.layer.Bytes))
	if w.layer.Snapshot != "" {
		m.Summary += " (snapshot " + w.layer.Snapshot + ")"
	}
	if w.on == nil {
		return m
	}
	m.At = append(m.At, w.on.at)
	m.Summary += fmt.Sprintf(", %.0f %% of %s, which is %d %% full", w.share(), w.on.Target, max(w.on.Percent, 0))
	if w.on.Percent >= 0 && float64(w.on.Percent) < p.Limit("full") {
		m.Severity = analyze.Low // there is room
	}
	return m
}

// container finds the ID of the container that writes to a layer: it is in the
// path where the overlay is mounted.
//
//	overlay on /run/containerd/io.containerd.runtime.v2.task/k8s.io/616e.../rootfs type overlay (rw,relatime,lowerdir=...,upperdir=/var/lib/.../snapshots/11/fs,workdir=...)
func container(p *analyze.Pass, layer string) (string, parsers.Pos) {
	for _, f := range analyze.Facts[df.Table](p) {
		for _, m := range f.Value.Mounts {
			if m.Type != "overlay" || !strings.Contains(m.Options+",", "upperdir="+layer+",") {
				continue
			}
			if id := path.Base(path.Dir(m.Target)); len(id) == 64 {
				return id, parsers.Pos{File: f.Path, Line: m.Line}
			}
		}
	}
	return "", parsers.Pos{}
}

// podOf is the pod of a container, by what names both.
func podOf(known []entity.Observation, id string) string {
	for _, o := range known {
		has, pod := false, ""
		for _, t := range o.Things {
			has = has || t.ID == id
			if t.Kind == entity.Pod {
				pod = t.ID
			}
		}
		if has && pod != "" {
			return pod
		}
	}
	return ""
}
