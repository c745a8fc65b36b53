// Package procmounts reads /proc/mounts: what a node has mounted, as the kernel
// says it.
package procmounts

import (
	"errors"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format owns the copy that Bottlerocket's logdog makes.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Mounted filesystems, as the kernel lists them: /proc/mounts.",
	Files:  place.Logdog("proc-mounts"),
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "procmounts"

// maxMounts bounds what is kept of a file. A node with 250 pods has some
// thousands of mounts.
const maxMounts = 100_000

// A Table is the file. Later mounts cover earlier ones at the same target.
type Table struct {
	Mounts []Mount
	Notes  rows.Notes // lines that are no mount
}

// A Mount is a line.
type Mount struct {
	Source, Target, Type string
	Options              string // "rw,noatime,..."
	Line                 int
}

// ReadOnly reports whether the mount has the option ro. Bottlerocket's root
// has it always.
func (m Mount) ReadOnly() bool {
	first, _, _ := strings.Cut(m.Options, ",")
	return first == "ro"
}

// At returns the mount that is seen at a path: the last one there.
func (t *Table) At(target string) (Mount, bool) {
	for i := len(t.Mounts) - 1; i >= 0; i-- {
		if t.Mounts[i].Target == target {
			return t.Mounts[i], true
		}
	}
	return Mount{}, false
}

// Parse reads the file: six columns, of which the last two are always 0.
//
//	/dev/root / erofs ro,relatime,seclabel,user_xattr,acl,cache_strategy=readaround 0 0
//	overlay /run/container\040root overlay rw,relatime,lowerdir=/a:/b,upperdir=/c,workdir=/d 0 0
//
// Blanks, tabs, line ends, backslashes and # are written in octal
// (fs/proc_namespace.c of Linux).
func Parse(file string, text []byte) (*Table, error) {
	t := &Table{}
	for num, line := range rows.Lines(text) {
		t.line(line, num)
	}
	if len(t.Mounts) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no mounts")}
	}
	return t, nil
}

func (t *Table) line(s string, num int) {
	if s == "" {
		return
	}
	f := strings.SplitN(s, " ", 7)
	if len(f) != 6 || !number(f[4]) || !number(f[5]) {
		t.Notes.Add(num, s)
		return
	}
	if len(t.Mounts) < maxMounts {
		t.Mounts = append(t.Mounts, Mount{plain(f[0]), plain(f[1]), plain(f[2]), plain(f[3]), num})
	}
}

func number(s string) bool {
	_, err := strconv.ParseUint(s, 10, 8)
	return err == nil
}

// plain puts characters in place of their octal numbers.
func plain(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		if len(s) >= 4 && s[0] == '\\' {
			if c, err := strconv.ParseUint(s[1:4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				s = s[4:]
				continue
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}
