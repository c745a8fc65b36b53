package zone

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cri"
	"github.com/eksleuth/eksleuth/parsers/journald"
	"github.com/eksleuth/eksleuth/parsers/syslog"
)

// Bounds on what is read. What is found early and late in a log is enough to
// see a change; a log that says nothing there is not searched.
const (
	ends      = 300 // lines at each end of a log
	proofs    = 8   // of one end
	maxLogs   = 8   // logs of one kind
	enough    = 2   // of them that tell the zone
	maxPods   = 2   // logs of containers
	maxStamp  = 40  // bytes that a time with a zone takes at most
	firstYear = 2015
)

// look reads the lines at both ends of a log: the first proofs of the one, the
// last of the other.
func (b *Bundle) look(f *index.File, read func(line []byte) (Proof, bool)) []Proof {
	var head, tail []Proof
	last := 0
	_ = b.Lines(f, 1, func(n int, line []byte) bool {
		last = n
		head = note(head, f, n, line, read)
		return len(head) < proofs && n < ends
	})
	if from := max(last+1, f.Lines-ends+1); from <= f.Lines {
		_ = b.Lines(f, from, func(n int, line []byte) bool {
			tail = note(tail, f, n, line, read)
			return true
		})
	}
	return append(head, tail[max(0, len(tail)-proofs):]...)
}

// note adds the proof of a line, if it is one.
func note(all []Proof, f *index.File, n int, line []byte, read func([]byte) (Proof, bool)) []Proof {
	p, ok := read(line)
	if !ok {
		return all
	}
	p.Pos = parsers.Pos{File: f.Path, Line: n}
	return append(all, p)
}

