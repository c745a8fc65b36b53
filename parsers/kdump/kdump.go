// Package kdump reads the two logs that a Bottlerocket node writes when its
// kernel has crashed.
package kdump

import (
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Format owns dmesg.log, the messages of the kernel that crashed, and
// prairiedog.log, those of the program that saved them.
var Format = &parsers.Format{
	Name:   "kdump",
	Doc:    "Logs of a kernel crash on Bottlerocket: /var/log/kdump.",
	Files:  place.Logdog("var/log/kdump/dmesg.log", "var/log/kdump/prairiedog.log"),
	Header: header,
}

// header reads a line of either log.
//
//	[   52.331780] sysrq: Trigger a crash
//	19:07:21 [INFO] Generating dmesg dump
//
// The lines have no stamp: the first form counts from a boot that is not the
// one the bundle was made in, the second has no date. They are written by
// makedumpfile --dump-dmesg and by sources/api/prairiedog of
// bottlerocket-os/bottlerocket-core-kit.
func header(line []byte) parsers.Header {
	if _, n := when.Boot(line); n > 0 {
		if n < len(line) && line[n] == ' ' {
			n++
		}
		return parsers.Header{OK: true, Body: n}
	}
	const clock = len("19:07:21 ")
	if len(line) <= clock || !isClock(line[:clock]) || line[clock] != '[' {
		return parsers.Header{}
	}
	l := event.Read(line[clock:]).Level
	return parsers.Header{OK: l != parsers.NoLevel, Level: l}
}

func isClock(b []byte) bool {
	for i, c := range b {
		switch i {
		case 2, 5:
			if c != ':' {
				return false
			}
		case 8:
			return c == ' '
		default:
			if c < '0' || c > '9' {
				return false
			}
		}
	}
	return false
}
