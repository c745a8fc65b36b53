package versions

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conflist"
	"github.com/eksleuth/eksleuth/parsers/pkglist"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

type conflistFact = analyze.FileFact[conflist.Network]

// bad are releases of kernels with a known bug, up to the point behind them.
var bad = []struct {
	release, bug string
	explains     []string
}{
	{"4.14.177-139.253.", "CPUs get stuck (soft lockup)", []string{"kernel.cpu.soft_lockup"}},
	{"5.4.214-120.368.", "writes to disks hang, and kubelet with them", []string{"kubelet.pleg.unhealthy", "kernel.task.hung"}},
	{"5.4.217-126.408.", "writes to disks hang, and kubelet with them", []string{"kubelet.pleg.unhealthy", "kernel.task.hung"}},
	{"5.4.238-155.346.", "SMB volumes fail", nil},
}

// running is the kernel of the node.
//
//	Linux ip-10-0-1-23.ec2.internal 5.10.205-195.807.amzn2.x86_64 #1 SMP Tue Jan 16 18:28:59 UTC 2024 x86_64 x86_64 x86_64 GNU/Linux
func running(p *analyze.Pass) (release string, at parsers.Pos, note string) {
	for _, f := range analyze.Facts[uname.Name](p) {
		if f.Value.Release != "" {
			return f.Value.Release, parsers.Pos{File: f.Path, Line: f.Value.Line}, ""
		}
	}
	return "", at, whole.Absent(p, "kernel/uname.txt")
}

// knownBad looks for a kernel that others had trouble with.
func knownBad(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	release, at, note := running(p)
	if note != "" {
		return network.NoData(note), nil
	}
	for _, b := range bad {
		if strings.HasPrefix(release, b.release) {
			return network.Found(analyze.Match{
				Entity:   release,
				Entities: map[string][]string{"version": {release}},
				Summary:  fmt.Sprintf("kernel %s has a known bug: %s", release, b.bug),
				At:       []parsers.Pos{at},
				Explains: b.explains,
			}), nil
		}
	}
	return network.Clear(release + " is none of the kernels with a known bug"), nil
}

// oldKernel looks for a kernel that gets no more fixes, or whose successor waits
// for a boot.
func oldKernel(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	release, at, note := running(p)
	if note != "" {
		return network.NoData(note), nil
	}
	if strings.Contains(release, ".amzn2.") {
		return network.Found(analyze.Match{
			Entity:  release,
			Summary: fmt.Sprintf("kernel %s is of Amazon Linux 2, which gets no more AMIs of EKS", release),
			At:      []parsers.Pos{at},
		}), nil
	}
	lists := analyze.Facts[pkglist.List](p)
	if len(lists) == 0 {
		return network.NoData(whole.Absent(p, "system/pkglist.txt")), nil
	}
	f := lists[0]
	newest, ok := successor(f.Value, release)
	switch {
	case !ok:
		return network.NoData(f.Path + " does not list the kernel that runs"), nil
	case newest != nil:
		return network.Found(analyze.Match{
			Entity:  release,
			Summary: fmt.Sprintf("kernel %s runs; %s %s is installed and waits for a boot", release, newest.Name, newest.Version),
			At:      []parsers.Pos{at, {File: f.Path, Line: newest.Line}},
		}), nil
	case whole.Cut(p, f.Path) != "":
		return network.NoData(whole.Cut(p, f.Path)), nil
	}
	return network.Clear(release + " is the newest kernel that is installed"), nil
}

// successor is the newest package of the family of the kernel that runs, nil
// when that is the one that runs; not ok when that is in no package.
func successor(l *pkglist.List, release string) (newest *pkglist.Package, ok bool) {
	var family string
	for i := range l.Packages {
		if x := &l.Packages[i]; installed(x) && releaseOf(x) == release {
			family, ok = familyOf(x), true
		}
	}
	if !ok {
		return nil, false
	}
	best := release
	for i := range l.Packages {
		x := &l.Packages[i]
		if r := releaseOf(x); installed(x) && r != "" && familyOf(x) == family && newer(r, best) {
			best, newest = r, x
		}
	}
	return newest, true
}

// installed reports a package that was not removed.
func installed(x *pkglist.Package) bool { return x.State == "" || strings.HasSuffix(x.State, "i") }

// releaseOf is what uname says of the kernel of a package; "" for another one.
//
//	kernel-6.1.150-174.273.amzn2023.x86_64
//	ii  linux-image-6.1.0-50-cloud-amd64 6.1.176-1   amd64   Linux 6.1 for x86-64 cloud (signed)
func releaseOf(x *pkglist.Package) string {
	if release, ok := strings.CutPrefix(x.Name, "linux-image-"); ok && x.State != "" && release != "" && release[0] >= '0' && release[0] <= '9' {
		return release
	}
	rest, ok := strings.CutPrefix(x.Name, "kernel")
	if ok && x.State == "" && strings.Trim(rest, "0123456789.") == "" {
		return x.Version + "." + x.Arch
	}
	return ""
}

// familyOf tells kernels apart that are installed beside each other: "kernel6.12",
// "-cloud-amd64".
func familyOf(x *pkglist.Package) string {
	release, ok := strings.CutPrefix(x.Name, "linux-image-")
	if !ok {
		return x.Name
	}
	return strings.TrimLeft(release, "0123456789.-")
}

// newer compares releases number by number.
func newer(a, b string) bool {
	x, y := numbers(a), numbers(b)
	for i := range min(len(x), len(y)) {
		if c := cmp.Compare(x[i], y[i]); c != 0 {
			return c > 0
		}
	}
	return false
}

// numbers are those of a release, up to the name of its distribution.
func numbers(release string) (out []int) {
	for _, text := range strings.FieldsFunc(release, func(r rune) bool { return r == '.' || r == '-' || r == '+' || r == '~' }) {
		n, err := strconv.Atoi(text)
		if err != nil {
			break
		}
		out = append(out, n)
	}
	return out
}
