package daemons

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/netstat"
)

// An owner is the component that a port is reserved for.
type owner struct {
	name     string
	ports    []uint16
	programs []string // may use them; also those that do its work
	common   bool     // on most nodes; a connection of another program from its port keeps it from starting
}

// owners of the ports that the AMI reserves.
var owners = []owner{
	{"kubelet", []uint16{10250}, []string{"kubelet", "kubelet-eks", "hyperkube", "k3s", "rke2"}, true},
	{"kube-proxy", []uint16{10249, 10256}, []string{"kube-proxy", "hyperkube", "cilium-agent", "k3s", "rke2", "calico-node", "kube-router", "antrea-agent"}, true},
	{"ipamd", []uint16{61678, 61679}, gates.Programs(gates.IPAMD), true},
	{"eks-pod-identity-agent", []uint16{2703}, []string{"eks-pod-identity-agent"}, false},
	{"CSI drivers", []uint16{9808, 9809}, []string{
		"livenessprobe", "aws-ebs-csi-driver", "aws-efs-csi-driver", "eks-ebs-csi-driver", "aws-fsx-csi-driver", "csi-node-driver-registrar", "node-driver-registrar",
	}, false},
	{"network policy agent", []uint16{8162, 8163}, []string{"controller", "aws-eks-nodeagent", "aws-network-policy-agent", "aws-eks-na"}, false},
}

// chance are programs that get their ports from the kernel: the streaming
// server of containerd listens on any free one.
var chance = []string{"containerd"}

// stolen finds sockets of other programs on the ports of components.
func stolen(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := analyze.Facts[netstat.Sockets](p)
	if len(files) == 0 {
		return noData("no list of sockets")
	}
	f := files[0]
	var matches []analyze.Match
	for _, o := range owners {
		for _, port := range o.ports {
			if m, ok := o.thief(p, f, port); ok {
				matches = append(matches, m)
			}
		}
	}
	if len(matches) > 0 {
		return analyze.Verdict{Outcome: analyze.Found, Matches: matches}, nil
	}
	if why := gates.Unheard(p, &f); why != "" {
		return noData(why)
	}
	if why := unnamed(f.Value); why != "" {
		return noData(f.Path + ": " + why)
	}
	return analyze.Verdict{Outcome: analyze.Clear, Note: "no other program uses a reserved port"}, nil
}

// unnamed reports that the programs are not known: netstat was not run by root.
func unnamed(s *netstat.Sockets) string {
	for _, k := range s.Sockets {
		if k.State == "LISTEN" && k.PID != 0 {
			return ""
		}
	}
	return "no listening socket has a program"
}

// thief looks for a socket of another program on a port.
func (o *owner) thief(p *analyze.Pass, f analyze.FileFact[netstat.Sockets], port uint16) (analyze.Match, bool) {
	own := false
	var other *netstat.Socket
	for i := range f.Value.Sockets {
		k := &f.Value.Sockets[i]
		switch {
		case k.Local.Port != port || k.PID == 0 && k.State != "LISTEN":
		case k.State == "LISTEN" && (k.PID == 0 || o.owns(k.Program)):
			own = true
		case o.owns(k.Program) || k.State == "TIME_WAIT":
		case other == nil || k.State == "LISTEN" && other.State != "LISTEN":
			other = k
		}
	}
	if other == nil || own {
		return analyze.Match{}, false
	}
	here := o.here(p, other)
	if !here && !byChance(other) || other.State != "LISTEN" && !o.common {
		return analyze.Match{}, false
	}
	m := analyze.Match{
		Entity:   fmt.Sprint(port),
		Entities: map[string][]string{"process": {path.Base(other.Program)}, "pid": {fmt.Sprint(other.PID)}},
		At:       []parsers.Pos{{File: f.Path, Line: other.Line}},
		Summary:  fmt.Sprintf("port %d is reserved for %s, and %s (process %d) listens on it", port, o.name, path.Base(other.Program), other.PID),
	}
	if other.State != "LISTEN" {
		m.Summary = fmt.Sprintf("port %d is reserved for %s, and %s (process %d) has a connection from it to %s", port, o.name, path.Base(other.Program), other.PID, other.Foreign.Text)
	}
	if !here {
		m.Severity = analyze.Low
		m.Summary += "; nothing shows that this node has the component"
	}
	if o.common {
		m.Explains = []string{"state.port.missing_listener@" + o.name}
	}
	return m, true
}

// owns reports whether a program may use the ports.
func (o *owner) owns(program string) bool {
	return slices.ContainsFunc(o.programs, func(p string) bool { return gates.Same(program, p) })
}

// here reports whether the component misses the port: on a node without it any
// program may use it.
func (o *owner) here(p *analyze.Pass, k *netstat.Socket) bool {
	switch o.name {
	case "ipamd":
		return gates.Of(p, gates.IPAMD).Wanted != nil
	case "kube-proxy":
		return gates.Of(p, gates.KubeProxy).Wanted != nil
	case "eks-pod-identity-agent":
		return gates.Of(p, gates.PodIdentity).Wanted != nil
	case "CSI drivers":
		// Of their pods only those of EFS have the network of the node.
		return k.Local.Port == 9809 && gates.Of(p, gates.EFS).Wanted != nil
	case "network policy agent":
		f := p.File("var_log/aws-routed-eni/network-policy-agent.log")
		return f != nil && f.Lines > 0
	}
	return true
}

// byChance reports a socket whose port the kernel chose.
func byChance(k *netstat.Socket) bool {
	return k.State == "LISTEN" && slices.ContainsFunc(chance, func(c string) bool { return gates.Same(k.Program, c) })
}
