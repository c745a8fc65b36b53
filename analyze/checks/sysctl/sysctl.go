// Package sysctl judges the parameters of a node's kernel that containers, pods
// and their network depend on.
package sysctl

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the family state.sysctl.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.sysctl.ip_forward":           ipForward,
	"state.sysctl.bridge_nf":            bridgeNF,
	"state.sysctl.kubelet_kernel_flags": kernelFlags,
	"state.sysctl.inotify_low":          inotifyLow,
	"state.sysctl.pid_max":              pidMax,
	"state.sysctl.file_nr":              fileNr,
	"state.sysctl.arp_gc":               arpGC,
	"state.sysctl.rp_filter":            rpFilter,
	"state.sysctl.reserved_ports":       reservedPorts,
	"state.sysctl.port_range":           portRange,
	"state.sysctl.somaxconn":            somaxconn,
	"state.sysctl.tcp_mem":              tcpMem,
})

// A param is a parameter of the kernel.
type param struct {
	text string
	at   parsers.Pos
}

// read reads a parameter. Without it, the note says why.
func read(p *analyze.Pass, name string) (v param, note string) {
	note = whole.Absent(p, "sysctls/sysctl_all.txt")
	for _, f := range analyze.Facts[sysctl.Params](p) {
		if s, ok := f.Value.Get(name); ok {
			return param{strings.TrimSpace(s.Value), parsers.Pos{File: f.Path, Line: s.Line}}, ""
		}
		note = fmt.Sprintf("%s has no %s", f.Path, name)
	}
	return param{}, note
}

// A number is a parameter that is one.
type number struct {
	n  uint64
	at parsers.Pos
}

// readNumber reads a parameter that is a number.
func readNumber(p *analyze.Pass, name string) (number, string) {
	v, note := read(p, name)
	if note != "" {
		return number{}, note
	}
	n, err := strconv.ParseUint(v.text, 10, 64)
	if err != nil {
		return number{}, fmt.Sprintf("%s:%d: %s is no number", v.at.File, v.at.Line, name)
	}
	return number{n, v.at}, ""
}

// readNumbers reads a parameter that is a list of as many numbers as are wanted.
//
//	net.ipv4.tcp_mem = 34734	46314	69468
func readNumbers(p *analyze.Pass, name string, want int) ([]uint64, parsers.Pos, string) {
	v, note := read(p, name)
	if note != "" {
		return nil, parsers.Pos{}, note
	}
	var all []uint64
	for _, word := range strings.Fields(v.text) {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			break
		}
		all = append(all, n)
	}
	if len(all) != want || len(strings.Fields(v.text)) != want {
		return nil, v.at, fmt.Sprintf("%s:%d: %s is no list of %d numbers", v.at.File, v.at.Line, name, want)
	}
	return all, v.at, ""
}

// noData is the verdict of a check that cannot see.
func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

// isClear is the verdict of a check that saw all and no problem.
func isClear(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: note}, nil
}

// found is the verdict of a check with a problem.
func found(m analyze.Match) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{m}}, nil
}
