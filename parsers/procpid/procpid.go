// Package procpid reads the state of each process of a node as the kernel
// shows it.
package procpid

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is /proc/PID/stat of all processes, one after the other.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "State of each process, /proc/PID/stat.",
	Files:  []string{"system/allprocstat.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "procpid"

// maxProcesses bounds what is kept.
const maxProcesses = 100_000

// A Table is the file.
type Table struct {
	Processes []Process
	Cut       bool // there were more
	Notes     rows.Notes
}

// A Process is a line. A tick is 1/100 s.
type Process struct {
	PID          int
	Comm         string // at most 15 bytes of a program's name, as it set it
	State        string // "R", "S", "D", "Z", "T", "I", ...
	PPID         int
	KernelThread bool
	MajorFaults  uint64 // pages that had to be read from a disk
	UserTicks    uint64
	SystemTicks  uint64
	Nice         int
	Threads      int
	StartTicks   uint64 // since the boot
	Virtual      uint64 // bytes
	RSSPages     uint64 // pages, of 4 KiB on most nodes
	CPU          int    // that it ran on last
	BlockTicks   uint64 // waited for block devices; 0 too when delay accounting is off
	Line         int
}

// Parse reads the file. The name in parentheses may have blanks, parentheses
// and line feeds in it: it ends at the last closing one.
//
//	1 (systemd) R 0 1 1 0 -1 4194560 7205 46052 159 1803 3338 3903 4444 7833 20 0 1 0 43 171794432 3057 ...
//	1047 (kworker/u4:2-flush-259:0) I 2 0 0 0 -1 69238880 0 431 0 0 0 56 18 119 20 0 1 0 33772 0 0 ...
//
// The fields are those of proc(5), written by fs/proc/array.c of Linux.
func Parse(file string, text []byte) (*Table, error) {
	p := parser{table: &Table{}}
	for num, line := range rows.Lines(text) {
		p.line(num, line)
	}
	p.giveUp()
	if len(p.table.Processes) == 0 {
		return nil, p.table.Notes.Fail(name, file, "no processes")
	}
	return p.table, nil
}

type parser struct {
	table *Table
	open  string // a line that ends within a name
	at    int    // its number
}

// maxOpen is more than a name with line feeds can have.
const maxOpen = 200

func (p *parser) line(num int, s string) {
	if p.open == "" && s == "" {
		return
	}
	if p.open != "" {
		if r, ok := process(p.open + "\n" + s); ok {
			p.add(r, p.at)
			p.open = ""
			return
		}
	}
	if r, ok := process(s); ok {
		p.giveUp()
		p.add(r, num)
		return
	}
	switch {
	case p.open != "" && len(p.open)+len(s) < maxOpen:
		p.open += "\n" + s
	case strings.Contains(s, " (") && !strings.Contains(s, ") ") && len(s) < maxOpen:
		p.giveUp()
		p.open, p.at = s, num
	default:
		p.giveUp()
		p.table.Notes.Add(num, s)
	}
}

// giveUp notes a line that was not continued.
func (p *parser) giveUp() {
	p.table.Notes.Add(p.at, p.open)
	p.open = ""
}

func (p *parser) add(r Process, line int) {
	if len(p.table.Processes) == maxProcesses {
		p.table.Cut = true
		return
	}
	r.Line = line
	p.table.Processes = append(p.table.Processes, r)
}

// The places of fields, counted from the state, which is field 3 of proc(5).
const (
	state, ppid, flags             = 0, 1, 6
	majorFaults                    = 9
	userTicks, systemTicks         = 11, 12
	nice, threads, start           = 16, 17, 19
	virtual, rss                   = 20, 21
	cpu, blockTicks, enough        = 36, 39, 40
	kernelThread            uint64 = 0x200000 // PF_KTHREAD
)

// process reads a line.
func process(s string) (r Process, ok bool) {
	head, rest, ok := strings.Cut(s, " (")
	end := strings.LastIndex(rest, ") ")
	if !ok || end < 0 {
		return r, false
	}
	f := strings.Fields(rest[end+2:])
	pid, err := strconv.ParseUint(head, 10, 31)
	if err != nil || len(f) < enough || len(f[state]) != 1 {
		return r, false
	}
	r = Process{PID: int(pid), Comm: rest[:end], State: f[state]}
	n := numbers{fields: f}
	r.PPID = n.small(ppid)
	r.KernelThread = n.at(flags)&kernelThread != 0
	r.MajorFaults = n.at(majorFaults)
	r.UserTicks, r.SystemTicks = n.at(userTicks), n.at(systemTicks)
	r.Threads, r.StartTicks = n.small(threads), n.at(start)
	r.Virtual, r.RSSPages = n.at(virtual), n.at(rss)
	r.CPU, r.BlockTicks = n.small(cpu), n.at(blockTicks)
	niceness, err := strconv.ParseInt(f[nice], 10, 8)
	r.Nice = int(niceness)
	return r, err == nil && !n.bad
}

// numbers are fields that are counts.
type numbers struct {
	fields []string
	bad    bool // one was none
}

func (n *numbers) at(i int) uint64 {
	v, err := strconv.ParseUint(n.fields[i], 10, 64)
	n.bad = n.bad || err != nil
	return v
}

func (n *numbers) small(i int) int {
	v := n.at(i)
	n.bad = n.bad || v > 1<<31-1
	return int(v)
}
