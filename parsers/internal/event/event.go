// Package event reads what the text of a log event says about itself: its time
// and its level.
//
// The same texts stand in files of their own and wrapped into journal, syslog
// and container lines; the formats share these readers. [Read] tries what the
// first byte allows. Nothing is allocated, and a text that is none of the known
// forms has neither time nor level.
package event

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// A Head is what was read; its zero value means nothing.
type Head struct {
	Stamp parsers.Stamp
	Level parsers.Level
}

// Known reports whether the text had a time or a level.
func (h Head) Known() bool { return h != Head{} }

// Read reads a text of any form.
func Read(b []byte) Head {
	if len(b) == 0 {
		return Head{}
	}
	switch c := b[0]; {
	case c == '{':
		return JSON(b)
	case c == '[':
		return Head{Level: bracket(b)}
	case '0' <= c && c <= '9':
		return Head{Level: dated(b)}
	case c == 'I' || c == 'W' || c == 'E' || c == 'F':
		return Klog(b)
	case c == 'S' && bytes.HasPrefix(b, sdk):
		return Head{Level: dated(b[len(sdk):])}
	}
	if h := Logfmt(b); h.Known() {
		return h
	}
	return Head{Level: console(b)}
}

var sdk = []byte("SDK ")

// Klog reads a klog or glog header (github.com/kubernetes/klog/blob/v2.130.1/klog.go,
// formatHeader):
//
//	I1121 00:00:35.286841     431 flags.go:64] FLAG: --address="0.0.0.0"
//	E1121 00:19:43.405489     467 file.go:2627] "Unhandled Error" err="..."
func Klog(b []byte) Head {
	if len(b) == 0 {
		return Head{}
	}
	var l parsers.Level
	switch b[0] {
	case 'I':
		l = parsers.Info
	case 'W':
		l = parsers.Warn
	case 'E':
		l = parsers.Error
	case 'F':
		l = parsers.Fatal
	default:
		return Head{}
	}
	s, n := when.Klog(b[1:])
	if n == 0 || len(b) < n+2 || b[n+1] != ' ' {
		return Head{}
	}
	return Head{s, l}
}

// bracket reads the level that CoreDNS starts its lines with
// (github.com/coredns/coredns/blob/v1.11.3/plugin/pkg/log/log.go):
//
//	[ERROR] plugin/errors: 2 mydb.example.com. AAAA: dial tcp 10.28.0.2:53: i/o timeout
func bracket(b []byte) parsers.Level {
	const longest = len("[critical]")
	if len(b) == 0 || b[0] != '[' {
		return parsers.NoLevel
	}
	end := bytes.IndexByte(b[:min(len(b), longest)], ']')
	if end < 0 {
		return parsers.NoLevel
	}
	return Word(b[1:end])
}

// dated reads the level behind a date: of CoreDNS before 1.4, of zerolog's
// console (aws-node-termination-handler), of the AWS SDK and of Python.
//
//	2018/12/12 13:33:22 [FATAL] plugin/loop: Seen "HINFO IN ..." more than twice, loop detected
//	2025/01/05 18:28:55 INF Node successfully cordoned and drained
//	SDK 2025/09/17 10:05:58 DEBUG attempting waiter request, attempt count: 1
//	2020-10-10 05:40:27,904 - WARNING - Could not start amazon-efs-mount-watchdog
//	2025-08-28 18:13:33,204 - util.py[WARNING]: Boothooks script ...
func dated(b []byte) parsers.Level {
	_, _, n := when.ISO(b)
	if n == 0 {
		return parsers.NoLevel
	}
	b = bytes.TrimLeft(b[n:], " -")
	if l := Word(first(b)); l != parsers.NoLevel {
		return l
	}
	if l := bracket(b); l != parsers.NoLevel {
		return l
	}
	return Tagged(b)
}

// Tagged reads the level of a text that starts with its source.
//
//	util.py[WARNING]: Failed running /var/lib/cloud/instance/scripts/part-001 [1]
//	[eks-bootstrap] INFO: starting...
func Tagged(b []byte) parsers.Level {
	const longest = 64
	end := bytes.IndexByte(b[:min(len(b), longest)], ':')
	if end <= 0 {
		return parsers.NoLevel
	}
	tag := b[:end]
	switch {
	case tag[end-1] == ']':
		return Word(tag[bytes.LastIndexByte(tag, '[')+1 : end-1])
	case tag[0] == '[':
		return Word(tag[bytes.LastIndexByte(tag, ' ')+1:])
	}
	return parsers.NoLevel
}

// console reads zap's console form, which has no time. The journal may show the
// tabs as blanks, and rsyslog as their number.
//
//	info	init/init.go:55	Checking user is root..
//	warn config/cache.go:41 failed to load cached config
//	info#011init/init.go:55#011Checking user is root..
func console(b []byte) parsers.Level {
	w, tab := first(b), 1
	if i := bytes.IndexByte(w[:min(len(w), len("warning#"))], '#'); i > 0 && bytes.HasPrefix(b[i:], escapedTab) {
		w, tab = w[:i], len(escapedTab)
	}
	l := Word(w)
	if l == parsers.NoLevel || len(w) == len(b) || !bytes.Contains(first(b[len(w)+tab:]), dotGo) {
		return parsers.NoLevel
	}
	return l
}

var (
	dotGo      = []byte(".go:")
	escapedTab = []byte("#011")
)

// first is b up to its first blank or tab, or nil when that is far away.
func first(b []byte) []byte {
	const longest = 120
	if i := bytes.IndexAny(b[:min(len(b), longest)], " \t"); i >= 0 {
		return b[:i]
	}
	if len(b) < longest {
		return b
	}
	return nil
}

// Word is the level that a word names, in any case and in the spellings of zap,
// logrus, zerolog, CoreDNS and Python.
func Word(b []byte) parsers.Level {
	var low [8]byte
	if len(b) < 3 || len(b) > len(low) {
		return parsers.NoLevel
	}
	for i, c := range b {
		low[i] = c | 0x20
	}
	switch string(low[:len(b)]) {
	case "trace", "debug", "dbg", "trc":
		return parsers.Debug
	case "info", "inf", "notice":
		return parsers.Info
	case "warn", "warning", "wrn":
		return parsers.Warn
	case "error", "err":
		return parsers.Error
	case "fatal", "panic", "dpanic", "critical", "ftl":
		return parsers.Fatal
	}
	return parsers.NoLevel
}
