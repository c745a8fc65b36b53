// Package top reads load, tasks, CPU and memory of a node at the time of the
// collection, as top shows them.
package top

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

// Format is the output of top -b -n 1, and what the node monitoring agent
// writes in its place.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Load, tasks, CPU, memory and processes, top -b -n 1.",
	Files:  []string{"system/top.txt"},
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "top"

// maxProcesses and maxCPUs bound what is kept.
const (
	maxProcesses = 20_000
	maxCPUs      = 4096
)

// A Summary is the file. What it does not say is -1.
type Summary struct {
	Clock  string // "00:22:06", in the node's zone
	Uptime time.Duration
	Load   [3]float64 // of 1, 5 and 15 minutes
	Line   int        // of these

	Tasks  Tasks
	CPUs   []CPU
	Memory Memory
	Swap   Memory // Cached is never said

	Processes []Process // in the order of the file: top has the busiest first
	Notes     rows.Notes
}

// Tasks counts processes by state.
type Tasks struct {
	Total, Running, Sleeping, Stopped, Zombie int
	Line                                      int
}

// A CPU is how the time of a CPU was spent, in percent. The only iteration of
// top -n 1 has the mean since the boot in old versions, and a moment in new
// ones and in the node monitoring agent's.
type CPU struct {
	Name                               string // "(s)" for all together, else "0", "1", ...
	User, System, Nice, Idle, Wait     float64
	Interrupts, SoftInterrupts, Stolen float64
	Line                               int
}

// Memory is a line of memory, in bytes.
type Memory struct {
	Total, Free, Used, Cached, Available int64
	// AtLeast is set when top had no room for a number and cut its last
	// digits: it is as large as is said, or larger.
	AtLeast bool
	Line    int
}

// A Process is a row. A percentage or a time that had no room is -1.
type Process struct {
	PID     int
	User    string // shortened with a plus sign, or empty
	State   string // "S", "D", "Z", ...; empty in the node monitoring agent's
	Virtual uint64 // bytes
	RSS     uint64 // bytes
	CPU     float64
	Memory  float64
	Time    time.Duration
	Command string // shortened with a plus sign
	Line    int
}

// Parse reads the file. The second form is of the node monitoring agent, which
// writes Swap in bytes and calls them KiB, and puts all processes in rising
// order of %CPU.
//
//	top - 00:22:06 up 13 min,  0 user,  load average: 14.12, 11.36, 6.50
//	Tasks: 123 total,   5 running, 118 sleeping,   0 stopped,   0 zombie
//	%Cpu(s): 28.1 us, 65.6 sy,  0.0 ni,  0.0 id,  0.0 wa,  0.0 hi,  6.2 si,  0.0 st
//	MiB Mem :   2984.5 total,   2171.8 free,    487.1 used,    471.5 buff/cache
//	MiB Swap:      0.0 total,      0.0 free,      0.0 used.   2497.4 avail Mem
//
//	top - 06:23:56  07:57, load average: 0.06, 0.09, 0.08
//	%Cpu(s): 2.2 us, 0.7sy, 0.0 ni, 96.8 id, 0.2 wa, 0.0 hi, 0.0 si, 0.0 st
//	KiB Mem : 7950200 Total, 4676852 free, 1066836 used, 2399488 buffers/cache
//	KiB Swap: 1073737728 total, 1073737728 free, 0 used.
//
// Written by src/top of procps and by pkg/log_collector/system/top.go of
// aws/eks-node-monitoring-agent.
func Parse(file string, text []byte) (*Summary, error) {
	unknown := Memory{Total: -1, Free: -1, Used: -1, Cached: -1, Available: -1}
	p := parser{top: &Summary{Uptime: -1, Load: [3]float64{-1, -1, -1}, Memory: unknown, Swap: unknown,
		Tasks: Tasks{Total: -1, Running: -1, Sleeping: -1, Stopped: -1, Zombie: -1}}}
	for num, line := range rows.Filled(text) {
		p.line(num, line)
	}
	if p.top.Line == 0 {
		return nil, p.top.Notes.Fail(name, file, "no first line of top")
	}
	return p.top, nil
}

type parser struct {
	top   *Summary
	agent bool // the file is of the node monitoring agent
	table table
}

