package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
)

// space are the filesystems that kubelet looks at, in bytes. df knows what is
// kept for root, so its own share counts.
//
//	/dev/nvme0n1p1   24G   23G  1.9G  93% /
func space(b *Bundle) []Entry {
	e := Entry{
		Name: "disk", Group: Storage, Title: "disk", Unit: "bytes", Rules: []string{"state.disk.nodefs_avail"},
	}
	return b.filesystems(e, func(t *df.Table) []df.Usage { return t.Space }, b.trips("nodefs.available", 10), "storage/mounts.txt")
}

// inodes are those of the same filesystems.
//
//	/dev/nvme0n1p1 12580864 57127 12523737    1% /
func inodes(b *Bundle) []Entry {
	e := Entry{
		Name: "inodes", Group: Storage, Title: "inodes", Unit: "inodes", Rules: []string{"state.disk.inodes_free"},
	}
	return b.filesystems(e, func(t *df.Table) []df.Usage { return t.Inodes }, b.trips("nodefs.inodesFree", 5), "storage/inodes.txt")
}

// Disks are the entries of the space and the inodes of filesystems.
func Disks(b *Bundle) []Entry { return append(space(b), inodes(b)...) }

// filesystems makes the entries of the first table that has filesystems of the
// node; a second one tells of the same ones. One that is mounted twice is told
// once.
func (b *Bundle) filesystems(e Entry, rows func(*df.Table) []df.Usage, trips func(size uint64) []Trip, place string) []Entry {
	kinds := FilesystemsOf(b)
	for _, f := range facts[df.Table](b) {
		var all []Entry
		var seen []string
		for _, u := range rows(f.value) {
			if len(all) == maxOf || !OfNode(u.Target) || kinds.Image(u) || u.Percent < 0 || u.Size == 0 || slices.Contains(seen, u.Source) {
				continue
			}
			seen = append(seen, u.Source)
			x := e
			x.Of, x.trips = u.Target, trips(u.Size)
			x.Used, x.Allowed = amount(u.Used, f.path, u.Line), amount(u.Size, f.path, u.Line)
			x.share(float64(u.Percent))
			all = append(all, x.weigh())
		}
		if len(all) > 0 {
			return all
		}
	}
	e.Unknown, e.trips = "no table of df with a filesystem of the node: "+b.absent(place), trips(0)
	return []Entry{e.weigh()}
}

// trips are what happens when a filesystem of kubelet fills up. What kubelet is
// not told it does by its defaults.
func (b *Bundle) trips(signal string, free float64) func(size uint64) []Trip {
	c := b.kubelet()
	return func(size uint64) []Trip {
		var all []Trip
		if signal == "nodefs.available" {
			t := Trip{Share: 85, What: "kubelet removes images that are not used"}
			if c.ImageGCHigh.Set() && c.ImageGCHigh.Value > 0 && c.ImageGCHigh.Value <= 100 {
				t.Share, t.File, t.Line = float64(c.ImageGCHigh.Value), c.ImageGCHigh.File, c.ImageGCHigh.Line
			}
			all = append(all, t)
		}
		evicts := Trip{Share: 100 - free, evicts: true, What: "kubelet reports DiskPressure, evicts pods and takes no new ones"}
		if left, said := b.evicts(signal, size); said && left < 0 {
			evicts.Share = 100 // it is switched off
		} else if said {
			evicts.Share = 100 - left
			at := b.attribute("kubelet.eviction_hard")
			evicts.File, evicts.Line = at.File, at.Line
		}
		if evicts.Share < 100 {
			all = append(all, evicts)
		}
		all = append(all, Trip{Share: 100, What: "no file can be written: no space left on device"})
		slices.SortStableFunc(all, func(a, b Trip) int { return int(a.Share - b.Share) })
		return all
	}
}

// evicts is the share that a setting of kubelet wants free, in percent; -1 when
// it wants none. Its defaults hold only when nothing is set at all.
//
//	memory.available<100Mi, nodefs.available<10%, nodefs.inodesFree<5%
func (b *Bundle) evicts(signal string, size uint64) (free float64, said bool) {
	all := b.attribute("kubelet.eviction_hard").Value
	for pair := range strings.SplitSeq(all, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "<")
		if !ok || name != signal {
			continue
		}
		number, relative := strings.CutSuffix(value, "%")
		n, err := strconv.ParseFloat(number, 64)
		switch {
		case relative && err == nil && n > 0 && n < 100:
			return n, true
		case relative && err == nil:
			return -1, true
		case !relative:
			return quantityOf(value, size)
		}
	}
	return -1, all != "" && b.kubelet().Get("mergeDefaultEvictionSettings").Text != "true"
}

// quantityOf is an amount of Kubernetes, as "5Gi", as a share of a size.
func quantityOf(text string, size uint64) (percent float64, ok bool) {
	factors := []struct {
		suffix string
		factor float64
	}{{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"", 1}}
	for _, f := range factors {
		number, is := strings.CutSuffix(text, f.suffix)
		n, err := strconv.ParseFloat(number, 64)
		if !is || err != nil {
			continue
		}
		if share := n * f.factor / float64(max(size, 1)) * 100; n > 0 && share < 100 {
			return share, true
		}
		return -1, n <= 0
	}
	return 0, false
}

// kubelet is its configuration with the drop-ins; empty without one.
func (b *Bundle) kubelet() *kubeletconfig.Config {
	var base *kubeletconfig.Config
	var dropIns []*kubeletconfig.Config
	for _, f := range facts[kubeletconfig.Config](b) {
		if kubeletconfig.DropIn(f.path) {
			dropIns = append(dropIns, f.value)
		} else if base == nil {
			base = f.value
		}
	}
	return kubeletconfig.Merge(base, dropIns...)
}

// Bytes writes an amount of bytes as df -h does.
func Bytes(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprint(n)
	}
	v, i := float64(n)/1024, 0
	for v >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	if v < 10 {
		return fmt.Sprintf("%.1f%c", v, units[i])
	}
	return fmt.Sprintf("%.0f%c", v, units[i])
}
