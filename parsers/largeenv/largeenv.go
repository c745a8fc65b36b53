// Package largeenv reads which processes of a node have more than 1000
// environment variables. In containers these are mostly those of services:
// each service of a namespace adds seven or more.
package largeenv

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is a table that the collector makes.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Processes with more than 1000 environment variables.",
	Files:  []string{"system/large_environments.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "largeenv"

// maxRows bounds what is kept.
const maxRows = 50_000

// A Table is the file. Without rows no process has as many.
type Table struct {
	Processes []Process
	Notes     rows.Notes
}

// A Process is a row.
type Process struct {
	PID   int // 0 for the collector itself, which /proc calls self
	Count int // of variables
	Line  int
}

// Parse reads the file.
//
//	PID	Count
//	4417	1043
//	self	1010
//
// Written by get_system_services of eks-log-collector.sh.
func Parse(file string, text []byte) (*Table, error) {
	t := &Table{}
	head := false
	for num, line := range rows.Filled(text) {
		f := strings.Fields(line)
		if len(f) == 2 && f[0] == "PID" && f[1] == "Count" {
			head = true
			continue
		}
		if p, ok := process(f); ok && head {
			p.Line = num
			t.add(p)
			continue
		}
		t.Notes.Add(num, line)
	}
	if !head {
		return nil, t.Notes.Fail(name, file, "no head of a table")
	}
	return t, nil
}

func (t *Table) add(p Process) {
	if len(t.Processes) < maxRows {
		t.Processes = append(t.Processes, p)
	}
}

func process(f []string) (p Process, ok bool) {
	if len(f) != 2 {
		return p, false
	}
	if f[0] == "self" || f[0] == "thread-self" {
		f[0] = "0"
	}
	pid, err := strconv.ParseUint(f[0], 10, 31)
	n, err2 := strconv.ParseUint(f[1], 10, 31)
	return Process{PID: int(pid), Count: int(n)}, err == nil && err2 == nil
}
