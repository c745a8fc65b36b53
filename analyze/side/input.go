package side

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/capi"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/launchtemplate"
	"github.com/eksleuth/eksleuth/parsers/pcap"
)

// An Input is a file that the collector did not make: given beside the bundle,
// found there, or put into it by someone. It says what the file has of the node.
type Input struct {
	Path   string `json:"path"`
	Format string `json:"format"` // "" is plain text
	Match  Match  `json:"match"`
	// Detail is a sentence: "3 instances, this node is i-07c3d9ab1e4f301ef".
	Detail     string   `json:"detail"`
	Candidates []string `json:"candidates,omitempty"` // of an ambiguous one, the first few
}

// Inputs says of each side input what it has of this node, by path. Skips are
// those that could not be read.
func (n *Node) Inputs(files []*index.File, skips []index.Skip, facts []index.Fact) []Input {
	decoded := map[*index.File]index.Fact{}
	for _, f := range facts {
		decoded[f.File] = f
	}
	var out []Input
	for _, f := range files {
		fact := decoded[f]
		if isExtra(f.Path) || isSide(fact.Value) {
			in := n.input(f, fact)
			in.Path, in.Format = f.Path, f.Format
			out = append(out, in)
		}
	}
	for _, s := range skips {
		if isExtra(s.Path) {
			out = append(out, Input{Path: s.Path, Match: None, Detail: s.Reason})
		}
	}
	slices.SortStableFunc(out, func(a, b Input) int { return strings.Compare(a.Path, b.Path) })
	return out
}

func isExtra(path string) bool { return strings.HasPrefix(path, index.ExtraDir+"/") }

// isSide reports whether a fact is of something that no collector writes.
func isSide(fact any) bool {
	switch fact.(type) {
	case *ec2.Instances, *launchtemplate.Templates, *ekscluster.Clusters, *kubeobjects.Objects, *capi.Manifests:
		return true
	}
	return false
}

func (n *Node) input(f *index.File, fact index.Fact) Input {
	switch {
	case f.Refusal != nil:
		return none("it holds an error of the command: %s", f.Refusal.Text)
	case errors.Is(fact.Err, ec2.ErrNone):
		return none("%v: the answer of AWS is empty", ec2.ErrNone)
	case fact.Err != nil:
		return none("it cannot be read: %s", why(fact.Err))
	case f.Bytes == 0:
		return none("it is empty")
	case f.Format == "":
		return none("it has none of the formats that are known: its text can be searched, nothing is concluded from it")
	case fact.Value == nil:
		return Input{Match: Log, Detail: "it is a log, read as one of the bundle"}
	}
	return n.Describe(fact.Value)
}

// why is an error without the name of its file, which stands before it.
func why(err error) string {
	e, ok := errors.AsType[*parsers.ParseError](err)
	switch {
	case !ok:
		return err.Error()
	case e.Pos.Line > 0:
		return fmt.Sprintf("line %d: %v", e.Pos.Line, e.Err)
	}
	return e.Err.Error()
}

func none(format string, args ...any) Input {
	return Input{Match: None, Detail: fmt.Sprintf(format, args...)}
}

// Describe says what a fact has of this node. Where the file was not read whole
// it says so: the node can be in the rest.
func (n *Node) Describe(fact any) Input {
	in := n.describe(fact)
	if why := cut(fact); why != "" {
		in.Detail += "; the file was not read whole: " + why
		if in.Match == Other {
			in.Match = Part
		}
	}
	return in
}

func (n *Node) describe(fact any) Input {
	switch v := fact.(type) {
	case *ec2.Instances:
		return said(n.Instance(v), words.Count(len(v.Instances), "instance", "instances"), "this node is", func(i *ec2.Instance) string { return cmp.Or(i.InstanceID, i.PrivateDNS, i.PrivateIP) })
	case *launchtemplate.Templates:
		return said(n.Version(v), words.Count(len(v.Versions), "version of a launch template", "versions of launch templates"), "this node was made from", versionName)
	case *ekscluster.Clusters:
		return said(n.InCluster(v), words.Count(len(v.Clusters), "cluster", "clusters"), "that of this node is", func(c *ekscluster.Cluster) string { return c.Name })
	case *capi.Manifests:
		return said(n.Machine(v), words.Count(len(v.Objects)+len(v.Secrets), "object", "objects")+" of Cluster API", "this node was made by", objectName)
	case *kubeobjects.Objects:
		return n.objects(v)
	case *pcap.Capture:
		return n.capture(v)
	}
	return Input{Match: Log, Detail: "it is read as a file of the bundle"}
}

