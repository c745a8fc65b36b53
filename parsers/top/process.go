package top

import (
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

// A table is the columns of the processes.
type table struct {
	head []string
	user int // where the column of users starts, 0 without
}

func newTable(head string) table {
	return table{strings.Fields(head), max(0, strings.Index(head, " USER")+1)}
}

// process reads a row; the columns differ between versions.
//
//	    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
//	    464 root      20   0 1342136  92052  59068 S  28.6   3.0   4:36.07 kubelet
//
//	PID    USER             NI   VIRT     RES     %CPU  %MEM  TIME+    COMMAND
//	1844   root             0    1778832  93380   1.3   1.2   6:10.86  kubelet
func (p *parser) process(num int, s string) {
	r, ok := p.table.row(s)
	switch {
	case !ok:
		p.top.Notes.Add(num, s)
	case len(p.top.Processes) < maxProcesses:
		r.Line = num
		p.top.Processes = append(p.top.Processes, r)
	}
}

func (t table) row(s string) (r Process, ok bool) {
	head := t.head
	if t.user > 0 && len(s) > t.user && s[t.user] == ' ' && head[1] == "USER" {
		// The agent does not find the names of users that only the node knows.
		head = append([]string{head[0]}, head[2:]...)
	}
	cells := rows.Split(s, len(head))
	if len(cells) < len(head) {
		return r, false
	}
	for i, cell := range cells {
		if !r.set(head[i], cell) {
			return r, false
		}
	}
	return r, true
}

// set keeps a cell; false is one that is not what its column promises.
func (r *Process) set(column, cell string) (ok bool) {
	var err error
	switch column {
	case "PID":
		r.PID, err = strconv.Atoi(cell)
	case "USER":
		r.User = cell
	case "S":
		r.State = cell
	case "VIRT":
		r.Virtual, ok = size.Parse(cell, 1<<10)
		return ok
	case "RES":
		r.RSS, ok = size.Parse(cell, 1<<10)
		return ok
	case "%CPU":
		r.CPU, ok = percent(cell)
		return ok
	case "%MEM":
		r.Memory, ok = percent(cell)
		return ok
	case "TIME+", "TIME":
		r.Time, ok = cpuTime(cell)
		return ok
	case "COMMAND":
		r.Command = strings.TrimSpace(cell)
	}
	return err == nil
}

// percent reads a percentage; one without room is a question mark.
func percent(s string) (float64, bool) {
	if s == "?" {
		return -1, true
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && v >= 0 && v < 1e9
}

// wide are the units of times that have no room for more.
var wide = map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// cpuTime reads the CPU time of a process. From left to right there is less
// room: minutes and seconds; hours and minutes, behind a comma; two units; one;
// and a question mark. The node monitoring agent also writes seconds alone.
//
//	4:36.07  12074:06  543,12  543210h  4d+5h  12w+3d  17w  ?  0.03
//
// Written by scale_tics in src/top/top.c of procps, with capitals if so built.
func cpuTime(s string) (time.Duration, bool) {
	switch {
	case s == "":
		return 0, false
	case s == "?":
		return -1, true
	case wide[s[len(s)-1]|0x20] > 0:
		return wideTime(strings.ToLower(s))
	}
	if hours, minutes, ok := strings.Cut(s, ","); ok {
		h, err1 := strconv.ParseUint(hours, 10, 20)
		m, err2 := strconv.ParseUint(minutes, 10, 6)
		return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, err1 == nil && err2 == nil
	}
	minutes, seconds, ok := strings.Cut(s, ":")
	if !ok {
		minutes, seconds = "0", s
	}
	m, err := strconv.ParseUint(minutes, 10, 24)
	if err != nil {
		return 0, false
	}
	sec, err := strconv.ParseFloat(seconds, 64)
	if err != nil || !(sec >= 0 && sec < 1e6) {
		return 0, false
	}
	return time.Duration(m)*time.Minute + (time.Duration(sec*100+0.5) * 10 * time.Millisecond), true
}

// wideTime adds up "12w+3d". A sum of centuries is cut to what fits.
func wideTime(s string) (sum time.Duration, ok bool) {
	const most = 1 << 62
	for part := range strings.SplitSeq(s, "+") {
		if part == "" {
			return 0, false
		}
		unit := wide[part[len(part)-1]]
		n, err := strconv.ParseUint(part[:len(part)-1], 10, 32)
		if unit == 0 || err != nil {
			return 0, false
		}
		if time.Duration(n) > (most-sum)/unit {
			return most, true
		}
		sum += time.Duration(n) * unit
	}
	return sum, true
}
