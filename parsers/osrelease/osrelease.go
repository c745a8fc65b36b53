// Package osrelease reads /etc/os-release: which operating system a node runs.
package osrelease

import (
	"errors"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format owns the copy that Bottlerocket's logdog makes, and the file itself.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Name and version of the operating system: /etc/os-release.",
	Files:  append(place.Logdog("os-release"), "etc/os-release"),
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "osrelease"

// maxFields, maxKey and maxValue bound what is kept of a file; a real one has a
// dozen lines.
const (
	maxFields = 200
	maxKey    = 300  // bytes
	maxValue  = 2000 // bytes
)

// A Release is the file.
type Release struct {
	Fields []Field    // in the order of the file
	Notes  rows.Notes // lines that assign nothing
}

// A Field is an assignment. Its value is without the quotes of the shell, and
// shortened.
type Field struct {
	Key, Value string
	Line       int
}

// Get returns a field. As in a shell, the last assignment counts; the zero
// Field stands for a key that is not there.
func (r *Release) Get(key string) Field {
	for i := len(r.Fields) - 1; i >= 0; i-- {
		if r.Fields[i].Key == key {
			return r.Fields[i]
		}
	}
	return Field{}
}

// ID names the distribution in lower case: "bottlerocket", "amzn", "ubuntu".
// "linux" is what the file means when it says nothing.
func (r *Release) ID() string {
	if id := r.Get("ID").Value; id != "" {
		return id
	}
	return "linux"
}

// Variant is "aws-k8s-1.31" on Bottlerocket, "" on most others.
func (r *Release) Variant() string { return r.Get("VARIANT_ID").Value }

// Parse reads the file: lines that a shell could read.
//
//	NAME=Bottlerocket
//	ID=bottlerocket
//	VERSION="1.36.0 (aws-k8s-1.30)"
//
// The format is that of man 5 os-release; Bottlerocket's is written by rpm2img
// of bottlerocket-os/twoliter.
func Parse(file string, text []byte) (*Release, error) {
	r := &Release{}
	for num, line := range rows.Lines(text) {
		r.line(strings.TrimSpace(line), num)
	}
	if len(r.Fields) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no assignments")}
	}
	return r, nil
}

func (r *Release) line(s string, num int) {
	if s == "" || s[0] == '#' {
		return
	}
	key, value, ok := strings.Cut(s, "=")
	if !ok || !isKey(key) {
		r.Notes.Add(num, s)
		return
	}
	if len(r.Fields) < maxFields {
		r.Fields = append(r.Fields, Field{rows.Clip(key, maxKey), rows.Clip(unquote(value), maxValue), num})
	}
}

func isKey(s string) bool {
	for i, c := range []byte(s) {
		letter := 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// unquote takes the quotes of a shell off a value; in double ones a backslash
// protects the next character.
func unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] {
		return s
	}
	in := s[1 : len(s)-1]
	switch s[0] {
	case '\'':
		return in
	case '"':
		return escapes.Replace(in)
	}
	return s
}

var escapes = strings.NewReplacer(`\"`, `"`, `\$`, `$`, `\\`, `\`, "\\`", "`")
