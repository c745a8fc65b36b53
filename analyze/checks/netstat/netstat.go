// Package netstat judges the TCP sockets of a node: those of the host, as the
// sockets of pods are in namespaces of their own.
package netstat

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/netstat"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the sockets.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.netstat.close_wait": closeWait,
	"state.netstat.syn_sent":   synSent,
	"state.netstat.time_wait":  timeWait,
	"state.netstat.recvq":      recvQ,
})

// maxMatches bounds the findings of a check.
const maxMatches = 10

// A file is a list of sockets.
type file = analyze.FileFact[netstat.Sockets]

func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

// sockets returns the list; nil without one.
func sockets(p *analyze.Pass) *file {
	files := analyze.Facts[netstat.Sockets](p)
	if len(files) == 0 {
		return nil
	}
	return &files[0]
}

// verdict is that of some matches. Without any the list must be whole.
func verdict(p *analyze.Pass, f *file, matches []analyze.Match, note string) (analyze.Verdict, error) {
	if len(matches) > 0 {
		return analyze.Verdict{Outcome: analyze.Found, Matches: matches}, nil
	}
	if why := gates.Cut(p, f.Path); why != "" {
		return noData(why)
	}
	if f.Value.Cut {
		return noData(f.Path + " has more programs or peers than are counted")
	}
	return analyze.Verdict{Outcome: analyze.Clear, Note: note}, nil
}

func closeWait(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	f := sockets(p)
	if f == nil {
		return noData("no list of sockets")
	}
	var matches []analyze.Match
	named := 0
	for _, g := range f.Value.Programs {
		if g.State != "CLOSE_WAIT" {
			continue
		}
		named += g.Sockets
		if float64(g.Sockets) < p.Limit("sockets") || len(matches) == maxMatches {
			continue
		}
		matches = append(matches, analyze.Match{
			Entity:   fmt.Sprintf("%s %d", g.Program, g.PID),
			Count:    g.Sockets,
			Summary:  fmt.Sprintf("%s (process %d) has %d connections that the other side has closed", path.Base(g.Program), g.PID, g.Sockets),
			Entities: map[string][]string{"process": {path.Base(g.Program)}, "pid": {strconv.Itoa(g.PID)}},
			At:       []parsers.Pos{{File: f.Path, Line: g.Line}},
		})
	}
	all := f.Value.Count("CLOSE_WAIT")
	if len(matches) == 0 && float64(all-named) >= p.Limit("sockets") {
		return noData(fmt.Sprintf("%d connections in CLOSE_WAIT have no program: netstat was not run by root", all-named))
	}
	return verdict(p, f, matches, fmt.Sprintf("%d connections in CLOSE_WAIT", all))
}

func synSent(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	f := sockets(p)
	if f == nil {
		return noData("no list of sockets")
	}
	var matches []analyze.Match
	for _, g := range f.Value.Peers {
		if g.State != "SYN_SENT" || float64(g.Sockets) < p.Limit("sockets") || len(matches) == maxMatches {
			continue
		}
		m := analyze.Match{
			Entity:   g.Peer.Text,
			Count:    g.Sockets,
			Summary:  fmt.Sprintf("%d connections to %s wait for the first answer, of %s", g.Sockets, g.Peer.Text, callers(f.Value, g)),
			Entities: map[string][]string{},
			At:       []parsers.Pos{{File: f.Path, Line: g.Line}},
		}
		if g.Peer.Cut {
			// Addresses of one network look the same when they are cut.
			m.Severity = analyze.Low
			m.Summary += "; the address is cut, so they may be several"
		} else if g.Peer.Addr.IsValid() {
			m.Entities["ip"] = []string{g.Peer.Addr.String()}
		}
		matches = append(matches, m)
	}
	return verdict(p, f, matches, fmt.Sprintf("%d connections in SYN_SENT", f.Value.Count("SYN_SENT")))
}

// callers names the programs that connect to a peer.
func callers(s *netstat.Sockets, g netstat.Group) string {
	var names []string
	for _, k := range s.Sockets {
		if name := path.Base(k.Program); k.State == g.State && k.Foreign.Text == g.Peer.Text && k.PID != 0 && !slices.Contains(names, name) && len(names) < 5 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "programs that are not known"
	}
	return strings.Join(names, ", ")
}

// daemons are the programs whose queues are looked at.
var daemons = []string{"kubelet", "containerd", "aws-k8s-agent", "kube-proxy"}

