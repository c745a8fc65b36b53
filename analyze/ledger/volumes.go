package ledger

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/parsers/lsblk"
)

func volumes(b *Bundle) []Entry { return []Entry{Volumes(b)} }

// Volumes counts what takes slots of the instance: disks and, on most types,
// network interfaces too.
//
//	nvme1n1       259:3    0   20G  0 disk /var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/5f1c/globalmount
func Volumes(b *Bundle) Entry {
	e := Entry{
		Name: "volumes", Group: Storage, Title: "slots for volumes", Unit: "slots",
		Rules: []string{"state.ebs.attachments"},
		trips: []Trip{{Share: 100, What: "no volume can be attached: pods wait in ContainerCreating"}},
	}
	var more string
	if e.Used, more = b.disks(); e.Used == nil {
		e.Unknown = more
		return e.weigh()
	}
	n := int(e.Used.Value)
	e.Used.Note = words.Count(n, "disk", "disks")
	of := b.attribute("instance.type")
	s, ok := slotsOf(node.ParseType(of.Value))
	switch {
	case ok:
	case of.Value == "":
		e.Unknown = "nothing tells the instance type, and so how many disks EC2 attaches to it"
		return e.weigh()
	default:
		e.Unknown = fmt.Sprintf("how many disks EC2 attaches to this instance (%q) is not known", of.Value)
		return e.weigh()
	}
	e.Allowed = &Amount{Value: uint64(s.max), File: of.File, Line: of.Line, Note: "of " + of.Value}
	e.Unknown = more
	if s.shared {
		enis := b.attached()
		if enis == nil {
			e.Used, e.Unknown = nil, "no ipamd/enis.json to count network interfaces, which take the same slots as disks"
			return e.weigh()
		}
		e.Used.Value += enis.Value
		e.Used.Note += " and " + words.Count(enis.Value, "network interface", "network interfaces")
	}
	return e.weigh()
}

var nvmeDisk = regexp.MustCompile(`^nvme\d+n1$`)

// disks counts the NVMe disks, and says why there may be more. On types before
// Nitro, disks have other names and other limits.
func (b *Bundle) disks() (n *Amount, more string) {
	trees := facts[lsblk.Tree](b)
	if len(trees) == 0 {
		return nil, b.absent("storage/lsblk.txt")
	}
	f := trees[0]
	if more = b.cut(f.path); more == "" && f.value.Cut {
		more = f.path + " has more disks than are kept"
	}
	for _, v := range f.value.Devices {
		if v.Depth != 0 || v.Type != "disk" || !nvmeDisk.MatchString(v.Name) {
			continue
		}
		if n == nil {
			n = amount(0, f.path, v.Line)
		}
		n.Value++
	}
	if n == nil {
		return nil, cmp.Or(more, f.path+" has no NVMe disk")
	}
	return n, more
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
func slotsOf(t node.Type) (slots, bool) {
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
