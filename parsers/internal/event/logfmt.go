package event

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// logfmtPairs is how many pairs may stand before time and level are complete:
// time, level and perhaps caller, in any order.
const logfmtPairs = 4

// Logfmt reads key=value lines of logrus and go-kit (containerd:
// github.com/sirupsen/logrus/blob/v1.9.3/text_formatter.go).
//
//	time="2026-11-21T00:00:32.727375850Z" level=info msg="starting containerd" revision=... version=v1.7.28
//	time="2025-08-18T16:55:37Z" level=info msg="Starting IPAM daemon... "
func Logfmt(b []byte) Head {
	var h Head
	for range logfmtPairs {
		eq := bytes.IndexByte(b[:min(len(b), len("caller=")+1)], '=')
		if eq < 0 {
			break
		}
		end := word(b, eq+1)
		value := unquote(b[eq+1 : end])
		switch string(b[:eq]) {
		case "time", "ts":
			h.Stamp, _, _ = when.ISO(value)
		case "level", "lvl":
			h.Level = Word(value)
		case "caller":
		default:
			return h
		}
		if end >= len(b) || h.Level != parsers.NoLevel && h.Stamp.Kind != parsers.NoStamp {
			break
		}
		b = b[end+1:]
	}
	return h
}

// word is the offset behind the value at b[i], which ends at a blank or is
// quoted.
func word(b []byte, i int) int {
	if i < len(b) && b[i] == '"' {
		return str(b, i)
	}
	if n := bytes.IndexByte(b[i:], ' '); n >= 0 {
		return i + n
	}
	return len(b)
}
