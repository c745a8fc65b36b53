package network

import (
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/ipamdsettings"
)

func cniState(r *area.Reader) {
	if other := network.OtherCNI(r.Pass); other != "" {
		r.Say("network plugin", other).With("not the VPC CNI")
	}
	r.FromCard("version", "software.cni")
	conflists(r)
	if f := area.First(r, func(c *cnienv.Containers) bool { return c.Latest() != nil }); f != nil {
		c := f.Value.Latest()
		r.Say("newest aws-node", c.Created, at(f.Path, c.Line)).With("%s", c.Image)
	} else if area.First[ipamdsettings.Settings](r, nil) == nil {
		r.NotJudged("settings of the VPC CNI", whole.Absent(r.Pass, "cni/cni-configuration-variables-containerd.json"))
		return
	}
	changed(r)
}

// conflists lists the files of /etc/cni/net.d with the plugins that they call. The
// runtime takes the first one.
func conflists(r *area.Reader) {
	all := network.Conflists(r.Pass)
	if len(all) == 0 {
		r.NotJudged("the plugins that the runtime calls", whole.Absent(r.Pass, "cni/10-aws.conflist"))
		return
	}
	t := r.Table("files of /etc/cni/net.d, the first is in force", area.Text("name"), area.Text("cniVersion"), area.Text("plugins"))
	for _, f := range all {
		var plugins []string
		for _, p := range f.Value.Plugins {
			plugins = append(plugins, p.Type)
		}
		t.Row(at(f.Path, f.Value.Line), f.Value.Name, f.Value.CNIVersion, strings.Join(plugins, ", "))
	}
}

// A setting is a variable of aws-node: its value when it is installed, and what
// another one does.
type setting struct {
	name     string
	standard []string
	meaning  string
}

var off = []string{"", "0", "-1", "false"}

// settings are those that change what a node does. Values of the manifest of the
// VPC CNI, config/master/aws-k8s-cni.yaml in github.com/aws/amazon-vpc-cni-k8s,
// v1.20.4, and of its README.
var settings = []setting{
	{"ENABLE_PREFIX_DELEGATION", off, "pods get addresses of /28 prefixes: more pods for each interface"},
	{"WARM_ENI_TARGET", []string{"1", ""}, "whole interfaces that are kept free; only counts without WARM_IP_TARGET"},
	{"WARM_IP_TARGET", off, "addresses that are kept free, instead of whole interfaces"},
	{"MINIMUM_IP_TARGET", off, "addresses that the node always has"},
	{"WARM_PREFIX_TARGET", []string{"1", "", "0"}, "prefixes that are kept free"},
	{"MAX_ENI", off, "no more interfaces than this are attached"},
	{"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", off, "pods use subnet and security groups of an ENIConfig; the first interface has no pods"},
	{"ENI_CONFIG_LABEL_DEF", []string{"", "k8s.amazonaws.com/eniConfig"}, "label of the node that names its ENIConfig"},
	{"ENI_CONFIG_ANNOTATION_DEF", []string{"", "k8s.amazonaws.com/eniConfig"}, "annotation of the node that names its ENIConfig"},
	{"ENABLE_SUBNET_DISCOVERY", []string{"", "true"}, "interfaces are made in the subnet of the node only"},
	{"AWS_VPC_K8S_CNI_EXTERNALSNAT", off, "pods leave the VPC with their own address: a NAT gateway has to translate it"},
	{"AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS", off, "packets of pods to these networks keep their address"},
	{"AWS_VPC_K8S_CNI_RANDOMIZESNAT", []string{"", "prng", "2"}, "how source ports are chosen"},
	{"AWS_EXTERNAL_SERVICE_CIDRS", off, "packets to these networks leave through the first interface"},
	{"AWS_VPC_CNI_NODE_PORT_SUPPORT", []string{"", "true"}, "NodePorts do not work for pods of further interfaces"},
	{"AWS_VPC_K8S_CNI_CONNMARK", []string{"", "128", "0x80"}, "mark of connections that came in through the first interface"},
	{"AWS_VPC_K8S_CNI_VETHPREFIX", []string{"", "eni"}, "start of the names of the pods' interfaces"},
	{"AWS_VPC_ENI_MTU", []string{"", "9001"}, "largest packet of interfaces and pods"},
	{"POD_MTU", []string{"", "9001"}, "largest packet of pods"},
	{"ENABLE_POD_ENI", off, "pods may have security groups and branch interfaces of their own"},
	{"POD_SECURITY_GROUP_ENFORCING_MODE", []string{"", "strict"}, "standard: packets of such pods inside the node and outside the VPC go by the node's rules"},
	{"NETWORK_POLICY_ENFORCING_MODE", []string{"", "standard"}, "strict: a pod may send nothing before its policies are there"},
	{"ENABLE_IPv4", []string{"", "true"}, "pods have no IPv4 address"},
	{"ENABLE_IPv6", off, "pods have IPv6 addresses"},
	{"ENABLE_V4_EGRESS", []string{"", "true"}, "pods of IPv6 cannot reach IPv4"},
	{"ENABLE_V6_EGRESS", off, "pods of IPv4 can reach IPv6"},
	{"DISABLE_INTROSPECTION", off, "ipamd does not answer the collector"},
	{"DISABLE_METRICS", off, "ipamd has no metrics"},
	{"DISABLE_NETWORK_RESOURCE_PROVISIONING", off, "ipamd attaches no interfaces and addresses by itself"},
	{"DISABLE_TCP_EARLY_DEMUX", off, "needed for probes of pods with branch interfaces in strict mode"},
	{"DISABLE_LEAKED_ENI_CLEANUP", off, "interfaces that were left behind are not deleted"},
	{"AWS_MANAGE_ENIS_NON_SCHEDULABLE", off, "addresses are also managed while the node takes no pods"},
	{"ENABLE_IMDS_ONLY_MODE", off, "ipamd asks the metadata service instead of EC2"},
	{"IP_COOLDOWN_PERIOD", []string{"", "30"}, "seconds until an address is given out again"},
	{"ENABLE_MULTI_NIC", off, "pods can use several network cards"},
	{"ADDITIONAL_ENI_TAGS", []string{"", "{}"}, "tags of the interfaces"},
	{"ANNOTATE_POD_IP", off, "the address is written on the pod at once, for policies of others"},
	{"AWS_VPC_K8S_CNI_LOGLEVEL", []string{"", "DEBUG"}, "less is logged"},
	{"AWS_VPC_K8S_PLUGIN_LOG_LEVEL", []string{"", "DEBUG"}, "the plugin logs less"},
}

// changed lists the settings that are not as installed.
func changed(r *area.Reader) {
	t := r.Table("settings that are not as installed", area.Text("setting"), area.Text("value"), area.Text("meaning"))
	known := 0
	for _, s := range settings {
		v, ok := network.Get(r.Pass, s.name)
		if !ok {
			continue
		}
		if known++; !slices.Contains(s.standard, v.Value) {
			t.Row(v.At, s.name, v.Value, s.meaning)
		}
	}
	if len(t.Rows) == 0 && known > 0 {
		r.Count("settings as installed", int64(known), "settings", settingsFiles(r)...)
	}
}

// settingsFiles are the files that settings are in.
func settingsFiles(r *area.Reader) (all []parsers.Pos) {
	for _, f := range analyze.Facts[ipamdsettings.Settings](r.Pass) {
		all = append(all, at(f.Path, 0))
	}
	for _, f := range analyze.Facts[cnienv.Containers](r.Pass) {
		all = append(all, at(f.Path, 0))
	}
	return all
}
