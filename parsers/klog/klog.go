// Package klog reads logs in the format of the Kubernetes components: the
// kube-proxy.log of AL2, and excerpts of any component.
package klog

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/nuls"
	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
)

// Format owns klog files that nothing is wrapped around.
var Format = &parsers.Format{
	Name:   "klog",
	Doc:    "Log of a Kubernetes component, as klog writes it (text or JSON).",
	Files:  []string{"var_log/kube-proxy.log*"},
	Sniff:  func(head []byte) bool { return sniff.Most(head, known) },
	Header: header,
}

// header reads a line of klog's text or JSON form. A value of several lines
// ("err=<") goes on in lines that start with a tab and have no header. The times
// are those of a container, which has no other zone than UTC.
//
//	I1121 00:01:36.211998       1 proxier.go:321] "Iptables supports --random-fully" ipFamily="IPv6"
//	E1121 00:03:46.459587       1 proxier.go:820] "Sync failed" ipFamily="IPv4" retryingTime="30s"
//	{"ts":1727300113642.7864,"caller":"proxier.go:820","msg":"Sync failed","v":0}
func header(line []byte) parsers.Header { return nuls.Skip(line, read) }

func read(line []byte) parsers.Header {
	h := event.Klog(line)
	if len(line) > 0 && line[0] == '{' {
		h = event.JSON(line)
	}
	return parsers.Header{OK: h.Known(), Stamp: h.Stamp.InUTC(), Level: h.Level}
}

// known accepts what no other JSON log starts with: a time and no level.
func known(line []byte) bool {
	return event.Klog(line).Known() || bytes.HasPrefix(line, []byte(`{"ts":1`))
}
