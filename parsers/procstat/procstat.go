// Package procstat reads /proc/stat of a node. Its boot time is the anchor for
// the stamps of dmesg.
package procstat

import (
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is /proc/stat.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Boot time and CPU counters, /proc/stat.",
	Files:  []string{"system/procstat.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "procstat"

// maxCPUs bounds what is kept; Linux can have 8192.
const maxCPUs = 10_000

// A Stat is the file, but for the counters of single interrupts.
type Stat struct {
	BootTime time.Time // UTC, whole seconds
	Line     int       // of btime
	CPUs     int

	CPU  Times   // of all CPUs together
	Each []Times // of each whose line can be read

	Running    Count // processes that can run
	Blocked    Count // processes that wait for a disk
	Switches   Count // of contexts, since the boot
	Forks      Count // processes and threads made since the boot
	Interrupts Count // of hardware, since the boot
	SoftIRQs   Count // since the boot

	Notes rows.Notes // lines that are none of these
}

// A Count is a number and its line, 0 where the file lacks it.
type Count struct {
	Value uint64
	Line  int
}

// Times are what a CPU did since the boot, in hundredths of a second. Kernels
// that lack the last ones leave them 0.
type Times struct {
	CPU  int // -1 for all together
	Line int // 0 where the file lacks it

	User, Nice, System, Idle uint64
	IOWait                   uint64 // idle, and a process waited for a disk
	IRQ, SoftIRQ             uint64
	Steal                    uint64 // the hypervisor gave the CPU to others
	Guest, GuestNice         uint64 // parts of User and Nice
}

// Parse reads the file. A clock that was stepped after the boot moves btime
// with it, so that boot time plus uptime is the time of the collection.
//
//	cpu  85763 0 126690 46917 356 0 11827 0 0 0
//	cpu0 42878 0 62934 23440 190 0 6016 0 0 0
//	intr 1475705 143 9 0 0 228
//	btime 1795219725
//	procs_blocked 0
//
// The columns are those of proc_stat(5).
func Parse(file string, text []byte) (*Stat, error) {
	s := &Stat{CPU: Times{CPU: -1}}
	for num, line := range rows.Filled(text) {
		line = strings.TrimSpace(line)
		if key, rest, _ := strings.Cut(line, " "); !s.line(key, rest, num) {
			s.Notes.Add(num, line)
		}
	}
	if s.Line == 0 {
		return nil, s.Notes.Fail(name, file, "no btime")
	}
	return s, nil
}

// line reports false for a line of another form.
func (s *Stat) line(key, rest string, num int) bool {
	if id, ok := strings.CutPrefix(key, "cpu"); ok {
		return s.cpu(id, rest, num)
	}
	first, _, _ := strings.Cut(rest, " ")
	v, err := strconv.ParseUint(first, 10, 63)
	if err != nil {
		return false
	}
	if key == "btime" {
		return s.btime(int64(v), num)
	}
	to := s.count(key)
	if to != nil {
		*to = Count{v, num}
	}
	return to != nil
}

// count returns where a line goes that is a number, or begins with the sum of
// the numbers behind it; nil for an unknown one.
func (s *Stat) count(key string) *Count {
	switch key {
	case "procs_running":
		return &s.Running
	case "procs_blocked":
		return &s.Blocked
	case "ctxt":
		return &s.Switches
	case "processes":
		return &s.Forks
	case "intr":
		return &s.Interrupts
	case "softirq":
		return &s.SoftIRQs
	}
	return nil
}

func (s *Stat) btime(v int64, num int) bool {
	if v <= 0 || v >= 1<<33 { // the year 2242
		return false
	}
	s.BootTime, s.Line = time.Unix(v, 0).UTC(), num
	return true
}

// cpu reads the line of a CPU, or that of all together, which has no number.
func (s *Stat) cpu(id, rest string, num int) bool {
	t := Times{CPU: -1, Line: num}
	if id != "" {
		n, err := strconv.ParseUint(id, 10, 31)
		if err != nil || s.CPUs == maxCPUs {
			return false
		}
		t.CPU = int(n)
		s.CPUs++
	}
	if !t.read(rest) {
		return false
	}
	if id == "" {
		s.CPU = t
		return true
	}
	s.Each = append(s.Each, t)
	return true
}

// read takes as many columns as there are; at least the first four.
func (t *Times) read(s string) bool {
	columns := []*uint64{&t.User, &t.Nice, &t.System, &t.Idle, &t.IOWait, &t.IRQ, &t.SoftIRQ, &t.Steal, &t.Guest, &t.GuestNice}
	n := 0
	for word := range strings.FieldsSeq(s) {
		v, err := strconv.ParseUint(word, 10, 63)
		if err != nil {
			return false
		}
		if n < len(columns) {
			*columns[n] = v
		}
		n++
	}
	return n >= 4
}
