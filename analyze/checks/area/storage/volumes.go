package storage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/disk"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/lsblk"
	"github.com/eksleuth/eksleuth/parsers/lvm"
	"github.com/eksleuth/eksleuth/parsers/netstat"
)

// ebsState lists the disks of the node and what they are for.
func ebsState(r *area.Reader) {
	f := area.First(r, func(t *lsblk.Tree) bool { return len(t.Devices) > 0 })
	if f == nil {
		r.NotJudged("disks of the node", whole.Absent(r.Pass, "storage/lsblk.txt"))
	} else {
		disks(r, f.Path, f.Value)
	}
	volumesOnDisks(r)
	logicalVolumes(r)
}

// disks lists the block devices.
func disks(r *area.Reader, path string, tree *lsblk.Tree) {
	used := map[string]bool{}
	for _, d := range tree.Devices {
		if d.Parent != "" || len(d.Mounts) > 0 {
			used[d.Name], used[d.Parent] = true, true
		}
	}
	t := r.Table("block devices", area.Text("name"), area.Text("part of"), area.Text("type"), area.In("size", area.Bytes), area.Text("mounted on"))
	free := 0
	var firstFree parsers.Pos
	for _, d := range tree.Devices {
		if d.Type == "loop" || strings.HasPrefix(d.Name, "zram") {
			continue
		}
		mounted := cmp.Or(area.Shorten(d.Mounts, 3), "-")
		if d.Type == "disk" && !used[d.Name] {
			mounted = "nowhere"
			if free++; free == 1 {
				firstFree = at(path, d.Line)
			}
		}
		t.Row(at(path, d.Line), d.Name, cmp.Or(d.Parent, "-"), d.Type, whole64(d.Size), mounted)
	}
	if free > 0 {
		r.Count("disks that nothing uses", int64(free), "disks", firstFree).Note = "raw volumes of pods, or left attached"
	}
}

// volumesOnDisks lists the volumes of pods that are on a block device.
func volumesOnDisks(r *area.Reader) {
	space := map[string]df.Usage{}
	if f := area.First(r, func(t *df.Table) bool { return len(t.Space) > 0 }); f != nil {
		for _, u := range f.Value.Space {
			space[u.Source] = u
		}
	}
	t := r.Table("volumes of pods on disks", area.Text("pod"), area.Text("volume"), area.Text("device"), area.In("size", area.Bytes), area.In("use", area.Percent))
	for _, v := range volumesOf(r) {
		if !strings.HasPrefix(v.source, "/dev/") || v.plugin != "csi" && v.plugin != "aws-ebs" && v.plugin != "local-volume" {
			continue
		}
		size, use := "-", "-"
		if u, ok := space[v.source]; ok {
			size, use = fmt.Sprint(whole64(u.Size)), percentOf(float64(u.Percent))
		}
		t.Row(at(v.file, v.line), v.pod, v.name, v.source, size, use)
	}
	if all := mountsOf(r); len(t.Rows) == 0 && len(all) > 0 {
		r.Say("volumes of pods on disks", "none", at(all[0].file, 0))
	}
}

// logicalVolumes lists thin pools, which fill up on their own.
func logicalVolumes(r *area.Reader) {
	t := r.Table("thin pools and volumes of LVM", area.Text("volume"), area.In("size", area.Bytes), area.In("data", area.Percent), area.In("metadata", area.Percent))
	f := area.First(r, func(t *lvm.Table) bool { return len(t.Volumes) > 0 })
	if f == nil {
		return
	}
	for _, v := range f.Value.Volumes {
		t.Row(at(f.Path, v.Line), v.Group+"/"+v.Name, whole64(v.Size), percentOf(v.DataPercent), percentOf(v.MetaPercent))
	}
}

func percentOf(f float64) string {
	if f < 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", f)
}

