package blockstorage

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/machine"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/lsblk"
)

// attachments counts what takes slots of the instance: disks and, on most types,
// network interfaces too.
//
//	nvme1n1       259:3    0   20G  0 disk /var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/5f1c/globalmount
func attachments(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	disks, note := nvme(p)
	if note != "" {
		return network.NoData(note), nil
	}
	of := machine.Of(p)
	s, ok := slotsOf(of)
	if !ok {
		return network.NoData(fmt.Sprintf("how many disks EC2 attaches to this instance (%q) is not known", of.Name)), nil
	}
	used, what := len(disks.at), count(len(disks.at), "disk")
	at := disks.at[:min(len(disks.at), 1)]
	if s.shared {
		n, first := interfaces(p)
		if n == 0 {
			return network.NoData("no ipamd/enis.json to count network interfaces, which take the same slots as disks"), nil
		}
		used, what = used+n, what+" and "+count(n, "network interface")
		at = append(at, first)
	}
	said := fmt.Sprintf("%s take %d of the %d slots of %s", what, used, s.max, of.Name)
	if float64(used)*100 >= p.Limit("used")*float64(s.max) {
		return found([]analyze.Match{{Summary: said, At: of.Cite(at)}}), nil
	}
	if disks.note != "" {
		return network.NoData(disks.note), nil
	}
	return network.Clear(said), nil
}

// disks is the list of NVMe disks.
type disks struct {
	at   []parsers.Pos
	note string // why there may be more
}

var nvmeDisk = regexp.MustCompile(`^nvme\d+n1$`)

// nvme lists them. On types before Nitro, disks have other names and other
// limits.
func nvme(p *analyze.Pass) (d disks, note string) {
	const place = "storage/lsblk.txt"
	trees := analyze.Facts[lsblk.Tree](p)
	if len(trees) == 0 {
		return d, whole.Absent(p, place)
	}
	f := trees[0]
	if d.note = whole.Cut(p, f.Path); d.note == "" && f.Value.Cut {
		d.note = f.Path + " has more disks than are kept"
	}
	for _, v := range f.Value.Devices {
		if v.Depth == 0 && v.Type == "disk" && nvmeDisk.MatchString(v.Name) {
			d.at = append(d.at, parsers.Pos{File: f.Path, Line: v.Line})
		}
	}
	if len(d.at) == 0 {
		return d, f.Path + " has no NVMe disk"
	}
	return d, ""
}

// interfaces counts those that ipamd knows of.
func interfaces(p *analyze.Pass) (n int, first parsers.Pos) {
	pools := network.Pools(p)
	if len(pools) == 0 {
		return 0, first
	}
	for _, c := range pools[0].Value.Cards {
		for _, e := range c.ENIs {
			if n++; n == 1 {
				first = parsers.Pos{File: pools[0].Path, Line: e.Line}
			}
		}
	}
	return n, first
}

// slots are how many things can be attached.
type slots struct {
	max    int
	shared bool // with network interfaces and the disks of the machine itself
}

// generation7 are the families with Intel and AMD processors from when volumes
// got slots of their own; of Graviton's these are the next ones.
var generation7 = regexp.MustCompile(`^(?:a|i|i-flex|iz)$`)

// perSize are the slots of volumes alone, as the EC2 API gives them.
var perSize = map[string]int{
	"medium": 32, "large": 32, "xlarge": 32, "2xlarge": 32, "3xlarge": 32, "4xlarge": 32, "6xlarge": 32, "8xlarge": 32, "12xlarge": 32,
	"16xlarge": 48, "24xlarge": 64, "32xlarge": 88, "48xlarge": 128, "64xlarge": 128, "96xlarge": 128,
}

// slotsOf returns the slots of an instance type; false for those that differ by
// their accelerators, and for those where the disks of the machine cannot be
// told from volumes.
func slotsOf(t machine.Type) (slots, bool) {
	general := slices.Contains([]string{"c", "m", "r", "x"}, t.Series)
	local := strings.Contains(t.Options, "d")
	switch {
	case !t.Known() || strings.HasPrefix(t.Size, "metal") || t.Family == "m8azn":
		return slots{}, false
	case general && (t.Generation >= 8 || t.Generation == 7 && generation7.MatchString(t.Options)):
		n, ok := perSize[t.Size]
		return slots{max: n}, ok && !local
	case general && t.Generation >= 2 && t.Generation <= 7,
		slices.Contains([]string{"t3", "t3a", "t4g", "z1d", "a1", "i3en", "i4i", "i4g", "im4gn", "is4gen"}, t.Family):
		return slots{max: 28, shared: true}, true
	}
	return slots{}, false
}
