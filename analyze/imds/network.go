package imds

import (
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conflist"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// A Network is which network a pod has. What keeps pods from the service by the
// number of hops does not touch those with the network of the node.
type Network string

// The networks.
const (
	OfHost Network = "host"
	Own    Network = "pod"
	Either Network = "unknown"
)

// hostPods are what the names of pods begin with that have the network of the
// node in the manifests of EKS and of the usual network plugins. The second
// part of a name, as in "cilium-operator", is of another.
var hostPods = []string{
	"aws-node-", "kube-proxy-", "eks-pod-identity-agent-", "eks-node-monitoring-agent-", "aws-node-termination-handler-", "efs-csi-node-",
	"node-local-dns-", "calico-node-",
}

// HostPod reports whether a pod of a name is known for the network of the node.
func HostPod(name string) bool {
	return slices.ContainsFunc(hostPods, func(prefix string) bool {
		rest, ok := strings.CutPrefix(name, prefix)
		return ok && !strings.Contains(rest, "-")
	})
}

// Networks tells which pods have which network: from their objects, and from
// the addresses that ipamd gave.
type Networks struct {
	host, own map[string]parsers.Pos // by namespace/name
}

// NewNetworks reads the networks of the pods of this node.
func NewNetworks(node *side.Node, facts []index.Fact) *Networks {
	n := &Networks{host: map[string]parsers.Pos{}, own: map[string]parsers.Pos{}}
	for _, f := range facts {
		switch v := f.Value.(type) {
		case *ipam.Checkpoint:
			for i := range v.Allocations {
				if a := &v.Allocations[i]; a.Pod != "" {
					n.own[a.Namespace+"/"+a.Pod] = parsers.Pos{File: f.File.Path, Line: a.Line}
				}
			}
		case *kubeobjects.Objects:
			pods, _ := node.Pods(v)
			for _, p := range pods {
				at, name := parsers.Pos{File: f.File.Path, Line: p.Line}, p.Namespace+"/"+p.Name
				if p.HostNetwork {
					n.host[name] = at
				} else {
					n.own[name] = at
				}
			}
		}
	}
	return n
}

// Of is the network of a pod, and what tells it.
func (n *Networks) Of(pod string) (Network, Point) {
	if at, ok := n.host[pod]; ok {
		return OfHost, Point{"its object says hostNetwork", places(at)}
	}
	if at, ok := n.own[pod]; ok {
		return Own, Point{"it has an address of its own", places(at)}
	}
	if _, name, _ := strings.Cut(pod, "/"); HostPod(name) {
		return OfHost, Point{Text: "pods of this name have the network of the node"}
	}
	return Either, Point{Text: "nothing tells which network it has"}
}

// maxQuiet bounds the pods that are named as quiet.
const maxQuiet = 50

// quiet are the pods with a network of their own that have no failed calls.
func (n *Networks) quiet(failing []Pod) (names []string, more int) {
	for pod := range n.own {
		if !slices.ContainsFunc(failing, func(p Pod) bool { return p.Pod == pod }) {
			names = append(names, pod)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), maxQuiet)], max(len(names)-maxQuiet, 0)
}

// Further is what shows that pods are more than one hop away, so that a limit of
// 2 does not do either: Cilium routes packets of pods once more (cilium#25232,
// aws-ebs-csi-driver#2966). It is empty where nothing does.
func Further(facts []index.Fact) Point {
	for _, f := range facts {
		if v, ok := f.Value.(*conflist.Network); ok {
			if p := v.Plugin("cilium-cni"); p != nil {
				return Point{"Cilium routes packets of pods once more", []Place{{f.File.Path, p.Line}}}
			}
		}
	}
	return Point{}
}
