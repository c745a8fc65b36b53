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
	"path"
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
	Command   Kind = "command" // that a process runs, without its arguments
	Service   Kind = "service" // namespace/name:port
)

// What a place calls a container can be the sandbox of a pod. These are the IDs
// of either; [finder.decide] tells which, by all that is known of them.
const (
	pauseImage   Kind = "container of a pause image"
	otherImage   Kind = "container of another image"
	pauseProcess Kind = "container of a process called pause"
	either       Kind = "container or sandbox"
)

// authority is who is believed, the first first, and what they say.
var authority = []struct{ says, is Kind }{
	{Sandbox, Sandbox}, {Container, Container}, // where they are made, started, stopped
	{pauseImage, Sandbox}, {otherImage, Container},
	{pauseProcess, Sandbox}, {either, Container},
}

// order is how kinds are listed.
var order = []Kind{Pod, UID, Sandbox, Container, Name, Image, PID, Cgroup, Netns, IP, ENI, Interface, Volume, Device, Mount, Command, Service}

// own are the kinds that are of one pod as long as they are: from one of them to
// the next, all is known of the same pod. Names of pods, and what is held, are
// shared or used again later.
var own = map[Kind]bool{UID: true, Container: true, Netns: true, Cgroup: true}

// held are the kinds that a pod has at a time.
var held = map[Kind]bool{PID: true, IP: true, Interface: true}

// A Thing is one of them.
type Thing struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
}

func (t Thing) compare(u Thing) int {
	return cmp.Or(slices.Index(order, t.Kind)-slices.Index(order, u.Kind), strings.Compare(t.ID, u.ID))
}

// key is the thing without what is not known of it from the start: whether a
// container is a sandbox.
func (t Thing) key() Thing {
	for _, a := range authority {
		if t.Kind == a.says {
			t.Kind = Container
			break
		}
	}
	return t
}

// An Observation is one place that names things together.
type Observation struct {
	Verb   string // what is said of them: "sandbox created", "address assigned"
	Things []Thing
	At     time.Time // zero when the place has none: it was so at the collection
	Pos    parsers.Pos
	Now    bool // it was still so at the collection
}

// has reports whether the observation names a thing, a container by either kind.
func (o *Observation) has(t Thing) bool {
	return slices.ContainsFunc(o.Things, func(u Thing) bool { return u.key() == t.key() })
}

// add puts a thing in, unless its ID is empty.
func (o *Observation) add(kind Kind, id string) {
	if kind == Netns && strings.HasPrefix(id, "/run/") { // the same folder
		id = "/var" + id
	}
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
	case t.key().Kind == Container || t.Kind == UID:
		return len(x) >= minPrefix && strings.HasPrefix(t.ID, x)
	case t.Kind == Device:
		return strings.TrimPrefix(t.ID, "/dev/") == x
	case t.Kind == Netns:
		return x == path.Base(t.ID) || "/var"+x == t.ID
	case t.Kind == Cgroup:
		return path.Base(t.ID) == path.Base(x) && (strings.HasSuffix(x, t.ID) || strings.HasSuffix(t.ID, "/"+x))
	}
	return false
}
