package side_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/capi"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/launchtemplate"
	"github.com/eksleuth/eksleuth/parsers/pcap"
)

const (
	id1, id2   = "i-07c3d9ab1e4f301ef", "i-07c3d9ab1e4f5063d"
	dns1, dns2 = "ip-10-0-12-34.us-west-2.compute.internal", "ip-10-0-7-118.us-west-2.compute.internal"
)

// node is a node with an ID and a host name, which may be "".
func node(id, host string) *side.Node {
	n := &side.Node{InstanceID: id}
	n.Name(host)
	return n
}

func TestInstance(t *testing.T) {
	one := ec2.Instance{InstanceID: id1, PrivateDNS: dns1, PrivateIP: "10.0.12.34"}
	two := ec2.Instance{InstanceID: id2, PrivateDNS: dns2}
	bare := ec2.Instance{Metadata: ec2.MetadataOptions{Line: 2, HopLimit: 1}}
	twin := ec2.Instance{InstanceID: "i-0aaaabbbbccccdddd", PrivateIP: "10.0.12.34"} // of another VPC
	gone := twin
	gone.State = "terminated"
	f := func(name string, n *side.Node, want side.Match, wantID, candidates string, is ...ec2.Instance) {
		t.Helper()
		c := n.Instance(&ec2.Instances{Instances: is})
		id := ""
		if c.Item != nil {
			id = c.Item.InstanceID
		}
		if c.Match != want || id != wantID || strings.Join(c.Candidates, " ") != candidates || (c.Item == nil) != (want == side.Other || want == side.Several || want == side.None) {
			t.Errorf("%s: Instance = %q, %v, %v, want %q, %v, %v", name, id, c.Match, c.Candidates, wantID, want, candidates)
		}
	}
	f("by id", node(id2, ""), side.Same, id2, "", one, two)
	f("by name", node("", dns2), side.Same, id2, "", one, two)
	f("by name, any case", node("", strings.ToUpper(dns2)), side.Same, id2, "", one, two)
	f("by name without domain", node("", "ip-10-0-7-118"), side.Same, id2, "", one, two)
	f("by address", node("", "ip-10-0-12-34.corp.example"), side.Same, id1, "", two, one)
	f("same name, another region", node("", "ip-10-0-12-34.ec2.internal"), side.Other, "", "", two, one)
	f("by resource name", node("", id1+".us-west-2.compute.internal"), side.Same, id1, "", two, one)
	f("the id counts more than the address", node("i-0aaaabbbbccccdddd", dns1), side.Same, "i-0aaaabbbbccccdddd", "", one, twin)
	f("two with the address", node("", "ip-10-0-12-34.corp.example"), side.Several, "", id1+" i-0aaaabbbbccccdddd", one, twin)
	f("one of two with the address is gone", node("", "ip-10-0-12-34.corp.example"), side.Same, id1, "", gone, one)
	f("the only one is gone", node("", "ip-10-0-12-34.corp.example"), side.Same, "i-0aaaabbbbccccdddd", "", gone, two)
	f("twice the same", node(id1, ""), side.Same, id1, "", one, one)
	f("another one", node("i-0aaaaaaaaaaaaaaaa", ""), side.Other, "", "", one)
	f("another name", node("", "ip-10-0-1-1.us-west-2.compute.internal"), side.Other, "", "", one, two)
	f("only options", node(id1, ""), side.Only, "", "", bare)
	f("options of two", node(id1, ""), side.Several, "", "", bare, bare)
	f("another one, and options", node("i-0aaaaaaaaaaaaaaaa", ""), side.Several, "", "", one, bare)
	f("node unknown", node("", ""), side.Several, "", id1+" "+id2, one, two)
	f("node unknown, one instance", node("", ""), side.Only, id1, "", one)
	f("localhost is no name", node("", "localhost.localdomain"), side.Only, id1, "", one)
	f("nothing", node(id1, ""), side.None, "", "")
}

func kubeNode(name, id string) kubeobjects.Node {
	return kubeobjects.Node{Name: name, InstanceID: id, LaunchTemplate: "lt-0d4e5f6a7b8c91234", LaunchTemplateVersion: "2", NodeGroup: "workers"}
}

