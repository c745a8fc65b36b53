package node

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/kubeconfig"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// clusterAttributes are where the node belongs.
var clusterAttributes = []attribute{
	{name: "cluster.name", group: "cluster", title: "name", from: []source{
		mark("mark.node.cluster.name"),
		setting("kubernetes.cluster-name"),
		changed(mark("mark.node.bootstrap"), bootstrapCluster),
		kubeconfigOf(func(c *kubeconfig.Config) []Reading {
			for _, u := range c.Users {
				if u.Exec != nil {
					return one(u.Exec.ClusterName, u.Exec.Line)
				}
			}
			return nil
		}),
		label("alpha.eksctl.io/cluster-name"),
		ec2Instance(func(in *ec2.Instance) []Reading { return one(in.Cluster, in.Line) }),
		kubeNode(func(n *kubeobjects.Node) []Reading { return one(n.Cluster, n.Line) }),
	}},
	{name: "cluster.endpoint", group: "cluster", title: "endpoint", from: []source{
		mark("mark.node.cluster.endpoint"),
		setting("kubernetes.api-server"),
		kubeconfigOf(func(c *kubeconfig.Config) []Reading {
			if len(c.Clusters) == 0 {
				return nil
			}
			return one(c.Clusters[0].Server, c.Clusters[0].Line)
		}),
		changed(mark("mark.node.bootstrap"), bootstrapEndpoint),
		mark("mark.node.api_url"),
	}},
	{name: "cluster.service_cidr", group: "cluster", title: "services", from: []source{
		mark("mark.node.cluster.cidr"),
		eksCluster(func(c *ekscluster.Cluster) []Reading { return one(c.ServiceIPv4CIDR, c.Line) }),
	}},
	{name: "cluster.nodegroup", group: "cluster", title: "node group", from: []source{
		label("eks.amazonaws.com/nodegroup", "alpha.eksctl.io/nodegroup-name", "karpenter.sh/nodepool"),
		ec2Instance(func(in *ec2.Instance) []Reading { return one(in.NodeGroup, in.Line) }),
		kubeNode(func(n *kubeobjects.Node) []Reading { return one(cmp.Or(n.NodeGroup, n.NodePool), n.Line) }),
	}},
	{name: "cluster.capacity", group: "cluster", title: "capacity", from: []source{
		label("eks.amazonaws.com/capacityType", "karpenter.sh/capacity-type"),
	}, same: strings.EqualFold},
	{name: "cluster.launch_template", group: "cluster", title: "template", from: []source{launchTemplate}, optional: true},
}

func kubeconfigOf(read func(*kubeconfig.Config) []Reading) source {
	return from(func(f fact[kubeconfig.Config]) []Reading { return read(f.value) })
}

var endpointFlag = regexp.MustCompile(`--apiserver-endpoint[ =]['"]?(https://[^\s'"]+)`)

// bootstrapCluster is the first argument of bootstrap.sh that is no flag.
//
//	/etc/eks/bootstrap.sh prod-usw2-blue --apiserver-endpoint https://… --b64-cluster-ca …
func bootstrapCluster(arguments string) string {
	words := strings.Fields(arguments)
	for i := 0; i < len(words); i++ {
		w := strings.Trim(words[i], `'"`)
		switch {
		case w == "--use-max-pods" || w == "--enable-docker-bridge", strings.HasPrefix(w, "--") && !strings.Contains(w, "="):
			i++ // its value
		case clusterName.MatchString(w):
			return w
		}
	}
	return ""
}

var clusterName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

func bootstrapEndpoint(arguments string) string {
	if m := endpointFlag.FindStringSubmatch(arguments); m != nil {
		return m[1]
	}
	return ""
}

func launchTemplate(r *reader) (all []Reading) {
	ids := label("eks.amazonaws.com/sourceLaunchTemplateId")(r)
	versions := label("eks.amazonaws.com/sourceLaunchTemplateVersion")(r)
	for i, id := range ids {
		if i < len(versions) && versions[i].File == id.File && versions[i].Line == id.Line {
			id.Value += " version " + versions[i].Value
		}
		all = append(all, id)
	}
	return all
}
