package gates

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/netstat"
	"github.com/eksleuth/eksleuth/parsers/ps"
	"github.com/eksleuth/eksleuth/parsers/services"
)

// A look is one at a daemon of a bundle.
type look struct {
	*analyze.Pass
	daemon *daemon
}

func silent(s Source, format string, args ...any) Proof {
	return Proof{Source: s, Says: Nothing, Text: fmt.Sprintf(format, args...)}
}

// systemd reads the state of the unit. list-units leaves out units that are
// loaded and inactive, so a list that goes to its end says also what does not run.
func (l *look) systemd() Proof {
	if len(l.daemon.units) == 0 {
		return silent(Systemd, "it is no unit of systemd")
	}
	t := Units(l.Pass)
	if t == nil {
		return silent(Systemd, "no list of units")
	}
	units := found(t.Value, l.daemon.units)
	if len(units) == 0 {
		if why := Unlisted(l.Pass, t); why != "" || !l.daemon.host {
			return silent(Systemd, "no unit of it is listed")
		}
		return Proof{Systemd, Down, fmt.Sprintf("none of the %d units is %s", t.Value.Total, l.daemon.units[0]), parsers.Pos{File: t.Path, Line: t.Value.TotalLine}}
	}
	u := units[0]
	return Proof{Systemd, saysUnit(u), fmt.Sprintf("%s is %s (%s)", u.Name, u.Active, u.Sub), parsers.Pos{File: t.Path, Line: u.Line}}
}

// found returns the units of some names that a node has, those that run first.
func found(t *services.Table, names []string) []services.Unit {
	var out []services.Unit
	for _, name := range names {
		if u, ok := t.Find(name); ok {
			out = append(out, u)
		}
	}
	rank := map[Says]int{Up: 0, Halfway: 1, Down: 2}
	slices.SortStableFunc(out, func(a, b services.Unit) int { return rank[saysUnit(a)] - rank[saysUnit(b)] })
	return out
}

func saysUnit(u services.Unit) Says {
	switch u.Active {
	case "active", "reloading", "refreshing":
		if u.Sub != "exited" {
			return Up
		}
		return Halfway
	case "failed", "inactive":
		return Down
	}
	return Halfway // activating, deactivating, maintenance
}

// Units returns the list of units of the node; nil without one.
func Units(p *analyze.Pass) *analyze.FileFact[services.Table] { return first[services.Table](p, nil) }

// Unlisted says why units that run may not be in the list; "" when all are.
func Unlisted(p *analyze.Pass, t *analyze.FileFact[services.Table]) string {
	if why := Cut(p, t.Path); why != "" {
		return why
	}
	if t.Value.Total < 0 {
		return t.Path + " does not go to its end"
	}
	if _, ok := t.Value.Find("systemd-journald.service"); !ok {
		return t.Path + " is an excerpt: it does not even have systemd-journald.service"
	}
	return ""
}

// process looks for the process.
func (l *look) process() Proof {
	t := Processes(l.Pass)
	if t == nil {
		return silent(Process, "no list of processes")
	}
	for _, x := range t.Value.Processes {
		if slices.Contains(l.daemon.programs, Program(x.Command)) {
			p := Proof{Process, Up, fmt.Sprintf("process %d is %s", x.PID, Program(x.Command)), parsers.Pos{File: t.Path, Line: x.Line}}
			if strings.HasPrefix(x.State, "Z") {
				p.Says, p.Text = Down, fmt.Sprintf("process %d of %s is a zombie", x.PID, Program(x.Command))
			}
			return p
		}
	}
	if why := Unseen(l.Pass, t); why != "" {
		return silent(Process, "%s", why)
	}
	return Proof{Process, Down, fmt.Sprintf("none of %d processes is %s", len(t.Value.Processes), l.daemon.programs[0]), parsers.Pos{File: t.Path, Line: 1}}
}

// Processes returns the list of processes of the node; nil without one.
func Processes(p *analyze.Pass) *analyze.FileFact[ps.Table] {
	return first(p, func(t *ps.Table) bool { return len(t.Processes) > 0 })
}

// Unseen says why processes may not be in the list; "" when all of the node are.
func Unseen(p *analyze.Pass, t *analyze.FileFact[ps.Table]) string {
	if why := Cut(p, t.Path); why != "" {
		return why
	}
	if t.Value.Cut {
		return t.Path + " has more processes than are kept"
	}
	if !slices.ContainsFunc(t.Value.Processes, func(x ps.Process) bool { return x.PID == 1 }) {
		return t.Path + " is an excerpt: it does not have process 1"
	}
	return ""
}

// Program is the name of the program of a command line. "hyperkube kubelet"
// is kubelet.
//
//	/usr/bin/kubelet --config=/etc/kubernetes/kubelet/config.json
//	./aws-k8s-agent
//	[kubelet] <defunct>
func Program(command string) string {
	words := strings.Fields(command)
	if len(words) == 0 {
		return ""
	}
	name := path.Base(words[0])
	if name == "hyperkube" && len(words) > 1 {
		return words[1]
	}
	if strings.HasSuffix(command, "<defunct>") {
		name = strings.Trim(name, "[]")
	}
	return name
}

// port looks for a listening socket. That another program listens there is no
// sign of life.
func (l *look) port() Proof {
	if len(l.daemon.ports) == 0 {
		return silent(Port, "it has no port of its own on the host")
	}
	t := first[netstat.Sockets](l.Pass, nil)
	if t == nil {
		return silent(Port, "no list of sockets")
	}
	for _, k := range t.Value.Sockets {
		if k.State == "LISTEN" && slices.Contains(l.daemon.ports, k.Local.Port) && (k.PID == 0 && k.Local.Port != 80 || l.owns(k.Program)) {
			return Proof{Port, Up, fmt.Sprintf("it listens on port %d", k.Local.Port), parsers.Pos{File: t.Path, Line: k.Line}}
		}
	}
	if why := Unheard(l.Pass, t); why != "" {
		return silent(Port, "%s", why)
	}
	return Proof{Port, Down, fmt.Sprintf("it does not listen on %s", list(l.daemon.ports)), listening(t)}
}

