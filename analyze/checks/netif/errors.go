package netif

import (
	"context"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
)

// failing looks for errors of cards, and for interfaces that drop more than a
// few packets. Those of pods drop what comes while the pod's end is down.
//
//	RX packets 4231  bytes 14863676 (14.1 MiB)
//	RX errors 0  dropped 0  overruns 0  frame 0
func failing(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	path, all, note := listed(p)
	if all == nil {
		return noData(note)
	}
	var out []analyze.Match
	for i := range all.Interfaces {
		if dev := &all.Interfaces[i]; len(out) < maxMatches && !dev.Has("LOOPBACK") {
			if m, ok := faulty(p, path, dev); ok {
				out = append(out, m)
			}
		}
	}
	switch {
	case len(out) > 0:
		return analyze.Verdict{Outcome: analyze.Found, Matches: out}, nil
	case note != "":
		return noData(note)
	case len(all.Interfaces) == 0:
		return noData(path + " has no interface")
	}
	return isClear("")
}

// faulty weighs an interface.
func faulty(p *analyze.Pass, path string, dev *ifconfig.Interface) (m analyze.Match, bad bool) {
	m = match(dev.Name, dev.Name+":")
	for _, c := range []struct {
		way string
		ifconfig.Counters
	}{{"received", dev.RX}, {"sent", dev.TX}} {
		wrong := card.MatchString(dev.Name) && c.Errors > 0
		drops := float64(c.Dropped) >= p.Limit("dropped") && float64(c.Dropped)*100 > p.Limit("share")*float64(c.Packets)
		if !wrong && !drops {
			continue
		}
		if bad {
			m.Summary += ";"
		}
		bad = true
		m.Summary += fmt.Sprintf(" %d errors, %d dropped of %d packets %s", c.Errors, c.Dropped, c.Packets, c.way)
		m.At = append(m.At, parsers.Pos{File: path, Line: max(c.ErrorLine, dev.Line)})
		if wrong && float64(c.Errors) >= p.Limit("errors") {
			m.Severity = analyze.Medium
		}
	}
	return m, bad
}
