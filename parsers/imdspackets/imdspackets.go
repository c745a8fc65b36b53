// Package imdspackets reads the log of aws-imds-packet-analyzer: which
// processes of a node ask the instance metadata service, and by which version
// of its protocol.
package imdspackets

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Format owns the log, also when it was given beside a bundle.
var Format = &parsers.Format{
	Name: "imdspackets",
	Doc:  "Calls of the instance metadata service, as aws-imds-packet-analyzer logs them.",
	Files: []string{
		"var_log/imds/imds-trace.log*",
		"var/log/imds/imds-trace.log*",
		"imds/imds-trace.log*",
		"extra/imds-trace.log*",
	},
	Sniff:  func(head []byte) bool { return sniff.Most(head, known) },
	Header: header,
}

// header reads a line of the log file, and one of what the tool prints, which
// has no time.
//
//	[2025-10-22 02:55:40,993] [WARNING] imdsv1(!) (pid:69745:curl argv:curl http://169.254.169.254/latest/meta-data/) called by -> ...
//	[2022-12-20T11:03:58] [INFO] IMDSv2 (pid:1018:curl argv:curl -v http://169.254.169.254/latest/meta-data/) called by -> ...
//	[WARNING] imdsv1(!) (pid:69745:curl argv:curl http://169.254.169.254/latest/meta-data/) called by -> ...
//
// The time is that of the host's clock, without a zone. Written by
// src/imds_snoop.py of aws/aws-imds-packet-analyzer (1.0 to 1.5).
func header(line []byte) parsers.Header {
	s, n := stamp(line)
	l := event.Read(line[n:]).Level
	if l == parsers.NoLevel {
		return parsers.Header{}
	}
	n += bytes.IndexByte(line[n:], ']') + 1
	if n < len(line) && line[n] == ' ' {
		n++
	}
	return parsers.Header{OK: true, Stamp: s, Level: l, Body: n}
}

// stamp reads the time in brackets and the blank behind it.
func stamp(line []byte) (parsers.Stamp, int) {
	if len(line) < 2 || line[0] != '[' || line[1] < '0' || line[1] > '9' {
		return parsers.Stamp{}, 0
	}
	s, _, n := when.ISO(line[1:])
	if n == 0 || n+2 >= len(line) || line[n+1] != ']' || line[n+2] != ' ' {
		return parsers.Stamp{}, 0
	}
	return s, n + 3
}

// known reports whether a line is a call.
func known(line []byte) bool {
	h := header(line)
	if !h.OK {
		return false
	}
	_, _, rest := version(line[h.Body:])
	return len(rest) > 0
}
