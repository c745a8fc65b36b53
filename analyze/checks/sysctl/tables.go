package sysctl

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
)

// inotifyLow finds limits of inotify that a program has reached, or that are
// below those of the kernel. Amazon Linux 2023 on small instances has 128
// instances, and most nodes never use them up.
//
//	fs.inotify.max_user_instances = 128
//	fs.inotify.max_user_watches = 23097
func inotifyLow(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	instances, note := readNumber(p, "fs.inotify.max_user_instances")
	if note != "" {
		return noData(note)
	}
	watches, note := readNumber(p, "fs.inotify.max_user_watches")
	if note != "" {
		return noData(note)
	}
	m := analyze.Match{
		Summary: fmt.Sprintf("a user may have %d instances of inotify and %d watches", instances.n, watches.n),
		At:      []parsers.Pos{instances.at, watches.at},
	}
	below := func(kind string) bool {
		return float64(instances.n) < p.Limit(kind+"_instances") || float64(watches.n) < p.Limit(kind+"_watches")
	}
	if hits := p.Hits("kubelet.inotify.exhausted"); len(hits) > 0 && below("ami") {
		m.Summary += ", and a program found none left"
		m.At = append(m.At, hits[0].Pos)
		return found(m)
	}
	if below("kernel") {
		m.Severity = analyze.Low
		m.Summary += ", fewer than the kernel has by itself"
		return found(m)
	}
	return isClear(fmt.Sprintf("%d instances and %d watches, and no program found none left", instances.n, watches.n))
}

// pidMax compares the threads of the node with how many the kernel allows.
//
//	kernel.pid_max = 4194304
//	kernel.threads-max = 23684
func pidMax(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	e, threads := ledger.Threads(p.Ledger())
	if e.Allowed == nil {
		return noData(e.Unknown)
	}
	name := "kernel.pid_max"
	if threads.Allowed != nil && threads.Allowed.Value < e.Allowed.Value {
		e, name = threads, "kernel.threads-max"
	}
	switch {
	case e.Percent() < p.Limit("medium") && e.Unknown != "":
		return noData(e.Unknown)
	case e.Percent() < p.Limit("medium"):
		return isClear(fmt.Sprintf("%d threads of %d", e.Used.Value, e.Allowed.Value))
	}
	m := analyze.Match{
		Summary: fmt.Sprintf("the node has %d threads, and %s is %d (%.0f %%)", e.Used.Value, name, e.Allowed.Value, e.Percent()),
		At:      []parsers.Pos{e.Used.Pos(), e.Allowed.Pos()},
	}
	if e.Percent() >= p.Limit("high") {
		m.Severity = analyze.High
		m.Explains = []string{"kubelet.process.fork_failed"}
	}
	return found(m)
}

// fileNr compares the open files of all programs with how many there may be.
func fileNr(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	e := ledger.OpenFiles(p.Ledger())
	if e.Unknown != "" {
		return noData(e.Unknown)
	}
	if e.Percent() < p.Limit("medium") {
		return isClear(fmt.Sprintf("%d of %d", e.Used.Value, e.Allowed.Value))
	}
	m := analyze.Match{
		Summary: fmt.Sprintf("%d of %d files are open (%.0f %%)", e.Used.Value, e.Allowed.Value, e.Percent()),
		At:      []parsers.Pos{e.Used.Pos()},
	}
	if e.Percent() >= p.Limit("high") {
		m.Severity = analyze.High
		m.Explains = []string{"kernel.fd.file_max"}
	}
	return found(m)
}

// arpGC finds a table of neighbours that the kernel called too small. How many
// neighbours there are is not in the bundle.
//
//	net.ipv4.neigh.default.gc_thresh3 = 1024
//	neighbour: arp_cache: neighbor table overflow!
func arpGC(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const name = "net.ipv4.neigh.default.gc_thresh3"
	limit, note := readNumber(p, name)
	if note != "" {
		return noData(note)
	}
	said, unread := kernelSaid(p, "net.neigh.table_overflow", "arp_cache", "Neighbour table overflow")
	switch {
	case said.File != "" && float64(limit.n) <= p.Limit("large"):
		return found(analyze.Match{
			Summary: fmt.Sprintf("the table of neighbours was full; it holds %d", limit.n),
			At:      []parsers.Pos{limit.at, said},
		})
	case said.File != "":
		return isClear(fmt.Sprintf("the table was full, but it holds %d neighbours", limit.n))
	case unread != "":
		return analyze.Verdict{Outcome: analyze.NoData, Note: unread, Silent: true}, nil
	}
	return isClear(fmt.Sprintf("the kernel did not run out of the %d", limit.n))
}

// tcpMem finds memory of TCP that the kernel called used up. How much is in use
// is not in the bundle.
//
//	net.ipv4.tcp_mem = 34734	46314	69468
//	TCP: out of memory -- consider tuning tcp_mem
func tcpMem(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	n, at, note := readNumbers(p, "net.ipv4.tcp_mem", 3)
	if note != "" {
		return noData(note)
	}
	said, unread := kernelSaid(p, "net.tcp.oom", "out of memory")
	switch {
	case said.File != "":
		return found(analyze.Match{
			Summary: fmt.Sprintf("TCP used up the %d pages of memory that net.ipv4.tcp_mem gives it", n[2]),
			At:      []parsers.Pos{at, said},
		})
	case unread != "":
		return analyze.Verdict{Outcome: analyze.NoData, Note: unread, Silent: true}, nil
	}
	return isClear(fmt.Sprintf("the kernel did not run out of the %d pages", n[2]))
}

// kernelSaid is the first event of a rule whose line has one of the texts.
// Without one, unread says why the kernel may have said it all the same.
func kernelSaid(p *analyze.Pass, rule string, texts ...string) (at parsers.Pos, unread string) {
	for _, h := range p.Hits(rule) {
		for _, text := range texts {
			if strings.Contains(p.Line(h.Pos), text) {
				return h.Pos, ""
			}
		}
	}
	boots := p.Hits("mark.kernel.boot")
	if len(boots) == 0 {
		return parsers.Pos{}, "no log of the kernel reaches back to the boot"
	}
	return parsers.Pos{}, whole.Cut(p, boots[len(boots)-1].Pos.File)
}
