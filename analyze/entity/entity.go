// Package entity joins what a bundle says of the things on its node: pods, their
// sandboxes and containers, processes, addresses, interfaces and volumes.
//
// An [Observation] is one place of the bundle that names several things at once:
// a line of containerd that gives a sandbox its pod, an address in enis.json, a
// file name. Snapshots are read into observations when a case is asked
// (facts.go), lines of logs are found by the search when a thing is asked for
// (lines.go). Nothing is made on the way of an analysis, and no table has to
// be kept up to date.
package entity

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
)

// A Kind is a kind of thing.
type Kind string

// The kinds of things.
const (
	Pod       Kind = "pod"       // namespace/name; one name can be several pods, one after the other
	UID       Kind = "uid"       // of a pod
	Sandbox   Kind = "sandbox"   // ID of the pod's sandbox container, 64 hex digits
	Container Kind = "container" // ID, 64 hex digits
	Name      Kind = "name"      // of a container in its pod
	Image     Kind = "image"
	PID       Kind = "pid" // in the node's namespace
	Cgroup    Kind = "cgroup"
	Netns     Kind = "netns"
	IP        Kind = "ip"
	ENI       Kind = "eni"       // eni-…
	Interface Kind = "interface" // as the node sees it: eni9d10caf818f, ens6
	Volume    Kind = "volume"
	Device    Kind = "device"
	Mount     Kind = "mount"
)

// order is how kinds are listed.
var order = []Kind{Pod, UID, Sandbox, Container, Name, Image, PID, Cgroup, Netns, IP, ENI, Interface, Volume, Device, Mount}

// own are the kinds that belong to one pod: from one of them to the next, all
// is known of the same pod. The others are shared, or used again later.
var own = map[Kind]bool{Pod: true, UID: true, Sandbox: true, Container: true, Netns: true, Cgroup: true}

// A Thing is one of them.
type Thing struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
}

func (t Thing) compare(u Thing) int {
	return cmp.Or(slices.Index(order, t.Kind)-slices.Index(order, u.Kind), strings.Compare(t.ID, u.ID))
}

// An Observation is one place that names things together.
type Observation struct {
	Verb   string // what is said of them: "sandbox created", "address assigned"
	Things []Thing
	At     time.Time // zero when the place has none: it was so at the collection
	Pos    parsers.Pos
}

// has reports whether the observation names a thing.
func (o *Observation) has(t Thing) bool { return slices.Contains(o.Things, t) }

// add puts a thing in, unless its ID is empty.
func (o *Observation) add(kind Kind, id string) {
	if t := (Thing{kind, id}); id != "" && !o.has(t) {
		o.Things = append(o.Things, t)
	}
}

// pod puts in a pod by its namespace and name.
func (o *Observation) pod(namespace, name string) {
	if name != "" && namespace != "" {
		o.add(Pod, namespace+"/"+name)
	}
}

// minPrefix is how much of an ID has to be given.
const minPrefix = 6

// asked reports whether a thing is what a user calls x: by its ID, by the start
// of an ID that is made of hex digits, or by the name of a pod without its
// namespace.
func (t Thing) asked(x string) bool {
	switch {
	case t.ID == x:
		return true
	case t.Kind == Pod:
		_, name, _ := strings.Cut(t.ID, "/")
		return name == x
	case t.Kind == Sandbox || t.Kind == Container || t.Kind == UID:
		return len(x) >= minPrefix && strings.HasPrefix(t.ID, x)
	case t.Kind == Device || t.Kind == Mount || t.Kind == Cgroup:
		return strings.TrimPrefix(t.ID, "/dev/") == x
	}
	return false
}
