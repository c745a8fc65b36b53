package ledger

// openFiles are those of all programs.
func openFiles(b *Bundle) []Entry { return []Entry{OpenFiles(b)} }

// OpenFiles compares the open files of all programs with how many there may be.
// On kernels since 2020 that is 9223372036854775807, and on older ones a tenth
// of the memory in KiB.
//
//	fs.file-nr = 928	0	9223372036854775807
func OpenFiles(b *Bundle) Entry {
	e := Entry{
		Name: "files", Group: Processes, Title: "open files", Unit: "files",
		Rules: []string{"state.sysctl.file_nr", "kernel.fd.file_max"},
		trips: []Trip{{Share: 100, What: "no program can open a file or a socket"}},
	}
	n, at, note := b.Numbers(3, "fs.file-nr")
	if note != "" {
		e.Unknown = note
		return e.weigh()
	}
	e.Used, e.Allowed = amount(n[0]-min(n[0], n[1]), at.File, at.Line), amount(n[2], at.File, at.Line)
	if n[2] == 0 {
		e.Unknown = "fs.file-nr says that no file may be open"
	}
	return e.weigh()
}

// inotify are the instances and watches that one user may have. What is in use
// is known to /proc/PID/fdinfo only, which no collector reads.
//
//	fs.inotify.max_user_instances = 128
//	fs.inotify.max_user_watches = 23097
func inotify(b *Bundle) []Entry {
	var all []Entry
	for _, x := range []struct{ name, title, unit, param, said string }{
		{"inotify_instances", "inotify instances of one user", "instances", "fs.inotify.max_user_instances", "too many open files"},
		{"inotify_watches", "inotify watches of one user", "watches", "fs.inotify.max_user_watches", "no space left on device"},
	} {
		e := Entry{
			Name: x.name, Group: Processes, Title: x.title, Unit: x.unit,
			Rules:   []string{"kubelet.inotify.exhausted", "state.sysctl.inotify_low"},
			Unknown: "no collector writes how many are in use",
			trips:   []Trip{{Share: 100, What: "kubelet and other programs cannot watch files: " + x.said}},
		}
		var note string
		if e.Allowed, note = b.param(x.param); note != "" {
			e.Unknown = because(e.Unknown, note)
		}
		all = append(all, e.weigh())
	}
	return all
}
