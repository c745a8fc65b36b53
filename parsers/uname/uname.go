// Package uname reads the output of uname -a.
package uname

import (
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of uname -a.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Host name, kernel and machine, uname -a.",
	Files:  []string{"kernel/uname.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "uname"

// A Name is what a kernel says of itself.
type Name struct {
	Line     int
	Hostname string
	Release  string     // "6.1.0-50-cloud-amd64"
	Version  string     // "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-02)"
	Machine  string     // "x86_64", "aarch64"
	Notes    rows.Notes // all other lines
}

// maxLine is how many bytes of a line are read.
const maxLine = 10_000

// Parse reads the first line of the form. Before the last word there may be
// the kinds of processor and platform, which are the machine again or unknown.
//
//	Linux ip-10-0-7-118.us-west-2.compute.internal 6.1.0-50-cloud-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-02) x86_64 GNU/Linux
//	Linux ip-10-0-1-23.ec2.internal 5.10.205-195.807.amzn2.x86_64 #1 SMP Tue Jan 16 18:28:59 UTC 2024 x86_64 x86_64 x86_64 GNU/Linux
func Parse(file string, text []byte) (*Name, error) {
	var out *Name
	var notes rows.Notes
	for num, line := range rows.Filled(text) {
		n := read(rows.Clip(line, maxLine), num)
		if out != nil || n == nil {
			notes.Add(num, line)
			continue
		}
		out = n
	}
	if out == nil {
		return nil, notes.Fail(name, file, "not the output of uname -a")
	}
	out.Notes = notes
	return out, nil
}

// read returns what a line says; nil when it is of another form.
func read(line string, num int) *Name {
	f := strings.Fields(line)
	if len(f) < 5 || f[0] != "Linux" {
		return nil
	}
	n := &Name{Line: num, Hostname: f[1], Release: f[2]}
	rest := f[3:]
	if last := len(rest) - 1; strings.HasSuffix(rest[last], "Linux") {
		rest = rest[:last]
	}
	n.Machine = rest[len(rest)-1]
	for len(rest) > 0 && (rest[len(rest)-1] == n.Machine || rest[len(rest)-1] == "unknown") {
		rest = rest[:len(rest)-1]
	}
	n.Version = strings.Join(rest, " ")
	return n
}
