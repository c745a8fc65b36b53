package blockstorage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/xfs"
)

// filesystems is what the collector says of XFS; without it the verdict is that
// of every check of it.
func filesystems(p *analyze.Pass) (f analyze.FileFact[xfs.Table], none *analyze.Verdict) {
	const place = "storage/xfs.txt"
	files := analyze.Facts[xfs.Table](p)
	if len(files) > 0 {
		return files[0], nil
	}
	v := network.NoData(whole.Absent(p, place))
	if without(p, "xfs") {
		v = network.Clear("no XFS filesystem is mounted")
	}
	return f, &v
}

// unread says why more may be wrong than is seen; "" when all was read.
func unread(p *analyze.Pass, f analyze.FileFact[xfs.Table]) string {
	if f.Value.Cut {
		return f.Path + " has more filesystems than are kept"
	}
	return whole.Cut(p, f.Path)
}

// fragmented looks for free space in pieces so small that files and inodes find
// no room in it.
//
//	total free extents 166
//	total free blocks 20618715
//	average free extent size 124209
func fragmented(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	f, none := filesystems(p)
	if none != nil {
		return *none, nil
	}
	var out []analyze.Match
	note := unread(p, f)
	for i := range f.Value.Devices {
		d := &f.Value.Devices[i]
		switch {
		case d.Free == nil || !d.Free.Whole || d.Free.Average < 0 && d.Free.Extents > 0:
			note = cmp.Or(note, fmt.Sprintf("%s does not tell of the free space of %s", f.Path, nameOf(d)))
		case d.Free.Average < 0 || full(p, d):
		case d.Free.Average < p.Limit("extent"):
			out = append(out, pieces(p, f.Path, d))
		}
	}
	switch {
	case len(out) > 0:
		return found(out), nil
	case note != "":
		return network.NoData(note), nil
	}
	return network.Clear(fmt.Sprintf("the free space of %s is in large pieces, or used up", words.Count(len(f.Value.Devices), "filesystem", "filesystems"))), nil
}

// full reports that hardly anything is free: small pieces are then to be
// expected, and df tells of it.
func full(p *analyze.Pass, d *xfs.Device) bool {
	return d.Blocks > 0 && float64(d.Free.Blocks)*100 < p.Limit("free")*float64(d.Blocks)
}

// pieces is the finding about a filesystem. Next to many small pieces there may
// be room enough in large ones.
func pieces(p *analyze.Pass, file string, d *xfs.Device) analyze.Match {
	m := analyze.Match{
		Entity:  entityOf(d),
		Summary: fmt.Sprintf("the free space of %s is in %d pieces of %.3g blocks on average", nameOf(d), d.Free.Extents, d.Free.Average),
		At:      []parsers.Pos{{File: file, Line: d.Free.Line}},
	}
	if d.Path != "" {
		m.Entities = map[string][]string{"device": {nameOf(d)}}
	}
	if large := inLarge(d.Free, p.Limit("extent")); large >= 0.5 {
		m.Severity, m.Confidence = analyze.Low, 0.5
		m.Summary += fmt.Sprintf(", but %.0f %% of it is in larger ones", large*100)
	}
	return m
}

// inLarge is the share of the free blocks that is in pieces of at least some
// blocks; -1 when the histogram is missing.
func inLarge(f *xfs.Free, least float64) float64 {
	var all, large uint64
	for _, b := range f.Buckets {
		all += b.Blocks
		if float64(b.From) >= least {
			large += b.Blocks
		}
	}
	if all == 0 {
		return -1
	}
	return float64(large) / float64(all)
}

// noFtype looks for an XFS without types in its directories below containerd's
// layers.
//
//	naming   =version 2              bsize=4096   ascii-ci=0, ftype=0
func noFtype(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	f, none := filesystems(p)
	if none != nil {
		return *none, nil
	}
	mounts, _ := mounted(p)
	var out []analyze.Match
	note := unread(p, f)
	for i := range f.Value.Devices {
		d := &f.Value.Devices[i]
		switch {
		case d.FType < 0:
			note = cmp.Or(note, fmt.Sprintf("%s does not say how %s was made", f.Path, nameOf(d)))
		case d.FType == 0:
			if m, ok := untyped(f.Path, d, mounts); ok {
				out = append(out, m)
			}
		}
	}
	switch {
	case len(out) > 0:
		return found(out), nil
	case note != "":
		return network.NoData(note), nil
	}
	return network.Clear("overlays can be made on each XFS filesystem that would hold some"), nil
}

// runtimes are where the layers of containers are kept: by containerd, and by
// Docker where it has some.
func runtimes(mounts *df.Table) []string {
	dirs := []string{"/var/lib/containerd"}
	if slices.ContainsFunc(mounts.Mounts, func(m df.Mount) bool { return strings.Contains(m.Options, "upperdir=/var/lib/docker/") }) {
		dirs = append(dirs, "/var/lib/docker")
	}
	return dirs
}

// untyped is the finding about a filesystem; false when containers have nothing
// on it.
func untyped(file string, d *xfs.Device, mounts *df.Table) (analyze.Match, bool) {
	m := analyze.Match{
		Entity:   entityOf(d),
		Entities: map[string][]string{"device": {nameOf(d)}},
		Summary:  fmt.Sprintf("%s was made with ftype=0", nameOf(d)),
		At:       []parsers.Pos{{File: file, Line: cmp.Or(d.FTypeLine, d.Line)}},
	}
	known := mounts != nil && slices.ContainsFunc(mounts.Mounts, func(x df.Mount) bool { return x.Source == d.Path })
	if !known {
		m.Severity, m.Confidence = analyze.Medium, 0.6
		m.Summary += "; what is on it is not known"
		return m, true
	}
	for _, dir := range runtimes(mounts) {
		if h, ok := holder(mounts, dir); ok && h.Source == d.Path {
			m.Summary += ", and " + dir + " is on it"
			return m, true
		}
	}
	return m, false
}

// nameOf is the device without /dev.
func nameOf(d *xfs.Device) string {
	if d.Path == "" {
		return "a filesystem that is not named"
	}
	return device(d.Path)
}

// entityOf tells a filesystem from others of the file.
func entityOf(d *xfs.Device) string {
	if d.Path == "" {
		return fmt.Sprintf("line %d", d.Line)
	}
	return device(d.Path)
}
