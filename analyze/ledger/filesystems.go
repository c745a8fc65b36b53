package ledger

import (
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/df"
)

// homes are where the node's own files may have a filesystem. /local is that of
// Bottlerocket; /mnt/k8s-disks is where nodeadm mounts instance store volumes
// for kubelet and containerd.
var homes = []string{
	"/", "/var", "/var/lib", "/var/lib/kubelet", "/var/lib/containerd", "/var/lib/docker", "/var/log", "/local", "/.bottlerocket/rootfs/local", "/mnt/k8s-disks",
}

// OfNode reports whether a mount point is of the node and not of a pod.
func OfNode(target string) bool {
	return slices.Contains(homes, target) || strings.HasPrefix(target, "/mnt/k8s-disks/")
}

// Filesystems knows the kinds of filesystems by their mount point.
type Filesystems struct{ mounts map[string]df.Mount }

// FilesystemsOf collects the mounts of a bundle.
func FilesystemsOf(b *Bundle) Filesystems {
	t := Filesystems{map[string]df.Mount{}}
	for _, f := range facts[df.Table](b) {
		for _, m := range f.value.Mounts {
			t.mounts[m.Target] = m // the last one is the one that is seen
		}
	}
	return t
}

// images are kinds of filesystems that are full from the day they are made.
var images = []string{"erofs", "squashfs", "iso9660", "cramfs", "romfs"}

// volatile are kinds of filesystems that are no disks, or that show the disk
// below them once more.
var volatile = []string{"tmpfs", "devtmpfs", "ramfs", "overlay", "fuse", "efivarfs", "vfat"}

// Image reports a row that says nothing of a disk that can fill up: an image,
// memory, or a mount that was made read-only.
func (t Filesystems) Image(u df.Usage) bool {
	m, ok := t.mounts[u.Target]
	if ok {
		return m.ReadOnly() || slices.Contains(images, m.Type) || slices.Contains(volatile, m.Type) || strings.HasPrefix(m.Type, "fuse.")
	}
	// Without the mounts the device tells: the root of Bottlerocket, snaps.
	ok, _ = path.Match("/dev/loop*", u.Source)
	return ok || u.Source == "/dev/root" || slices.Contains(volatile, u.Source) || slices.Contains([]string{"udev", "shm", "none"}, u.Source) || strings.HasPrefix(u.Target, "/snap/")
}
