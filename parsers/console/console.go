// Package console reads what commands printed: the output of user data, of
// cloud-init's modules and of package upgrades. Such text has no header; a line
// has a time only where the command that wrote it prints one.
package console

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/envelope"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/nuls"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Format owns raw output. No line of it is without structure, as none was
// promised.
var Format = &parsers.Format{
	Name: "console",
	Doc:  "Output of commands: user data, cloud-init, unattended upgrades.",
	Files: []string{
		"var_log/cloud-init-output.log*",
		"var_log/user-data.log*",
		"var_log/unattended-upgrades/unattended-upgrades*.log*",
	},
	Header: func(line []byte) parsers.Header { return nuls.Skip(line, header) },
}

// header reads the times that are known, and takes a line without as it is:
//
//	Cloud-init v. 20.3-2-g371b392c-0ubuntu1~20.04.1 running 'modules:final' at Fri, 08 Jan 2021 14:01:22 +0000. Up 30.86 seconds.
//	2023-10-20T05:02:30+0000 [eks-bootstrap] INFO: starting...
//	2021-01-08 14:01:22,324 - cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in ...)
//	Oct 07 13:28:42 ip-10-1-6-110 user-data: + /etc/eks/bootstrap.sh prod
//	Log started: 2024-05-30  06:12:11
//	--2024-05-30 07:02:00--  https://s3.us-west-2.amazonaws.com/...
//	Fri Nov 20 23:59:59 UTC 2026
func header(line []byte) parsers.Header {
	h := parsers.Header{OK: true}
	if len(line) == 0 {
		return h
	}
	switch c := line[0]; {
	case '0' <= c && c <= '9':
		h.Stamp = dated(line)
		h.Level = event.Read(line).Level
		return h
	case c == 'C' && bytes.HasPrefix(line, banner):
		h.Stamp = stage(line)
		return h
	case c == 'L' && bytes.HasPrefix(line, dpkg):
		h.Stamp = upgrade(line)
		return h
	case c == '-' && bytes.HasPrefix(line, wget):
		h.Stamp, _, _ = when.ISO(line[len(wget):])
		return h
	}
	if s := date(line); s.Kind != parsers.NoStamp {
		h.Stamp = s
		return h
	}
	if e := envelope.Header(untagged(line)); e.OK {
		e.Body += len(line) - len(untagged(line))
		if e.Level == parsers.NoLevel {
			e.Level = event.Tagged(line[e.Body:])
		}
		return e
	}
	in := event.Read(line)
	h.Stamp, h.Level = in.Stamp, in.Level
	return h
}

var (
	banner = []byte("Cloud-init v. ")
	dpkg   = []byte("Log ") // "started: " or "ended: "
	wget   = []byte("--")
)

// dated reads the date that a line starts with. Cloud-init's own are UTC, as in
// its log.
func dated(line []byte) parsers.Stamp {
	s, _, n := when.ISO(line)
	if bytes.HasPrefix(line[n:], dash) && bytes.Contains(line[n:min(len(line), n+longestSource)], python) {
		return s.InUTC()
	}
	return s
}

// longestSource is where the name of the source file behind a date ends, at most.
const longestSource = 80

var dash, python = []byte(" - "), []byte(".py[")

// stage reads a line that cloud-init prints when a stage begins or all are done.
func stage(line []byte) parsers.Stamp {
	at := bytes.Index(line, []byte(" at "))
	if at < 0 {
		return parsers.Stamp{}
	}
	s, _ := when.Mail(line[at+len(" at "):])
	return s
}

// upgrade reads the line that apt writes around the output of dpkg. There are
// two blanks in its date.
func upgrade(line []byte) parsers.Stamp {
	const layout = "2024-05-30  06:12:11"
	i := bytes.Index(line, []byte("ed: "))
	if i < 0 {
		return parsers.Stamp{}
	}
	at := line[i+len("ed: "):]
	if len(at) < len(layout) || at[10] != ' ' || at[11] != ' ' {
		return parsers.Stamp{}
	}
	var one [len(layout) - 1]byte
	copy(one[:], at[:11])
	copy(one[11:], at[12:len(layout)])
	s, _, _ := when.ISO(one[:])
	return s
}

// date reads the output of date in UTC, with 24 hours.
func date(line []byte) parsers.Stamp {
	const layout, zone = "Fri Nov 20 23:59:59 UTC 2026", "UTC "
	const at = len("Fri Nov 20 23:59:59 ")
	if len(line) < len(layout) || line[3] != ' ' || string(line[at:at+len(zone)]) != zone {
		return parsers.Stamp{}
	}
	var short [len(layout) - len(zone)]byte
	copy(short[:], line[:at])
	copy(short[at:], line[at+len(zone):len(layout)])
	s, n := when.Ctime(short[:])
	if n == 0 {
		return parsers.Stamp{}
	}
	return parsers.Stamp{Kind: parsers.Zoned, Nano: s.Nano}
}

// untagged drops the priority that logger -s puts before a line:
//
//	<13>May 30 07:02:13 user-data: + systemctl restart containerd
func untagged(line []byte) []byte {
	const longest = len("<191>")
	if line[0] != '<' {
		return line
	}
	end := bytes.IndexByte(line[:min(len(line), longest)], '>')
	return line[end+1:]
}
