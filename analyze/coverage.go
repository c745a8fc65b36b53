package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/index"
)

// A vital source is one without which a whole area cannot be judged.
type vital struct {
	files []string // any of them will do; path.Match patterns
	name  string   // as the report calls it
	judge string   // what cannot be judged without it
}

var vitals = []vital{
	{[]string{"kernel/dmesg.current", "kernel/dmesg.human.current", "var_log/messages", "var_log/syslog", "bottlerocket/logdog/*/dmesg", "bottlerocket-logs/dmesg", "bottlerocket/logdog/*/bottlerocket-logs/dmesg"}, "kernel/dmesg.current", "out-of-memory kills, disk errors and other kernel events"},
	{append(logdog("journalctl.log"), "kubelet/kubelet.log"), "kubelet/kubelet.log", "the kubelet and the pods of the node"},
	{append(logdog("journalctl.log"), "containerd/containerd-log.txt"), "containerd/containerd-log.txt", "the container runtime"},
	{append(logdog("ipamd.log"), "var_log/aws-routed-eni/ipamd.log*"), "var_log/aws-routed-eni/ipamd.log", "pod address management of the VPC CNI"},
	{append(logdog("plugin.log"), "var_log/aws-routed-eni/plugin.log*"), "var_log/aws-routed-eni/plugin.log", "calls of the CNI plugin"},
	{append(podFiles("kube-proxy"), "var_log/kube-proxy.log"), "log of kube-proxy", "the programming of service rules"},
	{append(logdog("iptables-filter"), "networking/iptables-save.txt", "networking/iptables.txt", "networking/iptables-filter.txt"), "networking/iptables-save.txt", "blocks by packet filter rules"},
}

// logdog are the places of a file of Bottlerocket's collector, by itself and in
// the bundle of the node monitoring agent.
func logdog(name string) []string {
	return []string{"bottlerocket-logs/" + name, "bottlerocket/logdog/bottlerocket-logs/" + name, "bottlerocket/logdog/*/bottlerocket-logs/" + name}
}

// coverage says what was in the bundle and what could not be judged.
func (w *writer) coverage() {
	cov := &w.report.Coverage
	cov.Broken = w.c.Broken
	w.side()
	cov.Collector, cov.Totals, cov.Expected, cov.Logs = w.audit.Collector, w.audit.Totals, w.audit.Expected, w.audit.Logs
	skips := map[string]*index.Skip{}
	for i := range w.c.Skips {
		skips[w.c.Skips[i].Path] = &w.c.Skips[i]
	}
	for _, f := range w.c.Files {
		state, _ := coverage.StateOf(f, skips[f.Path])
		cov.Files = append(cov.Files, CoveredFile{
			Path: f.Path, Format: f.Format, Bytes: f.Bytes, Lines: f.Lines,
			Unparsed: f.Unparsed, Error: fileError(f, w.scan.hard[f]), State: state, Refusal: f.Refusal,
		})
	}
	for _, s := range w.c.Skips {
		cov.Files = append(cov.Files, CoveredFile{Path: s.Path, Bytes: max(s.Bytes, 0), Skipped: s.Reason, State: coverage.Skipped})
	}
	slices.SortStableFunc(cov.Files, func(a, b CoveredFile) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Skipped, b.Skipped))
	})
	for _, v := range vitals {
		if why, ok := w.lacks(v.files); ok {
			cov.Missing = append(cov.Missing, fmt.Sprintf("no %s%s: cannot judge %s", v.name, why, v.judge))
		}
	}
	cov.Missing = append(cov.Missing, w.zoneDoubts()...)
	slices.Sort(w.needs)
	cov.Missing = append(cov.Missing, slices.Compact(w.needs)...)
}

// lacks reports whether none of some files has text of its program, and, for
// one that is there, why it has none.
func (w *writer) lacks(patterns []string) (why string, lacks bool) {
	for _, f := range w.c.Files {
		if !matchesAny(patterns, f.At()) {
			continue
		}
		switch {
		case f.Refusal != nil:
			why = fmt.Sprintf(" (%s)", f.Refusal.Text)
		case f.Bytes == 0:
			why = " (the file is empty)"
		case coverage.Garbled(f):
			_, text := coverage.StateOf(f, nil)
			why = fmt.Sprintf(" (%s)", text)
		default:
			return "", false
		}
	}
	return why, true
}

// auditOf looks at what the bundle holds.
func (w *writer) auditOf() *coverage.Audit {
	return coverage.Of(&coverage.Input{
		Name: w.c.BundleName, Broken: w.c.Broken, OS: w.report.Case.Node.OS,
		Files: w.c.Files, Skips: w.c.Skips, Clock: w.clock,
	})
}

func fileError(f *index.File, h hard) string {
	var parts []string
	if f.Err != "" {
		parts = append(parts, f.Err)
	}
	if f.Long > 0 {
		parts = append(parts, fmt.Sprintf("%s longer than %d KiB, looked at in pieces", words.Count(f.Long, "line", "lines"), index.BlockSize>>10))
	}
	if h.cut > 0 {
		parts = append(parts, fmt.Sprintf("of %d lines, or pieces of lines, longer than %d KiB rules saw the start only", h.cut, maxLook>>10))
	}
	if h.tired > 0 {
		parts = append(parts, fmt.Sprintf("in %d parts of %d MiB lines were left out: too many hold the texts of too many rules", h.tired, index.BlockSize>>20))
	}
	return strings.Join(parts, "; ")
}
