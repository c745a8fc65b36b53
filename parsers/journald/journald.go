// Package journald reads what journalctl prints: the logs of the units of a
// node, as the collectors save them.
package journald

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/envelope"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
)

// Format owns the files written with journalctl or snap logs. Its header is
// also that of syslog, so a syslog file of an unknown name is read as this one.
var Format = &parsers.Format{
	Name: "journald",
	Doc:  "Journal of systemd units, as printed by journalctl and snap logs.",
	Files: append([]string{
		"kubelet/kubelet.log*",
		"containerd/containerd-log.txt*",
		"containerd/soci-snapshotter/soci-snapshotter-log.txt*",
		"soci-snapshotter/soci-snapshotter-log.txt*",
		"docker/docker.log*",
		"sandbox-image/sandbox-image-log.txt*",
		"nodeadm/nodeadm-*.log*",
		"nodeadm/udev-net-manager*.log*",
		"networking/configure-multicard-interfaces.txt*",

		// Auto Mode: what are pods elsewhere are units there.
		"automode/eks-*.txt*",
		"automode/kube-proxy.txt*",
		"automode/coredns*.txt*",

		// Logdog's files without their folder.
		"journalctl.log*",
		"journalctl.errors*",
	}, place.Logdog("journalctl.log*", "journalctl.errors*")...),
	Sniff:  func(head []byte) bool { return sniff.Most(head, named) },
	Header: header,
}

// header reads a line as journalctl prints it by default, with -o
// short-precise, or with -o short-iso-precise.
//
//	Nov 21 00:00:34 ip-10-0-12-34.us-west-2.compute.internal systemd[1]: Started kubelet.service - Kubernetes Kubelet.
//	Nov 21 00:00:26 ip-10-0-12-34.us-west-2.compute.internal nodeadm[391]: info init/init.go:55 Checking user is root..
//	2026-03-18T22:26:10.123456+0000 ip-10-0-1-23 kubelet[1402]: I0318 22:26:10.123001    1402 server.go:1013] Started kubelet
//
// The second and further lines of a message have blanks where the header would
// be and are lines without structure.
func header(line []byte) parsers.Header {
	if mark(line) {
		return parsers.Header{OK: true}
	}
	if h := envelope.Header(line); h.OK {
		return h
	}
	return bare(line)
}

// bare reads a line that stands without journalctl's part: printed with -o cat,
// taken from a log file, or pasted. It needs a time of its own.
//
//	W0411 04:19:22.000250   22453 eviction_manager.go:335] eviction manager: attempting to reclaim ephemeral-storage
//	time="2019-04-27T16:58:24.800670127Z" level=info msg="apply failure, attempting cleanup" error="failed to extract layer ..."
func bare(line []byte) parsers.Header {
	h := event.Read(line)
	if h.Stamp.Kind == parsers.NoStamp {
		return parsers.Header{}
	}
	return parsers.Header{OK: true, Stamp: h.Stamp, Level: h.Level}
}

// marks are how the lines start that journalctl puts between entries. The dates
// in the first of them are those of the whole journal, not of a line.
//
//	-- Logs begin at Fri 2021-09-10 18:15:50 UTC, end at Fri 2021-09-10 18:35:30 UTC. --
//	-- Boot 0f3c51d2a0e64a2db7a3ad5e0b1d7c11 --
//	-- No entries --
var marks = [...][]byte{
	[]byte("-- Logs begin at "),
	[]byte("-- Journal begins at "),
	[]byte("-- Boot "),
	[]byte("-- Reboot --"),
	[]byte("-- No entries --"),
}

func mark(line []byte) bool {
	if len(line) == 0 || line[0] != '-' {
		return false
	}
	for _, m := range marks {
		if bytes.HasPrefix(line, m) {
			return true
		}
	}
	return false
}

// named reports whether a line is a mark or names the program that wrote it.
func named(line []byte) bool {
	h := header(line)
	return h.OK && (len(h.Ident) > 0 || h.Stamp.Kind == parsers.NoStamp)
}
