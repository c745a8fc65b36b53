package node

import (
	"path"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/cversion"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/osrelease"
	"github.com/eksleuth/eksleuth/parsers/pkglist"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

// softwareAttributes are what runs on the node.
var softwareAttributes = []attribute{
	{name: "software.ami", group: "software", title: "AMI", from: []source{
		label("eks.amazonaws.com/nodegroup-image"),
		ec2Instance(func(in *ec2.Instance) []Reading { return one(in.Image, in.Line) }),
		kubeNode(func(n *kubeobjects.Node) []Reading { return one(n.Image, n.Line) }),
	}},
	{name: "software.os", group: "software", title: "system", from: []source{
		from(func(f fact[osrelease.Release]) []Reading {
			name := f.value.Get("PRETTY_NAME")
			return one(name.Value, name.Line)
		}),
		mark("mark.node.system"), osOfKernel,
	}, same: func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }},
	{name: "software.kernel", group: "software", title: "kernel", from: []source{
		from(func(f fact[uname.Name]) []Reading { return one(f.value.Release, f.value.Line) }),
	}},
	{name: "software.arch", group: "software", title: "machine", from: []source{
		from(func(f fact[uname.Name]) []Reading { return one(f.value.Machine, f.value.Line) }),
		from(func(f fact[osrelease.Release]) []Reading {
			arch := f.value.Get("ARCHITECTURE")
			return one(arch.Value, arch.Line)
		}),
	}},
	{name: "software.kubelet", group: "software", title: "kubelet", from: []source{
		mark("mark.node.kubelet_version", "mark.node.fetched_version"),
		kubeNode(func(n *kubeobjects.Node) []Reading { return one(n.Info.Kubelet, n.Info.Line) }),
	}, same: sameVersion},
	{name: "software.containerd", group: "software", title: "containerd", from: []source{
		from(func(f fact[cversion.Versions]) []Reading {
			v := f.value
			return append(one(v.Server.Version, v.Server.Line), one(v.Client.Version, v.Client.Line)...)
		}),
		mark("mark.node.containerd_version"),
		pkg("containerd"),
	}, same: sameVersion},
	{name: "software.runc", group: "software", title: "runc", from: []source{pkg("runc")}},
	{name: "software.cni", group: "software", title: "VPC CNI", from: []source{
		mark("mark.node.cni_version"),
		from(func(f fact[cnienv.Containers]) []Reading {
			if c := f.value.Latest(); c != nil {
				return one(tagOf(c.Image, "amazon-k8s-cni"), c.Line)
			}
			return nil
		}),
		image("amazon-k8s-cni", "amazon-k8s-cni-init"),
	}, same: sameVersion},
	{name: "software.kube_proxy", group: "software", title: "kube-proxy", from: []source{
		mark("mark.node.kube_proxy_version"), image("kube-proxy"),
	}, same: sameVersion},
	{name: "software.network_policy_agent", group: "software", title: "network policy agent", from: []source{image("aws-network-policy-agent")}, optional: true},
	{name: "software.coredns", group: "software", title: "CoreDNS", from: []source{image("coredns")}, optional: true},
	{name: "software.ebs_csi", group: "software", title: "EBS CSI driver", from: []source{image("aws-ebs-csi-driver")}, optional: true},
	{name: "software.efs_csi", group: "software", title: "EFS CSI driver", from: []source{image("aws-efs-csi-driver")}, optional: true},
	{name: "software.fsx_csi", group: "software", title: "FSx CSI driver", from: []source{image("aws-fsx-csi-driver")}, optional: true},
	{name: "software.s3_csi", group: "software", title: "S3 CSI driver", from: []source{image("aws-s3-csi-driver", "aws-mountpoint-s3-csi-driver")}, optional: true},
	{name: "software.pod_identity_agent", group: "software", title: "pod identity agent", from: []source{image("eks-pod-identity-agent")}, optional: true},
	{name: "software.node_monitoring_agent", group: "software", title: "node monitoring agent", from: []source{image("eks-node-monitoring-agent")}, optional: true},
}

// osOfKernel tells the system by the kernel that it ships.
func osOfKernel(r *reader) []Reading {
	for _, f := range facts[uname.Name](r) {
		for _, known := range []struct{ part, name string }{
			{".amzn2023.", "Amazon Linux 2023"},
			{".amzn2.", "Amazon Linux 2"},
			{"Ubuntu", "Ubuntu"},
			{"Debian", "Debian"},
		} {
			if strings.Contains(f.value.Release+" "+f.value.Version, known.part) {
				return []Reading{{Value: known.name, File: f.path, Line: f.value.Line, Note: "by its kernel"}}
			}
		}
	}
	for _, f := range r.Files {
		if strings.HasPrefix(f.Path, "bottlerocket") {
			return []Reading{{Value: "Bottlerocket", File: f.Path, Note: "it has this file"}}
		}
	}
	return nil
}

// image reads the tags of the images that containers were made of: those of
// running ones first.
func image(repositories ...string) source {
	return func(r *reader) []Reading {
		running := map[string]bool{}
		for _, f := range facts[ctr.Tasks](r) {
			for _, t := range f.value.Tasks {
				running[t.ID] = running[t.ID] || t.Status == ctr.Running
			}
		}
		var live, other []Reading
		for _, f := range facts[ctr.Containers](r) {
			for _, c := range f.value.Containers {
				for _, repository := range repositories {
					x := Reading{Value: tagOf(c.Image, repository), File: f.path, Line: c.Line, Note: "of its image"}
					if running[c.ID] {
						live = append(live, x)
					} else {
						other = append(other, x)
					}
				}
			}
		}
		return append(live, other...)
	}
}

// pkg reads the version of a package.
func pkg(name string) source {
	return from(func(f fact[pkglist.List]) []Reading {
		p, ok := f.value.Find(name)
		if !ok {
			return nil
		}
		return []Reading{{Value: p.Version, Line: p.Line, Note: "of its package"}}
	})
}

// tagOf returns the tag of an image if its repository has a name, "" else.
//
//	602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/kube-proxy:v1.33.5-minimal-eksbuild.2
func tagOf(image, repository string) string {
	image, _, _ = strings.Cut(image, "@")
	i := strings.LastIndexByte(image, ':')
	if i < 0 || path.Base(image[:i]) != repository {
		return ""
	}
	return image[i+1:]
}

var version = regexp.MustCompile(`v?(\d+\.\d+\.\d+)`)

// sameVersion compares the numbers: "v1.7.28" and "1.7.28-1.amzn2023" are one.
func sameVersion(a, b string) bool {
	x, y := version.FindStringSubmatch(a), version.FindStringSubmatch(b)
	return x != nil && y != nil && x[1] == y[1]
}
