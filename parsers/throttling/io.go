package throttling

import (
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// IO is io_throttling.txt. Without delay accounting in the kernel, which is
// off by default since Linux 5.14, it has no delays.
type IO struct {
	Delays []Delay // the longest first
	Cut    bool    // there were more
	Notes  rows.Notes
}

// A Delay is how long a process has waited for block devices since it started.
type Delay struct {
	PID  int
	Comm string // the name, up to its first blank
	// Known is false when the name has a blank: then the collector has not
	// taken the field of the delay but one before it.
	Known  bool
	Waited time.Duration
	Line   int
}

// ioHead is the first line, up to the misspelt unit.
const ioHead = "PID Name Block IO Delay"

// ParseIO reads io_throttling.txt. Collectors before May 2025 left out the rows
// whose number ends in 0. The file of the node monitoring agent has no line
// feed at its end.
//
//	PID Name Block IO Delay (centisconds)
//	1844 (kubelet) 342
//	2210 (tmux: 0
//
// Written by get_io_throttled_processes of eks-log-collector.sh.
func ParseIO(file string, text []byte) (*IO, error) {
	p := &IO{}
	found := false
	for num, line := range rows.Filled(text) {
		if strings.HasPrefix(line, ioHead) {
			found = true
			continue
		}
		p.row(num, line)
	}
	if !found {
		return nil, p.Notes.Fail(name, file, "no head of a table of delays")
	}
	return p, nil
}

func (p *IO) row(num int, s string) {
	pid, rest, _ := strings.Cut(s, " (")
	comm, number, ok := cutLast(rest, " ")
	id, err := strconv.ParseUint(pid, 10, 31)
	ticks, err2 := strconv.ParseUint(number, 10, 48)
	if !ok || err != nil || err2 != nil {
		p.Notes.Add(num, s)
		return
	}
	if len(p.Delays) == maxRows {
		p.Cut = true
		return
	}
	d := Delay{PID: int(id), Comm: comm, Line: num}
	if d.Comm, d.Known = strings.CutSuffix(comm, ")"); d.Known {
		d.Waited = time.Duration(ticks) * 10 * time.Millisecond
	}
	p.Delays = append(p.Delays, d)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