// What names this node in one input helps to read the next one.
func TestLearn(t *testing.T) {
	fact := func(path string, v any) index.Fact { return index.Fact{File: &index.File{Path: path}, Value: v} }
	nodes := &kubeobjects.Objects{Nodes: []kubeobjects.Node{kubeNode(dns1, id1), kubeNode(dns2, id2)}}
	pods := &kubeobjects.Objects{Pods: []kubeobjects.Pod{{Name: "a", Node: dns1}, {Name: "b", Node: dns2}, {Name: "c"}}}
	machines := &capi.Manifests{Objects: []capi.Object{{Kind: "Machine", Nodes: []string{dns1}, Instances: []string{id1}}}}

	n := node(id1, "")
	if own, comparable := n.Pods(pods); len(own) != 0 || comparable != 0 {
		t.Errorf("Pods before = %v, %d", own, comparable)
	}
	n.Learn([]index.Fact{fact("extra/z.json", nodes), fact("extra/a.json", pods)})
	if own, comparable := n.Pods(pods); len(own) != 1 || own[0].Name != "a" || comparable != 2 {
		t.Errorf("Pods = %v, %d, want pod a of two", own, comparable)
	}
	want := &side.Node{InstanceID: id1, Names: []string{dns1}, IPs: []string{"10.0.12.34"}, NodeGroup: "workers",
		Templates: []side.Template{{ID: "lt-0d4e5f6a7b8c91234", Version: "2"}}}
	if d := cmp.Diff(want, n, cmpopts.IgnoreUnexported(side.Node{})); d != "" {
		t.Errorf("Learn of a Node object:\n%s", d)
	}

	n = node(id1, "")
	n.Learn([]index.Fact{fact("extra/m.yaml", machines)})
	if d := cmp.Diff([]string{dns1}, n.Names); d != "" {
		t.Errorf("Learn of a Machine:\n%s", d)
	}

	// Of others nothing is learnt.
	n = node("i-0aaaaaaaaaaaaaaaa", "")
	n.Learn([]index.Fact{fact("extra/z.json", nodes), fact("extra/m.yaml", machines), fact("e", &ec2.Instances{Instances: []ec2.Instance{{InstanceID: id1, PrivateDNS: dns1}}})})
	if d := cmp.Diff(node("i-0aaaaaaaaaaaaaaaa", ""), n, cmpopts.IgnoreUnexported(side.Node{})); d != "" {
		t.Errorf("learnt from others:\n%s", d)
	}
}

func TestVersion(t *testing.T) {
	const lt = "lt-0d4e5f6a7b8c91234"
	v2, v3 := launchtemplate.Version{ID: lt, Number: 2, NodeGroup: "workers"}, launchtemplate.Version{ID: lt, Number: 3, NodeGroup: "workers"}
	other := launchtemplate.Version{ID: "lt-0aaaabbbbccccdddd", Number: 1, NodeGroup: "gpu"}
	bare := launchtemplate.Version{Image: "ami-0f00f00f00f00f00f"}
	f := func(name string, n side.Node, want side.Match, number int, candidates string, all ...launchtemplate.Version) {
		t.Helper()
		c := n.Version(&launchtemplate.Templates{Versions: all})
		got := 0
		if c.Item != nil {
			got = c.Item.Number
		}
		if c.Match != want || got != number || strings.Join(c.Candidates, ", ") != candidates {
			t.Errorf("%s: Version = %v, version %d, %q, want %v, version %d, %q", name, c.Match, got, c.Candidates, want, number, candidates)
		}
	}
	tagged := side.Node{Templates: []side.Template{{ID: "lt-0eeeeffff00001111", Version: "1"}, {ID: lt, Version: "2"}}}
	f("by tag", tagged, side.Same, 2, "", v3, v2, other)
	f("twice", tagged, side.Same, 2, "", v2, v2)
	f("another version", tagged, side.Other, 0, "", v3, other)
	f("unknown which version", side.Node{Templates: []side.Template{{ID: lt}}}, side.Several, 0, lt+" version 3, "+lt+" version 2", v3, v2, other)
	f("node group of another", side.Node{NodeGroup: "workers"}, side.Other, 0, "", other)
	f("one of the node group", side.Node{NodeGroup: "workers"}, side.Several, 0, lt+" version 2", v2, other)
	f("nothing known, one version", side.Node{}, side.Only, 2, "", v2)
	f("nothing known", side.Node{}, side.Several, 0, lt+" version 3, "+lt+" version 2", v3, v2)
	f("data alone", tagged, side.Only, 0, "", bare)
	f("none", tagged, side.None, 0, "")
}

