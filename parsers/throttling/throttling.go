// Package throttling reads which processes of a node had to wait for CPU time,
// because of a limit of their cgroup, and which for disks.
package throttling

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format is two files that a collector makes by itself. The fact of the first
// is a [CPU], that of the second an [IO].
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Cgroups that were throttled, and processes that waited for disks.",
	Files:  []string{"system/cpu_throttling.txt", "system/io_throttling.txt"},
	Decode: decode,
}

const name = "throttling"

// maxRows and maxCommand bound what is kept of a file.
const (
	maxRows    = 50_000
	maxCommand = 4096
)

func decode(file string, text []byte) (any, error) {
	if bytes.HasPrefix(text, []byte(ioHead)) {
		return ParseIO(file, text)
	}
	return ParseCPU(file, text)
}
