// Package parsers says what a file of a node log bundle is.
//
// A bundle is a stream of files; each file is owned by exactly one [Format].
// A log format knows where the header of a line ends and what time it says
// ([Format.Header]); a snapshot format decodes a whole file into a typed fact
// ([Format.Decode]). What no format owns is plain text: it is kept and can be
// searched, but nothing is concluded from it.
//
// Each format lives in a folder of its own below this one and is one value,
// listed in package parsers/all. To add one, copy the smallest folder.
package parsers

import (
	"fmt"
	"path"
	"strings"
)

// A Pos is a place in a bundle file. Line counts from 1, as sed does; 0 means
// the whole file.
type Pos struct {
	File string
	Line int
}

// String is what editors understand: "var_log/messages:123".
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// A Format describes one kind of file. Formats are values without state, so
// one Format may be used for many files at once.
type Format struct {
	Name string // "klog": names the folder and the format column of reports
	Doc  string // the first sentence is the title

	// Files are path.Match patterns on the path inside the bundle,
	// such as "kernel/dmesg.*". A pattern that matches decides.
	Files []string

	// Sniff looks at the first bytes (at most SniffLen) of a file that no
	// pattern claims. Nil means that the path alone decides.
	Sniff func(head []byte) bool

	// Binary marks a file that is no text: a capture of packets, a dump of
	// memory. No rule reads its lines.
	Binary bool

	// Aside marks a snapshot format with large files, dumps that few checks
	// read. They get a part of the memory only, so that they push out nothing;
	// without the rest these checks have no data.
	Aside bool

	// Rows marks a snapshot format whose files are what a command prints, each
	// line with its end. Where the last line has none, the command was stopped
	// before it was done.
	Rows bool

	// Header splits the header off one line of a log format; nil for
	// snapshots. The line has no end of line. It is called from many
	// goroutines and must not keep the line.
	Header func(line []byte) Header

	// Continues reports that a line goes on in the next line of its file,
	// as a partial line of a CRI log does. Nil means lines stand alone.
	Continues func(line []byte) bool

	// Join puts lines that were written in parts together. It returns the
	// new text and, for each of its lines, the number of the line where it
	// began, counted from 0; nil text means that there was nothing to join.
	// Nil for formats without Continues.
	Join func(text []byte) (joined []byte, lines []int)

	// Decode turns the whole text of a snapshot file into a fact, a pointer
	// to a struct of the format's package. Nil for logs. The error says
	// why the text is not what its path promises, as a [*ParseError] when a
	// line is to blame.
	Decode func(file string, text []byte) (any, error)
}

// SniffLen is how much of a file Sniff gets to see.
const SniffLen = 4096

// Log reports whether f has lines with a header.
func (f *Format) Log() bool { return f.Header != nil }

// Matches reports whether one of f's patterns claims the path.
func (f *Format) Matches(name string) bool {
	for _, g := range f.Files {
		if !begins(name, g) {
			continue
		}
		if ok, _ := path.Match(g, name); ok {
			return true
		}
	}
	return false
}

// begins reports whether a name begins as a pattern does up to its first
// wildcard. It is asked for some hundred patterns and each file of a bundle;
// path.Match takes thirty times as long.
func begins(name, pattern string) bool {
	for i := range len(pattern) {
		switch c := pattern[i]; {
		case c == '*' || c == '?' || c == '[' || c == '\\':
			return true
		case i == len(name) || c != name[i]:
			return false
		}
	}
	return len(pattern) == len(name)
}

// A Header is what the start of a log line says.
type Header struct {
	// OK is false for a line without the structure of its format: the
	// middle of a stack trace, a line cut by rotation.
	OK bool

	Stamp Stamp
	Level Level

	// Ident is the program that a journal or syslog line names ("kubelet",
	// "kernel", "systemd"); empty elsewhere. It is a part of the line.
	Ident []byte

	// Body is the offset where the event's own text starts: the part that
	// is the same in every copy of the line. For a kernel line that is the
	// text after the time; for klog in the journal it is the klog header;
	// for a CRI line it is 0, as its copies are equal to the byte.
	Body int
}

// A Level is the severity that a line gives itself.
type Level uint8

// The levels in rising order. NoLevel is the zero value: the line says none.
const (
	NoLevel Level = iota
	Debug
	Info
	Warn
	Error
	Fatal
)

var levelNames = [...]string{"", "debug", "info", "warn", "error", "fatal"}

func (l Level) String() string { return levelNames[l] }

// Detect returns the format that owns a file: the one whose pattern matches
// the path, else the first whose Sniff accepts head, else nil for plain text.
func Detect(formats []*Format, name string, head []byte) *Format {
	for _, f := range formats {
		if f.Matches(name) {
			return f
		}
	}
	for _, f := range formats {
		if f.Sniff != nil && f.Sniff(head) {
			return f
		}
	}
	return nil
}

// Place returns where a file stands in a bundle: the path itself, or, for a
// file that was given alone ("ipamd.log"), the path a bundle would have it
// under. Only patterns without wildcards in the folder part are used.
func Place(formats []*Format, name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for _, f := range formats {
		for _, g := range f.Files {
			dir := path.Dir(g)
			if dir == "." || strings.ContainsAny(dir, "*?[") {
				continue
			}
			if ok, _ := path.Match(path.Base(g), name); ok {
				return dir + "/" + name
			}
		}
	}
	return name
}

// ParseError is a problem at a place in a bundle file.
type ParseError struct {
	Pos    Pos
	Format string
	Err    error
}

func (e *ParseError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Pos, e.Format, e.Err) }

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }
