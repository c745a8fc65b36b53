package kubeobjects

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// A Node is a Node object.
type Node struct {
	Line          int // of its name
	Name, UID     string
	Created       time.Time `json:",omitzero"`
	ProviderID    string    // "aws:///us-west-2a/i-07c3d9ab1e4f301ef"
	InstanceID    string    // of ProviderID; "" if it names none
	Unschedulable bool      // cordoned

	Addresses   []Address
	Conditions  []Condition
	Taints      []Taint
	Capacity    []Quantity
	Allocatable []Quantity
	Info        Info

	// What its labels say.
	InstanceType, Region, Zone            string
	Cluster                               string // as eksctl names it
	NodeGroup                             string // of EKS, else of eksctl
	NodePool                              string // of Karpenter
	Image                                 string // "ami-..."
	LaunchTemplate, LaunchTemplateVersion string // those the user gave to the node group
	CapacityType                          string // "ON_DEMAND", "SPOT"
	ComputeType                           string // "auto", "hybrid", "fargate"
}

// An Address is an address or name of a node.
type Address struct {
	Type    string // "InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS", "Hostname"
	Address string
}

// A Taint keeps pods away from a node.
type Taint struct {
	Line               int
	Key, Value, Effect string
}

// A Quantity is an amount of a resource as Kubernetes writes it: "63770m", "126956280Ki".
type Quantity struct{ Resource, Amount string }

// Info is what the kubelet says of its node.
type Info struct {
	Line         int
	BootID       string
	Kernel       string // "5.10.184-175.731.amzn2.aarch64"
	OSImage      string // "Amazon Linux 2"
	Runtime      string // "containerd://1.6.19"
	Kubelet      string // "v1.27.3-eks-a5565ad"
	KubeProxy    string
	Architecture string
	MachineID    string
	SystemUUID   string
}

// node reads a Node.
//
//	"kind": "Node",
//	"metadata": {
//	    "name": "ip-192-168-25-169.ec2.internal",
//	...
//	"spec": {
//	    "providerID": "aws:///us-east-1a/i-02f3d2a816394602c"
func node(v *tree.Value) Node {
	meta, spec, status := v.Get("metadata"), v.Get("spec"), v.Get("status")
	n := Node{
		Line: lineOf(meta, "name"), Name: get(meta, "name"), UID: get(meta, "uid"), Created: instant(meta, "creationTimestamp"),
		ProviderID: get(spec, "providerID"), Unschedulable: spec.String("unschedulable") == "true",
		Conditions: conditions(status.Get("conditions")), Info: info(status.Get("nodeInfo")),
		Capacity: quantities(status.Get("capacity")), Allocatable: quantities(status.Get("allocatable")),
	}
	n.InstanceID = InstanceID(n.ProviderID)
	for _, a := range items(status.Get("addresses")) {
		n.Addresses = append(n.Addresses, Address{get(a, "type"), get(a, "address")})
	}
	for _, t := range items(spec.Get("taints")) {
		n.Taints = append(n.Taints, Taint{lineOf(t, "key"), get(t, "key"), get(t, "value"), get(t, "effect")})
	}
	n.labels(meta.Get("labels"))
	return n
}

var instanceID = regexp.MustCompile(`^(?:aws|eks-hybrid)://.*/(m?i-[0-9a-f]{8,32})$`)

// InstanceID is the instance in a provider ID, "" if there is none. Those of
// hybrid nodes start with mi-.
func InstanceID(provider string) string {
	if m := instanceID.FindStringSubmatch(provider); m != nil {
		return m[1]
	}
	return ""
}

// labels takes the labels that say what a node is. The first of a line counts.
func (n *Node) labels(v *tree.Value) {
	for _, l := range []struct {
		to   *string
		keys []string
	}{
		{&n.InstanceType, []string{"node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"}},
		{&n.Region, []string{"topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"}},
		{&n.Zone, []string{"topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"}},
		{&n.Cluster, []string{"alpha.eksctl.io/cluster-name"}},
		{&n.NodeGroup, []string{"eks.amazonaws.com/nodegroup", "alpha.eksctl.io/nodegroup-name"}},
		{&n.NodePool, []string{"karpenter.sh/nodepool", "karpenter.sh/provisioner-name"}},
		{&n.Image, []string{"eks.amazonaws.com/nodegroup-image", "karpenter.k8s.aws/instance-ami-id"}},
		{&n.LaunchTemplate, []string{"eks.amazonaws.com/sourceLaunchTemplateId"}},
		{&n.LaunchTemplateVersion, []string{"eks.amazonaws.com/sourceLaunchTemplateVersion"}},
		{&n.CapacityType, []string{"eks.amazonaws.com/capacityType", "karpenter.sh/capacity-type"}},
		{&n.ComputeType, []string{"eks.amazonaws.com/compute-type"}},
	} {
		for _, key := range l.keys {
			if *l.to == "" {
				*l.to = get(v, key)
			}
		}
	}
}

func info(v *tree.Value) Info {
	if v == nil {
		return Info{}
	}
	return Info{
		Line: v.Line, BootID: get(v, "bootID"), Kernel: get(v, "kernelVersion"), OSImage: get(v, "osImage"),
		Runtime: get(v, "containerRuntimeVersion"), Kubelet: get(v, "kubeletVersion"), KubeProxy: get(v, "kubeProxyVersion"),
		Architecture: get(v, "architecture"), MachineID: get(v, "machineID"), SystemUUID: get(v, "systemUUID"),
	}
}

// quantities are sorted by their resource.
func quantities(v *tree.Value) (out []Quantity) {
	if v == nil {
		return nil
	}
	for i, key := range v.Keys[:min(len(v.Keys), maxList)] {
		out = append(out, Quantity{short(key), short(v.Items[i].Text)})
	}
	slices.SortFunc(out, func(a, b Quantity) int { return strings.Compare(a.Resource, b.Resource) })
	return out
}
