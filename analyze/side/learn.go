package side

import (
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/capi"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// Learn adds what side inputs say of this node where they name it for sure, so
// that one input helps to read another: describe-instances has the name by
// which pods call the node, the Node object has its instance.
func (n *Node) Learn(facts []index.Fact) {
	facts = index.ByPath(facts)
	const rounds = 3 // instance to Node object to machine
	for range rounds {
		before := n.size()
		for _, f := range facts {
			n.learn(f.Value)
		}
		if n.size() == before {
			return
		}
	}
}

func (n *Node) size() int {
	return len(n.InstanceID) + len(n.Names) + len(n.IPs) + len(n.Cluster) + len(n.Endpoint) + len(n.NodeGroup) + len(n.Templates)
}

func (n *Node) learn(fact any) {
	switch v := fact.(type) {
	case *ec2.Instances:
		if c := n.Instance(v); c.Match == Same {
			n.learnID(c.Item.InstanceID, c.By)
			n.Name(c.Item.PrivateDNS)
			n.IP(c.Item.PrivateIP)
			n.Template(c.Item.LaunchTemplate, c.Item.LaunchTemplateVersion)
			n.belongs(c.Item.Cluster, c.Item.NodeGroup)
		}
	case *kubeobjects.Objects:
		if c := n.Object(v); c.Match == Same {
			n.learnID(c.Item.InstanceID, c.By)
			n.object(c.Item)
		}
	case *capi.Manifests:
		for i := range v.Objects {
			if o := &v.Objects[i]; o.Kind == "Machine" && n.owns(o) == Same && len(o.Nodes) == 1 && len(o.Instances) < 2 {
				n.Name(o.Nodes[0])
			}
		}
	case *ekscluster.Clusters:
		if c := n.InCluster(v); c.Match == Same {
			n.belongs(c.Item.Name, "")
			if n.Endpoint == "" {
				n.Endpoint = c.Item.Endpoint
			}
		}
	}
}

// learnID takes the instance of a thing that something else showed to be this
// node's.
func (n *Node) learnID(id, by string) {
	if n.InstanceID == "" && id != "" {
		n.InstanceID, n.idBy = id, by
	}
}

func (n *Node) object(k *kubeobjects.Node) {
	n.Name(k.Name)
	for _, a := range k.Addresses {
		switch a.Type {
		case "InternalIP":
			n.IP(a.Address)
		case "InternalDNS", "Hostname":
			n.Name(a.Address)
		}
	}
	n.Template(k.LaunchTemplate, k.LaunchTemplateVersion)
	n.belongs(k.Cluster, k.NodeGroup)
}

// belongs says where the node belongs; what the bundle says counts more.
func (n *Node) belongs(cluster, group string) {
	if n.Cluster == "" {
		n.Cluster = cluster
	}
	if n.NodeGroup == "" {
		n.NodeGroup = group
	}
}
