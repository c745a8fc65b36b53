// Package rows is what the readers of line by line texts share: lines with
// their numbers, rows split at blanks, and notes of what is no row.
package rows

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
)

// MaxLine is how many bytes of a line are read. The longest that programs write
// are command lines, of which 16 KiB are kept. A hostile one can be the whole
// file: split into words it would take ten times the memory, and what is kept of
// it would be repeated by each report.
const MaxLine = 32 << 10

// Lines yields the lines of a text without their ends, and their numbers from
// 1. Each line is a copy, so that a row that is kept does not keep the text, of
// at most MaxLine bytes.
func Lines(text []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		num := 0
		for line := range bytes.Lines(text) {
			num++
			if !yield(num, read(line)) {
				return
			}
		}
	}
}

// Filled yields as Lines does, without the lines that are empty or blank.
func Filled(text []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for num, line := range Lines(text) {
			if strings.TrimSpace(line) != "" && !yield(num, line) {
				return
			}
		}
	}
}

// read copies a line without its end.
func read(line []byte) string {
	line = bytes.TrimRight(line, "\r\n")
	return string(line[:min(len(line), MaxLine)])
}

// Split returns the first n-1 words of s and, as the last cell, what follows
// behind one blank. There are fewer cells when s has fewer words.
func Split(s string, n int) []string {
	var cells []string
	for len(cells) < n-1 {
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			return cells
		}
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			return append(cells, s)
		}
		cells = append(cells, s[:end])
		s = s[end:]
	}
	if len(cells) > 0 {
		s = s[1:]
	}
	if s == "" {
		return cells
	}
	return append(cells, s)
}

// Words walks over what stands between blanks of a line, without making a slice
// of it.
type Words struct{ Rest string }

// Next returns the next word, "" at the end.
func (w *Words) Next() string {
	s := strings.TrimLeft(w.Rest, " \t")
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		w.Rest = ""
		return s
	}
	w.Rest = s[i:]
	return s[:i]
}

// Peek returns the next word and leaves it there.
func (w *Words) Peek() string {
	ahead := *w
	return ahead.Next()
}

// Clip returns the start of s, of at most size bytes.
func Clip(s string, size int) string {
	if len(s) <= size {
		return s
	}
	return strings.Clone(s[:size])
}

// A Note is a line that is no row of its file.
type Note struct {
	Line int
	Text string // shortened
}

// Notes are the first lines of a file that could not be read.
type Notes []Note

// maxNotes and maxText bound what is kept.
const (
	maxNotes = 100
	maxText  = 300
)

// Add keeps a line. An empty one is no note.
func (n *Notes) Add(line int, text string) {
	if len(*n) < maxNotes && strings.TrimSpace(text) != "" {
		*n = append(*n, Note{line, strings.ToValidUTF8(strings.Clone(text[:min(len(text), maxText)]), "?")})
	}
}

// Fail is the error of a file that has nothing of what its path promises. It
// names the first line that stands there instead.
func (n Notes) Fail(format, file, missing string) error {
	e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: format, Err: errors.New(missing)}
	if len(n) > 0 {
		e.Pos.Line, e.Err = n[0].Line, fmt.Errorf("%s: %.100q", missing, n[0].Text)
	}
	return e
}
