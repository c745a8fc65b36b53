// Package ps reads the processes and the threads of a node.
package ps

import (
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of ps fauxwww and of ps -eTF.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Processes as a tree, ps fauxwww, and threads, ps -eTF.",
	Files:  []string{"system/ps.txt", "system/ps-threads.txt"},
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ps"

// maxRows and maxCommand bound what is kept of a file.
const (
	maxRows    = 100_000
	maxCommand = 16 << 10
)

// A Table is a file: ps.txt has Processes, ps-threads.txt has Threads.
type Table struct {
	Processes []Process
	Threads   []Threads
	Cut       bool       // there were more
	Notes     rows.Notes // lines that are no rows
}

// A Process is a row of ps.txt.
type Process struct {
	User    string // a number where the name is not known or too long
	PID     int
	PPID    int     // as the tree shows it, 0 for those at its root
	Depth   int     // in the tree, 0 at its root
	CPU     float64 // percent of one CPU, since the process began
	Memory  float64 // percent of the node's
	Virtual uint64  // bytes
	RSS     uint64  // bytes that are in memory
	TTY     string  // "?" without
	State   string  // "Ssl", "D", "Z+", ...: the first letter is the state
	Start   string  // "00:08", "Nov20" or "2025", in the node's zone
	Time    time.Duration
	Command string // kernel threads in brackets: "[kthreadd]"
	Line    int
}

// Threads are the threads of a process.
type Threads struct {
	User    string
	PID     int
	PPID    int
	Count   int
	RSS     uint64 // bytes
	Start   string
	Time    time.Duration // of all of them
	Command string
	Line    int // of the first
}

// Parse reads either output. Its heads tell the columns; ps repeats them after
// each page.
//
//	USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
//	root           2  0.0  0.0      0     0 ?        S    00:08   0:00 [kthreadd]
//	65535       3538  0.4  0.1 1226932 5668 ?        Ssl  00:19   0:00  \_ /pause
//
//	UID          PID    SPID    PPID  C    SZ   RSS PSR STIME TTY          TIME CMD
//	root         464     497       1  5 335534 92052  1 00:09 ?        00:00:42 /usr/bin/kubelet
func Parse(file string, text []byte) (*Table, error) {
	p := parser{table: &Table{}, threads: map[int]int{}}
	for num, line := range rows.Filled(text) {
		p.line(num, line)
	}
	t := p.table
	if len(t.Processes)+len(t.Threads) == 0 {
		return nil, t.Notes.Fail(name, file, "no processes")
	}
	return t, nil
}

type parser struct {
	table   *Table
	head    []string
	threads map[int]int // place in table.Threads by PID
	parents []int       // PIDs by depth, above the last process
}

// A row has the columns of either file.
type row struct {
	Process
	tid int // of a thread
}

func (p *parser) line(num int, s string) {
	words := strings.Fields(s)
	if isHead(words) {
		p.head = words
		return
	}
	r, ok := p.row(s)
	r.Line = num
	switch {
	case !ok:
		p.table.Notes.Add(num, s)
	case r.tid != 0:
		p.thread(r.Process)
	default:
		p.process(r.Process)
	}
}

// isHead knows the names of columns. With labels of SELinux, these come first.
func isHead(words []string) bool {
	if len(words) > 0 && words[0] == "LABEL" {
		words = words[1:]
	}
	return len(words) > 3 && (words[0] == "USER" || words[0] == "UID") && words[1] == "PID"
}

// row reads the cells that it knows. Only the command may be missing: a
// process can have overwritten it.
func (p *parser) row(s string) (r row, ok bool) {
	cells := rows.Split(s, len(p.head))
	if p.head == nil || len(cells) < len(p.head)-1 {
		return r, false
	}
	for i, cell := range cells {
		if !r.set(p.head[i], cell) {
			return r, false
		}
	}
	return r, r.PID > 0
}

// set keeps a cell; false is one that is not what its column promises, as when
// numbers ran together.
func (r *row) set(column, cell string) (ok bool) {
	ok = true
	switch column {
	case "USER", "UID":
		r.User = cell
	case "PID":
		r.PID, ok = id(cell)
	case "PPID":
		r.PPID, ok = id(cell)
	case "SPID", "LWP", "TID":
		r.tid, ok = id(cell)
	case "%CPU":
		r.CPU, ok = percent(cell)
	case "%MEM":
		r.Memory, ok = percent(cell)
	case "VSZ":
		r.Virtual, ok = kibibytes(cell)
	case "RSS":
		r.RSS, ok = kibibytes(cell)
	case "TTY", "TT":
		r.TTY = cell
	case "STAT", "S":
		r.State = cell
	case "START", "STIME", "STARTED":
		r.Start = cell
	case "TIME":
		r.Time, ok = cpuTime(cell)
	case "COMMAND", "CMD":
		r.Command = rows.Clip(cell, maxCommand)
	}
	return ok
}

func id(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil
}

func percent(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && v >= 0 && v < 1e9
}

func kibibytes(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 53)
	return n << 10, err == nil
}

// cpuTime reads "0:02", minutes and seconds, and "1-03:04:05".
func cpuTime(s string) (time.Duration, bool) {
	days, clock, ok := strings.Cut(s, "-")
	if !ok {
		days, clock = "0", s
	}
	total, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, false
	}
	parts := strings.Split(clock, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	seconds := uint64(0)
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, 24)
		if err != nil {
			return 0, false
		}
		seconds = seconds*60 + n
	}
	return time.Duration(total*24*3600+seconds) * time.Second, true
}

// process keeps a row of the tree and finds its parent, the last process that
// is one less deep.
func (p *parser) process(r Process) {
	if len(p.table.Processes) == maxRows {
		p.table.Cut = true
		return
	}
	r.Depth, r.Command = branch(r.Command)
	if r.Depth > 0 && r.Depth <= len(p.parents) {
		r.PPID = p.parents[r.Depth-1]
	}
	if r.Depth <= len(p.parents) {
		p.parents = append(p.parents[:r.Depth], r.PID)
	}
	p.table.Processes = append(p.table.Processes, r)
}

// branch takes the tree off a command. Each step is four characters:
//
//	/usr/bin/containerd
//	 \_ /usr/bin/containerd-shim-runc-v2
//	 |   \_ /pause
func branch(s string) (depth int, command string) {
	at := len(s) - len(strings.TrimLeft(s, " |"))
	rest, ok := strings.CutPrefix(s[at:], `\_ `)
	if !ok || at == 0 {
		return 0, s
	}
	return (at-1)/4 + 1, rest
}

// thread counts a thread for its process.
func (p *parser) thread(r Process) {
	i, ok := p.threads[r.PID]
	if ok {
		t := &p.table.Threads[i]
		t.Count++
		t.Time += r.Time
		return
	}
	if len(p.table.Threads) == maxRows {
		p.table.Cut = true
		return
	}
	p.threads[r.PID] = len(p.table.Threads)
	p.table.Threads = append(p.table.Threads, Threads{
		User: r.User, PID: r.PID, PPID: r.PPID, Count: 1,
		RSS: r.RSS, Start: r.Start, Time: r.Time, Command: r.Command, Line: r.Line,
	})
}
