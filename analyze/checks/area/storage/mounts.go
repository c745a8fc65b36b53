package storage

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/disk"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/fstab"
	"github.com/eksleuth/eksleuth/parsers/procmounts"
	"github.com/eksleuth/eksleuth/parsers/xfs"
)

// A mount is one of the node, from mount or from /proc/mounts.
type mount struct {
	source, target, kind, options string
	file                          string
	line                          int
}

// mountsOf are the mounts of the first file that has some.
func mountsOf(r *area.Reader) (all []mount) {
	for _, f := range analyze.Facts[df.Table](r.Pass) {
		for _, m := range f.Value.Mounts {
			all = append(all, mount{m.Source, m.Target, m.Type, m.Options, f.Path, m.Line})
		}
		if len(all) > 0 {
			return all
		}
	}
	for _, f := range analyze.Facts[procmounts.Table](r.Pass) {
		for _, m := range f.Value.Mounts {
			all = append(all, mount{m.Source, m.Target, m.Type, m.Options, f.Path, m.Line})
		}
	}
	return all
}

func mountsState(r *area.Reader) {
	all := mountsOf(r)
	if len(all) == 0 {
		r.NotJudged("mounts", whole.Absent(r.Pass, "storage/mounts.txt"))
	}
	t := r.Table("filesystems of the node", area.Text("mounted on"), area.Text("device"), area.Text("type"), area.Text("options"))
	counts := map[string]int{}
	var kinds []string
	for _, m := range all {
		if disk.OfNode(m.target) {
			t.Row(at(m.file, m.line), m.target, m.source, m.kind, m.options)
			continue
		}
		if counts[m.kind]++; counts[m.kind] == 1 {
			kinds = append(kinds, m.kind)
		}
	}
	slices.SortFunc(kinds, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	if len(kinds) > 0 {
		var words []string
		for _, k := range kinds {
			words = append(words, fmt.Sprintf("%d %s", counts[k], k))
		}
		r.Say("other mounts", area.Shorten(words, 8), at(all[0].file, 0))
	}
	atBoot(r)
	filesystemsOfXFS(r)
}

// atBoot lists what fstab mounts.
func atBoot(r *area.Reader) {
	f := area.First[fstab.Table](r, nil)
	if f == nil {
		r.NotJudged("what is mounted at the boot", whole.Absent(r.Pass, "storage/fstab.txt"))
		return
	}
	t := r.Table("fstab", area.Text("mounted on"), area.Text("source"), area.Text("type"), area.Text("options"))
	for _, e := range f.Value.Entries {
		t.Row(at(f.Path, e.Line), e.Target, e.Source, e.Type, e.Options)
	}
}

// filesystemsOfXFS tells how free space is split up, and whether overlays work.
func filesystemsOfXFS(r *area.Reader) {
	f := area.First[xfs.Table](r, nil)
	if f == nil {
		return
	}
	for _, d := range f.Value.Devices {
		if d.FType < 0 {
			continue
		}
		overlays := "overlays can be made on it"
		if d.FType == 0 {
			overlays = "no overlay can be made on it"
		}
		r.Say("xfs "+cmp.Or(d.Path, "device"), fmt.Sprintf("ftype=%d", d.FType), at(f.Path, d.Line)).Note = overlays
	}
}

// staged is where kubelet mounts a volume once for the pods of the node.
//
//	/var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/0a4d38c3/globalmount
var staged = regexp.MustCompile(`/plugins/kubernetes\.io/csi/(?:pv/)?([^/]+)/([^/]+)/globalmount$`)

// A volume is one of a pod.
type volume struct {
	mount
	pod, plugin, name string
}

// volumesOf are the mounted volumes of pods; those of configuration, secrets and
// tokens, which are in memory, left out.
func volumesOf(r *area.Reader) (all []volume) {
	pods := disk.PodNames(r.Pass)
	for _, m := range mountsOf(r) {
		v, ok := disk.VolumeAt(m.target)
		if !ok || m.kind == "tmpfs" {
			continue
		}
		all = append(all, volume{m, cmp.Or(pods[v.Pod], v.Pod), strings.Replace(v.Plugin, "kubernetes.io~", "", 1), cmp.Or(v.Name, "-")})
	}
	return all
}

// volumeOf is the pod and the volume of a mount point; of one that is no pod's, the
// path.
func volumeOf(names map[string]string, target string) (pod, volume string) {
	if v, ok := disk.VolumeAt(target); ok {
		return cmp.Or(names[v.Pod], v.Pod), v.Title()
	}
	return "-", target
}
