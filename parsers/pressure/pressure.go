// Package pressure reads for how much of the time the tasks of a node were
// stalled for lack of CPU, memory or I/O.
package pressure

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is a file of /proc/pressure; only the node monitoring agent has them.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Pressure stall information, /proc/pressure.",
	Files:  []string{"system/pressure_cpu.txt", "system/pressure_memory.txt", "system/pressure_io.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "pressure"

// A Pressure is a file.
type Pressure struct {
	Resource string // "cpu", "memory", "io"
	Some     *Stall // at least one task had to wait
	Full     *Stall // all tasks had to; nil of the CPU before Linux 5.13
	Notes    rows.Notes
}

// A Stall is a line. The means are percent of the last seconds.
type Stall struct {
	Avg10, Avg60, Avg300 float64
	Total                time.Duration // since the boot
	Line                 int
}

// Parse reads the file.
//
//	some avg10=1.00 avg60=2.00 avg300=3.00 total=98765
//	full avg10=0.50 avg60=1.00 avg300=1.50 total=54321
//
// The total is in microseconds. Written by kernel/sched/psi.c of Linux.
func Parse(file string, text []byte) (*Pressure, error) {
	p := &Pressure{Resource: strings.TrimPrefix(strings.TrimSuffix(path.Base(file), ".txt"), "pressure_")}
	for num, line := range rows.Filled(text) {
		f := strings.Fields(line)
		stall, ok := stall(f)
		stall.Line = num
		switch {
		case ok && f[0] == "some":
			p.Some = &stall
		case ok && f[0] == "full":
			p.Full = &stall
		default:
			p.Notes.Add(num, line)
		}
	}
	if p.Some == nil && p.Full == nil {
		return nil, p.Notes.Fail(name, file, "no pressure")
	}
	return p, nil
}

// stall reads the words of a line; all four numbers have to be there.
func stall(f []string) (s Stall, ok bool) {
	seen := 0
	for _, word := range f {
		key, value, _ := strings.Cut(word, "=")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || !(v >= 0 && v < 1<<52) {
			continue
		}
		seen++
		switch key {
		case "avg10":
			s.Avg10 = v
		case "avg60":
			s.Avg60 = v
		case "avg300":
			s.Avg300 = v
		case "total":
			s.Total = time.Duration(v) * time.Microsecond
		}
	}
	return s, seen >= 4
}
