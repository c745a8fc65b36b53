// Package storage tells the state of the storage of a node: space and inodes,
// mounts, volumes of pods on EBS and on file servers, CSI drivers, images.
package storage

import (
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
)

// Area is the storage. To add a section, add a value.
var Area = &area.Area{Name: "storage", Sections: []area.Section{
	{
		Name: "disk", Title: "space on the filesystems of the node", Read: diskState,
		Checks: []string{
			"state.disk.nodefs_avail", "state.disk.imagefs_*", "state.disk.collector_refused", "state.kubelet.eviction_defaults", "state.pod_storage.*", "state.lvm.*",
			"state.io_throttling", "state.proc.dstate", "state.xfs.fragmented", "kubelet.eviction.*", "kubelet.node.pressure", "storage.kubelet.disk_usage_slow",
			"containerd.io.slow", "state.contradiction.disk_pressure",
		},
	},
	{
		Name: "inodes", Title: "inodes of the filesystems of the node", Read: inodesState,
		Checks: []string{"state.disk.inodes_free"},
	},
	{
		Name: "mounts", Title: "what is mounted, and how", Read: mountsState,
		Checks: []string{
			"state.mount.*", "state.fstab.*", "state.disk.imagefs_separate", "state.xfs.*", "storage.ext4.*", "storage.xfs.*", "storage.fs.*", "storage.overlay.*",
			"storage.etc_hosts_mount", "state.selinux.*", "selinux.*",
		},
	},
	{
		Name: "ebs", Title: "disks and EBS volumes", Read: ebsState,
		Checks: []string{
			"csi.ebs.*", "state.ebs.*", "storage.nvme.*", "storage.block.*", "kubelet.volume.attach_timeout",
		},
		Gates: []gates.Name{gates.EBS},
	},
	{
		Name: "efs", Title: "EFS, FSx, S3 and NFS", Read: efsState,
		Checks: []string{"csi.efs.*", "csi.fsx.*", "csi.s3.*", "storage.nfs.*", "state.nfs.*", "storage.lustre.*"},
		Gates:  []gates.Name{gates.EFS, gates.FSx, gates.S3},
	},
	{
		Name: "csi", Title: "volumes of pods and the drivers that mount them", Read: csiState,
		Checks: []string{"csi.*", "kubelet.csi.*", "kubelet.volume.*", "state.volume.*"},
		Gates:  []gates.Name{gates.Kubelet, gates.EBS, gates.EFS, gates.FSx, gates.S3},
	},
	{
		Name: "images", Title: "images of containerd", Read: imagesState,
		Checks: []string{
			"image.*", "kubelet.gc.*", "state.containerd.images_big", "state.containerd.sandbox_image", "containerd.sandbox.image_missing", "sandbox.service.*",
			"kubelet.image.*", "soci.*", "state.kubelet.serialize_pulls",
		},
		Gates: []gates.Name{gates.Containerd},
	},
}}

// at is a place of a file.
func at(file string, line int) parsers.Pos { return parsers.Pos{File: file, Line: line} }
