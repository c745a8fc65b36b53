// Package envelope reads the line that journalctl and syslog daemons put around
// the text of a program: a time, a host, a program, and then the text.
//
// The text often has a header of its own, whose time is finer and truer (a
// starved journal stamps lines minutes late); it is taken where it can be.
package envelope

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Header reads a line in any of these forms; the host and the number in
// brackets may be missing:
//
//	Nov 21 00:00:35 ip-10-0-12-34 kubelet[431]: I1121 00:00:35.286841     431 flags.go:64] FLAG: ...
//	Apr 13 10:53:52 ip-10-42-10-21 kubelet: E0413 10:53:52.844381    3263 kubelet.go:2055] ...
//	2026-11-21T00:00:21.918205+00:00 localhost kernel: [    0.035739]   Normal   empty
//	2026-11-21T00:20:58Z kubelet-eks.daemon[1234]: I1121 00:20:58.101010    1234 ...
//
// They come from systemd (src/shared/logs-show.c, output_short), rsyslog
// (runtime/../tools/syslogd.c, the templates RSYSLOG_TraditionalFileFormat and
// RSYSLOG_FileFormat) and snapd (client/logs.go).
func Header(line []byte) parsers.Header {
	s, offset, n := stamp(line)
	if n == 0 || n+1 >= len(line) || line[n] != ' ' {
		return parsers.Header{}
	}
	h := parsers.Header{OK: true, Stamp: s}
	h.Ident, h.Body = sender(line, n+1)
	text := line[h.Body:]
	if string(h.Ident) == "kernel" {
		h.Body += uptime(text)
		return h
	}
	in := event.Read(text)
	h.Level = in.Level
	h.Stamp = finer(s, offset, in.Stamp)
	return h
}

// stamp reads the time that the line starts with.
func stamp(line []byte) (s parsers.Stamp, offset int64, n int) {
	if len(line) > 0 && '0' <= line[0] && line[0] <= '9' {
		if s, offset, n = when.ISO(line); s.Kind != parsers.Zoned || line[10] != 'T' {
			return parsers.Stamp{}, 0, 0 // the date of some program, not of syslog
		}
		return s, offset, n
	}
	s, n = when.Short(line)
	return s, 0, n
}

// sender finds the program that the line names and where its text starts. A
// line without one (rsyslog's own "host message repeated 2 times") has the text
// behind the host.
func sender(line []byte, i int) (ident []byte, body int) {
	if name, end := program(line, i); end > 0 {
		return name, end
	}
	if line[i] == '[' {
		return nil, i // a level or a tag, no host
	}
	host := bytes.IndexByte(line[i:], ' ')
	if host < 0 {
		return nil, i
	}
	i += host + 1
	if name, end := program(line, i); end > 0 {
		return name, end
	}
	return nil, i
}

// program reads "kubelet[431]: " or "kernel: " at line[i:]; end is 0 when there
// is none.
func program(line []byte, i int) (name []byte, end int) {
	for j := i; j < len(line) && line[j] > ' '; j++ {
		switch {
		case line[j] == ':' && ends(line, j) && j > i:
			return line[i:j], min(j+2, len(line))
		case line[j] == '[' && j > i:
			if k := pid(line, j); k > 0 {
				return line[i:j], min(k+2, len(line))
			}
		}
	}
	return nil, 0
}

// pid is the offset of the colon of "[431]:" at line[i:], 0 if it is not there.
func pid(line []byte, i int) int {
	j := i + 1
	for j < len(line) && '0' <= line[j] && line[j] <= '9' {
		j++
	}
	if j == i+1 || j+1 >= len(line) || line[j] != ']' || line[j+1] != ':' || !ends(line, j+1) {
		return 0
	}
	return j + 1
}

// ends reports whether nothing or a blank follows line[i].
func ends(line []byte, i int) bool { return i+1 == len(line) || line[i+1] == ' ' }

// uptime is the length of the kernel's own time, which rsyslog keeps and the
// journal drops.
//
//	kernel: [  684.738531] text
func uptime(text []byte) int {
	_, n := when.Boot(text)
	if n > 0 && n < len(text) && text[n] == ' ' {
		n++
	}
	return n
}

// finer chooses between the time of the line and the time of the text in it.
func finer(line parsers.Stamp, offset int64, text parsers.Stamp) parsers.Stamp {
	const second = 1e9
	switch {
	case text.Kind == parsers.Zoned && (line.Kind != parsers.Zoned || text.Nano%second != 0):
		return text
	case text.Kind == parsers.NoYear && line.Kind == parsers.NoYear:
		return text
	case text.Kind == parsers.NoYear:
		if s, ok := when.Dated(text, line, offset); ok {
			return s
		}
	}
	return line
}
