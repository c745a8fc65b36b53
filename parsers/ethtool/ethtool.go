// Package ethtool reads the driver counters of the network interfaces
// (ethtool -S). On EC2 the driver is ena, and its *_allowance_exceeded
// counters are the only place where a node says that it was throttled.
package ethtool

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rerun"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the counters of all interfaces.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Driver counters of the network interfaces, ethtool -S.",
	Files:  []string{"networking/ethtool.txt"},
	Sniff:  sniff,
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "ethtool"

// maxCounters bounds what is kept of a file: ena has about a hundred counters
// and ten for each queue. maxText bounds a message, in bytes.
const (
	maxCounters = 200_000
	maxText     = 300
)

// Stats is a file.
type Stats struct {
	Interfaces []Interface
	Cut        bool       // there were more interfaces or counters than are kept
	Notes      rows.Notes // lines that are no counters, but for the first of each interface
	// Repeats are earlier runs of the collector in the same file. Their
	// interfaces are not among the Interfaces.
	Repeats int
}

// An Interface is one section. One without counters has none to show ("no
// stats available") or failed, as Note tells.
type Interface struct {
	Name     string
	Line     int
	Counters []Counter
	Note     string // the first line that is no counter
	NoteLine int
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
	p := &parser{stats: &Stats{}}
	for num, line := range rows.Filled(text) {
		p.line(strings.TrimSpace(line), num)
	}
	if len(p.stats.Interfaces) == 0 {
		return nil, p.stats.Notes.Fail(name, file, "no interfaces")
	}
	p.stats.Repeats = p.names.Repeats()
	return p.stats, nil
}

type parser struct {
	stats *Stats
	dev   *Interface // the section; nil before the first one
	kept  int        // interfaces and counters
	names rerun.Sections[string]
}

func (p *parser) line(s string, num int) {
	dev, isHead := strings.CutPrefix(s, "Interface ")
	c, isCounter := counter(s, num)
	switch {
	case s == "NIC statistics:":
	case (isHead || isCounter) && p.kept == maxCounters:
		p.stats.Cut = true
	case isHead:
		p.head(rows.Clip(strings.TrimSpace(dev), maxText), num)
	case isCounter && p.dev != nil:
		p.kept++
		p.dev.Counters = append(p.dev.Counters, c)
	case p.dev != nil && p.dev.NoteLine == 0:
		p.dev.Note, p.dev.NoteLine = rows.Clip(s, maxText), num
	default:
		p.stats.Notes.Add(num, s)
	}
}

// head starts a section. The collector only appends, so the sections of its
// earlier run are dropped. An interface that stands twice in a row is no second
// run: it was listed once for each of its addresses.
func (p *parser) head(dev string, num int) {
	all := p.stats.Interfaces
	stale := 0
	if p.dev != nil && p.dev.Name == dev {
		p.forget(p.dev)
		all = all[:len(all)-1]
	} else {
		stale = p.names.Add(dev, len(all))
	}
	for i := range all[:stale] {
		p.forget(&all[i])
	}
	p.stats.Interfaces = append(all[stale:], Interface{Name: dev, Line: num})
	p.dev = &p.stats.Interfaces[len(p.stats.Interfaces)-1]
	p.kept++
}

func (p *parser) forget(i *Interface) {
	p.kept -= 1 + len(i.Counters)
	*i = Interface{}
}

// counter reads "linklocal_allowance_exceeded: 0".
func counter(line string, num int) (Counter, bool) {
	key, value, ok := strings.Cut(line, ":")
	v, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
	return Counter{rows.Clip(strings.TrimSpace(key), maxText), v, num}, ok && err == nil
}

func sniff(head []byte) bool {
	_, rest, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(head, []byte("Interface ")) &&
		(bytes.HasPrefix(rest, []byte("NIC statistics:")) || bytes.HasPrefix(rest, []byte("no stats available")))
}
