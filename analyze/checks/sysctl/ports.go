package sysctl

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

// A span is a range of ports, both ends in it.
type span struct{ from, to uint64 }

func (s span) has(port uint64) bool { return s.from <= port && port <= s.to }

func (s span) size() uint64 { return s.to - s.from + 1 }

// local reads which ports the kernel gives to connections that leave the node.
//
//	net.ipv4.ip_local_port_range = 32768	60999
func local(p *analyze.Pass) (span, parsers.Pos, string) {
	n, at, note := readNumbers(p, "net.ipv4.ip_local_port_range", 2)
	if note == "" && (n[0] > n[1] || n[1] > 65535) {
		note = fmt.Sprintf("%s:%d: net.ipv4.ip_local_port_range is no range of ports", at.File, at.Line)
	}
	if note != "" {
		return span{}, at, note
	}
	return span{n[0], n[1]}, at, ""
}

// taken are ports of what EKS runs on a node: 9808 and 9809 of CSI drivers and
// the Pod Identity agent's 2703, kubelet, kube-proxy, and ipamd. From
// 67-eks-reserved-ports.conf of awslabs/amazon-eks-ami.
var taken = []uint64{2703, 9808, 9809, 10249, 10250, 10256, 61678, 61679}

// reservedPorts finds ports of daemons that the kernel may give to a client.
// Outside of the range for clients they need no reservation.
//
//	net.ipv4.ip_local_reserved_ports = 2703,9808-9809,10249-10250,10256,61678-61679
func reservedPorts(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	clients, at, note := local(p)
	if note != "" {
		return noData(note)
	}
	const name = "net.ipv4.ip_local_reserved_ports"
	v, note := read(p, name)
	if note != "" {
		return noData(note)
	}
	reserved, ok := spans(v.text)
	if !ok {
		return noData(fmt.Sprintf("%s:%d: %s is no list of ports", v.at.File, v.at.Line, name))
	}
	var open []string
	for _, port := range taken {
		if clients.has(port) && !within(reserved, port) {
			open = append(open, strconv.FormatUint(port, 10))
		}
	}
	if len(open) == 0 {
		return isClear(fmt.Sprintf("of %d to %d no port of a daemon is given to clients", clients.from, clients.to))
	}
	return found(analyze.Match{
		Summary: fmt.Sprintf("clients get ports from %d to %d, of daemons too: %s", clients.from, clients.to, strings.Join(open, ", ")),
		At:      []parsers.Pos{v.at, at},
	})
}

// spans reads a list of ports.
func spans(list string) ([]span, bool) {
	var all []span
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		from, to, ranged := strings.Cut(word, "-")
		if !ranged {
			to = from
		}
		a, err := strconv.ParseUint(from, 10, 16)
		if err != nil {
			return nil, false
		}
		b, err := strconv.ParseUint(to, 10, 16)
		if err != nil {
			return nil, false
		}
		all = append(all, span{a, b})
	}
	return all, true
}

func within(all []span, port uint64) bool {
	for _, s := range all {
		if s.has(port) {
			return true
		}
	}
	return false
}

// portRange finds a range for clients that is small.
func portRange(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	clients, at, note := local(p)
	if note != "" {
		return noData(note)
	}
	if float64(clients.size()) >= p.Limit("ports") {
		return isClear(fmt.Sprintf("%d ports", clients.size()))
	}
	return found(analyze.Match{
		Summary: fmt.Sprintf("a client of the node has %d ports for its connections, %d to %d", clients.size(), clients.from, clients.to),
		At:      []parsers.Pos{at},
	})
}

// somaxconn finds a limit of waiting connections below that of the kernel, which
// had 128 before Linux 5.4.
func somaxconn(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	v, note := readNumber(p, "net.core.somaxconn")
	switch {
	case note != "":
		return noData(note)
	case float64(v.n) >= p.Limit("connections"):
		return isClear(fmt.Sprintf("%d", v.n))
	}
	release, old := kernel(p)
	switch {
	case v.n >= 128 && release == "":
		return noData(fmt.Sprintf("net.core.somaxconn is %d, which older kernels have by themselves; %s", v.n, whole.Absent(p, "kernel/uname.txt")))
	case v.n >= 128 && old:
		return isClear(fmt.Sprintf("%d, and Linux %s has 128 by itself", v.n, release))
	}
	return found(analyze.Match{
		Summary: fmt.Sprintf("a server may have %d connections that it has not yet accepted", v.n),
		At:      []parsers.Pos{v.at},
	})
}

// kernel is the release of the kernel, and whether it is older than Linux 5.4.
func kernel(p *analyze.Pass) (release string, old bool) {
	for _, f := range analyze.Facts[uname.Name](p) {
		var major, minor int
		if n, _ := fmt.Sscanf(f.Value.Release, "%d.%d", &major, &minor); n == 2 {
			return f.Value.Release, major < 5 || major == 5 && minor < 4
		}
	}
	return "", false
}
