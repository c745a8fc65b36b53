package contradiction

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
)

const (
	pressed = "kubelet.node.pressure"
	over    = "mark.node.pressure_over"
	reclaim = "kubelet.eviction.reclaim"
)

// diskPressure compares what kubelet said last of DiskPressure with df.
//
//	kubelet_node_status.go:687] "Recording event message for node" node="ip-10-0-7-118" event="NodeHasDiskPressure"
//	/dev/nvme0n1p1   24G   23G  1.9G  93% /
func diskPressure(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	h, under, ok := lastOfDisk(p)
	if !ok {
		return unsaid(p, "kubelet said nothing of DiskPressure", kubeletLog)
	}
	passed, known := age(p, h)
	if !known {
		return noData("the time of the collection is not known")
	}
	near, own, note := fullest(p)
	if note != "" {
		return noData(note)
	}
	switch {
	case under && near.room() > p.Limit("margin") && passed > minutes(p, "transition") && !reclaims(p, p.Clock.Collected.Add(-minutes(p, "transition"))):
		m := near.match(h)
		m.Summary = fmt.Sprintf("kubelet has reported DiskPressure since %s, and %s, below its threshold of %.0f %%", clockTime(h), near.said(), near.limit)
		m.Contradicts = []string{pressed + "@DiskPressure", reclaim}
		return found(m)
	case !under && own != nil && own.room() < 0 && passed > minutes(p, "settle") && !reclaims(p, h.At) && gates.Of(p, gates.Kubelet).State == gates.Alive:
		m := own.match(h)
		m.Summary = fmt.Sprintf("kubelet said at %s that there is no DiskPressure, and %s, over its threshold of %.0f %%", clockTime(h), own.said(), own.limit)
		return found(m)
	}
	return isClear("kubelet's last word fits: " + near.said())
}

// lastOfDisk is the last event about DiskPressure, and whether it began then.
func lastOfDisk(p *analyze.Pass) (h analyze.Hit, under, ok bool) {
	for _, rule := range []string{over, pressed} {
		for _, x := range p.Hits(rule) {
			if strings.Contains(x.Entities["resource"], "Disk") && !x.At.IsZero() && (!ok || x.At.After(h.At)) {
				h, under, ok = x, rule == pressed, true
			}
		}
	}
	return h, under, ok
}

// reclaims reports a kubelet that made room for the disk after a time.
func reclaims(p *analyze.Pass, after time.Time) bool {
	h, ok := last(p, reclaim)
	return ok && h.At.After(after)
}

// A filesystem is one that kubelet may watch, by its space or its inodes, and
// the share from which it evicts.
type filesystem struct {
	ledger.Entry
	limit float64
}

// room is how far it is from the share from which kubelet evicts.
func (f *filesystem) room() float64 { return f.limit - f.Percent() }

func (f *filesystem) said() string {
	return fmt.Sprintf("%s of %s is %.0f %% in use", f.Title, f.Of, f.Percent())
}

func (f *filesystem) match(h analyze.Hit) analyze.Match {
	return analyze.Match{
		Entity:   f.Of,
		Entities: map[string][]string{"file": {f.Of}},
		At:       []parsers.Pos{h.Pos, f.Used.Pos()},
	}
}

// fullest is the filesystem of the node that is nearest to the share from which
// kubelet evicts, and the nearest one that kubelet's own folder is surely on.
func fullest(p *analyze.Pass) (near, own *filesystem, note string) {
	seen := map[string]bool{}
	for _, e := range ledger.Disks(p.Ledger()) {
		limit, evicts := e.Evicts()
		seen[e.Name] = seen[e.Name] || e.Known()
		if !e.Known() || !evicts {
			continue
		}
		f := &filesystem{e, limit}
		if near == nil || f.room() < near.room() {
			near = f
		}
		if e.Of == home(p) && (own == nil || f.room() < own.room()) {
			own = f
		}
	}
	switch {
	case !seen["disk"] || !seen["inodes"]:
		return nil, nil, "not both tables of df: storage/mounts.txt, storage/inodes.txt"
	case near == nil:
		return nil, nil, "kubelet is told not to evict for disks"
	}
	return near, own, ""
}

// home is the mount point that kubelet's folder is on; "" when that is not
// certain, as nodeadm may have moved the folder to other disks.
func home(p *analyze.Pass) string {
	best := ""
	for _, f := range analyze.Facts[df.Table](p) {
		for _, u := range f.Value.Space {
			if strings.HasPrefix(u.Target, "/mnt/k8s-disks") || strings.HasPrefix(u.Target, "/local") {
				return ""
			}
			if slices.Contains([]string{"/", "/var", "/var/lib", "/var/lib/kubelet"}, u.Target) && len(u.Target) > len(best) {
				best = u.Target
			}
		}
	}
	return best
}
