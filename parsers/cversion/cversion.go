// Package cversion reads which containerd a node runs.
package cversion

import (
	"errors"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
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
}

// A Version is one side.
type Version struct {
	Line     int // of the version; 0 when it is not known
	Version  string
	Revision string
}

// Parse reads the file.
//
//	Client:
//	  Version:  v1.7.28
//	  Revision: b98a3aace656320842a23f4a392a33f46af97866
//
//	Server:
//	  Version:  v1.7.28
//	ctr: failed to dial "/run/containerd/containerd.sock": context deadline exceeded: connection error
func Parse(file string, text []byte) (*Versions, error) {
	v, num := &Versions{}, 0
	var side *Version
	for line := range strings.Lines(string(text)) {
		num++
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch {
		case key == "Client":
			side = &v.Client
		case key == "Server":
			side = &v.Server
		case key == "ctr" && v.Error == "":
			v.Error, v.ErrorLine = value, num
		case side == nil:
		case key == "Version":
			side.Version, side.Line = value, num
		case key == "Revision":
			side.Revision = value
		}
	}
	if v.Client.Line == 0 && v.Server.Line == 0 && v.Error == "" {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no version")}
	}
	return v, nil
}