func (p *parser) line(num int, s string) {
	label, rest, _ := strings.Cut(s, ":")
	label = strings.TrimSpace(label)
	cpu, isCPU := strings.CutPrefix(label, "%Cpu")
	unit, kind, _ := strings.Cut(label, " ")
	words := strings.Fields(s)
	switch {
	case strings.HasPrefix(s, "top - "):
		p.first(num, s)
	case p.table.head != nil && len(words) > 0 && isDigit(words[0][0]):
		p.process(num, s)
	case label == "Tasks" || label == "Threads":
		p.tasks(num, rest)
	case isCPU:
		p.cpu(num, cpu, rest)
	case kind == "Mem":
		p.agent = strings.Contains(rest, " Total,")
		p.memory(&p.top.Memory, num, rest, unitOf(unit))
	case kind == "Swap" && p.agent:
		p.memory(&p.top.Swap, num, rest, 1)
	case kind == "Swap":
		p.memory(&p.top.Swap, num, rest, unitOf(unit))
	case len(words) > 3 && words[0] == "PID":
		p.table = newTable(s)
	default:
		p.top.Notes.Add(num, s)
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

var (
	uptimeForm = regexp.MustCompile(`^\s*(?:up\s+)?(?:(\d{1,5}) days?,\s+)?(?:(\d{1,2}):(\d{2})|(\d{1,2}) min)`)
	loadForm   = regexp.MustCompile(`load average: ([0-9.]+), ([0-9.]+), ([0-9.]+)`)
)

// first reads the line with the clock. Uptime is "up 13 min", "up  7:57",
// "up 3 days,  2:01" or "up 1 day, 5 min".
func (p *parser) first(num int, s string) {
	clock, rest, _ := strings.Cut(strings.TrimPrefix(s, "top - "), " ")
	p.top.Clock, p.top.Line = clock, num
	if m := uptimeForm.FindStringSubmatch(rest); m != nil {
		p.top.Uptime = 24*time.Hour*count(m[1]) + time.Hour*count(m[2]) + time.Minute*(count(m[3])+count(m[4]))
	}
	for i, v := range loadForm.FindStringSubmatch(rest) {
		if i == 0 {
			continue
		}
		if load, err := strconv.ParseFloat(v, 64); err == nil {
			p.top.Load[i-1] = load
		}
	}
}

// count reads a number that is empty when its part was not there.
func count(s string) time.Duration {
	n, _ := strconv.Atoi(s)
	return time.Duration(n)
}

// An amount is a number with its label: " 65.6 sy", "0.7sy", "2497.4 avail Mem".
type amount struct {
	number, label string
}

// amounts splits "a x, b y, c z.  d w" into numbers and labels.
func amounts(s string) []amount {
	s = strings.ReplaceAll(s, "used. ", "used, ")
	var out []amount
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		label := strings.TrimLeft(part, "0123456789.+-")
		out = append(out, amount{part[:len(part)-len(label)], strings.ToLower(strings.Trim(label, " ."))})
	}
	return out
}

func (p *parser) tasks(num int, s string) {
	t := &p.top.Tasks
	t.Line = num
	for _, a := range amounts(s) {
		n, err := strconv.ParseUint(a.number, 10, 31)
		if err != nil {
			continue
		}
		switch a.label {
		case "total":
			t.Total = int(n)
		case "running":
			t.Running = int(n)
		case "sleeping":
			t.Sleeping = int(n)
		case "stopped":
			t.Stopped = int(n)
		case "zombie":
			t.Zombie = int(n)
		}
	}
}

func (p *parser) cpu(num int, label, s string) {
	if len(p.top.CPUs) == maxCPUs {
		return
	}
	c := CPU{Name: strings.TrimSpace(label), User: -1, System: -1, Nice: -1, Idle: -1, Wait: -1,
		Interrupts: -1, SoftInterrupts: -1, Stolen: -1, Line: num}
	places := map[string]*float64{"us": &c.User, "sy": &c.System, "ni": &c.Nice, "id": &c.Idle, "wa": &c.Wait,
		"hi": &c.Interrupts, "si": &c.SoftInterrupts, "st": &c.Stolen}
	for _, a := range amounts(s) {
		place, known := places[a.label]
		if v, err := strconv.ParseFloat(a.number, 64); known && err == nil {
			*place = v
		}
	}
	p.top.CPUs = append(p.top.CPUs, c)
}

// unitOf is how many bytes "KiB" are.
func unitOf(s string) uint64 {
	n, _ := size.Parse("1"+s, 1)
	return n
}

// memory reads one of the two lines. The memory that is available stands at
// the end of the line of swap.
func (p *parser) memory(m *Memory, num int, s string, unit uint64) {
	m.Line = num
	for _, a := range amounts(s) {
		n, cut, ok := bytesOf(a.number, unit)
		if !ok {
			continue
		}
		switch a.label {
		case "total":
			m.Total = n
		case "free":
			m.Free = n
		case "used":
			m.Used = n
		case "buff/cache", "buffers/cache":
			m.Cached = n
		case "avail mem":
			p.top.Memory.Available = n
			p.top.Memory.AtLeast = p.top.Memory.AtLeast || cut
			continue
		}
		m.AtLeast = m.AtLeast || cut
	}
}

// bytesOf reads a number of memory. Where it does not fit into eight
// characters top cuts it and sets a plus sign: of 131751360 KiB it shows
// "13175136+", of 1179648.0 MiB "1179648.+".
func bytesOf(s string, unit uint64) (n int64, cut, ok bool) {
	s, cut = strings.CutSuffix(s, "+")
	if cut && !strings.Contains(s, ".") && unit <= 1<<10 {
		s += "0"
	}
	v, ok := size.Parse(strings.TrimSuffix(s, "."), unit)
	return int64(min(v, 1<<62)), cut, ok
}
