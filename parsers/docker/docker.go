// Package docker reads what the client of Docker says of its daemon, on nodes
// that have one (Amazon Linux 2): docker info, ps, images and version.
package docker

import (
	"bytes"
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format is the output of the client.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Docker on the node: docker info, ps, images and version.",
	Files:  []string{"docker/docker-info.txt", "docker/docker-ps.txt", "docker/docker-images.txt", "docker/docker-version.txt"},
	Sniff:  func(head []byte) bool { return headOf(head) != "" },
	Decode: decode,
}

const name = "docker"

// Bounds of what is kept.
const (
	maxRows = 50_000
	maxText = 500 // bytes of a value
	maxList = 1000
)

// decode reads a file by its name, or by its head under another name.
func decode(file string, text []byte) (any, error) {
	kind := path.Base(file)
	if first := headOf(text); first != "" {
		kind = first
	}
	switch kind {
	case "docker-ps.txt":
		return ParseContainers(file, text)
	case "docker-images.txt":
		return ParseImages(file, text)
	case "docker-version.txt":
		return ParseVersion(file, text)
	}
	return ParseInfo(file, text)
}

// headOf returns the name of the file that starts with a table's head; "" for
// texts that are no table.
func headOf(text []byte) string {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	words := strings.Join(strings.Fields(string(line[:min(len(line), parsers.SniffLen)])), " ")
	switch {
	case strings.HasPrefix(words, "CONTAINER ID IMAGE COMMAND CREATED STATUS PORTS NAMES"):
		return "docker-ps.txt"
	case strings.HasPrefix(words, "REPOSITORY TAG "):
		return "docker-images.txt"
	}
	return ""
}

// A Setting is a value and the line it stands on; Line 0 means that the output
// does not have it.
type Setting[T any] struct {
	Value T
	Line  int
}

// complaint reports whether a line is what the client writes to stderr.
func complaint(s string) bool {
	for _, start := range []string{"WARNING: ", "ERROR: ", "Error ", "error ", "errors ", "Cannot connect to the Docker daemon", "permission denied ", "Got permission denied"} {
		if strings.HasPrefix(s, start) {
			return true
		}
	}
	return false
}
