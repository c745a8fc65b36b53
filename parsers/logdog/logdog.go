// Package logdog reads what Bottlerocket's collector of logs says of its own
// run: what it asked for, and which commands failed.
package logdog

import (
	"errors"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format owns the list of errors in logdog's tarball, and what it prints, as
// the node monitoring agent keeps it.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Run of Bottlerocket's logdog: its output, and the commands that failed.",
	Files:  append(place.Logdog("logdog.errors"), "bottlerocket/logdog/command-output.log"),
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "logdog"

// maxRows, maxNotes and maxText bound what is kept of a file.
const (
	maxRows  = 1000
	maxNotes = 100
	maxText  = 1000
)

// A Run is a file. The output has Requests and, when the run came to its end,
// Output; logdog.errors has Failures.
type Run struct {
	Requests []Request
	Failures []Failure
	Output   string // path of the tarball on the node
	Notes    []Note // other lines: what commands wrote, lines of an error
}

// A Request is a line of logdog's configuration.
type Request struct {
	Mode    string // "exec", "file", "glob", "http", "settings"
	File    string // in the tarball; "" for glob
	Command string // what was run, or the path or address of what was asked for
	Line    int
}

// A Failure is a request that gave no file, or an empty one. A command that
// ran and failed is none: its error is in its file.
type Failure struct {
	Request
	Error string
}

// A Note is a line that is none of these.
type Note struct {
	Line int
	Text string
}

// Parse reads either file.
//
//	Checking: /usr/share/logdog.d/logdog.common.conf
//	Running: exec df df -h
//	logs are at: /var/log/support/bottlerocket-logs.tar.gz
//
//	Error running command 'exec wicked wicked show all': 'Error starting command ...: No such file or directory (os error 2)'
//
// Written by sources/logdog of bottlerocket-os/bottlerocket-core-kit.
func Parse(file string, text []byte) (*Run, error) {
	r := &Run{}
	for num, line := range rows.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			r.line(line, num)
		}
	}
	if len(r.Requests)+len(r.Failures)+len(r.Notes) == 0 && r.Output == "" {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("nothing of logdog")}
	}
	return r, nil
}

func (r *Run) line(s string, num int) {
	if rest, ok := strings.CutPrefix(s, "Running: "); ok && len(r.Requests) < maxRows {
		r.Requests = append(r.Requests, request(rest, num))
		return
	}
	if rest, ok := strings.CutPrefix(s, "logs are at: "); ok {
		r.Output = short(rest)
		return
	}
	if f, ok := failure(s, num); ok && len(r.Failures) < maxRows {
		r.Failures = append(r.Failures, f)
		return
	}
	if !strings.HasPrefix(s, "Checking: ") && len(r.Notes) < maxNotes {
		r.Notes = append(r.Notes, Note{num, short(s)})
	}
}

// request reads "exec df df -h"; a glob has no file.
func request(s string, num int) Request {
	mode, rest, _ := strings.Cut(s, " ")
	r := Request{Mode: short(mode), Line: num}
	if mode != "glob" {
		r.File, rest, _ = strings.Cut(rest, " ")
		r.File = short(r.File)
	}
	r.Command = short(rest)
	return r
}

// failure reads a line of logdog.errors. The error may go on in more lines,
// and then the quote is not closed.
func failure(s string, num int) (Failure, bool) {
	rest, ok := strings.CutPrefix(s, "Error running command '")
	if !ok {
		return Failure{}, false
	}
	what, why, ok := strings.Cut(rest, "': '")
	return Failure{request(what, num), short(strings.TrimSuffix(why, "'"))}, ok
}

func short(s string) string { return s[:min(len(s), maxText)] }
