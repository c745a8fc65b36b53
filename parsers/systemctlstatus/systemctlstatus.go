// Package systemctlstatus reads the output of systemctl status: what systemd
// says of a unit, and the last lines of its journal.
package systemctlstatus

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

// Format is the output of systemctl status.
var Format = &parsers.Format{
	Name: name,
	Doc:  "State of systemd units, systemctl status.",
	Files: append([]string{
		"containerd/soci-snapshotter/soci-snapshotter-status.txt",
		"soci-snapshotter/soci-snapshotter-status.txt",
	}, place.Logdog("kube-status")...),
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "systemctlstatus"

// Bounds of what is kept.
const (
	maxUnits     = 10_000
	maxProcesses = 1000 // of a unit, and other lists
	maxText      = 500  // bytes of a value
)

// A Status is a file.
type Status struct {
	Units []Unit
	Notes rows.Notes // lines that belong to no unit
	Cut   bool       // there was more than is kept
}

// A Unit is what systemctl says of one unit. Times are as written, in the zone
// of the host.
type Unit struct {
	Name, Description string
	Line              int

	Load    string // "loaded", "not-found", "masked"
	File    string // of the unit
	Enabled string // "enabled", "disabled", "static"
	DropIns []string

	Active     string // "active", "failed", "inactive", "activating"
	Sub        string // "running", "dead", "auto-restart"; "" where it is the same word
	Result     string // "exit-code"; "" for success
	Since      string // "Fri 2026-11-20 23:59:59 UTC"
	Ago        string // "21min ago"
	ActiveLine int

	Condition   string // why it was not started
	TriggeredBy []string

	MainPID     int    // 0 without one
	MainProgram string // cut to 15 characters by the kernel; "" when it has ended
	MainExit    string // "code=exited, status=1/FAILURE"
	Text        string // that the service reports
	Ended       []Ended

	Tasks, TasksLimit         int64  // -1 when not known
	Memory                    uint64 // bytes, rounded; 0 when not known
	MemoryPeak, MemoryMax     uint64
	CPU                       string // "6.301s"
	CGroup                    string
	Processes                 []Process
	JournalLine, JournalLines int // first line and number of what it logged last
}

// Ended is a process of a unit that has ended.
type Ended struct {
	PID    int
	Phase  string // "ExecStartPre"
	Result string // "code=exited, status=0/SUCCESS"
	Line   int
}

// A Process is one of the control group of a unit. Of its command line only the
// program is kept.
type Process struct {
	PID     int
	Program string
	Line    int
}

// Parse reads the file.
//
//	● soci-snapshotter.service - soci snapshotter containerd plugin
//	     Loaded: loaded (/usr/lib/systemd/system/soci-snapshotter.service; enabled; preset: enabled)
//	     Active: active (running) since Fri 2025-05-30 00:53:42 UTC; 8min ago
//	   Main PID: 1230 (soci-snapshotte)
//	     CGroup: /system.slice/soci-snapshotter.service
//	             └─1230 /usr/bin/soci-snapshotter-grpc --address fd://
//
// https://github.com/systemd/systemd/blob/v252/src/systemctl/systemctl-show.c
func Parse(file string, text []byte) (*Status, error) {
	r := reader{status: &Status{}}
	for num, line := range rows.Lines(text) {
		r.line(num, line)
	}
	if len(r.status.Units) == 0 {
		return nil, r.status.Notes.Fail(name, file, "no unit")
	}
	return r.status, nil
}

type reader struct {
	status *Status
	unit   *Unit  // nil before the first one
	logs   bool   // behind the blank line that ends a unit
	key    string // that lines without a key belong to
}

// head starts a unit: a sign for its state, which is an asterisk or a letter in
// the locale C.
var head = regexp.MustCompile(`^\S (\S+\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope))(?: - (.*))?$`)

// field is "KEY: value" with the key aligned to the right.
var field = regexp.MustCompile(`^ {0,11}((?:Main|Cntrl|Mem|FD) [A-Za-z]+|[A-Z][A-Za-z-]*): (.*)$`)

func (r *reader) line(num int, s string) {
	if m := head.FindStringSubmatch(s); m != nil {
		r.begin(num, m)
		return
	}
	switch {
	case strings.TrimSpace(s) == "":
		r.logs = r.unit != nil
	case r.unit == nil || strings.HasPrefix(s, "Warning: ") || strings.HasPrefix(s, "Hint: "):
		r.status.Notes.Add(num, s)
	case r.logs:
		r.journal(num)
	default:
		r.about(num, s)
	}
}

func (r *reader) begin(num int, m []string) {
	r.logs, r.key = false, ""
	if len(r.status.Units) == maxUnits {
		r.status.Cut, r.unit = true, &Unit{} // which nobody sees
		return
	}
	r.status.Units = append(r.status.Units, Unit{
		Name: rows.Clip(m[1], maxText), Description: rows.Clip(m[2], maxText), Line: num, Tasks: -1, TasksLimit: -1,
	})
	r.unit = &r.status.Units[len(r.status.Units)-1]
}

func (r *reader) journal(num int) {
	if r.unit.JournalLines == 0 {
		r.unit.JournalLine = num
	}
	r.unit.JournalLines++
}

// about reads a line of the part before the journal.
func (r *reader) about(num int, s string) {
	m := field.FindStringSubmatch(s)
	if m == nil {
		r.more(num, strings.TrimSpace(s))
		return
	}
	r.key = m[1]
	u, value := r.unit, strings.TrimSpace(m[2])
	switch r.key {
	case "Loaded":
		u.loaded(value)
	case "Active":
		u.active(num, value)
	case "Main PID":
		u.mainPID(value)
	case "Process":
		r.ended(num, value)
	case "Status":
		u.Text = rows.Clip(strings.Trim(value, `"`), maxText)
	case "Tasks":
		u.tasks(value)
	case "Memory":
		u.memory(value)
	case "CPU":
		u.CPU = rows.Clip(value, maxText)
	case "CGroup":
		u.CGroup = rows.Clip(value, maxText)
	case "Condition":
		u.Condition = rows.Clip(value, maxText)
	case "TriggeredBy":
		r.trigger(value)
	case "Drop-In":
		// The folder; the names are on the next lines.
	}
}

// more reads a line without a key.
func (r *reader) more(num int, s string) {
	u := r.unit
	switch r.key {
	case "Drop-In":
		if names, ok := branch(s); ok {
			for n := range strings.SplitSeq(names, ", ") {
				u.DropIns = r.add(u.DropIns, n)
			}
		}
	case "TriggeredBy":
		r.trigger(s)
	case "Condition":
		if why, ok := branch(s); ok {
			u.Condition = rows.Clip(u.Condition+"; "+why, maxText)
		}
	case "CGroup":
		r.process(num, s)
	case "":
		r.status.Notes.Add(num, s)
	}
}

func (r *reader) add(list []string, s string) []string {
	if len(list) == maxProcesses {
		r.status.Cut = true
		return list
	}
	return append(list, rows.Clip(s, maxText))
}

// trigger reads a unit with its sign.
func (r *reader) trigger(s string) {
	if _, unit, ok := strings.Cut(s, " "); ok {
		r.unit.TriggeredBy = r.add(r.unit.TriggeredBy, strings.TrimSpace(unit))
	}
}

// branch drops the drawing of a tree; ok is false when there is none.
func branch(s string) (string, bool) {
	rest := strings.TrimLeft(s, "│├└─|`- ")
	return rest, rest != s
}

// process reads a row of the tree of a control group. Groups below it have a
// name in place of a number.
func (r *reader) process(num int, s string) {
	row, ok := branch(s)
	pid, command, ok2 := strings.Cut(row, " ")
	n, err := strconv.ParseUint(pid, 10, 31)
	if !ok || !ok2 || err != nil {
		return
	}
	if len(r.unit.Processes) == maxProcesses {
		r.status.Cut = true
		return
	}
	program, _, _ := strings.Cut(strings.TrimLeft(command, " "), " ")
	r.unit.Processes = append(r.unit.Processes, Process{int(n), rows.Clip(program, maxText), num})
}

var endedRow = regexp.MustCompile(`^(\d+) (Exec\w+)=.* \(([^()]*)\)$`)

// ended reads a process that is gone.
//
//	1031 ExecStartPre=/usr/bin/mkdir -p /run/soci (code=exited, status=0/SUCCESS)
func (r *reader) ended(num int, value string) {
	m := endedRow.FindStringSubmatch(value)
	if m == nil {
		what, _, _ := strings.Cut(value, "=") // the command line is not kept
		r.status.Notes.Add(num, what)
		return
	}
	if len(r.unit.Ended) == maxProcesses {
		r.status.Cut = true
		return
	}
	n, _ := strconv.ParseUint(m[1], 10, 31)
	r.unit.Ended = append(r.unit.Ended, Ended{int(n), m[2], rows.Clip(m[3], maxText), num})
}

// loaded reads "loaded (FILE; enabled; preset: disabled)", before systemd 250
// with "vendor preset".
func (u *Unit) loaded(value string) {
	state, rest, _ := strings.Cut(value, " (")
	u.Load = rows.Clip(state, maxText)
	parts := strings.Split(strings.TrimSuffix(rest, ")"), "; ")
	if strings.HasPrefix(parts[0], "/") {
		u.File = rows.Clip(parts[0], maxText)
	}
	if len(parts) > 1 {
		u.Enabled = rows.Clip(parts[1], maxText)
	}
}

var activeRow = regexp.MustCompile(`^([\w-]+)(?: \(([^()]+)\))?(?: \(thawing\)| \(frozen\)| \(freezing\))?(?: \(Result: ([^()]+)\))?(?: since (.*))?$`)

// active reads "failed (Result: exit-code) since Fri 2026-11-20 23:59:59 UTC; 21min ago".
func (u *Unit) active(num int, value string) {
	u.ActiveLine = num
	m := activeRow.FindStringSubmatch(value)
	if m == nil {
		u.Active = rows.Clip(value, maxText)
		return
	}
	u.Active, u.Sub, u.Result = m[1], m[2], m[3]
	if result, ok := strings.CutPrefix(u.Sub, "Result: "); ok {
		u.Sub, u.Result = "", result
	}
	since, ago, _ := strings.Cut(m[4], "; ")
	u.Since, u.Ago = rows.Clip(since, maxText), rows.Clip(ago, maxText)
}

// mainPID reads "1230 (soci-snapshotte)" and "1230 (code=exited, status=1/FAILURE)".
func (u *Unit) mainPID(value string) {
	pid, rest, _ := strings.Cut(value, " ")
	if n, err := strconv.ParseUint(strings.TrimSuffix(pid, ";"), 10, 31); err == nil {
		u.MainPID = int(n)
	}
	rest, _, _ = strings.Cut(rest, "; Control PID")
	rest = rows.Clip(strings.Trim(rest, "()"), maxText)
	if strings.HasPrefix(rest, "code=") {
		u.MainExit = rest
		return
	}
	u.MainProgram = rest
}

// tasks reads "40 (limit: 8934)".
func (u *Unit) tasks(value string) {
	count, limit, _ := strings.Cut(value, " (limit: ")
	if n, err := strconv.ParseInt(count, 10, 64); err == nil {
		u.Tasks = n
	}
	if n, err := strconv.ParseInt(strings.TrimSuffix(limit, ")"), 10, 64); err == nil {
		u.TasksLimit = n
	}
}

// memory reads "717.8M (max: 1.0G available: 306.1M peak: 800.0M)".
func (u *Unit) memory(value string) {
	now, rest, _ := strings.Cut(value, " (")
	u.Memory, _ = size.Parse(now, 1)
	words := strings.Fields(strings.TrimSuffix(rest, ")"))
	for i := 0; i+1 < len(words); i++ {
		switch words[i] {
		case "max:":
			u.MemoryMax, _ = size.Parse(words[i+1], 1)
		case "peak:":
			u.MemoryPeak, _ = size.Parse(words[i+1], 1)
		}
	}
}

// sniff accepts a unit's line with what systemd loaded below it.
func sniff(first []byte) bool {
	line, rest, _ := bytes.Cut(first, []byte("\n"))
	return bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("Loaded: ")) && head.Match(bytes.TrimRight(line, "\r"))
}
