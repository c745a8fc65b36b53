// Package cri reads the logs of containers, as the container runtime writes
// them below /var/log/pods and /var/log/containers.
package cri

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/nuls"
	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Format owns the container logs. A bundle holds most of them twice: under the
// name of the container and under the folder of the pod.
var Format = &parsers.Format{
	Name: "cri",
	Doc:  "Log of a container, as the container runtime keeps it.",
	Files: []string{
		"var_log/*_*_*-*.log*",   // <pod>_<namespace>_<container>-<64 hex>.log
		"var_log/*_*_*/*/*.log*", // <namespace>_<pod>_<uid>/<container>/0.log.20261121-001005.gz
		"var_log/pods/*_*_*/*/*.log*",
		"var_log/containers/*_*_*-*.log*",
	},
	Sniff:     func(head []byte) bool { return sniff.Most(head, known) },
	Header:    func(line []byte) parsers.Header { return nuls.Skip(line, header) },
	Continues: continues,
	Join:      join,
}

// header reads a line of the CRI format (k8s.io/kubernetes/pkg/kubelet/kuberuntime/logs):
// a time, the stream, F or P for a full or a partial line, and the text. The
// time of the text is coarser or equal and not used; its level is. The body is
// the whole line, as its copies are equal to the byte.
//
//	2026-11-21T00:01:36.21968751Z stderr F I1121 00:01:36.211998       1 proxier.go:321] "Iptables supports ..."
//	2026-11-21T00:01:32.33044207Z stderr F time="2026-11-21T00:01:32Z" level=info msg="Updated net/ipv4/conf/ens5/rp_filter to 2\n"
//	2024-10-07T21:13:53.028863236+09:00 stdout F {"client-addr":"127.0.0.1:35778","level":"warning","msg":"Failed probe: ...","time":"..."}
func header(line []byte) parsers.Header {
	s, _, text := split(line)
	if s.Kind == parsers.NoStamp {
		return docker(line)
	}
	return parsers.Header{OK: true, Stamp: s, Level: event.Read(line[text:]).Level}
}

// continues reports whether the runtime broke the text here, which it does
// after 16 KiB.
func continues(line []byte) bool {
	_, partial, _ := split(line)
	return partial || unfinished(line)
}

// split returns the time of a line, whether it is partial, and where its text
// starts; NoStamp means that the line is not in this format.
func split(line []byte) (s parsers.Stamp, partial bool, text int) {
	s, _, n := when.ISO(line)
	if s.Kind != parsers.Zoned {
		return parsers.Stamp{}, false, 0
	}
	rest := line[n:]
	if !bytes.HasPrefix(rest, stdout) && !bytes.HasPrefix(rest, stderr) {
		return parsers.Stamp{}, false, 0
	}
	n += len(stdout)
	tag := line[n:]
	if len(tag) == 0 || (tag[0] != 'F' && tag[0] != 'P') || (len(tag) > 1 && tag[1] != ' ' && tag[1] != ':') {
		return parsers.Stamp{}, false, 0
	}
	if sp := bytes.IndexByte(tag, ' '); sp >= 0 {
		return s, tag[0] == 'P', n + sp + 1
	}
	return s, tag[0] == 'P', len(line)
}

var (
	stdout = []byte(" stdout ")
	stderr = []byte(" stderr ")
)

func known(line []byte) bool { return header(line).OK }