// servers are the kinds of filesystems that a server holds. Mountpoint for S3 is of
// type fuse, as others are.
var servers = []string{"nfs", "nfs4", "efs", "lustre", "fuse.mountpoint-s3", "fuse.s3fs", "cifs", "ceph", "fuse.ceph", "9p"}

// efsState lists what is mounted from servers.
func efsState(r *area.Reader) {
	all := mountsOf(r)
	if len(all) == 0 {
		r.NotJudged("mounts from servers", whole.Absent(r.Pass, "storage/mounts.txt"))
		return
	}
	pods := disk.PodNames(r.Pass)
	t := r.Table("mounts from servers", area.Text("source"), area.Text("type"), area.Text("pod or mount point"), area.Text("options"))
	for _, m := range all {
		if !slices.Contains(servers, m.kind) && m.source != "mountpoint-s3" {
			continue
		}
		of := m.target
		if v, ok := disk.VolumeAt(m.target); ok {
			of = cmp.Or(pods[v.Pod], v.Pod)
		}
		t.Row(at(m.file, m.line), m.source, m.kind, of, area.Shorten(telling(m.options), 8))
	}
	if len(t.Rows) == 0 {
		r.Say("mounts from servers", "none", at(all[0].file, 0))
	}
	connections(r)
}

// telling are the options of NFS that matter when a server does not answer.
func telling(options string) (out []string) {
	for o := range strings.SplitSeq(options, ",") {
		name, _, _ := strings.Cut(o, "=")
		if slices.Contains([]string{"rw", "ro", "vers", "hard", "soft", "timeo", "retrans", "noresvport", "resvport", "proto", "port", "addr", "tls"}, name) {
			out = append(out, o)
		}
	}
	return out
}

// connections tells the connections to NFS servers by their state.
func connections(r *area.Reader) {
	f := area.First[netstat.Sockets](r, nil)
	if f == nil {
		return
	}
	t := r.Table("connections to port 2049", area.Text("server"), area.Text("state"), area.N("sockets"))
	for _, g := range f.Value.Peers {
		if g.Peer.Port == 2049 {
			t.Row(at(f.Path, g.Line), g.Peer.Text, g.State, g.Sockets)
		}
	}
}

// csiState tells the drivers, and what kubelet has mounted for pods.
func csiState(r *area.Reader) {
	for _, d := range []struct{ label, name string }{
		{"EBS CSI driver", "software.ebs_csi"}, {"EFS CSI driver", "software.efs_csi"}, {"FSx CSI driver", "software.fsx_csi"}, {"S3 CSI driver", "software.s3_csi"},
	} {
		r.FromCard(d.label, d.name)
	}
	all := mountsOf(r)
	if len(all) == 0 {
		r.NotJudged("volumes of pods", whole.Absent(r.Pass, "storage/mounts.txt"))
		return
	}
	stagedVolumes(r, all)
	t := r.Table("volumes of pods", area.Text("pod"), area.Text("plugin"), area.Text("volume"), area.Text("source"))
	for _, v := range volumesOf(r) {
		t.Row(at(v.file, v.line), v.pod, v.plugin, v.name, v.source)
	}
	if len(t.Rows) == 0 {
		r.Say("volumes of pods", "none but those in memory", at(all[0].file, 0))
	}
}

// stagedVolumes counts the volumes that drivers have mounted once for the node.
func stagedVolumes(r *area.Reader, all []mount) {
	t := r.Table("staged by driver", area.Text("driver"), area.N("volumes"))
	type driver struct {
		name  string
		first parsers.Pos
		n     int
	}
	var order []*driver
	by := map[string]*driver{}
	for _, m := range all {
		s := staged.FindStringSubmatch(m.target)
		if s == nil {
			continue
		}
		d := by[s[1]]
		if d == nil {
			d = &driver{name: s[1], first: at(m.file, m.line)}
			by[s[1]] = d
			order = append(order, d)
		}
		d.n++
	}
	for _, d := range order {
		t.Row(d.first, d.name, d.n)
	}
}
