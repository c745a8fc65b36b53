// Package mounts judges what a node has mounted where, and how.
package mounts

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
)

//go:embed check.yaml
var doc []byte

// Checks are those of state.mount, and others that go by mounts.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.mount.read_only":        readOnly,
	"state.mount.noexec":           noexec,
	"state.mount.pods_remounted":   podsRemounted,
	"state.mount.stale_overlay":    staleOverlay,
	"state.fstab.missing_nofail":   missingNofail,
	"state.disk.collector_refused": collectorRefused,
	"state.disk.imagefs_separate":  imagefsSeparate,
})

const place = "storage/mounts.txt"

// A table is what mount says.
type table struct {
	path string
	*df.Table
	note string // why there is more than this; "" when it is whole
}

// mounted returns it; without one the note says why.
func mounted(p *analyze.Pass) (t table, note string) {
	for _, f := range analyze.Facts[df.Table](p) {
		if len(f.Value.Mounts) == 0 {
			continue
		}
		t = table{f.Path, f.Value, whole.Cut(p, f.Path)}
		if f.Value.Cut {
			t.note = f.Path + " has more mounts than are kept"
		}
		return t, ""
	}
	return t, whole.Absent(p, place)
}

// at is where a mount stands.
func (t *table) at(m df.Mount) parsers.Pos { return parsers.Pos{File: t.path, Line: m.Line} }

// image reports a system that boots from a read-only image and keeps its files
// elsewhere, as Bottlerocket does.
//
//	/dev/dm-0 on / type erofs (ro,relatime,seclabel,user_xattr,acl,cache_strategy=readaround)
func (t *table) image() bool {
	if slices.ContainsFunc(t.Mounts, func(m df.Mount) bool {
		return strings.HasPrefix(m.Target, "/.bottlerocket") || m.Target == "/local" || m.Target == "/sysroot"
	}) {
		return true
	}
	root, ok := t.MountAt("/")
	return ok && root.Type != "ext4" && root.Type != "xfs" && root.ReadOnly()
}

// option reports a mount with an option.
func option(m df.Mount, name string) bool {
	return slices.Contains(strings.Split(m.Options, ","), name)
}
