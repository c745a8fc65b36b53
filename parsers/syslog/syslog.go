// Package syslog reads the files that a syslog daemon writes: messages, syslog
// and cron.
package syslog

import (
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/envelope"
	"github.com/eksleuth/eksleuth/parsers/internal/nuls"
)

// Format owns the files of rsyslog. There is no sniff: the lines look like
// those of the journal and are read the same way.
var Format = &parsers.Format{
	Name: "syslog",
	Doc:  "System log of rsyslog: messages, syslog and cron.",
	Files: []string{
		"var_log/messages*",
		"var_log/syslog*",
		"var_log/cron*",
	},
	Header: header,
}

// header reads the traditional form, in which AL2's kubelet has no number, and
// the RFC 3339 form of newer distributions.
//
//	Nov 21 00:19:43 ip-10-0-12-34 systemd[1]: run-containerd-runc-k8s.io-616e5e11.mount: Deactivated successfully.
//	Apr 13 10:53:52 ip-10-42-10-21 kubelet: E0413 10:53:52.844381    3263 kubelet.go:2055] "Skipping pod synchronization" ...
//	2026-11-21T00:00:21.918205+00:00 localhost kernel: [    0.000000] BIOS-e820: [mem 0x9fc00-0x9ffff] reserved
func header(line []byte) parsers.Header { return nuls.Skip(line, envelope.Header) }
