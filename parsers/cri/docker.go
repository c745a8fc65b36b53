package cri

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
)

// docker reads a line of Docker's json-file driver, which nodes before
// Kubernetes 1.24 may use (github.com/moby/moby/tree/v20.10.25/daemon/logger/jsonfilelog).
//
//	{"log":"E0614 19:30:01.101010       1 driver.go:107] \"GRPC error\" err=\"rpc error: ...\"\n","stream":"stderr","time":"2021-06-14T19:30:01.101412345Z"}
func docker(line []byte) parsers.Header {
	if !bytes.HasPrefix(line, jsonFile) {
		return parsers.Header{}
	}
	h := event.JSON(line)
	if h.Stamp.Kind == parsers.NoStamp {
		return parsers.Header{}
	}
	return parsers.Header{OK: true, Stamp: h.Stamp, Level: event.Read(line[len(jsonFile):]).Level}
}

var jsonFile = []byte(`{"log":"`)

// unfinished reports whether Docker broke the text here: each whole line keeps
// its end of line.
func unfinished(line []byte) bool {
	return bytes.HasPrefix(line, jsonFile) && !bytes.Contains(line, []byte(`\n","`))
}
