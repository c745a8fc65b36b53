// Package fstab reads which filesystems a node mounts at its boot.
package fstab

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is /etc/fstab.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Filesystems to mount at the boot, /etc/fstab.",
	Files:  []string{"storage/fstab.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "fstab"

// maxEntries bounds what is kept.
const maxEntries = 20_000

// A Table is the file. One without entries is no error: a node can mount all
// that it needs by units of systemd.
type Table struct {
	Entries []Entry
	Notes   rows.Notes
}

// An Entry is a line.
type Entry struct {
	Source  string // "UUID=...", "LABEL=/", "/dev/nvme1n1", "fs-...:/"
	Target  string // "none" and "swap" for swap space
	Type    string
	Options string // "defaults,nofail"
	Dump    int
	Pass    int // of fsck; 0 is none
	Line    int
}

// Has reports whether an option stands there: "nofail", "ro".
func (e Entry) Has(option string) bool {
	for o := range strings.SplitSeq(e.Options, ",") {
		if o == option {
			return true
		}
	}
	return false
}

// Parse reads the file.
//
//	#
//	UUID=2f8b8a2e-6ad8-44a5-9f2e-95c0c1b8d3aa     /           xfs    defaults,noatime  1   1
//	UUID=2B1C-9E4D        /boot/efi       vfat    defaults,noatime,uid=0,gid=0,umask=0077,shortname=winnt,x-systemd.automount 0 2
func Parse(file string, text []byte) (*Table, error) {
	t := &Table{}
	for num, line := range rows.Filled(text) {
		f := strings.Fields(line)
		if strings.HasPrefix(f[0], "#") {
			continue
		}
		e, ok := entry(f)
		if !ok {
			t.Notes.Add(num, line)
			continue
		}
		if e.Line = num; len(t.Entries) < maxEntries {
			t.Entries = append(t.Entries, e)
		}
	}
	if len(t.Entries) == 0 && len(t.Notes) > 0 {
		return nil, t.Notes.Fail(name, file, "no entries")
	}
	return t, nil
}

// entry reads the fields of a line; the last three may be left out.
func entry(f []string) (e Entry, ok bool) {
	if len(f) < 3 || len(f) > 6 && !strings.HasPrefix(f[6], "#") {
		return e, false
	}
	e = Entry{Source: unescape(f[0]), Target: unescape(f[1]), Type: f[2], Options: "defaults"}
	if len(f) > 3 {
		e.Options = unescape(f[3])
	}
	var err, err2 error
	if len(f) > 4 {
		e.Dump, err = strconv.Atoi(f[4])
	}
	if len(f) > 5 {
		e.Pass, err2 = strconv.Atoi(f[5])
	}
	return e, err == nil && err2 == nil
}

// escapes are the characters that a field cannot hold otherwise, fstab(5).
var escapes = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`, `\043`, "#")

func unescape(s string) string { return escapes.Replace(s) }
