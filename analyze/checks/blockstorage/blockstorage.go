// Package blockstorage judges the filesystems and volumes below what a node
// writes: how XFS was made and how split up its free space is, thin pools of
// LVM, what containers write into their own layers and into volumes, and how many
// disks EC2 still attaches.
package blockstorage

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers/df"
)

//go:embed check.yaml
var doc []byte

// Checks are those of disks and of what is made of them.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.xfs.fragmented":         fragmented,
	"state.xfs.no_ftype":           noFtype,
	"state.lvm.thin_full":          thinFull,
	"state.pod_storage.big_writer": bigWriter,
	"state.ebs.attachments":        attachments,
	"state.volume.full":            volumeFull,
})

// maxMatches bounds the findings of a check.
const maxMatches = 20

// found returns matches, no more than are shown.
func found(matches []analyze.Match) analyze.Verdict {
	return network.Found(matches[:min(len(matches), maxMatches)]...)
}

// mounted is the list of mounts; nil without one. The note says why it may not
// be all of them.
func mounted(p *analyze.Pass) (t *df.Table, note string) {
	const place = "storage/mounts.txt"
	for _, f := range analyze.Facts[df.Table](p) {
		if len(f.Value.Mounts) == 0 {
			continue
		}
		if f.Value.Cut {
			return f.Value, f.Path + " has more mounts than are kept"
		}
		return f.Value, whole.Cut(p, f.Path)
	}
	return nil, whole.Absent(p, place)
}

// holder is the mount that a path is on; false when it is not known.
func holder(t *df.Table, path string) (best df.Mount, ok bool) {
	if t == nil {
		return best, false
	}
	for _, m := range t.Mounts {
		if under(path, m.Target) && len(m.Target) >= len(best.Target) {
			best, ok = m, true
		}
	}
	return best, ok
}

// under reports whether a path is at or below another.
func under(path, dir string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(dir, "/"))
	return ok && (rest == "" || rest[0] == '/')
}

// without says that a node has no filesystem of a kind at all, by its mounts.
func without(p *analyze.Pass, kind string) bool {
	t, note := mounted(p)
	return t != nil && note == "" && !slices.ContainsFunc(t.Mounts, func(m df.Mount) bool { return m.Type == kind })
}

// device is the name of a device without /dev.
func device(path string) string { return strings.TrimPrefix(path, "/dev/") }
