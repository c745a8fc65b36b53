package processes

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ps"
	"github.com/eksleuth/eksleuth/parsers/top"
)

// brief are programs that end at once when the disk or the server answers.
var brief = []string{
	"runc", "mount", "umount", "umount.nfs", "umount.nfs4", "mount.nfs", "mount.nfs4", "mount.efs", "blkid", "fsck", "resize2fs", "xfs_growfs",
	"df", "ls", "stat", "sync", "lsblk", "findmnt",
}

// daemons are programs that run on, and that pods wait for. They may wait for a
// disk at any moment.
var daemons = []string{"kubelet", "containerd", "containerd-shim", "containerd-shim-runc-v2", "dockerd"}

// hangs are the rules by which the kernel says that tasks or servers hang.
var hangs = []string{"kernel.task.hung", "storage.nfs.not_responding"}

// blocked finds processes that wait for something that does not come, and that
// cannot be killed. One that just then waits for a disk is usual, and threads of
// the kernel do so by nature.
//
//	root       41823  0.0  0.0   3012   884 ?        D    Nov20   0:00      \_ umount /var/lib/kubelet/pods/...
func blocked(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	l, note := read(p)
	if note != "" {
		return noData(note)
	}
	waiting := l.pick(func(x *ps.Process) bool { return strings.HasPrefix(x.State, "D") && !kernel(x) })
	said := analyze.Hit{}
	for _, rule := range hangs {
		if hits := p.Hits(rule); len(hits) > 0 && said.Pos.File == "" {
			said = hits[len(hits)-1]
		}
	}
	var stuck []*ps.Process
	for _, x := range waiting {
		name := gates.Program(x.Command)
		if slices.Contains(brief, name) && l.older(x) || slices.Contains(daemons, name) && said.Pos.File != "" {
			stuck = append(stuck, x)
		}
	}
	switch {
	case len(stuck) > 0:
		m := about(&l, stuck, said.Pos)
		m.Summary = fmt.Sprintf("%s and cannot be killed: %s", words.Count(len(stuck), "process waits", "processes wait"), names(stuck))
		m.Explains = []string{"kubelet.pod.stuck_terminating", "kubelet.pod.kill_failed"}
		return found(m)
	case float64(len(waiting)) >= p.Limit("many"):
		return found(atOnce(p, &l, waiting, said.Pos))
	case l.unseen != "":
		return noData(l.unseen)
	case len(waiting) > 0:
		return isClear(fmt.Sprintf("%s wait at the moment", names(waiting)))
	}
	return isClear("no process waits without end")
}

// atOnce is the finding about many processes that wait just then. A busy disk
// does that too, and when the processors hardly idle for disks it is a moment.
//
//	%Cpu(s): 52.6 us, 47.4 sy,  0.0 ni,  0.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st
func atOnce(p *analyze.Pass, l *list, waiting []*ps.Process, said parsers.Pos) analyze.Match {
	m := about(l, waiting, said)
	m.Summary = fmt.Sprintf("%d processes wait for disks at once: %s", len(waiting), names(waiting))
	cpu, at := processors(p)
	switch {
	case said.File != "":
	case cpu != nil && cpu.Wait < p.Limit("iowait"):
		m.Severity, m.Confidence = analyze.Low, 0.5
		m.Summary += fmt.Sprintf("; the kernel says of none that it hangs, and the processors idle for disks %.0f %% of the time", cpu.Wait)
		m.At = append(m.At, at)
	default:
		m.Severity = analyze.Medium
	}
	return m
}

// processors is what all processors did while top looked; nil when the bundle
// does not tell how long they waited.
func processors(p *analyze.Pass) (*top.CPU, parsers.Pos) {
	for _, f := range analyze.Facts[top.Summary](p) {
		for i := range f.Value.CPUs {
			if c := &f.Value.CPUs[i]; c.Name == "(s)" && c.Wait >= 0 {
				return c, parsers.Pos{File: f.Path, Line: c.Line}
			}
		}
	}
	return nil, parsers.Pos{}
}

// about is the finding about some processes.
func about(l *list, some []*ps.Process, said parsers.Pos) analyze.Match {
	m := analyze.Match{Count: len(some), Entities: map[string][]string{}, At: l.places(some)}
	for _, x := range some[:min(len(some), maxNamed)] {
		m.Entities["pid"] = append(m.Entities["pid"], fmt.Sprint(x.PID))
	}
	if said.File != "" {
		m.At = append(m.At, said)
	}
	return m
}

// names tells of a few processes.
func names(some []*ps.Process) string {
	var words []string
	for _, x := range some[:min(len(some), maxNamed)] {
		words = append(words, fmt.Sprintf("%s (PID %d)", program(x), x.PID))
	}
	text := strings.Join(words, ", ")
	if more := len(some) - len(words); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// program is the name of a process. What is in brackets is no path, and the
// title that a process gave itself ends with a colon:
//
//	[jbd2/nvme0n1p1-8]
//	postgres: app app 10.0.3.7(51234) SELECT
func program(x *ps.Process) string {
	if inner, ok := strings.CutPrefix(x.Command, "["); ok {
		name, _, _ := strings.Cut(inner, "]")
		return name
	}
	return strings.TrimSuffix(gates.Program(x.Command), ":")
}

// runcInit finds containers that do not get past their preparation. runc init
// becomes the program of the container within a moment, or a few seconds on a
// slow node.
//
//	65535      10121 14.5  0.5 1091144 16488 ?       Ssl  01:14   0:02  \_ /usr/sbin/runc init
func runcInit(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	l, note := read(p)
	if note != "" {
		return noData(note)
	}
	all := l.pick(func(x *ps.Process) bool {
		words := strings.Fields(x.Command)
		return len(words) == 2 && gates.Program(x.Command) == "runc" && words[1] == "init" && !strings.HasPrefix(x.State, "Z")
	})
	var hung []*ps.Process
	for _, x := range all {
		if l.older(x) {
			hung = append(hung, x)
		}
	}
	m := analyze.Match{Entities: map[string][]string{"process": {"runc"}}}
	switch {
	case len(hung) > 0:
		m.Summary = words.Count(len(hung), "runc init hangs", "runc init hang") + " for more than five minutes"
	case float64(len(all)) >= p.Limit("many"):
		hung, m.Severity = all, analyze.Medium
		m.Summary = fmt.Sprintf("%d runc init at once", len(all))
	case l.unseen != "":
		return noData(l.unseen)
	default:
		return isClear(fmt.Sprintf("%d runc init, none for long", len(all)))
	}
	m.Count, m.At = len(hung), l.places(hung)
	return found(m)
}
