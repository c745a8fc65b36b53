// Package gates says whether the daemons that a node lives by were alive when
// its bundle was made, and by what that is known.
//
// [Of] looks at one, [All] at all of them. What systemd says, the process, the
// sockets, the container and the log are sources that do not depend on each
// other: it takes two of them to call a daemon alive, and two to call it dead.
// A log can only help: a daemon that has nothing to do may be silent.
package gates

import (
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Name is the name of a daemon.
type Name string

// The daemons. Time is chronyd, or another program that sets the clock.
const (
	Kubelet     Name = "kubelet"
	Containerd  Name = "containerd"
	IPAMD       Name = "ipamd"
	AWSNode     Name = "aws-node"
	KubeProxy   Name = "kube-proxy"
	CoreDNS     Name = "coredns"
	EBS         Name = "ebs-csi-driver"
	EFS         Name = "efs-csi-driver"
	FSx         Name = "fsx-csi-driver"
	S3          Name = "s3-csi-driver"
	PodIdentity Name = "eks-pod-identity-agent"
	Time        Name = "chronyd"
)

// A State is how a daemon is.
type State string

// The states. A degraded daemon is one of which sources say different things,
// as a process that does not listen. Unknown is also one that nothing asks for
// on this node.
const (
	Alive    State = "alive"
	Degraded State = "degraded"
	Dead     State = "dead"
	Unknown  State = "unknown"
)

// A Gate is what is known of one daemon.
type Gate struct {
	Name   Name
	State  State
	Note   string  // why it is not known, or what else to say
	Wanted *Proof  // what shows that it is meant to run on this node; nil when nothing does
	Proofs []Proof // of each source, also of those that say nothing
}

// A Source is where a proof is from.
type Source string

// The sources.
const (
	Systemd   Source = "systemd"
	Process   Source = "process"
	Port      Source = "port"
	Container Source = "container"
	Log       Source = "log"
)

// Says is what a source says of a daemon.
type Says string

// What sources say. Halfway is a unit that is being started or stopped.
const (
	Up      Says = "up"
	Down    Says = "down"
	Halfway Says = "halfway"
	Nothing Says = "nothing"
)

// A Proof is what one source says.
type Proof struct {
	Source Source
	Says   Says
	Text   string
	At     parsers.Pos // without a file where there is none
}

// All returns the gates of all daemons, always in the same order.
func All(p *analyze.Pass) []*Gate {
	var out []*Gate
	for i := range daemons {
		out = append(out, of(p, &daemons[i]))
	}
	return out
}

// Of returns the gate of one daemon.
func Of(p *analyze.Pass, name Name) *Gate {
	i := slices.IndexFunc(daemons, func(d daemon) bool { return d.name == name })
	if i < 0 {
		panic(fmt.Sprintf("no gate %q", name))
	}
	return of(p, &daemons[i])
}

func of(p *analyze.Pass, d *daemon) *Gate {
	l := &look{Pass: p, daemon: d}
	g := &Gate{Name: d.name, Proofs: []Proof{l.systemd(), l.process(), l.port(), l.container(), l.log()}}
	g.Wanted = l.wanted(g)
	g.State, g.Note = judge(g.Proofs)
	switch {
	case g.Wanted == nil:
		g.State, g.Note = Unknown, "nothing shows that it is meant to run on this node"
	case g.State == Dead && d.pod && l.justBooted():
		g.State, g.Note = Unknown, "the node had just booted: its pods may not have been started yet"
	}
	return g
}

// judge weighs what the sources say.
func judge(proofs []Proof) (State, string) {
	n := map[Says]int{}
	fresh := false
	for _, p := range proofs {
		if p.Source == Log {
			fresh = p.Says == Up
			continue
		}
		n[p.Says]++
	}
	up, down, halfway := n[Up], n[Down], n[Halfway]
	switch {
	case up >= 2 && down+halfway == 0, up == 1 && down+halfway == 0 && fresh:
		return Alive, ""
	case up > 0 && down+halfway > 0:
		return Degraded, ""
	case up == 0 && down+halfway >= 2:
		return Dead, ""
	case halfway > 0:
		return Degraded, ""
	case up+down == 1:
		return Unknown, "only one source tells of it"
	}
	return Unknown, "no source tells of it"
}

// Proof returns what a source says.
func (g *Gate) Proof(s Source) Proof {
	i := slices.IndexFunc(g.Proofs, func(p Proof) bool { return p.Source == s })
	return g.Proofs[i]
}

// Which returns the proofs that say one of some things.
func (g *Gate) Which(says ...Says) []Proof {
	var out []Proof
	for _, p := range g.Proofs {
		if slices.Contains(says, p.Says) {
			out = append(out, p)
		}
	}
	return out
}
