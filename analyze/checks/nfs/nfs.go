// Package nfs finds servers of NFS, such as EFS, that do not let the node in.
package nfs

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/netstat"
)

//go:embed check.yaml
var doc []byte

// Check is state.nfs.syn_sent.
var Check = &analyze.Check{ID: "state.nfs.syn_sent", Doc: analyze.MustDoc(doc), Run: run}

// port is that of NFS. maxServers bounds the findings.
const (
	port       = 2049
	maxServers = 10
)

// run looks for connections whose first packet has no answer. The node makes
// them itself, also for pods: the kernel, or the tunnel of EFS.
//
//	tcp  0  1 10.0.12.34:735   10.0.9.77:2049   SYN_SENT   -
//	tcp  0  1 10.0.12.34:45056 10.0.9.77:2049   SYN_SENT   3499/efs-proxy
func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := analyze.Facts[netstat.Sockets](p)
	if len(files) == 0 {
		return network.NoData(whole.Absent(p, "system/netstat.txt")), nil
	}
	f := files[0]
	var out []analyze.Match
	for _, g := range f.Value.Peers {
		if g.State == "SYN_SENT" && g.Peer.Port == port && len(out) < maxServers {
			out = append(out, unanswered(p, f, g))
		}
	}
	switch why := whole.Cut(p, f.Path); {
	case len(out) > 0:
		return network.Found(out...), nil
	case why != "":
		return network.NoData(why), nil
	case f.Value.Cut:
		return network.NoData(f.Path + " has more peers than are counted"), nil
	}
	return network.Clear("no connection to a server of NFS waits for its first answer"), nil
}

// unanswered is the finding about a server. One packet that was on its way just
// then is unlikely, and not more than that.
func unanswered(p *analyze.Pass, f analyze.FileFact[netstat.Sockets], g netstat.Group) analyze.Match {
	m := analyze.Match{
		Entity:   g.Peer.Text,
		Entities: map[string][]string{},
		Count:    g.Sockets,
		Summary:  fmt.Sprintf("the first packet of %s to %s has no answer", who(f.Value, g), g.Peer.Text),
		At:       []parsers.Pos{{File: f.Path, Line: g.Line}},
		Explains: []string{"state.netstat.syn_sent@" + g.Peer.Text},
	}
	if g.Peer.Addr.IsValid() && !g.Peer.Cut {
		m.Entities["ip"] = []string{g.Peer.Addr.String()}
		if mount, at, ok := mounted(p, g.Peer.Addr.String()); ok {
			m.Severity, m.Confidence = analyze.High, 0.95
			m.Summary += ", and " + mount + " is mounted from there"
			m.At = append(m.At, at)
		}
	}
	if at, ok := silent(p); ok {
		m.Severity, m.Confidence = analyze.High, 0.95
		m.Summary += "; the kernel says that a server does not answer"
		m.At = append(m.At, at)
	}
	return m
}

// recent is how old the word of the kernel may be: what was long ago was most
// likely another trouble.
const recent = time.Hour

// silent finds the kernel's word on a server that does not answer.
//
//	nfs: server 10.0.9.77 not responding, still trying
func silent(p *analyze.Pass) (parsers.Pos, bool) {
	hits := p.Hits("storage.nfs.not_responding")
	if len(hits) == 0 {
		return parsers.Pos{}, false
	}
	last := hits[len(hits)-1]
	old := !last.At.IsZero() && !p.Clock.Collected.IsZero() && p.Clock.Collected.Sub(last.At) > recent
	return last.Pos, !old
}

// who names the program; the kernel's own sockets have none.
func who(s *netstat.Sockets, g netstat.Group) string {
	i := slices.IndexFunc(s.Sockets, func(k netstat.Socket) bool { return k.State == g.State && k.Foreign.Text == g.Peer.Text && k.PID != 0 })
	if i < 0 {
		return "the kernel"
	}
	return path.Base(s.Sockets[i].Program)
}

// mounted finds what is mounted from an address.
//
//	10.0.9.77:/ on /var/lib/kubelet/pods/0c7a.../volumes/kubernetes.io~csi/pv/mount type nfs4 (rw,...,addr=10.0.9.77)
func mounted(p *analyze.Pass, ip string) (string, parsers.Pos, bool) {
	for _, f := range analyze.Facts[df.Table](p) {
		for _, m := range f.Value.Mounts {
			at := slices.Contains(strings.Split(m.Options, ","), "addr="+ip)
			if strings.HasPrefix(m.Type, "nfs") && (at || strings.HasPrefix(m.Source, ip+":")) {
				return m.Target, parsers.Pos{File: f.Path, Line: m.Line}, true
			}
		}
	}
	return "", parsers.Pos{}, false
}
