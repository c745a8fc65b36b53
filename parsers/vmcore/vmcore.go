// Package vmcore reads the head of a saved memory of a kernel that crashed.
package vmcore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
)

// Format owns dumps in the compressed form of kdump, as makedumpfile writes
// them on Bottlerocket and on other systems.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Memory of a crashed kernel: the head of a dump of makedumpfile.",
	Files:  place.Logdog("var/log/kdump/vmcore.dump"),
	Sniff:  func(head []byte) bool { return bytes.HasPrefix(head, signature) },
	Binary: true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "vmcore"

var signature = []byte("KDUMP   ")

// A Dump is what the head says.
type Dump struct {
	Node       string    // the name of the host
	Release    string    // of the kernel: "6.1.55"
	Version    string    // "#1 SMP PREEMPT_DYNAMIC ..."
	Machine    string    // "x86_64"
	Time       time.Time // UTC: when the dump was made, right after the crash; zero when unknown
	Incomplete bool      // there was no room for all of it
}

// The head is struct disk_dump_header of makedumpfile (diskdump_mod.h): the
// signature, a version, six names of 65 bytes, and a time at the next multiple
// of 8. Numbers are in the order of the machine; EKS knows little endian only.
const (
	nameLen    = 65
	namesAt    = 12
	timeAt     = 408
	statusAt   = 424
	headLen    = 428
	incomplete = 0x8
)

// Parse reads the head; the memory behind it is not looked at.
func Parse(file string, text []byte) (*Dump, error) {
	if len(text) < headLen || !bytes.HasPrefix(text, signature) {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("not the head of a compressed kdump")}
	}
	d := &Dump{Node: field(text, 1), Release: field(text, 2), Version: field(text, 3), Machine: field(text, 4)}
	d.Incomplete = binary.LittleEndian.Uint32(text[statusAt:])&incomplete != 0
	if sec := binary.LittleEndian.Uint64(text[timeAt:]); sec > 0 && sec < 1<<33 {
		d.Time = time.Unix(int64(sec), 0).UTC()
	}
	return d, nil
}

// field is the name of a number: 0 is "Linux".
func field(text []byte, n int) string {
	at := namesAt + n*nameLen
	s, _, _ := bytes.Cut(text[at:at+nameLen], []byte{0})
	return string(bytes.ToValidUTF8(s, []byte("?")))
}
