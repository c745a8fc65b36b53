package ledger

import (
	"cmp"

	"github.com/eksleuth/eksleuth/parsers/ps"
)

func threads(b *Bundle) []Entry {
	pids, threads := Threads(b)
	return []Entry{pids, threads}
}

// Threads compares the threads of the node, each of which takes a PID, with how
// many PIDs and how many threads the kernel allows.
//
//	kernel.pid_max = 4194304
//	kernel.threads-max = 23684
func Threads(b *Bundle) (pids, threads Entry) {
	used, unseen := b.threads()
	of := func(name, title, param string) Entry {
		e := Entry{
			Name: name, Group: Processes, Title: title, Unit: "threads", Used: used,
			Rules: []string{"state.sysctl.pid_max", "kubelet.process.fork_failed"},
			trips: []Trip{{Share: 100, What: "no program can start a process or a thread: resource temporarily unavailable"}},
		}
		limit, note := b.param(param)
		if limit != nil && limit.Value == 0 {
			note = param + " is 0"
		}
		e.Allowed, e.Unknown = limit, cmp.Or(note, unseen)
		return e.weigh()
	}
	return of("pids", "PIDs", "kernel.pid_max"), of("threads", "threads", "kernel.threads-max")
}

// threads counts the threads of the node, and says why there may be more. A
// process is one at least.
func (b *Bundle) threads() (most *Amount, unseen string) {
	unseen = b.absent("system/ps-threads.txt")
	for _, f := range facts[ps.Table](b) {
		n, line := uint64(len(f.value.Processes)), 0
		if n > 0 {
			line = f.value.Processes[0].Line
		}
		for _, t := range f.value.Threads {
			n += uint64(t.Count)
			line = f.value.Threads[0].Line
		}
		if n > 0 && (most == nil || n > most.Value) {
			most = amount(n, f.path, line)
		}
		if len(f.value.Threads) > 0 {
			unseen = b.cut(f.path)
			if unseen == "" && f.value.Cut {
				unseen = f.path + " has more threads than are read"
			}
		}
	}
	if most != nil && unseen != "" {
		most.Note = "at least"
	}
	return most, unseen
}