func TestInCluster(t *testing.T) {
	const endpoint = "https://0123456789ABCDEF0123456789ABCDEF.gr7.us-west-2.eks.amazonaws.com"
	blue, green := ekscluster.Cluster{Name: "blue", Endpoint: endpoint}, ekscluster.Cluster{Name: "green", Endpoint: "https://FEDC.gr7.us-west-2.eks.amazonaws.com"}
	f := func(name string, n side.Node, want side.Match, wantName string, all ...ekscluster.Cluster) {
		t.Helper()
		c := n.InCluster(&ekscluster.Clusters{Clusters: all})
		got := ""
		if c.Item != nil {
			got = c.Item.Name
		}
		if c.Match != want || got != wantName {
			t.Errorf("%s: InCluster = %v %q, want %v %q", name, c.Match, got, want, wantName)
		}
	}
	f("by endpoint", side.Node{Endpoint: strings.ToLower(endpoint) + ":443/", Cluster: "renamed"}, side.Same, "blue", green, blue)
	f("by name", side.Node{Cluster: "green"}, side.Same, "green", green, blue)
	f("another name", side.Node{Cluster: "red"}, side.Other, "", green, blue)
	f("the endpoint counts more", side.Node{Endpoint: "https://0000.gr7.us-west-2.eks.amazonaws.com", Cluster: "blue"}, side.Other, "", blue)
	f("unknown, one", side.Node{}, side.Only, "blue", blue)
	f("unknown", side.Node{}, side.Several, "", green, blue)
	f("two regions", side.Node{Cluster: "blue"}, side.Several, "", blue, ekscluster.Cluster{Name: "blue"})
	f("none", side.Node{}, side.None, "")
}

func TestMachine(t *testing.T) {
	hop := ec2.MetadataOptions{Line: 7, HopLimit: 1}
	machine := capi.Object{Kind: "AWSMachine", Name: "m", Template: "t", Instances: []string{id1}}
	template := capi.Object{Kind: "AWSMachineTemplate", Name: "t", Metadata: hop}
	other := capi.Object{Kind: "AWSMachineTemplate", Name: "u", Metadata: hop}
	pool := capi.Object{Kind: "AWSManagedMachinePool", Name: "p", NodeGroup: "workers", Instances: []string{id1, id2}}
	ask := capi.Object{Kind: "Machine", Name: "m", Nodes: []string{dns1}, Infrastructure: "AWSMachine/m"}
	f := func(name string, n *side.Node, want side.Match, wantName string, all ...capi.Object) {
		t.Helper()
		c := n.Machine(&capi.Manifests{Objects: all})
		got := ""
		if c.Item != nil {
			got = c.Item.Kind + "/" + c.Item.Name
		}
		if c.Match != want || got != wantName {
			t.Errorf("%s: Machine = %v %q %v, want %v %q", name, c.Match, got, c.Candidates, want, wantName)
		}
	}
	f("by instance", node(id1, ""), side.Same, "AWSMachine/m", machine)
	f("its template says more", node(id1, ""), side.Same, "AWSMachineTemplate/t", machine, other, template)
	f("by the node of its Machine", node("", dns1), side.Same, "AWSMachine/m", ask, machine)
	f("by pool", node(id2, ""), side.Same, "AWSManagedMachinePool/p", pool, other)
	f("pool of others", node("i-0aaaabbbbccccdddd", ""), side.Other, "", pool)
	f("by node group", &side.Node{NodeGroup: "workers"}, side.Same, "AWSManagedMachinePool/p", pool)
	f("one template", node(id1, ""), side.Only, "AWSMachineTemplate/t", template)
	f("two templates", node(id1, ""), side.Several, "", template, other)
	f("none", node(id1, ""), side.None, "", ask)
}

// The ground of a match is what the bundle knows, not what was learnt.
func TestLearnt_ground(t *testing.T) {
	n := node("", dns1)
	nodes := &kubeobjects.Objects{Nodes: []kubeobjects.Node{kubeNode(dns1, id1), kubeNode(dns2, id2)}}
	n.Learn([]index.Fact{{File: &index.File{Path: "extra/nodes.json"}, Value: nodes}})
	if c := n.Object(nodes); n.InstanceID != id1 || c.Match != side.Same || c.By != "name" {
		t.Errorf("Object = %v by %q, instance %q; want same by name", c.Match, c.By, n.InstanceID)
	}
}

