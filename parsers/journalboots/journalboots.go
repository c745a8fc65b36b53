// Package journalboots reads the list of boots that a journal has entries of.
package journalboots

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format owns the list that Bottlerocket's logdog keeps.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Boots that the journal has entries of: journalctl --list-boots.",
	Files:  place.Logdog("journalctl-boots"),
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "journalboots"

// maxBoots bounds what is kept of a file.
const maxBoots = 10_000

// Boots is the list, oldest first.
type Boots struct {
	Boots []Boot
	Notes rows.Notes // lines that are no boot
}

// A Boot is a line. Its times are those of the journal's first and last entry,
// in whole seconds of the clock on the wall; they are instants when Zone is
// "UTC". A clock that was set while the node ran puts Last before First.
type Boot struct {
	Index       int    // 0 is the boot the list was made in, -1 the one before
	ID          string // 32 hex digits
	First, Last time.Time
	Zone        string // as written: "UTC", "CEST"
	Line        int
}

// Parse reads the list. systemd 251 and later write a head; before, the two
// times have a dash between them.
//
//	IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY
//	 -1 cd425eeb66eb46e591aabf0e5824e5cb Fri 2023-08-25 20:05:50 UTC Sat 2023-08-26 21:27:06 UTC
//
//	 0 9e2ffa348b354fbc8555aa1f524214e5 Sun 2016-06-26 03:03:22 CEST—Sun 2016-06-26 03:31:00 CEST
//
// Written by src/journal/journalctl.c (journalctl-misc.c) of systemd.
func Parse(file string, text []byte) (*Boots, error) {
	b := &Boots{}
	for num, line := range rows.Lines(text) {
		b.line(strings.TrimSpace(line), num)
	}
	if len(b.Boots) == 0 {
		return nil, b.failed(file)
	}
	return b, nil
}

// failed is the error of a file without boots: what the command said.
func (b *Boots) failed(file string) error {
	e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no boots")}
	if len(b.Notes) > 0 {
		e.Pos.Line, e.Err = b.Notes[0].Line, fmt.Errorf("no boots: %q", b.Notes[0].Text)
	}
	return e
}

func (b *Boots) line(s string, num int) {
	if s == "" || strings.HasPrefix(s, "IDX ") {
		return
	}
	boot, ok := readBoot(s)
	boot.Line = num
	switch {
	case ok && len(b.Boots) < maxBoots:
		b.Boots = append(b.Boots, boot)
	case !ok:
		b.Notes.Add(num, s)
	}
}

// readBoot reads index, ID, and twice a weekday, a date, a time and a zone.
func readBoot(s string) (Boot, bool) {
	f := strings.Fields(strings.Replace(s, "—", " ", 1))
	if len(f) != 10 || !isID(f[1]) {
		return Boot{}, false
	}
	index, err := strconv.Atoi(f[0])
	first, ok1 := clock(f[3], f[4])
	last, ok2 := clock(f[7], f[8])
	if err != nil || !ok1 || !ok2 {
		return Boot{}, false
	}
	return Boot{Index: index, ID: f[1], First: first, Last: last, Zone: f[9]}, true
}

func isID(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

func clock(date, at string) (time.Time, bool) {
	t, err := time.Parse("2006-01-02 15:04:05", date+" "+at)
	return t, err == nil
}
