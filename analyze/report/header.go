package report

import (
	"strings"
	"unicode"
)

// withoutHeader drops the time and the host that a journal or syslog line
// starts with, and the time and stream of a container's log: they would fill
// most of a terminal's width. The report shows the time beside the place, and
// the host at its top. The forms that stand in bundles:
//
//	Nov 21 00:38:27 ip-10-0-7-118.us-west-2.compute.internal kubelet[464]: E1121 00:38:27.860940 ...
//	2026-11-21T00:10:15.056410+00:00 ip-10-0-12-34 systemd[1]: Started kubelet.service
//	2026-03-18T22:26:10.123456+0000 ip-10-0-12-34 kubelet[431]: I0318 ...
//	2026-11-21T00:38:46.96372181Z stderr F time="2026-11-21T00:38:46Z" level=error ...
func withoutHeader(line string) string {
	rest, ok := afterStamp(line)
	if !ok {
		return line
	}
	if stream := min(len(rest), len("stderr F ")); rest[:stream] == "stderr F " || rest[:stream] == "stdout F " {
		return rest[stream:]
	}
	_, rest, ok = strings.Cut(rest, " ") // the host
	ident, _, _ := strings.Cut(rest, " ")
	if !ok || !strings.HasSuffix(ident, ":") {
		return line
	}
	return rest
}

// afterStamp returns what follows the time at the start of a line.
func afterStamp(line string) (string, bool) {
	const short = "Nov 21 00:38:27 "
	if len(line) > len(short) && line[3] == ' ' && line[6] == ' ' && line[9] == ':' && line[12] == ':' && line[15] == ' ' {
		return line[len(short):], true
	}
	stamp, rest, ok := strings.Cut(line, " ")
	return rest, ok && len(stamp) > 19 && stamp[4] == '-' && stamp[10] == 'T' && stamp[13] == ':'
}

// shape is the same for lines that differ in times, numbers and in what comes
// late: reading a second one tells nothing new.
func shape(line string) string {
	const enough = 40
	var b strings.Builder
	for _, r := range withoutHeader(line) {
		if b.Len() >= enough {
			break
		}
		if unicode.IsLetter(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
