package mounts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/disk"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/fstab"
)

// missingNofail looks for disks that the next boot waits for and that are not
// there.
//
//	UUID=9d1c6c0e-5b6f-4f0d-8f6b-0d7a2f1f4b11  /data  xfs  defaults  0  2
func missingNofail(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const place = "storage/fstab.txt"
	tables := analyze.Facts[fstab.Table](p)
	if len(tables) == 0 {
		return network.NoData(whole.Absent(p, place)), nil
	}
	f := tables[0]
	if why := whole.Cut(p, f.Path); why != "" {
		return network.NoData(why), nil
	}
	if len(f.Value.Entries) == 0 && f.Value.Notes != nil {
		return network.NoData(f.Path + " cannot be read"), nil
	}
	t, note := mounted(p)
	if note == "" {
		note = t.note
	}
	if note != "" {
		return network.NoData(note), nil
	}
	var out []analyze.Match
	for _, e := range f.Value.Entries {
		if !awaited(e) {
			continue
		}
		if _, ok := t.MountAt(e.Target); !ok {
			out = append(out, analyze.Match{
				Entity: e.Target, Entities: map[string][]string{"file": {e.Target}},
				Summary: fmt.Sprintf("%s of fstab is not mounted on %s; without nofail the next boot stops there", e.Source, e.Target),
				At:      []parsers.Pos{{File: f.Path, Line: e.Line}},
			})
		}
	}
	if len(out) > 0 {
		return network.Found(out...), nil
	}
	return network.Clear("each disk of fstab is mounted, or may be missing"), nil
}

// awaited reports a disk without which a boot ends in emergency mode.
func awaited(e fstab.Entry) bool {
	for _, option := range []string{"nofail", "noauto", "x-systemd.automount", "_netdev"} {
		if e.Has(option) {
			return false
		}
	}
	of := []string{"UUID=", "PARTUUID=", "LABEL=", "PARTLABEL=", "/dev/"}
	return e.Type != "swap" && strings.HasPrefix(e.Target, "/") && e.Target != "/" &&
		slices.ContainsFunc(of, func(prefix string) bool { return strings.HasPrefix(e.Source, prefix) })
}

// collectorRefused looks for so little room that the collector would not have
// run: the next bundle of the node may not come about.
func collectorRefused(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	kinds := disk.Kinds(p)
	for _, f := range analyze.Facts[df.Table](p) {
		i := slices.IndexFunc(f.Value.Space, func(u df.Usage) bool { return u.Target == "/" })
		if i < 0 {
			continue
		}
		root := f.Value.Space[i]
		switch t, note := mounted(p); {
		case note == "" && t.image():
			return network.Clear("the root is an image, and full by design"), nil
		case note != "" && kinds.Image(root):
			return network.NoData("nothing tells whether the root is an image: " + note), nil
		}
		free := float64(root.Avail) / 1e9
		if free >= p.Limit("free") {
			return network.Clear(fmt.Sprintf("%.1f GB are free on /", free)), nil
		}
		return network.Found(analyze.Match{
			Summary: fmt.Sprintf("only %.1f GB are free on /: the log collector refuses to run", free),
			At:      []parsers.Pos{{File: f.Path, Line: root.Line}},
		}), nil
	}
	return network.NoData("no row of df for /: " + whole.Absent(p, place)), nil
}

// imagefsSeparate tells of disks that kubelet or containerd have to themselves.
//
//	/dev/md127 on /var/lib/containerd type xfs (rw,relatime,attr2,inode64,sunit=1024,swidth=2048,noquota)
func imagefsSeparate(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, note := mounted(p)
	if note != "" {
		return network.NoData(note), nil
	}
	root, known := t.MountAt("/")
	var out []analyze.Match
	for _, target := range []string{"/var/lib/containerd", "/var/lib/kubelet"} {
		m, ok := t.MountAt(target)
		if !ok || !known || m.Source == root.Source || !strings.HasPrefix(m.Source, "/dev/") {
			continue
		}
		out = append(out, analyze.Match{
			Entity:   target,
			Entities: map[string][]string{"file": {target}, "device": {strings.TrimPrefix(m.Source, "/dev/")}},
			Summary:  fmt.Sprintf("%s is on %s, the root on %s", target, m.Source, root.Source),
			At:       []parsers.Pos{t.at(m), t.at(root)},
		})
	}
	switch {
	case len(out) > 0:
		return network.Found(out...), nil
	case t.note != "" || !known:
		return network.NoData("not all mounts are known"), nil
	}
	return network.Clear("neither kubelet nor containerd has a disk of its own"), nil
}