// listening is the place of the first listening socket, which stands for all.
func listening(t *analyze.FileFact[netstat.Sockets]) parsers.Pos {
	for _, c := range t.Value.States {
		if c.State == "LISTEN" {
			return parsers.Pos{File: t.Path, Line: c.Line}
		}
	}
	return parsers.Pos{File: t.Path}
}

// owns knows the program of the daemon by the name that netstat cuts.
//
//	1625/./aws-k8s-agen
func (l *look) owns(program string) bool {
	return slices.ContainsFunc(l.daemon.programs, func(p string) bool { return Same(program, p) })
}

// Same reports whether netstat may show a program as such a name: it cuts
// the number of the process and the name together to 20 bytes.
func Same(shown, program string) bool {
	shown = path.Base(shown)
	return shown == program || len(shown) >= 8 && strings.HasPrefix(program, shown)
}

// Unheard says why listening sockets may not be in the list; "" when all are.
func Unheard(p *analyze.Pass, t *analyze.FileFact[netstat.Sockets]) string {
	if why := Cut(p, t.Path); why != "" {
		return why
	}
	kept := 0
	for _, k := range t.Value.Sockets {
		if k.State == "LISTEN" {
			kept++
		}
	}
	switch {
	case kept == 0:
		return t.Path + " has no listening sockets at all"
	case kept < t.Value.Count("LISTEN"):
		return t.Path + " has more listening sockets than are kept"
	}
	return ""
}

func list(ports []uint16) string {
	var words []string
	for _, p := range ports {
		words = append(words, fmt.Sprint(p))
	}
	return strings.Join(words, ", ")
}

// container looks for a task of a container with the image. Exited containers
// stay in the list for as long as their pod is there.
func (l *look) container() Proof {
	all, where := l.containers()
	tasks := first[ctr.Tasks](l.Pass, nil)
	if len(all) == 0 || tasks == nil {
		return silent(Container, "no container of it is listed")
	}
	for _, t := range tasks.Value.Tasks {
		if t.Status == ctr.Running && slices.ContainsFunc(all, func(c ctr.Container) bool { return c.ID == t.ID }) {
			return Proof{Container, Up, "its container runs", parsers.Pos{File: tasks.Path, Line: t.Line}}
		}
	}
	if r := tasks.Value.Rest; r.Cut > 0 || r.NoHead || len(r.Notes) > 0 || len(tasks.Value.Tasks) == 0 || Cut(l.Pass, tasks.Path) != "" {
		return silent(Container, "%s may not have all tasks", tasks.Path)
	}
	return Proof{Container, Down, "no container of it runs", parsers.Pos{File: where, Line: all[0].Line}}
}

// containers are those with the image of the daemon.
//
//	602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.4-eksbuild.2
func (l *look) containers() (out []ctr.Container, file string) {
	for _, f := range analyze.Facts[ctr.Containers](l.Pass) {
		for _, c := range f.Value.Containers {
			name, _, _ := strings.Cut(path.Base(c.Image), "@")
			name, _, _ = strings.Cut(name, ":")
			if slices.Contains(l.daemon.images, name) {
				out, file = append(out, c), f.Path
			}
		}
	}
	return out, file
}

// fresh is how old the last line of a log may be.
const fresh = 10 * time.Minute

// log looks at the time of the last line.
func (l *look) log() Proof {
	files := l.logs()
	if len(files) == 0 {
		return silent(Log, "no log of it")
	}
	if l.Clock.Collected.IsZero() || !l.Audit.Dated {
		return silent(Log, "the time of the collection is not known")
	}
	var newest *index.File
	var last time.Time
	for _, f := range files {
		if at, _ := l.Clock.Resolve(f.Last); f.Last.Kind != parsers.NoStamp && at.After(last) {
			newest, last = f, at
		}
	}
	if newest == nil {
		return silent(Log, "its log has no times")
	}
	age := l.Clock.Collected.Sub(last)
	at := parsers.Pos{File: newest.Path, Line: newest.Lines}
	if age.Abs() > fresh {
		return Proof{Log, Nothing, fmt.Sprintf("its last line is %v older than the bundle", age.Round(time.Second)), at}
	}
	return Proof{Log, Up, fmt.Sprintf("it wrote until %v before the collection", max(age, 0).Round(time.Second)), at}
}

// logs are the files of the daemon's log.
func (l *look) logs() []*index.File {
	var out []*index.File
	for _, f := range l.Files {
		if f.Lines > 0 && slices.ContainsFunc(l.daemon.logs, func(p string) bool { ok, _ := path.Match(p, f.At()); return ok }) {
			out = append(out, f)
		}
	}
	return out
}

// first returns the first fact of a type that is as wanted; nil without one.
func first[T any](p *analyze.Pass, wanted func(*T) bool) *analyze.FileFact[T] {
	for _, f := range analyze.Facts[T](p) {
		if wanted == nil || wanted(f.Value) {
			return &f
		}
	}
	return nil
}

// Cut says that the end of a file is missing; "" when it is there.
func Cut(p *analyze.Pass, file string) string {
	if coverage.CutAt(p.Files, p.Skips, file) == "" {
		return ""
	}
	return file + " is cut"
}
