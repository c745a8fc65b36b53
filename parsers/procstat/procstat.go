// Package procstat reads /proc/stat of a node. Its boot time is the anchor for
// the stamps of dmesg.
package procstat

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format is /proc/stat.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Boot time and CPU counters, /proc/stat.",
	Files:  []string{"system/procstat.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "procstat"

// A Stat is the file.
type Stat struct {
	BootTime time.Time // UTC, whole seconds
	Line     int       // of btime
	CPUs     int
	Running  uint64 // processes that can run
	Blocked  uint64 // processes that wait for a disk
}

// Parse reads the file. A clock that was stepped after the boot moves btime
// with it, so that boot time plus uptime is the time of the collection.
//
//	cpu0 42878 0 62934 23440 190 0 6016 0 0 0
//	btime 1795219725
//	procs_blocked 0
func Parse(file string, text []byte) (*Stat, error) {
	s, num := &Stat{}, 0
	for line := range strings.Lines(string(text)) {
		num++
		key, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(key, "cpu") && key != "cpu" {
			s.CPUs++
			continue
		}
		if key != "btime" && key != "procs_running" && key != "procs_blocked" {
			continue
		}
		v, err := strconv.ParseUint(rest, 10, 63)
		switch {
		case err != nil:
		case key == "procs_running":
			s.Running = v
		case key == "procs_blocked":
			s.Blocked = v
		case v > 0 && v < 1<<33: // the year 2242
			s.BootTime, s.Line = time.Unix(int64(v), 0).UTC(), num
		}
	}
	if s.Line == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no btime")}
	}
	return s, nil
}