// of are the files of a format that have lines, those at some places first.
func (b *Bundle) of(format string, first ...string) []*index.File {
	var out []*index.File
	for _, f := range b.Files {
		if f.Lines > 0 && f.Refusal == nil && f.Format == format {
			out = append(out, f)
		}
	}
	rank := func(f *index.File) int {
		if i := slices.Index(first, f.At()); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(out, func(x, y *index.File) int { return rank(x) - rank(y) })
	return out
}

// journal reads lines that tell one moment twice: the time by the clock on the
// wall, and a text that tells the instant.
//
//	Nov 21 09:00:33 ip-10-0-12-34 containerd[418]: time="2026-11-21T00:00:33.031547130Z" level=info msg="loading plugin"
//	Nov 21 09:00:33 ip-10-0-12-34 containerd[418]: time="2026-11-21T09:00:33.031547130+09:00" level=info msg="loading plugin"
func (b *Bundle) journal() []Proof {
	return b.agreed(b.of(journald.Format.Name, "containerd/containerd-log.txt"), func(line []byte) (Proof, bool) {
		return twice(line, journald.Format.Header)
	})
}

// syslog reads such lines as the daemon of syslog wrote them.
//
//	Nov 21 09:00:33 ip-10-0-12-34 containerd: time="2026-11-21T00:00:33.031547130Z" level=info msg="loading plugin"
func (b *Bundle) syslog() []Proof {
	return b.agreed(b.of(syslog.Format.Name, "var_log/messages", "var_log/syslog"), func(line []byte) (Proof, bool) {
		return twice(line, syslog.Format.Header)
	})
}

// zoned reads lines whose time has the zone of the node: those of rsyslog and of
// journalctl -o short-iso.
//
//	2026-11-21T09:00:21.918205+09:00 localhost kernel: [    0.035739]   Normal   empty
func (b *Bundle) zoned() []Proof {
	return b.agreed(append(b.of(journald.Format.Name), b.of(syslog.Format.Name, "var_log/messages", "var_log/syslog")...), withZone)
}

// agreed reads logs until enough tell the zone. In each, one line alone may be
// the copy of an older one, so two must tell the same.
func (b *Bundle) agreed(logs []*index.File, read func(line []byte) (Proof, bool)) (all []Proof) {
	n := 0
	for _, f := range logs[:min(len(logs), maxLogs)] {
		found := twoOfEach(b.look(f, read))
		if all = append(all, found...); len(found) > 0 {
			n++
		}
		if n == enough {
			break
		}
	}
	return all
}

// twoOfEach drops the proofs of zones that only one of them tells.
func twoOfEach(all []Proof) []Proof {
	counts := map[time.Duration]int{}
	for _, p := range all {
		counts[p.Offset]++
	}
	return slices.DeleteFunc(all, func(p Proof) bool { return counts[p.Offset] < 2 })
}

// twice reads a line without a zone whose text tells the instant.
func twice(line []byte, header func([]byte) parsers.Header) (Proof, bool) {
	h := header(line)
	if h.Stamp.Kind != parsers.Zoned || h.Body == 0 {
		return Proof{}, false
	}
	wall := header(append(bytes.Clone(line[:h.Body]), 'x')).Stamp
	if wall.Kind != parsers.NoYear {
		return Proof{}, false
	}
	at := time.Unix(0, h.Stamp.Nano).UTC()
	shown, _ := timeline.Clock{Collected: at}.Resolve(wall)
	zone, ok := offset(shown.Sub(at))
	return Proof{Offset: zone, At: at, How: "it has its time twice"}, ok && at.Year() >= firstYear
}

// withZone reads a line that begins with a time with its zone. A Z is what
// programs write that use UTC anywhere.
func withZone(line []byte) (Proof, bool) {
	stamp, _, ok := bytes.Cut(line[:min(len(line), maxStamp)], []byte(" "))
	if !ok || len(stamp) == 0 || stamp[0] != '2' || stamp[len(stamp)-1] == 'Z' {
		return Proof{}, false
	}
	at, ok := parse(string(stamp), time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700")
	if !ok {
		return Proof{}, false
	}
	return written(at, "it has its zone")
}

// parse reads a time in the first form that fits.
func parse(s string, layouts ...string) (at time.Time, ok bool) {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// written is the proof of a time with its zone.
func written(at time.Time, how string) (Proof, bool) {
	_, seconds := at.Zone()
	zone, ok := stated(seconds)
	return Proof{Offset: zone, At: at.UTC(), How: how}, ok && at.Year() >= firstYear
}

// kubelet reads times as kubelet prints them with the reading of its own clock,
// which tells that the time was made in the process.
//
//	observedRunningTime="2026-11-21 00:20:02.0768289 +0000 UTC m=+525.260214981"
//	No retries permitted until 2026-11-21 09:20:02.0768289 +0900 JST m=+525.260214981
func (b *Bundle) kubelet() (all []Proof) {
	for _, f := range b.of(journald.Format.Name) {
		if f.At() == "kubelet/kubelet.log" {
			all = append(all, b.look(f, printed)...)
		}
	}
	return all
}

// printed reads the last such time of a line.
func printed(line []byte) (Proof, bool) {
	end := bytes.LastIndex(line, []byte(" m=+"))
	if end < 0 {
		return Proof{}, false
	}
	const longest = len(`"2026-11-21 00:20:02.076828912 +0000 -03-03`) + 4
	words := strings.Fields(string(line[max(0, end-longest):end]))
	if len(words) < 4 {
		return Proof{}, false
	}
	words = words[len(words)-4:]
	date := words[0][max(0, len(words[0])-len(time.DateOnly)):]
	at, ok := parse(date+" "+words[1]+" "+words[2], "2006-01-02 15:04:05.999999999 -0700")
	if !ok {
		return Proof{}, false
	}
	return written(at, "it has its zone")
}

// containers reads the times that containerd puts before the lines of containers.
//
//	2024-10-07T21:13:53.028863236+09:00 stdout F {"client-addr":"127.0.0.1:35778"}
func (b *Bundle) containers() (all []Proof) {
	for i, f := range b.of(cri.Format.Name) {
		if i == maxPods {
			break
		}
		all = append(all, b.look(f, runtime)...)
	}
	return all
}

// runtime reads the time of a line of the CRI format.
func runtime(line []byte) (Proof, bool) {
	stamp, rest, _ := bytes.Cut(line[:min(len(line), maxStamp+len(" stdout"))], []byte(" "))
	at, ok := parse(string(stamp), time.RFC3339Nano)
	if !ok || !bytes.HasPrefix(rest, []byte("std")) {
		return Proof{}, false
	}
	return written(at, "it has its zone")
}
