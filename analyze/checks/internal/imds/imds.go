// Package imds gives the checks of the metadata service what they share: the
// options of this node's instance, and the calls that failed.
package imds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

// A Self is what the bundle says of the node's identity, its side inputs left
// aside. Unknown fields are "".
type Self struct{ InstanceID, Hostname string }

// Node returns what the bundle says of the node's identity.
func Node(p *analyze.Pass) Self {
	n := Self{InstanceID: p.Case.InstanceID, Hostname: p.Case.Node.Hostname}
	for _, f := range analyze.Facts[instance.Identity](p) {
		if f.Value.Kind == instance.ID && n.InstanceID == "" {
			n.InstanceID = f.Value.Value
		}
	}
	for _, f := range analyze.Facts[uname.Name](p) {
		if n.Hostname == "" {
			n.Hostname = f.Value.Hostname
		}
	}
	return n
}

// Options are the metadata options of the node's instance.
type Options struct {
	ec2.MetadataOptions
	File string
	// Sure is false when the file does not say which instance it is about,
	// and describes only one.
	Sure bool
}

// At is the place of a line of the options.
func (o *Options) At(line int) parsers.Pos { return parsers.Pos{File: o.File, Line: line} }

// Find looks for the options in the outputs of describe-instances. A file that
// names the instance comes before one that does not. The wanted option must be
// there: has tells. Without options, the note says why.
func Find(p *analyze.Pass, option string, has func(m *ec2.MetadataOptions) bool) (found *Options, note string) {
	files := analyze.Facts[ec2.Instances](p)
	if len(files) == 0 {
		return nil, "no output of describe-instances among the files"
	}
	var notes []string
	node := p.Node()
	for _, f := range files {
		c := node.Instance(f.Value)
		switch {
		case c.Match == side.Other:
			notes = append(notes, f.Path+" is about another instance")
		case c.Match == side.Part:
			notes = append(notes, f.Path+" was not read whole, and what was read is about others: "+f.Value.Cut)
		case c.Item == nil:
			notes = append(notes, f.Path+" is about several instances and does not tell which one is this node")
		case !has(&c.Item.Metadata):
			notes = append(notes, f.Path+" does not say "+option)
		case found == nil || c.Match == side.Same && !found.Sure:
			found = &Options{MetadataOptions: c.Item.Metadata, File: f.Path, Sure: c.Match == side.Same}
		}
	}
	if found == nil {
		return nil, strings.Join(notes, "; ")
	}
	if !found.Sure {
		return found, fmt.Sprintf("%s describes one instance without saying which; it is taken for this node", found.File)
	}
	return found, ""
}

// NoData is the verdict without options. That an output is there and does not
// tell is another matter than that there is none.
func NoData(p *analyze.Pass, note string) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note, Silent: len(analyze.Facts[ec2.Instances](p)) > 0}
}

// Confidence lowers a confidence when it is not sure that the options are
// those of this node.
func (o *Options) Confidence(c float64) float64 {
	if !o.Sure {
		return c - 0.2
	}
	return c
}

// Failures are the rules whose events say that a call to the metadata service
// failed.
var Failures = []string{"imds.unreachable_from_pod", "imds.http_401", "csi.ebs.metadata_unavailable", "aws.creds.no_providers"}

// hostPods are pods of EKS that have the network of the node: what keeps other
// pods from the service does not touch them.
var hostPods = []string{"aws-node-", "kube-proxy-", "eks-pod-identity-agent-", "eks-node-monitoring-agent-", "aws-node-termination-handler-", "efs-csi-node-"}

// hostLogs are the logs of programs of the node itself.
var hostLogs = []string{
	"kubelet/", "containerd/", "docker/", "nodeadm/", "sandbox-image/", "automode/", "bottlerocket",
	"var_log/messages", "var_log/syslog", "var_log/cloud-init", "var_log/user-data", "var_log/aws-routed-eni/", "var_log/journal",
}

// PodHits is Hits without the logs of what has the network of the node.
func PodHits(p *analyze.Pass, rules ...string) (at []parsers.Pos, n int) {
	q := *p
	q.Hits = func(rule string) []analyze.Hit {
		return slices.DeleteFunc(slices.Clone(p.Hits(rule)), func(h analyze.Hit) bool { return onHost(h.Pos.File) })
	}
	return Hits(&q, rules...)
}

// onHost reports whether a log is that of something with the network of the
// node. The logs of pods in var_log are named NAMESPACE_POD_UID/CONTAINER/N.log
// or POD_NAMESPACE_CONTAINER-ID.log.
func onHost(file string) bool {
	starts := func(prefix string) bool { return strings.HasPrefix(file, prefix) }
	if slices.ContainsFunc(hostLogs, starts) {
		return true
	}
	pod := strings.TrimPrefix(file, "var_log/")
	if dir, _, ok := strings.Cut(pod, "/"); ok {
		_, pod, _ = strings.Cut(dir, "_")
	}
	return slices.ContainsFunc(hostPods, func(prefix string) bool { return strings.HasPrefix(pod, prefix) })
}

// Hits returns the places of the events of some rules, and how many there are.
// Of each rule the first few places are enough.
func Hits(p *analyze.Pass, rules ...string) (at []parsers.Pos, n int) {
	const few = 3
	for _, rule := range rules {
		hits := p.Hits(rule)
		n += len(hits)
		for _, h := range hits[:min(len(hits), few)] {
			at = append(at, h.Pos)
		}
	}
	return at, n
}
