// Package lsblk reads the disks of a node, their parts, and what is made of
// them.
package lsblk

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

// Format is the output of lsblk.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Block devices as a tree, lsblk.",
	Files:  []string{"storage/lsblk.txt"},
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "lsblk"

// maxDevices and maxMounts bound what is kept; each pod has some mounts.
const (
	maxDevices = 20_000
	maxMounts  = 100_000
)

// A Tree is the file. A device that is made of several others, such as a RAID,
// stands below each of them.
type Tree struct {
	Devices []Device
	Cut     bool // there were more devices or mounts
	Notes   rows.Notes
}

// A Device is a row.
type Device struct {
	Name      string // "nvme0n1p1", "vg-root"
	Parent    string // name of the device above it; "" for disks
	Depth     int    // 0 for disks
	Number    string // major and minor: "259:1"
	Removable bool
	ReadOnly  bool
	Size      uint64   // bytes, rounded as lsblk does
	Type      string   // "disk", "part", "lvm", "raid1", "loop", "crypt", ...
	Mounts    []string // where it is mounted; "[SWAP]" for swap space
	Line      int
}

// Parse reads the output. The tree is of ASCII characters in the C locale and
// of others elsewhere; older versions have one place of a mount only.
//
//	NAME          MAJ:MIN RM   SIZE RO TYPE MOUNTPOINTS
//	zram0         253:0    0  15.4G  0 disk [SWAP]
//	nvme0n1       259:2    0  1.8T  0 disk
//	|-nvme0n1p1   259:3    0   95M  0 part /boot/efi
//	`-nvme0n1p2   259:4    0  1.8T  0 part /home
//	                                       /boot
func Parse(file string, text []byte) (*Tree, error) {
	p := parser{tree: &Tree{}}
	for num, line := range rows.Filled(text) {
		p.line(num, line)
	}
	if len(p.tree.Devices) == 0 {
		return nil, p.tree.Notes.Fail(name, file, "no block devices")
	}
	return p.tree, nil
}

type parser struct {
	tree   *Tree
	above  []string // names by depth, above the last device
	mounts int
}

// branches are the characters of the tree.
const branches = " |`-├└─│"

var numberForm = regexp.MustCompile(`^\d+:\d+$`)

func (p *parser) line(num int, s string) {
	rest := strings.TrimLeft(s, branches)
	depth := utf8.RuneCountInString(s[:len(s)-len(rest)]) / 2
	f := rows.Split(rest, 7)
	d, ok := device(f)
	switch {
	case strings.HasPrefix(s, "NAME ") && strings.Contains(s, "MAJ:MIN"):
	case ok:
		d.Depth, d.Line = depth, num
		p.add(d)
		if len(f) == 7 {
			p.mount(f[6])
		}
	case len(p.tree.Devices) > 0 && depth > 0 && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, "[")):
		p.mount(rest)
	default:
		p.tree.Notes.Add(num, s)
	}
}

func device(f []string) (d Device, ok bool) {
	if len(f) < 6 || !numberForm.MatchString(f[1]) {
		return d, false
	}
	bytes, ok := size.Parse(f[3], 1)
	return Device{Name: f[0], Number: f[1], Removable: f[2] == "1", ReadOnly: f[4] == "1", Size: bytes, Type: f[5]}, ok
}

func (p *parser) add(d Device) {
	if len(p.tree.Devices) == maxDevices {
		p.tree.Cut = true
		return
	}
	if d.Depth > 0 && d.Depth <= len(p.above) {
		d.Parent = p.above[d.Depth-1]
	}
	if d.Depth <= len(p.above) {
		p.above = append(p.above[:d.Depth], d.Name)
	}
	p.tree.Devices = append(p.tree.Devices, d)
}

// mount adds a place to the last device.
func (p *parser) mount(at string) {
	at = strings.TrimSpace(at)
	switch {
	case at == "" || p.tree.Cut: // it may be of a device that is not kept
	case p.mounts == maxMounts:
		p.tree.Cut = true
	default:
		d := &p.tree.Devices[len(p.tree.Devices)-1]
		d.Mounts = append(d.Mounts, at)
		p.mounts++
	}
}
