package node

import (
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// What other commands say of the node in files given beside the bundle. They
// tell of many nodes; only what is about this one is read.

// ec2Instance reads the instance of aws ec2 describe-instances that is the node.
func ec2Instance(read func(*ec2.Instance) []Reading) source {
	return func(r *reader) (all []Reading) {
		this := ec2.Node{InstanceID: r.known("instance.id").Value, Hostname: r.known("instance.hostname").Value}
		for _, f := range facts[ec2.Instances](r) {
			if in, match := f.value.Of(this); match == ec2.Same {
				all = append(all, inFile(read(in), f.path)...)
			}
		}
		return all
	}
}

// kubeNode reads the object of kubectl get nodes that is the node.
func kubeNode(read func(*kubeobjects.Node) []Reading) source {
	return func(r *reader) (all []Reading) {
		id, host := r.known("instance.id").Value, r.known("instance.hostname").Value
		for _, f := range facts[kubeobjects.Objects](r) {
			i := slices.IndexFunc(f.value.Nodes, func(n kubeobjects.Node) bool {
				if id != "" && n.InstanceID != "" {
					return id == n.InstanceID
				}
				return host != "" && strings.EqualFold(n.Name, host)
			})
			if i >= 0 {
				all = append(all, inFile(read(&f.value.Nodes[i]), f.path)...)
			}
		}
		return all
	}
}

// eksCluster reads the cluster of aws eks describe-cluster that the node is in:
// that of its name, or the only one if the name is not known.
func eksCluster(read func(*ekscluster.Cluster) []Reading) source {
	return func(r *reader) (all []Reading) {
		name := r.known("cluster.name").Value
		for _, f := range facts[ekscluster.Clusters](r) {
			for i := range f.value.Clusters {
				if c := &f.value.Clusters[i]; c.Name == name || name == "" && len(f.value.Clusters) == 1 {
					all = append(all, inFile(read(c), f.path)...)
				}
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