func TestInputs(t *testing.T) {
	n := node(id1, dns1)
	files := []*index.File{
		{Path: "kubelet/kubelet.log", Format: "journald", Bytes: 9},
		{Path: "describe-instances.json", Format: "ec2", Bytes: 9},
		{Path: "extra/two.json", Format: "ec2", Bytes: 9},
		{Path: "extra/broken.json", Format: "ec2", Bytes: 9},
		{Path: "extra/empty.json", Format: "ec2"},
		{Path: "extra/none.json", Format: "ec2", Bytes: 24},
		{Path: "extra/error.txt", Bytes: 9, Refusal: &parsers.Refusal{Text: "bash: aws: command not found"}},
		{Path: "extra/imds.log", Format: "imdspackets", Bytes: 9},
		{Path: "extra/notes.txt", Bytes: 9},
		{Path: "extra/all.yaml", Format: "kubeobjects", Bytes: 9},
		{Path: "extra/pods.yaml", Format: "kubeobjects", Bytes: 9},
		{Path: "extra/x.pcap", Format: "pcap", Bytes: 9},
		{Path: "extra/cluster.json", Format: "ekscluster", Bytes: 9},
		{Path: "extra/cut.json", Format: "ec2", Bytes: 9},
		{Path: "extra/cut-pods.json", Format: "kubeobjects", Bytes: 9},
		{Path: "extra/cut-options.json", Format: "ec2", Bytes: 9},
		{Path: "extra/names.txt", Format: "ec2", Bytes: 9},
	}
	facts := []index.Fact{
		{File: files[1], Value: &ec2.Instances{Instances: []ec2.Instance{{InstanceID: id1}, {InstanceID: id2}}}},
		{File: files[2], Value: &ec2.Instances{Instances: []ec2.Instance{{}, {}}}},
		{File: files[3], Err: errors.New("no instances")},
		{File: files[9], Value: &kubeobjects.Objects{Nodes: []kubeobjects.Node{kubeNode(dns1, id1)}, Pods: []kubeobjects.Pod{{Node: dns1}, {Node: dns2}},
			Events: []kubeobjects.Event{{Host: dns1}, {Object: kubeobjects.Object{Kind: "Node", Name: dns1}}, {Object: kubeobjects.Object{Kind: "Pod", Name: dns1}}}}},
		{File: files[10], Value: &kubeobjects.Objects{Pods: []kubeobjects.Pod{{Node: dns2}}}},
		{File: files[11], Value: &pcap.Capture{Packets: 12, Flows: []pcap.Flow{
			{Client: netip.MustParseAddrPort("10.0.12.34:4000"), Server: netip.MustParseAddrPort("169.254.169.254:80")},
			{Client: netip.MustParseAddrPort("10.0.7.118:4000"), Server: netip.MustParseAddrPort("10.0.7.1:80")}}}},
		{File: files[12], Value: &ekscluster.Clusters{Clusters: []ekscluster.Cluster{{Name: "blue"}}}},
		{File: files[13], Value: &ec2.Instances{Instances: []ec2.Instance{{InstanceID: id2}}, Cut: "line 12: unexpected EOF"}},
		{File: files[14], Value: &kubeobjects.Objects{Pods: []kubeobjects.Pod{{Node: dns2}}, Cut: "line 7: unexpected EOF"}},
		{File: files[15], Value: &ec2.Instances{Instances: []ec2.Instance{{}}, Cut: "line 3: unexpected EOF"}},
		{File: files[16], Value: &ec2.Instances{Instances: []ec2.Instance{{PrivateDNS: dns1}}}},
	}
	_, err := ec2.Parse("extra/none.json", []byte(`{"Reservations": []}`))
	facts = append(facts, index.Fact{File: files[5], Err: err})
	var got []string
	for _, in := range n.Inputs(files, []index.Skip{{Path: "var_log/x", Reason: "a link"}, {Path: "extra/picture.png", Reason: "it is no text"}}, facts) {
		got = append(got, in.Path+": "+string(in.Match)+": "+in.Detail)
	}
	want := []string{
		"describe-instances.json: same: 2 instances, this node is " + id1 + " (by its instance ID)",
		"extra/all.yaml: same: 1 node, this node is " + dns1 + " (by its instance ID); 2 pods, 1 of them on this node; 3 events, 2 of them about this node or from it",
		"extra/broken.json: none: it cannot be read: no instances",
		"extra/cluster.json: only: 1 cluster, nothing tells whose; it is taken for that of this node: blue",
		"extra/cut-options.json: several: 1 instance, and nothing tells which is this node's: ambiguous; the file was not read whole: line 3: unexpected EOF",
		"extra/cut-pods.json: part: 1 pod, 0 of them on this node; the file was not read whole: line 7: unexpected EOF",
		"extra/cut.json: part: 1 instance, none of them this node's so far; the file was not read whole: line 12: unexpected EOF",
		"extra/empty.json: none: it is empty",
		"extra/error.txt: none: it holds an error of the command: bash: aws: command not found",
		"extra/imds.log: log: it is a log, read as one of the bundle",
		"extra/names.txt: same: 1 instance, this node is " + dns1 + " (by its name)",
		"extra/none.json: none: no instances match: the answer of AWS is empty",
		"extra/notes.txt: none: it has none of the formats that are known: its text can be searched, nothing is concluded from it",
		"extra/picture.png: none: it is no text",
		"extra/pods.yaml: other: 1 pod, 0 of them on this node",
		"extra/two.json: several: 2 instances, and nothing tells which is this node's: ambiguous",
		"extra/x.pcap: same: 12 packets in 2 flows, 1 of them from or to this node",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Inputs (-want +got):\n%s", d)
	}
}

