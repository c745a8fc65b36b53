package processes

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ps"
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
		m.Summary = fmt.Sprintf("%s and cannot be killed: %s", plural(len(stuck), "process waits", "processes wait"), names(stuck))
		m.Explains = []string{"kubelet.pod.stuck_terminating", "kubelet.pod.kill_failed"}
		return found(m)
	case float64(len(waiting)) >= p.Limit("many"):
		m := about(&l, waiting, said.Pos)
		m.Summary = fmt.Sprintf("%d processes wait for disks at once: %s", len(waiting), names(waiting))
		if said.Pos.File == "" {
			m.Severity = analyze.Medium // a busy disk does that too
		}
		return found(m)
	case l.unseen != "":
		return noData(l.unseen)
	case len(waiting) > 0:
		return isClear(fmt.Sprintf("%s wait at the moment", names(waiting)))
	}
	return isClear("no process waits without end")
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

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// names tells of a few processes.
func names(some []*ps.Process) string {
	var words []string
	for _, x := range some[:min(len(some), maxNamed)] {
		words = append(words, fmt.Sprintf("%s (PID %d)", gates.Program(x.Command), x.PID))
	}
	if len(some) > len(words) {
		words = append(words, "...")
	}
	return strings.Join(words, ", ")
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
		m.Summary = plural(len(hung), "runc init hangs", "runc init hang") + " for more than five minutes"
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
