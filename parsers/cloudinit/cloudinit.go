// Package cloudinit reads the logs of the first boot: cloud-init's own, and the
// output of its modules and of the user data.
package cloudinit

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/envelope"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Format owns cloud-init.log, cloud-init-output.log and user-data.log. In the
// last two most lines have no structure.
var Format = &parsers.Format{
	Name: "cloudinit",
	Doc:  "Log of cloud-init and output of user data.",
	Files: []string{
		"var_log/cloud-init.log*",
		"var_log/cloud-init-output.log*",
		"var_log/user-data.log*",
	},
	Sniff:  func(head []byte) bool { return sniff.Most(head, known) },
	Header: header,
}

// header reads cloud-init's log in its own and in its syslog form, the lines
// that name a stage, and those of the bootstrap script of AL2.
//
//	2024-05-30 07:02:00,123 - util.py[DEBUG]: Running command ['/var/lib/cloud/instance/scripts/part-001'] with ...
//	May 30 07:02:13 cloud-init[3101]: util.py[WARNING]: Failed running /var/lib/cloud/instance/scripts/part-001 [1]
//	Cloud-init v. 22.2.2 running 'modules:final' at Fri, 08 Jan 2025 14:01:22 +0000. Up 30.86 seconds.
//	2023-10-20T05:02:30+0000 [eks-bootstrap] INFO: starting...
func header(line []byte) parsers.Header {
	if bytes.HasPrefix(line, banner) {
		return stage(line)
	}
	s, _, n := when.ISO(line)
	if n == 0 {
		return wrapped(line)
	}
	return parsers.Header{OK: true, Stamp: s, Level: event.Read(line).Level}
}

var banner = []byte("Cloud-init v. ")

// stage reads a line that cloud-init prints when a stage begins or all are done.
func stage(line []byte) parsers.Header {
	at := bytes.Index(line, []byte(" at "))
	if at < 0 {
		return parsers.Header{OK: true}
	}
	s, _ := when.Mail(line[at+len(" at "):])
	return parsers.Header{OK: true, Stamp: s}
}

// wrapped reads the form that goes through syslog.
func wrapped(line []byte) parsers.Header {
	h := envelope.Header(line)
	if h.OK && h.Level == parsers.NoLevel {
		h.Level = event.Tagged(line[h.Body:])
	}
	return h
}

func known(line []byte) bool {
	_, _, n := when.ISO(line)
	return n > 0 && bytes.HasPrefix(line[n:], []byte(" - ")) && bytes.Contains(line, []byte(".py[")) && header(line).Level != parsers.NoLevel
}