// A file that was cut does not show that this node is not in it, whatever is cut.
func TestCut(t *testing.T) {
	n := &side.Node{InstanceID: id1, Cluster: "blue", NodeGroup: "workers", Templates: []side.Template{{ID: "lt-0d4e5f6a7b8c91234", Version: "2"}}}
	f := func(want side.Match, got side.Match) {
		t.Helper()
		if got != want {
			t.Errorf("Match = %v, want %v", got, want)
		}
	}
	for _, cut := range []string{"", "line 7: unexpected EOF"} {
		want := side.Other
		if cut != "" {
			want = side.Part
		}
		f(want, n.Instance(&ec2.Instances{Instances: []ec2.Instance{{InstanceID: id2}}, Cut: cut}).Match)
		f(want, n.Object(&kubeobjects.Objects{Nodes: []kubeobjects.Node{kubeNode(dns2, id2)}, Cut: cut}).Match)
		f(want, n.Version(&launchtemplate.Templates{Versions: []launchtemplate.Version{{ID: "lt-0aaaabbbbccccdddd", Number: 2}}, Cut: cut}).Match)
		f(want, n.InCluster(&ekscluster.Clusters{Clusters: []ekscluster.Cluster{{Name: "green"}}, Cut: cut}).Match)
		f(want, n.Machine(&capi.Manifests{Objects: []capi.Object{{Kind: "AWSManagedMachinePool", NodeGroup: "gpu"}}, Cut: cut}).Match)
		f(side.Same, n.Instance(&ec2.Instances{Instances: []ec2.Instance{{InstanceID: id1}}, Cut: cut}).Match)
	}
}

// A capture without packets says nothing of any node, one that was cut does not
// show that the node is not in it.
func TestDescribe_capture(t *testing.T) {
	n := node(id1, dns1)
	f := func(c *pcap.Capture, want side.Match, detail string) {
		t.Helper()
		if got := n.Describe(c); got.Match != want || got.Detail != detail {
			t.Errorf("Describe = %s %q, want %s %q", got.Match, got.Detail, want, detail)
		}
	}
	other := []pcap.Flow{{Client: netip.MustParseAddrPort("10.0.7.118:4000"), Server: netip.MustParseAddrPort("10.0.7.1:80")}}
	f(&pcap.Capture{}, side.None, "no packets")
	f(&pcap.Capture{Cut: "cut before packet 1"}, side.None, "no packets; the file was not read whole: cut before packet 1")
	f(&pcap.Capture{Packets: 3, Other: 3}, side.None, "3 packets, none of them of a connection")
	f(&pcap.Capture{Packets: 1, Flows: other}, side.Other, "1 packet in 1 flow, none of them from or to 10.0.12.34")
	f(&pcap.Capture{Packets: 1, Flows: other, Cut: "cut after packet 1"}, side.Part, "1 packet in 1 flow, none of them from or to 10.0.12.34; the file was not read whole: cut after packet 1")
	f(&pcap.Capture{Packets: 9, Flows: other, MoreFlows: 8}, side.Part, "9 packets in 1 flow, none of them from or to 10.0.12.34; the file was not read whole: more than 1 flows")
}
