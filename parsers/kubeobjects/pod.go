package kubeobjects

import (
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// A Pod is a Pod object. Its environment and its arguments are not kept.
type Pod struct {
	Line                 int // of its name
	Namespace, Name, UID string
	Created              time.Time `json:",omitzero"`
	Deleted              time.Time `json:",omitzero"` // when it is to be gone
	Started              time.Time `json:",omitzero"` // when the kubelet took it up
	Owner                string    // "DaemonSet/aws-node"
	Node                 string    // "" before it is scheduled
	HostNetwork          bool
	Phase                string // "Pending", "Running", "Succeeded", "Failed", "Unknown"
	Reason, Message      string // of the phase: "Evicted"
	HostIP               string
	IPs                  []string
	QOS                  string // "BestEffort"
	Priority             string // name of its class
	Conditions           []Condition
	Containers           []Container // init containers first
}

// A Container is the status of a container of a pod.
type Container struct {
	Line        int // of its name
	Kind        ContainerKind
	Name, Image string
	ID          string // without the name of the runtime, "" before it was made
	Ready       bool
	Restarts    int
	State, Last State
}

// A ContainerKind says what a container is for.
type ContainerKind string

// The kinds of containers.
const (
	Init      ContainerKind = "init"
	Main      ContainerKind = "main"
	Ephemeral ContainerKind = "ephemeral"
)

// A State is what a container does, or how it ended before.
type State struct {
	Is              string // "waiting", "running", "terminated"; "" for none
	Line            int
	Reason, Message string // "OOMKilled"
	ExitCode        int    // of terminated
	Signal          int
	Started, Ended  time.Time `json:",omitzero"`
}

// pod reads a Pod.
func pod(v *tree.Value) Pod {
	meta, spec, status := v.Get("metadata"), v.Get("spec"), v.Get("status")
	p := Pod{
		Line: lineOf(meta, "name"), Namespace: get(meta, "namespace"), Name: get(meta, "name"), UID: get(meta, "uid"),
		Created: instant(meta, "creationTimestamp"), Deleted: instant(meta, "deletionTimestamp"), Started: instant(status, "startTime"),
		Node: get(spec, "nodeName"), HostNetwork: spec.String("hostNetwork") == "true", Priority: get(spec, "priorityClassName"),
		Phase: get(status, "phase"), Reason: get(status, "reason"), Message: get(status, "message"),
		HostIP: get(status, "hostIP"), QOS: get(status, "qosClass"), Conditions: conditions(status.Get("conditions")),
	}
	p.owner(meta.Get("ownerReferences"))
	p.addresses(status)
	p.containers(Init, status.Get("initContainerStatuses"))
	p.containers(Main, status.Get("containerStatuses"))
	p.containers(Ephemeral, status.Get("ephemeralContainerStatuses"))
	return p
}

// owner is the one that controls the pod.
func (p *Pod) owner(refs *tree.Value) {
	for _, r := range items(refs) {
		if p.Owner == "" || r.String("controller") == "true" {
			p.Owner = get(r, "kind") + "/" + get(r, "name")
		}
	}
}

func (p *Pod) addresses(status *tree.Value) {
	for _, ip := range items(status.Get("podIPs")) {
		p.IPs = append(p.IPs, get(ip, "ip"))
	}
	if ip := get(status, "podIP"); ip != "" && len(p.IPs) == 0 {
		p.IPs = []string{ip}
	}
}

// containers reads the statuses of containers of a kind.
//
//	"containerStatuses": [
//	    {
//	        "lastState": {
//	            "terminated": {
//	                "exitCode": 137,
//	                "reason": "OOMKilled",
func (p *Pod) containers(kind ContainerKind, statuses *tree.Value) {
	for _, c := range items(statuses) {
		p.Containers = append(p.Containers, Container{
			Line: lineOf(c, "name"), Kind: kind, Name: get(c, "name"), Image: get(c, "image"), ID: containerID(get(c, "containerID")),
			Ready: c.String("ready") == "true", Restarts: number(c, "restartCount"),
			State: state(c.Get("state")), Last: state(c.Get("lastState")),
		})
	}
}

// containerID cuts the runtime off "containerd://03ab39cf...".
func containerID(s string) string {
	_, id, _ := strings.Cut(s, "://")
	return id
}

func state(v *tree.Value) State {
	for _, is := range []string{"terminated", "waiting", "running"} {
		if s := v.Get(is); s != nil && s.Kind == tree.Map {
			return State{
				Is: is, Line: s.Line, Reason: get(s, "reason"), Message: get(s, "message"),
				ExitCode: number(s, "exitCode"), Signal: number(s, "signal"),
				Started: instant(s, "startedAt"), Ended: instant(s, "finishedAt"),
			}
		}
	}
	return State{}
}
