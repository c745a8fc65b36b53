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
	"github.com/eksleuth/eksleuth/analyze/ledger"
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
// pods. Others are only counted.
func usage(r *area.Reader, what, place, unit string, rows func(*df.Table) []df.Usage) {
	f := area.First(r, func(t *df.Table) bool { return len(rows(t)) > 0 })
	if f == nil {
		r.NotJudged(what, whole.Absent(r.Pass, place))
		return
	}
	g := groupsOf(disk.Kinds(r.Pass), rows(f.Value))
	t := r.Table(what+" of the node", area.Text("mounted on"), area.Text("device"), area.In("size", unit), area.In("used", unit), area.In("free", unit), area.In("use", area.Percent))
	for _, u := range g.node {
		t.Row(at(f.Path, u.Line), u.Target, u.Source, whole64(u.Size), whole64(u.Used), whole64(u.Avail), percentOf(float64(u.Percent)))
	}
	volumes := map[string]volume{} // df shows one mount of a device, maybe that for all pods
	for _, v := range volumesOf(r) {
		volumes[v.source] = v
	}
	names := disk.PodNames(r.Pass)
	t = r.Table(what+" of volumes", area.Text("pod"), area.Text("volume"), area.In("size", unit), area.In("free", unit), area.In("use", area.Percent))
	for _, u := range g.pods {
		pod, name := volumeOf(names, u.Target)
		if v, ok := volumes[u.Source]; ok && pod == "-" {
			pod, name = v.pod, v.name
		}
		t.Row(at(f.Path, u.Line), pod, name, whole64(u.Size), whole64(u.Avail), percentOf(float64(u.Percent)))
	}
	if g.others > 0 {
		r.Count("not listed", int64(g.others), "filesystems", at(f.Path, 0)).Note = "in memory, read-only images, or a view of one above"
	}
	for _, n := range f.Value.Notes {
		r.NotJudged("the use of a filesystem", n.Text)
	}
}

// groups are the rows of df by what they are of, the fullest first.
type groups struct {
	node, pods []df.Usage
	others     int // memory, images, overlays, which are on the disk below them
}

func groupsOf(kinds ledger.Filesystems, rows []df.Usage) (g groups) {
	seen := map[string]bool{}
	for _, u := range rows {
		switch {
		case u.Size == 0, kinds.Image(u) && (!disk.OfNode(u.Target) || u.Source == "/dev/root"):
			g.others++
			continue
		case seen[u.Source] && strings.HasPrefix(u.Source, "/dev/"):
			continue
		case ofPod(u.Target):
			g.pods = append(g.pods, u)
		default:
			g.node = append(g.node, u)
		}
		seen[u.Source] = true
	}
	fullest := func(a, b df.Usage) int { return cmp.Compare(b.Percent, a.Percent) }
	slices.SortStableFunc(g.node, fullest)
	slices.SortStableFunc(g.pods, fullest)
	return g
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
