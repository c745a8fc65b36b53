package ledger

import (
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/parsers/df"
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
	return func(size uint64) []Trip {
		var all []Trip
		if signal == "nodefs.available" {
			t := Trip{Share: 85, What: "kubelet removes images that are not used"}
			if own, ok := ImageRemoval(b); ok {
				t.Share, t.File, t.Line = own.Used, own.At.File, own.At.Line
			}
			all = append(all, t)
		}
		evicts := Trip{Share: 100 - free, evicts: true, What: "kubelet reports DiskPressure, evicts pods and takes no new ones"}
		if own, ok := Eviction(b, signal, size); ok {
			evicts.Share = own.Used
			if !own.Off() {
				evicts.File, evicts.Line = own.At.File, own.At.Line
			}
		}
		if evicts.Share < 100 {
			all = append(all, evicts)
		}
		all = append(all, Trip{Share: 100, What: "no file can be written: no space left on device"})
		slices.SortStableFunc(all, func(a, b Trip) int { return int(a.Share - b.Share) })
		return all
	}
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
