// Package signpost reads which of its two sets of partitions a Bottlerocket
// node runs from and will boot next.
package signpost

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format owns the output that logdog keeps.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Partition sets of a Bottlerocket node: signpost status.",
	Files:  place.Logdog("signpost"),
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "signpost"

// A Status is the output. When Active and Next differ, the node was updated and
// waits for its reboot, or it will be rolled back.
type Status struct {
	Disk     string // "/dev/nvme0n1"
	A, B     *Set   // B is nil on a disk with one set
	Active   string // "A" or "B"
	Next     string // "A", "B", or "None": it would not boot again
	NextLine int
	Notes    rows.Notes // errors of the command
}

// A Set is three partitions with the priority of GPT.
type Set struct {
	Boot, Root, Hash string // devices
	Priority         int    // 0: not to be booted
	TriesLeft        int
	Successful       bool // booted before
	Line             int
}

// Parse reads the output.
//
//	OS disk: /dev/nvme0n1
//	Set A:   boot=/dev/nvme0n1p3 root=/dev/nvme0n1p4 hash=/dev/nvme0n1p5 priority=1 tries_left=0 successful=true
//	Active:  Set A
//	Next:    Set A
//
// Written by sources/updater/signpost/src/state.rs of
// bottlerocket-os/bottlerocket-core-kit.
func Parse(file string, text []byte) (*Status, error) {
	s := &Status{}
	for num, line := range rows.Lines(text) {
		if line = strings.TrimSpace(line); !s.line(line, num) {
			s.Notes.Add(num, line)
		}
	}
	if s.A == nil && s.Active == "" {
		return nil, s.failed(file)
	}
	return s, nil
}

// failed is the error of a file without sets: what the command said.
func (s *Status) failed(file string) error {
	e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no partition set")}
	if len(s.Notes) > 0 {
		e.Pos.Line, e.Err = s.Notes[0].Line, fmt.Errorf("no partition set: %q", s.Notes[0].Text)
	}
	return e
}

func (s *Status) line(line string, num int) bool {
	key, value, ok := strings.Cut(line, ":")
	if !ok {
		return false
	}
	value = strings.TrimSpace(value)
	switch key {
	case "OS disk":
		s.Disk = value
	case "Set A":
		s.A = set(value, num)
	case "Set B":
		s.B = set(value, num)
	case "Active":
		s.Active = strings.TrimPrefix(value, "Set ")
	case "Next":
		s.Next, s.NextLine = strings.TrimPrefix(value, "Set "), num
	default:
		return false
	}
	return true
}

func set(value string, num int) *Set {
	s := &Set{Line: num}
	for _, field := range strings.Fields(value) {
		key, v, _ := strings.Cut(field, "=")
		switch key {
		case "boot":
			s.Boot = v
		case "root":
			s.Root = v
		case "hash":
			s.Hash = v
		case "priority":
			s.Priority, _ = strconv.Atoi(v)
		case "tries_left":
			s.TriesLeft, _ = strconv.Atoi(v)
		case "successful":
			s.Successful = v == "true"
		}
	}
	return s
}
