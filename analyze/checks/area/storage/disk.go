package storage

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/disk"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/podstorage"
)

func diskState(r *area.Reader) {
	r.FromCard("kubelet evicts at", "kubelet.eviction_hard")
	usage(r, "space", "storage/mounts.txt", area.Bytes, func(t *df.Table) []df.Usage { return t.Space })
	layers(r)
}

func inodesState(r *area.Reader) {
	r.FromCard("kubelet evicts at", "kubelet.eviction_hard")
	usage(r, "inodes", "storage/inodes.txt", area.Things, func(t *df.Table) []df.Usage { return t.Inodes })
}

// usage lists the filesystems that can fill up: those of the node, then volumes of
// pods. Memory, images and overlays, which are on the disk below them, are only
// counted.
func usage(r *area.Reader, what, place, unit string, rows func(*df.Table) []df.Usage) {
	kinds := disk.Kinds(r.Pass)
	f := area.First(r, func(t *df.Table) bool { return len(rows(t)) > 0 })
	if f == nil {
		r.NotJudged(what, whole.Absent(r.Pass, place))
		return
	}
	var node, pods []df.Usage
	others := 0
	seen := map[string]bool{}
	for _, u := range rows(f.Value) {
		switch {
		case u.Size == 0, kinds.Image(u) && (!disk.OfNode(u.Target) || u.Source == "/dev/root"):
			others++
		case seen[u.Source] && strings.HasPrefix(u.Source, "/dev/"):
		case ofPod(u.Target):
			seen[u.Source] = true
			pods = append(pods, u)
		default:
			seen[u.Source] = true
			node = append(node, u)
		}
	}
	fullest := func(a, b df.Usage) int { return cmp.Compare(b.Percent, a.Percent) }
	slices.SortStableFunc(node, fullest)
	slices.SortStableFunc(pods, fullest)
	t := r.Table(what+" of the node", area.Text("mounted on"), area.Text("device"), area.In("size", unit), area.In("used", unit), area.In("free", unit), area.In("use", area.Percent))
	for _, u := range node {
		t.Row(at(f.Path, u.Line), u.Target, u.Source, whole64(u.Size), whole64(u.Used), whole64(u.Avail), percentOf(float64(u.Percent)))
	}
	names := podNames(r)
	t = r.Table(what+" of volumes", area.Text("pod"), area.Text("volume"), area.In("size", unit), area.In("free", unit), area.In("use", area.Percent))
	for _, u := range pods {
		pod, name := volumeOf(names, u.Target)
		t.Row(at(f.Path, u.Line), pod, name, whole64(u.Size), whole64(u.Avail), percentOf(float64(u.Percent)))
	}
	if others > 0 {
		r.Count("not listed", int64(others), "filesystems", at(f.Path, 0)).Note = "in memory, read-only images, or a view of one above"
	}
	for _, n := range f.Value.Notes {
		r.NotJudged("the use of a filesystem", n.Text)
	}
}

// whole64 keeps a hostile size a number that documents can hold.
func whole64(n uint64) uint64 { return min(n, math.MaxInt64) }

func ofPod(target string) bool {
	return strings.Contains(target, "/kubelet/pods/") || strings.Contains(target, "/kubelet/plugins/")
}

// layers lists the containers that have written most into their own filesystem.
func layers(r *area.Reader) {
	for _, f := range analyze.Facts[podstorage.Usage](r.Pass) {
		all := slices.SortedStableFunc(slices.Values(f.Value.Layers), func(a, b podstorage.Layer) int { return cmp.Compare(b.Bytes, a.Bytes) })
		sum := uint64(0)
		for _, l := range all {
			sum += min(l.Bytes, 1<<50)
		}
		if len(all) == 0 {
			continue
		}
		r.Count("written by containers", int64(whole64(sum)), area.Bytes, at(f.Path, all[0].Line)).With("layers: %d; du rounds up", len(all))
		t := r.Table("layers that containers wrote most to", area.Text("layer"), area.In("size", area.Bytes))
		for _, l := range all[:min(len(all), 5)] {
			t.Row(at(f.Path, l.Line), l.Path, whole64(l.Bytes))
		}
		t.More = len(all) - len(t.Rows)
		return
	}
	r.NotJudged("what containers wrote to their own filesystems", whole.Absent(r.Pass, "storage/pod_local_storage.txt"))
}
