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
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
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

// Where kubelet mounts the volumes of pods.
//
//	/var/lib/kubelet/pods/7d20a266-2502-4fd0-99fd-bc641f3c3c53/volumes/kubernetes.io~csi/pvc-2c1f/mount
//	/var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/0a4d38c3/globalmount
var (
	podVolume = regexp.MustCompile(`/pods/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/volumes?(?:-subpaths)?/([^/]+)(?:/([^/]+))?`)
	staged    = regexp.MustCompile(`/plugins/kubernetes\.io/csi/(?:pv/)?([^/]+)/([^/]+)/globalmount$`)
)

// A volume is one of a pod.
type volume struct {
	mount
	pod, plugin, name string
}

// volumesOf are the mounted volumes of pods; those of configuration, secrets and
// tokens, which are in memory, left out.
func volumesOf(r *area.Reader) (all []volume) {
	pods := podNames(r)
	for _, m := range mountsOf(r) {
		v := podVolume.FindStringSubmatch(m.target)
		if v == nil || m.kind == "tmpfs" {
			continue
		}
		all = append(all, volume{m, cmp.Or(pods[v[1]], v[1]), strings.Replace(v[2], "kubernetes.io~", "", 1), cmp.Or(v[3], "-")})
	}
	return all
}

// volumeOf is the pod and the volume of a mount point; of one that is no pod's, the
// path.
func volumeOf(names map[string]string, target string) (pod, volume string) {
	if v := podVolume.FindStringSubmatch(target); v != nil {
		return cmp.Or(names[v[1]], v[1]), cmp.Or(v[3], v[2])
	}
	return "-", target
}

// podDir is how kubelet names the folder of a pod's logs:
// kube-system_aws-node-xglhr_7d20a266-2502-4fd0-99fd-bc641f3c3c53.
var podDir = regexp.MustCompile(`^var_log/([^/_]+)_([^/_]+)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/`)

// podNames are the names of the pods by their UIDs, as far as the bundle says them.
func podNames(r *area.Reader) map[string]string {
	names := map[string]string{}
	for _, f := range r.Files {
		if m := podDir.FindStringSubmatch(f.At()); m != nil {
			names[m[3]] = m[1] + "/" + m[2]
		}
	}
	for _, f := range analyze.Facts[ipam.Checkpoint](r.Pass) {
		for _, a := range f.Value.Allocations {
			if a.UID != "" && a.Pod != "" {
				names[a.UID] = a.Namespace + "/" + a.Pod
			}
		}
	}
	for _, f := range analyze.Facts[kubeobjects.Objects](r.Pass) {
		for _, p := range f.Value.Pods {
			names[p.UID] = p.Namespace + "/" + p.Name
		}
	}
	return names
}
