package blockstorage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/lsblk"
	"github.com/eksleuth/eksleuth/parsers/lvm"
)

// thinFull looks at thin pools, and not at their volumes: one of these that is
// written to its end is full, and nothing is wrong.
//
//	LV    VG    Attr       LSize    Pool  Origin Data%  Meta%  Move Log Cpy%Sync Convert
//	lv1   bd-vg Vwi-a-tz-- 1000.00m lvol1        100.00
//	lvol1 bd-vg twi-aotz-- 1000.00m              96.10  12.98
func thinFull(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const place = "storage/lvs.txt"
	var out []analyze.Match
	note, pools, listed := "", 0, false
	for _, f := range analyze.Facts[lvm.Table](p) {
		if !strings.HasSuffix(f.Path, place) {
			continue
		}
		listed = true
		for _, v := range f.Value.Volumes {
			if !strings.HasPrefix(v.Attr, "t") {
				continue
			}
			pools++
			switch used := max(v.DataPercent, v.MetaPercent); {
			case used < 0:
				note = fmt.Sprintf("%s does not say how full %s/%s is: it is not active", f.Path, v.Group, v.Name)
			case used >= p.Limit("full"):
				out = append(out, pool(f.Path, v))
			}
		}
		if why := damage(p, f); why != "" {
			note = why
		}
	}
	switch {
	case len(out) > 0:
		return found(out), nil
	case note != "":
		return network.NoData(note), nil
	case listed:
		return network.Clear(words.Count(pools, "thin pool", "thin pools") + " below the limit"), nil
	case noLVM(p):
		return network.Clear("no disk of the node is of LVM"), nil
	}
	return network.NoData(whole.Absent(p, place)), nil
}

// damage says why pools may be missing from a list.
func damage(p *analyze.Pass, f analyze.FileFact[lvm.Table]) string {
	if len(f.Value.Volumes) == 0 && f.Value.Notes != nil {
		return f.Path + " has no list of volumes"
	}
	for _, n := range f.Value.Notes {
		if strings.Contains(n.Text, " twi") {
			return fmt.Sprintf("line %d of %s, of a thin pool, cannot be read", n.Line, f.Path)
		}
	}
	return whole.Cut(p, f.Path)
}

func pool(file string, v lvm.Volume) analyze.Match {
	name := v.Group + "/" + v.Name
	what := fmt.Sprintf("%.4g %% of its data", v.DataPercent)
	switch {
	case v.DataPercent < 0:
		what = fmt.Sprintf("%.4g %% of its metadata", v.MetaPercent)
	case v.MetaPercent >= 0:
		what += fmt.Sprintf(" and %.4g %% of its metadata", v.MetaPercent)
	}
	return analyze.Match{
		Entity:   name,
		Entities: map[string][]string{"device": {v.Name}},
		Summary:  fmt.Sprintf("thin pool %s uses %s", name, what),
		At:       []parsers.Pos{{File: file, Line: v.Line}},
	}
}

// noLVM reports that the list of block devices is whole and has none of LVM.
//
//	rootvg-root 253:0    0   20G  0 lvm  /
func noLVM(p *analyze.Pass) bool {
	for _, f := range analyze.Facts[lsblk.Tree](p) {
		if !f.Value.Cut && whole.Cut(p, f.Path) == "" && len(f.Value.Devices) > 0 {
			return !slices.ContainsFunc(f.Value.Devices, func(d lsblk.Device) bool { return d.Type == "lvm" })
		}
	}
	return false
}
