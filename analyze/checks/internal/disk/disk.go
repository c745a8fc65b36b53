// Package disk tells which rows of df are filesystems that can fill up, and
// which of them are the node's own.
package disk

import (
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
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

// A Table knows the kinds of filesystems by their mount point.
type Table struct{ mounts map[string]df.Mount }

// Kinds collects the mounts of a bundle.
func Kinds(p *analyze.Pass) Table {
	t := Table{map[string]df.Mount{}}
	for _, f := range analyze.Facts[df.Table](p) {
		for _, m := range f.Value.Mounts {
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
func (t Table) Image(u df.Usage) bool {
	m, ok := t.mounts[u.Target]
	if ok {
		return m.ReadOnly() || slices.Contains(images, m.Type) || slices.Contains(volatile, m.Type) || strings.HasPrefix(m.Type, "fuse.")
	}
	// Without the mounts the device tells: the root of Bottlerocket, snaps.
	ok, _ = path.Match("/dev/loop*", u.Source)
	return ok || u.Source == "/dev/root" || slices.Contains(volatile, u.Source) || slices.Contains([]string{"udev", "shm", "none"}, u.Source) || strings.HasPrefix(u.Target, "/snap/")
}

// A Look is what a check wants of the tables of df.
type Look struct {
	Rows    func(*df.Table) []df.Usage           // of space or of inodes
	Judged  func(df.Usage) bool                  // the filesystem is one that the check is about
	Match   func(string, df.Usage) analyze.Match // the finding about a filesystem, given its file
	Full    func(df.Usage) bool                  // there is one
	Missing string                               // the note when no filesystem is judged
}

// Judge looks at the filesystems of the first table that has some to judge; a
// second table tells of the same ones. A filesystem mounted twice counts once.
func (l *Look) Judge(p *analyze.Pass) analyze.Verdict {
	for _, f := range analyze.Facts[df.Table](p) {
		v := analyze.Verdict{Outcome: analyze.NoData}
		seen := map[string]bool{}
		for _, u := range l.Rows(f.Value) {
			if !l.Judged(u) {
				continue
			}
			if v.Outcome == analyze.NoData {
				v.Outcome = analyze.Clear
			}
			if l.Full(u) && !seen[u.Source] {
				seen[u.Source] = true
				v.Outcome = analyze.Found
				v.Matches = append(v.Matches, l.Match(f.Path, u))
			}
		}
		if v.Outcome != analyze.NoData {
			return v
		}
	}
	return analyze.Verdict{Outcome: analyze.NoData, Note: l.Missing}
}
