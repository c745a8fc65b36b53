package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/lsblk"
	"github.com/eksleuth/eksleuth/parsers/top"
)

// swapOn finds a node that swaps, while kubelet does not start on such a one.
// Bottlerocket and EKS Auto Mode swap to memory that is compressed, which is
// meant so.
//
//	MiB Swap:   2048.0 total,   2048.0 free,      0.0 used.   2497.4 avail Mem
//	zram0         253:0    0     1G  0 disk [SWAP]
func swapOn(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	total, note := swap(p)
	if note == "" && total.bytes == 0 {
		return isClear("no swap space")
	}
	disks, compressed, unlisted := spaces(p)
	m := analyze.Match{}
	switch {
	case len(disks) > 0:
		m = disks[0]
	case note != "":
		return noData(note)
	case unlisted != "":
		return noData("there is swap space, and nothing tells of what kind: " + unlisted)
	case compressed:
		return isClear("the swap space is compressed memory")
	default:
		m.Summary = "the node has swap space that is no disk, but a file"
	}
	if total.bytes > 0 {
		m.At = append(m.At, total.at)
	}
	if s := node.Kubelet(p.Facts).FailSwapOn; s.Set() && !s.Value {
		return isClear(fmt.Sprintf("%s; %s lets kubelet run with it", m.Summary, s.File))
	}
	return found(m)
}

// A size is how much swap space there is.
type size struct {
	bytes int64
	at    parsers.Pos
}

// swap reads how much swap space top shows.
func swap(p *analyze.Pass) (size, string) {
	note := whole.Absent(p, "system/top.txt")
	for _, f := range analyze.Facts[top.Summary](p) {
		if s := f.Value.Swap; s.Line > 0 && s.Total >= 0 {
			return size{s.Total, parsers.Pos{File: f.Path, Line: s.Line}}, ""
		}
		note = f.Path + " does not say how much swap space there is"
	}
	return size{}, note
}

// spaces are the disks that are swapped to, and whether there is compressed
// memory. A file is in no list of disks. Without all disks, unlisted says why.
func spaces(p *analyze.Pass) (disks []analyze.Match, compressed bool, unlisted string) {
	unlisted = whole.Absent(p, "storage/lsblk.txt")
	for _, f := range analyze.Facts[lsblk.Tree](p) {
		if unlisted = whole.Cut(p, f.Path); unlisted == "" && f.Value.Cut {
			unlisted = f.Path + " has more disks than are read"
		}
		for _, d := range f.Value.Devices {
			switch {
			case !slices.Contains(d.Mounts, "[SWAP]"):
			case strings.HasPrefix(d.Name, "zram"):
				compressed = true
			default:
				disks = append(disks, analyze.Match{
					Summary:  "the node swaps to " + d.Name,
					Entities: map[string][]string{"device": {d.Name}},
					At:       []parsers.Pos{{File: f.Path, Line: d.Line}},
				})
			}
		}
	}
	return disks, compressed, unlisted
}
