// Package gostack reads goroutine dumps of Go programs: what each thread of
// containerd or dockerd was doing when the collector asked.
//
// A dump is made on request and is no sign of a problem; its function names
// have words like panic and error. What counts is how many goroutines there
// are and what the oldest of them wait for.
package gostack

import (
	"bytes"
	"cmp"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format is a goroutine dump.
var Format = &parsers.Format{
	Name: name,
	Doc:  "Goroutine dumps of containerd and dockerd.",
	Files: []string{
		"containerd/containerd.*.stacks.log*",
		"docker/docker-trace.txt", "docker/goroutine-stacks-*.log",
	},
	Sniff:  sniff,
	Aside:  true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "gostack"

// Bounds of what is kept. Go has about forty states.
const (
	maxStates = 100
	maxPlaces = 10_000 // that are counted
	maxShown  = 50     // places and goroutines that are kept
	maxText   = 300    // bytes of a name
)

// A Dump is one dump of one process.
type Dump struct {
	PID        int // as the name of the file says; 0 when it does not
	Goroutines int
	Locked     int     // how many are locked to a thread
	States     []State // the most frequent first
	// Waiting are those that wait longest, the longest first. Go tells the
	// time from one minute on.
	Waiting []Goroutine
	// Places are where most goroutines are, the most frequent first.
	Places []Place
	Line   int // of the first goroutine
	Cut    int // goroutines that States or Places leave out
	Other  int // lines that belong to no goroutine
}

// A State is what goroutines do.
type State struct {
	Name       string // "select", "chan receive", "IO wait"
	Count      int
	MaxMinutes int
	Line       int    // of the first one that waits longest
	Own        string // as in Goroutine, of that one
}

// A Goroutine is one of the dump.
type Goroutine struct {
	ID        int64
	State     string
	Minutes   int // at least so long
	Locked    bool
	Func      string // the innermost function, without its arguments
	Own       string // the innermost one that is not of Go's library; "" for none
	At        string // file:line of Own, or of Func
	CreatedBy string // "" for the main goroutine
	Line      int
}

// A Place is goroutines that do the same in the same function.
type Place struct {
	State      string
	Own        string // as in Goroutine; Func where there is none
	Count      int
	MaxMinutes int
	Line       int // of the first one
}

// Parse reads a dump.
//
//	goroutine 56 [IO wait, 10 minutes]:
//	internal/poll.runtime_pollWait(0x7fbd9f7f2000, 0x72)
//		runtime/netpoll.go:351 +0x85
//	created by github.com/fsnotify/fsnotify.NewWatcher in goroutine 32
//
// https://github.com/golang/go/blob/go1.26.0/src/runtime/traceback.go
func Parse(file string, text []byte) (*Dump, error) {
	r := &reader{dump: &Dump{PID: pidOf(file)}, states: map[string]*State{}, places: map[place]*Place{}}
	num := 0
	for line := range bytes.Lines(text) {
		num++
		r.line(num, bytes.TrimRight(line, "\r\n"))
	}
	r.finish()
	if r.dump.Goroutines == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no goroutines")}
	}
	r.rank()
	return r.dump, nil
}

// pidOf reads the number in containerd.444.stacks.log.
func pidOf(file string) int {
	parts := strings.Split(path.Base(file), ".")
	if len(parts) < 3 {
		return 0
	}
	n, err := strconv.ParseUint(parts[1], 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

type place struct{ state, own string }

type reader struct {
	dump   *Dump
	states map[string]*State
	places map[place]*Place

	open  bool // within a goroutine
	g     Goroutine
	frame frame // what the next line tells the place of
}

// A frame says whose place the line after a function is.
type frame int

const (
	none frame = iota
	inner
	own
)

func (r *reader) line(num int, line []byte) {
	if at := headAt(line); at >= 0 {
		if g, ok := head(line[at:]); ok {
			r.finish()
			g.Line = num
			r.g, r.open = g, true
			return
		}
	}
	switch {
	case len(line) == 0:
		r.finish()
	case !r.open:
		r.dump.Other++
	case line[0] == '\t':
		r.place(line[1:])
	case bytes.HasPrefix(line, createdBy):
		by, _, _ := bytes.Cut(line[len(createdBy):], []byte(" in goroutine "))
		r.g.CreatedBy, r.frame = clip(by), none
	default:
		r.function(line)
	}
}

var (
	createdBy = []byte("created by ")
	goroutine = []byte("goroutine ")
)

// headAt returns where the head of a goroutine may start: at the start of the
// line, or behind the progress of curl, which goes into the same file.
//
//	0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0goroutine 1093 [running]:
func headAt(line []byte) int {
	if bytes.HasPrefix(line, goroutine) {
		return 0
	}
	if len(line) == 0 || line[0] != ' ' && line[0] != '\r' && (line[0] < '0' || line[0] > '9') {
		return -1
	}
	return bytes.LastIndex(line, goroutine)
}

// head reads the first line of a goroutine.
//
//	goroutine 1 [chan receive, 10 minutes, locked to thread]:
//	goroutine 5 gp=0xc000007180 m=nil [select (no cases)]:
func head(line []byte) (Goroutine, bool) {
	line = line[len(goroutine):]
	num, rest, _ := bytes.Cut(line[:min(len(line), maxText)], []byte(" "))
	id, err := strconv.ParseInt(string(num), 10, 64)
	_, state, ok := bytes.Cut(rest, []byte("["))
	state, tail, ok2 := bytes.Cut(state, []byte("]"))
	if err != nil || !ok || !ok2 || !bytes.HasSuffix(tail, []byte(":")) {
		return Goroutine{}, false
	}
	g := Goroutine{ID: id}
	for i, part := range strings.Split(string(state), ", ") {
		if i == 0 {
			g.State = strings.ToValidUTF8(strings.TrimSuffix(part, " (scan)"), "?")
		} else if part == "locked to thread" {
			g.Locked = true
		} else if n, ok := strings.CutSuffix(part, " minutes"); ok {
			m, _ := strconv.ParseUint(n, 10, 31)
			g.Minutes = int(m) // the largest there is when it is too large
		}
	}
	return g, true
}

// function reads the line of a frame.
func (r *reader) function(line []byte) {
	r.frame = none
	if r.g.Func != "" && r.g.Own != "" {
		return
	}
	if i := bytes.LastIndexByte(line, '('); i >= 0 {
		line = line[:i]
	}
	if r.g.Func == "" {
		r.g.Func, r.frame = clip(line), inner
	}
	if r.g.Own == "" && !library(line) {
		r.g.Own, r.frame = clip(line), own
	}
}

// place reads the line below a function: file, line and offset.
func (r *reader) place(at []byte) {
	if r.frame != none {
		at, _, _ = bytes.Cut(at, []byte(" +0x"))
		r.g.At = clip(at)
	}
	r.frame = none
}

// library reports whether a function is of Go's library: the first part of an
// import path is a domain for all others.
func library(function []byte) bool {
	first, _, deeper := bytes.Cut(function, []byte("/"))
	if !deeper {
		return !bytes.HasPrefix(first, []byte("main."))
	}
	return !bytes.Contains(first, []byte("."))
}

// finish counts the goroutine that was read.
func (r *reader) finish() {
	if !r.open {
		return
	}
	g := r.g
	r.open, r.frame = false, none
	r.dump.Goroutines++
	if r.dump.Line == 0 {
		r.dump.Line = g.Line
	}
	if g.Locked {
		r.dump.Locked++
	}
	state, place := r.countState(g), r.countPlace(g)
	if !state || !place {
		r.dump.Cut++
	}
	r.wait(g)
}

func (r *reader) countState(g Goroutine) bool {
	s := r.states[g.State]
	if s == nil {
		if len(r.states) == maxStates {
			return false
		}
		s = &State{Name: g.State}
		r.states[g.State] = s
	}
	if s.Count++; s.Line == 0 || g.Minutes > s.MaxMinutes {
		s.MaxMinutes, s.Line, s.Own = g.Minutes, g.Line, g.Own
	}
	return true
}

func (r *reader) countPlace(g Goroutine) bool {
	key := place{g.State, cmp.Or(g.Own, g.Func)}
	p := r.places[key]
	if p == nil {
		if len(r.places) == maxPlaces {
			return false
		}
		p = &Place{State: key.state, Own: key.own, Line: g.Line}
		r.places[key] = p
	}
	p.Count++
	p.MaxMinutes = max(p.MaxMinutes, g.Minutes)
	return true
}

// wait keeps a goroutine if it is one of those that wait longest.
func (r *reader) wait(g Goroutine) {
	w := r.dump.Waiting
	if g.Minutes == 0 || len(w) == maxShown && w[maxShown-1].Minutes >= g.Minutes {
		return
	}
	at, _ := slices.BinarySearchFunc(w, g.Minutes, func(o Goroutine, m int) int {
		if o.Minutes >= m {
			return -1
		}
		return 1
	})
	w = slices.Insert(w, at, g)
	r.dump.Waiting = w[:min(len(w), maxShown)]
}

// rank sorts what was counted.
func (r *reader) rank() {
	for _, s := range r.states {
		r.dump.States = append(r.dump.States, *s)
	}
	slices.SortFunc(r.dump.States, func(a, b State) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Name, b.Name))
	})
	for _, p := range r.places {
		r.dump.Places = append(r.dump.Places, *p)
	}
	slices.SortFunc(r.dump.Places, func(a, b Place) int {
		return cmp.Or(b.Count-a.Count, a.Line-b.Line)
	})
	r.dump.Places = slices.Clone(r.dump.Places[:min(len(r.dump.Places), maxShown)])
}

// clip copies a name: what is kept must not keep the text.
func clip(b []byte) string {
	return strings.ToValidUTF8(string(b[:min(len(b), maxText)]), "?")
}

// sniff accepts a file whose first line is the head of a goroutine.
func sniff(first []byte) bool {
	line, _, _ := bytes.Cut(first, []byte("\n"))
	if !bytes.HasPrefix(line, goroutine) {
		return false
	}
	_, ok := head(bytes.TrimRight(line, "\r"))
	return ok
}