// said puts a choice into words: what there is, and which of it "this node is".
func said[T any](c Choice[T], what, is string, label func(*T) string) Input {
	in := Input{Match: c.Match, Candidates: c.Candidates, Detail: what}
	switch c.Match {
	case Same:
		in.Detail += fmt.Sprintf(", %s %s (by its %s)", is, label(c.Item), c.By)
	case Only:
		in.Detail += ", nothing tells whose; it is taken for that of this node"
		if l := label(c.Item); l != "" {
			in.Detail += ": " + l
		}
	case Other:
		in.Detail += ", those of other nodes only"
	case Part:
		in.Detail += ", none of them this node's so far"
	case Several:
		in.Detail += ", and nothing tells which is this node's: ambiguous"
		if len(c.Candidates) > 0 {
			in.Detail += ": " + strings.Join(c.Candidates, ", ")
		}
	}
	return in
}

// objects describes nodes, pods and events in one sentence.
func (n *Node) objects(o *kubeobjects.Objects) Input {
	in := Input{Match: None, Detail: "no nodes, pods or events"}
	var parts []string
	if len(o.Nodes) > 0 {
		in = said(n.Object(o), words.Count(len(o.Nodes), "node", "nodes"), "this node is", func(k *kubeobjects.Node) string { return k.Name })
		parts = append(parts, in.Detail)
	}
	if len(o.Pods) > 0 {
		pods, comparable := n.Pods(o)
		text := fmt.Sprintf("%s, %d of them on this node", words.Count(len(o.Pods), "pod", "pods"), len(pods))
		if comparable == 0 {
			text = words.Count(len(o.Pods), "pod", "pods") + ", nothing tells which of them are on this node"
		}
		parts = append(parts, text)
		in.Match = better(in.Match, len(pods), comparable)
	}
	if len(o.Events) > 0 {
		events := n.Events(o)
		text := fmt.Sprintf("%s, %d of them about this node or from it", words.Count(len(o.Events), "event", "events"), len(events))
		if len(n.Names) == 0 {
			text = words.Count(len(o.Events), "event", "events") + ", nothing tells which of them are about this node"
		}
		parts = append(parts, text)
		in.Match = better(in.Match, len(events), len(n.Names))
	}
	if len(parts) > 0 {
		in.Detail = strings.Join(parts, "; ")
	}
	return in
}

// better is the match of a file of which a part was judged before.
func better(m Match, own, comparable int) Match {
	switch {
	case m == Same || own > 0:
		return Same
	case m != None:
		return m
	case comparable > 0:
		return Other
	}
	return Several
}

// capture says whether packets are of this node.
func (n *Node) capture(c *pcap.Capture) Input {
	own := 0
	for i := range c.Flows {
		f := &c.Flows[i]
		if n.has(f.Client.Addr()) || n.has(f.Server.Addr()) {
			own++
		}
	}
	what := fmt.Sprintf("%s in %s", words.Count(c.Packets, "packet", "packets"), words.Count(len(c.Flows), "flow", "flows"))
	switch {
	case c.Packets == 0:
		return none("no packets")
	case len(c.Flows) == 0:
		return none("%s, none of them of a connection", words.Count(c.Packets, "packet", "packets"))
	case len(n.IPs) == 0:
		return Input{Match: Several, Detail: what + ", the address of this node is not known"}
	case own == 0:
		return Input{Match: Other, Detail: fmt.Sprintf("%s, none of them from or to %s", what, strings.Join(n.IPs, ", "))}
	}
	return Input{Match: Same, Detail: fmt.Sprintf("%s, %d of them from or to this node", what, own)}
}

func (n *Node) has(ip netip.Addr) bool { return slices.Contains(n.IPs, ip.Unmap().String()) }
