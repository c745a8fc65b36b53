// Package systemdanalyze reads how long the units of a node took to start.
package systemdanalyze

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format owns the two texts that Bottlerocket's logdog keeps; the plot is
// another format's.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Times of units at the boot: systemd-analyze blame and critical-chain.",
	Files:  place.Logdog("systemd-analyze-blame", "systemd-analyze-critical-chain"),
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "systemdanalyze"

// maxUnits bounds what is kept of a file.
const maxUnits = 20_000

// Times is a file: blame has Units, the slowest first, critical-chain Chain.
type Times struct {
	Units []Unit
	Chain []Link
	// Unfinished is the line that says that the boot was still going on;
	// then there are no times. 0 for a boot that ended.
	Unfinished int
	Notes      rows.Notes // other lines: errors of the command
}

// A Unit took some time to start. Times are in nanoseconds, as systemd gives
// them in milliseconds and more.
type Unit struct {
	Name string
	Took time.Duration
	Line int
}

// A Link is a unit of the chain that the boot waited for; it started after the
// link below it, which is one deeper.
type Link struct {
	Name  string
	Depth int           // 0 for the units asked for: multi-user.target
	At    time.Duration // when it was active, since the start of user space
	Took  time.Duration // 0 for targets, which take none
	Line  int
}

// Parse reads either text. The first is of blame, the second of critical-chain.
//
//	32.875s pmlogger.service
//	1min 30.012s foo.service
//
//	preconfigured.target @12.967s
//	└─set-hostname.service @12.964s +2ms
//	  └─settings-applier.service @9.589s +3.370s
//
// Written by src/analyze of systemd.
func Parse(file string, text []byte) (*Times, error) {
	t := &Times{}
	for num, line := range rows.Lines(text) {
		if line = strings.TrimRight(line, " \t\r"); line != "" {
			t.line(line, num)
		}
	}
	if len(t.Units)+len(t.Chain)+t.Unfinished == 0 {
		return nil, t.failed(file)
	}
	return t, nil
}

// failed is the error of a file without times: what the command said.
func (t *Times) failed(file string) error {
	e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no times of units")}
	if len(t.Notes) > 0 {
		e.Pos.Line, e.Err = t.Notes[0].Line, fmt.Errorf("no times of units: %q", t.Notes[0].Text)
	}
	return e
}

func (t *Times) line(s string, num int) {
	if strings.HasPrefix(s, "The time ") { // the head of critical-chain
		return
	}
	if strings.HasPrefix(s, "Bootup is not yet finished") {
		t.Unfinished = num
		return
	}
	if took, rest, ok := span(strings.TrimLeft(s, " ")); ok && isUnit(rest) {
		if len(t.Units) < maxUnits {
			t.Units = append(t.Units, Unit{rest, took, num})
		}
		return
	}
	if l, ok := link(s); ok {
		if l.Line = num; len(t.Chain) < maxUnits {
			t.Chain = append(t.Chain, l)
		}
		return
	}
	t.Notes.Add(num, s)
}

// branches are what the tree is drawn with, in UTF-8 or ASCII: two columns for
// each step.
var branches = []string{"└─", "├─", "│ ", "  ", "`-", "|-", "| "}

// link reads a line of the tree.
func link(s string) (Link, bool) {
	l := Link{}
	for cut := true; cut; {
		if s, cut = cutBranch(s); cut {
			l.Depth++
		}
	}
	name, times, _ := strings.Cut(s, " @")
	if !isUnit(name) {
		return Link{}, false
	}
	if l.Name = name; times == "" {
		return l, true
	}
	at, took, _ := strings.Cut(times, " +")
	var ok bool
	if l.At, _, ok = span(at); !ok {
		return Link{}, false
	}
	l.Took, _, _ = span(took)
	return l, true
}

func cutBranch(s string) (rest string, cut bool) {
	for _, b := range branches {
		if rest, cut = strings.CutPrefix(s, b); cut {
			return rest, true
		}
	}
	return s, false
}

// isUnit reports whether s can be the name of a unit: "-.mount",
// `dev-disk-by\x2did.device`.
func isUnit(s string) bool {
	if strings.ContainsAny(s, " \t") {
		return false
	}
	switch s[strings.LastIndexByte(s, '.')+1:] {
	case "service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope":
		return true
	}
	return false
}

// units of a span of time, as systemd writes them (src/basic/time-util.c).
var units = map[string]time.Duration{
	"y": 31557600 * time.Second, "month": 2629800 * time.Second, "w": 7 * 24 * time.Hour, "d": 24 * time.Hour,
	"h": time.Hour, "min": time.Minute, "s": time.Second, "ms": time.Millisecond, "us": time.Microsecond,
}

// maxSpan is the longest time that is one: a decade.
const maxSpan = 10 * 365 * 24 * time.Hour

// span reads "1min 9.608s" and returns what follows it.
func span(s string) (d time.Duration, rest string, ok bool) {
	for s != "" {
		word, after, _ := strings.Cut(s, " ")
		n := len(word) - len(strings.TrimLeft(word, "0123456789."))
		unit, known := units[word[n:]]
		v, err := strconv.ParseFloat(word[:n], 64)
		if !known || err != nil || v*float64(unit) > float64(maxSpan-d) {
			break
		}
		d, s, ok = d+time.Duration(v*float64(unit)+0.5), after, true
	}
	return d, s, ok
}
