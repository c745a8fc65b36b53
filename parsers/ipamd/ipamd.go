// Package ipamd reads the logs of the VPC CNI: ipamd, its plugins and the
// network policy agent.
package ipamd

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
	"github.com/eksleuth/eksleuth/parsers/internal/nuls"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// Format owns the folder aws-routed-eni; rotated files have a time in their
// name, before or behind ".log".
var Format = &parsers.Format{
	Name: "ipamd",
	Doc:  "Log of the VPC CNI: ipamd, plugin, egress plugins, network policy agent.",
	Files: append([]string{
		"var_log/aws-routed-eni/ipamd*.log*",
		"var_log/aws-routed-eni/plugin*.log*",
		"var_log/aws-routed-eni/network-policy-agent*.log*",
		"var_log/aws-routed-eni/ebpf-sdk*.log*",
		"var_log/aws-routed-eni/egress-*.log*",

		// Logdog's files without their folder.
		"ipamd.log*",
		"plugin.log*",
	}, place.Logdog("ipamd.log*", "plugin.log*")...),
	Sniff:  func(head []byte) bool { return sniff.Most(head, known) },
	Header: func(line []byte) parsers.Header { return nuls.Skip(line, header) },
}

// header reads zap's JSON and, before CNI 1.6, plain text. Of two objects glued
// together on a line the first one tells the time, and the worse one the level.
//
//	{"level":"debug","ts":"2026-11-21T00:19:42.001Z","caller":"ipamd/ipamd.go:765","msg":"IP stats for Network Card 0 - ..."}
//	2018-07-02T15:00:33Z [INFO] Starting L-IPAMD 1.0.0 ...
//	2019-07-30T15:31:53Z [ERROR]	Failed to increase pool size due to not able to allocate ENI AllocENI: ...
//
// The network policy agent of 2023 says "timestamp" for "ts"
// (github.com/aws/aws-network-policy-agent/issues/74). An AWS error of plain
// text goes on in a line that starts with a tab and has no header.
func header(line []byte) parsers.Header {
	if len(line) == 0 {
		return parsers.Header{}
	}
	if line[0] == '{' {
		h := event.JSON(line)
		return parsers.Header{OK: h.Known(), Stamp: h.Stamp, Level: h.Level}
	}
	return plain(line)
}

func plain(line []byte) parsers.Header {
	s, _, n := when.ISO(line)
	if n == 0 || n+1 >= len(line) || line[n] != ' ' {
		return parsers.Header{}
	}
	l := event.Read(line[n+1:]).Level
	if l == parsers.NoLevel {
		return parsers.Header{}
	}
	return parsers.Header{OK: true, Stamp: s, Level: l}
}

func known(line []byte) bool {
	if len(line) > 0 && line[0] == '{' {
		return bytes.HasPrefix(line, []byte(`{"level":`)) && event.JSON(line).Stamp.Kind != parsers.NoStamp
	}
	_, _, n := when.ISO(line)
	return n > 0 && len(line) > n+1 && line[n+1] == '[' && plain(line).OK
}
