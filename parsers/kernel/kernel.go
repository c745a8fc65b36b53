// Package kernel reads the kernel's ring buffer as dmesg prints it.
package kernel

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/envelope"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Format owns the dmesg files. dmesg.current and dmesg.human.current hold the
// same messages: their bodies are equal.
var Format = &parsers.Format{
	Name:   "kernel",
	Doc:    "Kernel log, as printed by dmesg.",
	Files:  append([]string{"kernel/dmesg.*", "dmesg"}, place.Logdog("dmesg")...),
	Sniff:  func(head []byte) bool { return sniff.Most(head, known) },
	Header: header,
}

// header reads what util-linux' dmesg prints by default and with --ctime, the
// /var/log/dmesg of Ubuntu, and kernel lines of the journal.
//
//	[    0.035739]   Normal   empty
//	[Fri Nov 20 23:59:59 2026] BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved
//	[    0.000000] kernel: Linux version 6.8.0-1018-aws (buildd@lcy02-amd64-029) ...
//
// A message of several lines has no time on the second and further ones.
func header(line []byte) parsers.Header {
	s, n := stamp(line)
	if n == 0 {
		return envelope.Header(line)
	}
	h := parsers.Header{OK: true, Stamp: s, Body: n}
	if n < len(line) && line[n] == ' ' {
		h.Body++
	}
	if bytes.HasPrefix(line[h.Body:], ident) {
		h.Ident = line[h.Body : h.Body+len("kernel")]
		h.Body += len(ident)
	}
	return h
}

var ident = []byte("kernel: ")

// stamp reads the time in brackets.
func stamp(line []byte) (parsers.Stamp, int) {
	if len(line) == 0 || line[0] != '[' {
		return parsers.Stamp{}, 0
	}
	if s, n := when.Boot(line); n > 0 {
		return s, n
	}
	s, n := when.Ctime(line[1:])
	if n == 0 || n+1 >= len(line) || line[n+1] != ']' {
		return parsers.Stamp{}, 0
	}
	return s, n + 2
}

func known(line []byte) bool {
	_, n := stamp(line)
	return n > 0
}
