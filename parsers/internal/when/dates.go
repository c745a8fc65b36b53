package when

import "github.com/eksleuth/eksleuth/parsers"

// Short reads the time of journalctl and of the old syslog format, which lack
// year and zone; journalctl -o short-precise adds a fraction.
//
//	Nov 21 00:20:02 ip-10-0-12-34 kubelet[431]: ...
//	Jul  6 14:46:14 node1 kernel: ...
//	Mar 18 22:26:04.123456 ip-10-0-1-23 containerd[1]: ...
func Short(b []byte) (parsers.Stamp, int) {
	if len(b) < len("Nov 21 00:20:02") || b[3] != ' ' || b[6] != ' ' {
		return parsers.Stamp{}, 0
	}
	m, d := month(b), two(b, 4)
	if b[4] == ' ' && digit(b[5]) {
		d = int(b[5] - '0')
	}
	c := readClock(b[7:])
	s, ok := noYear(m, d, c)
	if !ok || c.n == 0 {
		return parsers.Stamp{}, 0
	}
	return s, 7 + c.n
}

// Klog reads the time of klog and glog, the part behind the severity letter.
//
//	1121 00:19:43.405489
func Klog(b []byte) (parsers.Stamp, int) {
	if len(b) < len("1121 00:19:43.4") || b[4] != ' ' || b[13] != '.' {
		return parsers.Stamp{}, 0
	}
	c := readClock(b[5:])
	s, ok := noYear(two(b, 0), two(b, 2), c)
	if !ok || c.n <= 8 {
		return parsers.Stamp{}, 0
	}
	return s, 5 + c.n
}

// ISO reads a date with the year first: RFC 3339, the journal's short-iso, and
// the dates of Python's and Go's logging. Without a zone the stamp is Local. offset is
// what the zone adds to UTC, in nanoseconds.
//
//	2026-11-21T00:01:45.1393721Z
//	2026-03-18T22:26:10.123456+0000
//	2024-10-07T21:13:52.999479468+09:00
//	2024-05-30 07:02:00,123
//	2025/01/05 18:28:55
func ISO(b []byte) (s parsers.Stamp, offset int64, n int) {
	if len(b) < len("2026-11-21T00:01:45") || (b[4] != '-' && b[4] != '/') || b[7] != b[4] || (b[10] != 'T' && b[10] != ' ') {
		return parsers.Stamp{}, 0, 0
	}
	t, ok := days(four(b, 0), two(b, 5), two(b, 8))
	c := readClock(b[11:])
	if !ok || c.n == 0 {
		return parsers.Stamp{}, 0, 0
	}
	n = 11 + c.n
	s = parsers.Stamp{Kind: parsers.Local, Nano: t*day + c.nano}
	if offset, z := zone(b[n:]); z > 0 {
		return parsers.Stamp{Kind: parsers.Zoned, Nano: s.Nano - offset}, offset, n + z
	}
	return s, 0, n
}

// zone reads Z, +0900 or +09:00 as nanoseconds east of UTC; n is 0 for none.
func zone(b []byte) (offset int64, n int) {
	if len(b) > 0 && b[0] == 'Z' {
		return 0, 1
	}
	if len(b) < 5 || (b[0] != '+' && b[0] != '-') {
		return 0, 0
	}
	mm := 3
	if b[3] == ':' {
		mm = 4
	}
	if len(b) < mm+2 {
		return 0, 0
	}
	h, m := two(b, 1), two(b, mm)
	if uint(h) > 23 || uint(m) > 59 {
		return 0, 0
	}
	offset = int64(h)*hour + int64(m)*minute
	if b[0] == '-' {
		offset = -offset
	}
	return offset, mm + 2
}

// Ctime reads the date that dmesg --ctime writes, which has no zone.
//
//	Fri Nov 20 23:59:59 2026
func Ctime(b []byte) (parsers.Stamp, int) {
	const n = len("Fri Nov 20 23:59:59 2026")
	if len(b) < n || b[3] != ' ' || b[7] != ' ' || b[10] != ' ' || b[19] != ' ' {
		return parsers.Stamp{}, 0
	}
	d := two(b, 8)
	if b[8] == ' ' && digit(b[9]) {
		d = int(b[9] - '0')
	}
	t, ok := days(four(b, 20), month(b[4:]), d)
	c := readClock(b[11:19])
	if !ok || c.n == 0 {
		return parsers.Stamp{}, 0
	}
	return parsers.Stamp{Kind: parsers.Local, Nano: t*day + c.nano}, n
}

// Mail reads the date of RFC 1123 with a numeric zone, which cloud-init prints.
// The name of the day is not compared with the date.
//
//	Fri, 08 Jan 2025 14:01:22 +0000
func Mail(b []byte) (parsers.Stamp, int) {
	const at = len("Fri, 08 Jan 2025 14:01:22 ")
	if len(b) < at+5 || b[3] != ',' || b[4] != ' ' || b[7] != ' ' || b[11] != ' ' || b[16] != ' ' || b[at-1] != ' ' {
		return parsers.Stamp{}, 0
	}
	t, ok := days(four(b, 12), month(b[8:]), two(b, 5))
	c := readClock(b[17 : at-1])
	offset, z := zone(b[at:])
	if !ok || c.n == 0 || z == 0 {
		return parsers.Stamp{}, 0
	}
	return parsers.Stamp{Kind: parsers.Zoned, Nano: t*day + c.nano - offset}, at + z
}