func recvQ(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	f := sockets(p)
	if f == nil {
		return noData("no list of sockets")
	}
	var matches []analyze.Match
	seen := 0
	for _, k := range f.Value.Sockets {
		i := slices.IndexFunc(daemons, func(d string) bool { return gates.Same(k.Program, d) })
		if k.State != "LISTEN" || i < 0 {
			continue
		}
		seen++
		entity := fmt.Sprintf("%s %s", daemons[i], k.Local.Text)
		again := slices.ContainsFunc(matches, func(m analyze.Match) bool { return m.Entity == entity })
		if float64(k.RecvQ) < p.Limit("queue") || len(matches) == maxMatches || again {
			continue
		}
		matches = append(matches, analyze.Match{
			Entity:   entity,
			Summary:  fmt.Sprintf("%d connections wait for %s (process %d) on %s", k.RecvQ, daemons[i], k.PID, k.Local.Text),
			Entities: map[string][]string{"process": {daemons[i]}, "pid": {strconv.Itoa(k.PID)}},
			At:       []parsers.Pos{{File: f.Path, Line: k.Line}},
		})
	}
	if len(matches) == 0 {
		if why := gates.Unheard(p, f); why != "" {
			return noData(why)
		}
		if seen == 0 {
			return noData("no listening socket is of " + strings.Join(daemons, ", "))
		}
	}
	return verdict(p, f, matches, fmt.Sprintf("%d listening sockets of daemons accept what comes", seen))
}

// timeWait compares with the ports and with the number of closed connections
// that the kernel may keep.
func timeWait(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	f := sockets(p)
	if f == nil {
		return noData("no list of sockets")
	}
	ports, buckets := limits(p)
	if ports == nil {
		return noData("no parameter net.ipv4.ip_local_port_range")
	}
	var matches []analyze.Match
	for _, g := range f.Value.Peers {
		if g.State == "TIME_WAIT" && !g.Peer.Cut && float64(g.Sockets)*100 >= p.Limit("ports")*float64(ports.value) && len(matches) < maxMatches {
			matches = append(matches, analyze.Match{
				Entity:  g.Peer.Text,
				Count:   g.Sockets,
				Summary: fmt.Sprintf("%d closed connections to %s hold their local ports, of %d", g.Sockets, g.Peer.Text, ports.value),
				At:      []parsers.Pos{{File: f.Path, Line: g.Line}, ports.at},
			})
		}
	}
	all := f.Value.Count("TIME_WAIT")
	if buckets != nil && buckets.value > 0 && all >= buckets.value {
		matches = append(matches, analyze.Match{
			Entity:  "tcp_max_tw_buckets",
			Count:   all,
			Summary: fmt.Sprintf("%d closed connections are kept, and the kernel keeps %d at most", all, buckets.value),
			At:      []parsers.Pos{{File: f.Path, Line: line(f.Value, "TIME_WAIT")}, buckets.at},
		})
	}
	return verdict(p, f, matches, fmt.Sprintf("%d connections in TIME_WAIT, for %d ports", all, ports.value))
}

func line(s *netstat.Sockets, state string) int {
	i := slices.IndexFunc(s.States, func(c netstat.Count) bool { return c.State == state })
	return s.States[i].Line
}

// A bound is a number that a parameter of the kernel sets.
type bound struct {
	value int
	at    parsers.Pos
}

// limits reads how many local ports there are, and how many closed connections
// are kept; nil for what is not told.
//
//	net.ipv4.ip_local_port_range = 32768	60999
//	net.ipv4.tcp_max_tw_buckets = 16384
func limits(p *analyze.Pass) (ports, buckets *bound) {
	for _, f := range analyze.Facts[sysctl.Params](p) {
		if v, ok := f.Value.Get("net.ipv4.ip_local_port_range"); ok {
			var from, to int
			if n, _ := fmt.Sscan(v.Value, &from, &to); n == 2 && 0 < from && from <= to && to < 1<<16 {
				ports = &bound{to - from + 1, parsers.Pos{File: f.Path, Line: v.Line}}
			}
		}
		if v, ok := f.Value.Get("net.ipv4.tcp_max_tw_buckets"); ok {
			if n, err := strconv.Atoi(v.Value); err == nil {
				buckets = &bound{n, parsers.Pos{File: f.Path, Line: v.Line}}
			}
		}
	}
	return ports, buckets
}
