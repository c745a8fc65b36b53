// Package cloudinit reads cloud-init's own log of the first boot. The output of
// its modules and of the user data is read by package console.
package cloudinit

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/envelope"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Format owns cloud-init.log.
var Format = &parsers.Format{
	Name:   "cloudinit",
	Doc:    "Log of cloud-init.",
	Files:  []string{"var_log/cloud-init.log*"},
	Sniff:  func(head []byte) bool { return sniff.Most(head, known) },
	Header: header,
}

// header reads the log in its own and in its syslog form. Its times are UTC on
// any node (canonical/cloud-init, cloudinit/log.py, configure_root_logger).
//
//	2024-05-30 07:02:00,123 - util.py[DEBUG]: Running command ['/var/lib/cloud/instance/scripts/part-001'] with ...
//	May 30 07:02:13 cloud-init[3101]: util.py[WARNING]: Failed running /var/lib/cloud/instance/scripts/part-001 [1]
func header(line []byte) parsers.Header {
	s, _, n := when.ISO(line)
	if n == 0 {
		return wrapped(line)
	}
	return parsers.Header{OK: true, Stamp: s.InUTC(), Level: event.Read(line).Level}
}

// wrapped reads the form that goes through syslog.
func wrapped(line []byte) parsers.Header {
	h := envelope.Header(line)
	h.Stamp = h.Stamp.InUTC()
	if h.OK && h.Level == parsers.NoLevel {
		h.Level = event.Tagged(line[h.Body:])
	}
	return h
}

func known(line []byte) bool {
	_, _, n := when.ISO(line)
	return n > 0 && bytes.HasPrefix(line[n:], []byte(" - ")) && bytes.Contains(line, []byte(".py[")) && header(line).Level != parsers.NoLevel
}
