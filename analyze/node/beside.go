package node

import (
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// What other commands say of the node in files given beside the bundle. They
// tell of many nodes; only what is about this one is read.

// this is the node as far as it is known by now.
func (r *reader) this() *side.Node {
	n := &side.Node{
		InstanceID: r.known("instance.id").Value, NodeGroup: r.known("cluster.nodegroup").Value,
		Cluster: r.known("cluster.name").Value, Endpoint: r.known("cluster.endpoint").Value,
	}
	n.Name(r.known("instance.hostname").Value)
	n.IP(r.known("instance.ip").Value)
	n.Learn(r.Facts)
	return n
}

// ec2Instance reads the instance of aws ec2 describe-instances that is the node.
func ec2Instance(read func(*ec2.Instance) []Reading) source {
	return func(r *reader) (all []Reading) {
		for _, f := range facts[ec2.Instances](r) {
			if c := r.this().Instance(f.value); c.Match == side.Same {
				all = append(all, inFile(read(c.Item), f.path)...)
			}
		}
		return all
	}
}

// kubeNode reads the object of kubectl get nodes that is the node.
func kubeNode(read func(*kubeobjects.Node) []Reading) source {
	return func(r *reader) (all []Reading) {
		for _, f := range facts[kubeobjects.Objects](r) {
			if c := r.this().Object(f.value); c.Match == side.Same {
				all = append(all, inFile(read(c.Item), f.path)...)
			}
		}
		return all
	}
}

// eksCluster reads the cluster of aws eks describe-cluster that the node is in:
// that of its endpoint or name, or the only one if neither is known.
func eksCluster(read func(*ekscluster.Cluster) []Reading) source {
	return func(r *reader) (all []Reading) {
		for _, f := range facts[ekscluster.Clusters](r) {
			if c := r.this().InCluster(f.value); c.Item != nil {
				all = append(all, inFile(read(c.Item), f.path)...)
			}
		}
		return all
	}
}

// inFile gives readings their file.
func inFile(all []Reading, file string) []Reading {
	for i := range all {
		all[i].File = file
	}
	return all
}
