// Package ethtool reads the driver counters of the network interfaces
// (ethtool -S). On EC2 the driver is ena, and its *_allowance_exceeded
// counters are the only place where a node says that it was throttled.
package ethtool

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format is the counters of all interfaces.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Driver counters of the network interfaces, ethtool -S.",
	Files:  []string{"networking/ethtool.txt"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ethtool"

// maxCounters bounds what is kept of a file: ena has about a hundred counters
// and ten for each queue.
const maxCounters = 200_000

// Stats is a file.
type Stats struct{ Interfaces []Interface }

// An Interface is one section. One without counters has none to show ("no
// stats available") or failed, as Note tells.
type Interface struct {
	Name     string
	Line     int
	Counters []Counter
	Note     string
}

// A Counter is a line.
type Counter struct {
	Name  string
	Value uint64
	Line  int
}

// Counter returns a counter by its name.
func (i *Interface) Counter(name string) (Counter, bool) {
	for _, c := range i.Counters {
		if c.Name == name {
			return c, true
		}
	}
	return Counter{}, false
}

// Parse reads a file. The names of interfaces are those of "ip -o addr", with
// the peer of a veth after an "@".
//
//	Interface ens5
//	NIC statistics:
//	     linklocal_allowance_exceeded: 0
//	     queue_0_tx_cnt: 3925390
//
//	Interface lo
//	no stats available
func Parse(file string, text []byte) (*Stats, error) {
	s, n, num := &Stats{}, 0, 0
	for line := range strings.Lines(string(text)) {
		num++
		line = strings.TrimSpace(line)
		if dev, ok := strings.CutPrefix(line, "Interface "); ok {
			if n++; n <= maxCounters {
				s.Interfaces = append(s.Interfaces, Interface{Name: strings.TrimSpace(dev), Line: num})
			}
			continue
		}
		if len(s.Interfaces) == 0 || line == "" || line == "NIC statistics:" {
			continue
		}
		dev := &s.Interfaces[len(s.Interfaces)-1]
		c, ok := counter(line, num)
		switch {
		case !ok && dev.Note == "":
			dev.Note = line
		case ok && n < maxCounters:
			n++
			dev.Counters = append(dev.Counters, c)
		}
	}
	if len(s.Interfaces) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no interfaces")}
	}
	return s, nil
}

// counter reads "linklocal_allowance_exceeded: 0".
func counter(line string, num int) (Counter, bool) {
	key, value, ok := strings.Cut(line, ":")
	v, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
	return Counter{strings.TrimSpace(key), v, num}, ok && err == nil
}

func sniff(head []byte) bool {
	_, rest, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(head, []byte("Interface ")) &&
		(bytes.HasPrefix(rest, []byte("NIC statistics:")) || bytes.HasPrefix(rest, []byte("no stats available")))
}
