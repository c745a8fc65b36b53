// Package cversion reads which containerd a node runs.
package cversion

import (
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of ctr version.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Versions of containerd and its client, ctr version.",
	Files:  []string{"containerd/containerd-version.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "cversion"

// Versions is the output. When containerd did not answer, Server is zero and
// Error is the message.
type Versions struct {
	Client, Server Version
	Error          string
	ErrorLine      int
	Notes          rows.Notes // other lines, as the warnings that the two sides differ
}

// A Version is one side.
type Version struct {
	Line      int // of the version; 0 when it is not known
	Version   string
	Revision  string
	GoVersion string // that the client was built with, "go1.26.8"; "" for the server

	// UUID of the server. It stands below its root folder, so that a new one
	// tells of a new or emptied disk; "" for the client.
	UUID string
}

// maxText is how much of a value is kept, in bytes.
const maxText = 2000

// Parse reads the file.
//
//	Client:
//	  Version:  v1.7.28
//	  Revision: b98a3aace656320842a23f4a392a33f46af97866
//	  Go version: go1.26.8
//
//	Server:
//	  Version:  v1.7.28
//	  UUID: 27b07cde-2323-4f15-b2d4-6e8065fc7f36
//	WARNING: version mismatch
//	ctr: failed to dial "/run/containerd/containerd.sock": context deadline exceeded: connection error
//
// Written by cmd/ctr/commands/version of https://github.com/containerd/containerd.
func Parse(file string, text []byte) (*Versions, error) {
	p := parser{versions: &Versions{}}
	for num, line := range rows.Filled(text) {
		p.line(strings.TrimSpace(line), num)
	}
	v := p.versions
	if v.Client.Line == 0 && v.Server.Line == 0 && v.Error == "" {
		return nil, v.Notes.Fail(name, file, "no version")
	}
	return v, nil
}

type parser struct {
	versions *Versions
	side     *Version // nil before the first head
}

func (p *parser) line(s string, num int) {
	key, value, _ := strings.Cut(s, ":")
	value = rows.Clip(strings.TrimSpace(value), maxText)
	switch {
	case s == "Client:":
		p.side = &p.versions.Client
	case s == "Server:":
		p.side = &p.versions.Server
	case key == "ctr" && p.versions.Error == "":
		p.versions.Error, p.versions.ErrorLine = value, num
	case p.side == nil || !p.side.set(key, value, num):
		p.versions.Notes.Add(num, s)
	}
}

// set reads a row of a side.
func (v *Version) set(key, value string, num int) bool {
	switch key {
	case "Version":
		v.Version, v.Line = value, num
	case "Revision":
		v.Revision = value
	case "Go version":
		v.GoVersion = value
	case "UUID":
		v.UUID = value
	default:
		return false
	}
	return true
}
