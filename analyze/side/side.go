// Package side tells which of the things that a side input describes are this
// node's: which instance, Node object and pods, which version of a launch
// template, which cluster, which machine of Cluster API.
//
// A thing is this node's when an instance ID, a private DNS name or an address
// says so. Where that leaves more than one, the answer is Several with the
// candidates: it is never guessed. Begin with [Node.Learn].
package side

import (
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// A Match says how sure it is that something is this node's.
type Match string

// The matches.
const (
	Same    Match = "same"    // an ID, a name or an address says so
	Only    Match = "only"    // the file describes one, without saying whose
	Other   Match = "other"   // the file describes those of others
	Part    Match = "part"    // so does the part of a file that was not read whole
	Several Match = "several" // the file describes several and does not say which
	None    Match = "none"    // the file describes none
	Log     Match = "log"     // the file is a log, read as those of the bundle
)

// A Choice is what one side input has of this node.
type Choice[T any] struct {
	Match Match
	Item  *T     // nil for Other, Part, Several and None
	By    string // what says so, for Same: "instance ID"
	// Candidates are the names of what it can be, for Several; the first few.
	Candidates []string
}

// maxCandidates bounds the candidates that are named.
const maxCandidates = 10

// A Node is what is known of this node. Unknown fields are empty.
type Node struct {
	InstanceID string
	Names      []string // host name, private DNS name, name in the cluster; lower case
	IPs        []string
	Cluster    string // name
	Endpoint   string // of the API server
	NodeGroup  string
	Templates  []Template // launch templates that the node was made from

	idBy string // what told InstanceID, if that was a side input
}

// A Template names a version of a launch template. A managed node group has
// two: that of the user, and what EKS made of it.
type Template struct{ ID, Version string }

// Name adds a name of the node, and what it tells: EC2 names instances by their
// address, ip-10-0-12-34.us-west-2.compute.internal, or by their ID,
// i-07c3d9ab1e4f301ef.us-west-2.compute.internal.
func (n *Node) Name(name string) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" || name == "localhost" || strings.HasPrefix(name, "localhost.") {
		return
	}
	add(&n.Names, name)
	host, _, _ := strings.Cut(name, ".")
	if ip, ok := strings.CutPrefix(host, "ip-"); ok && strings.Count(ip, "-") == 3 {
		n.IP(strings.ReplaceAll(ip, "-", "."))
	}
	if instanceName(host) {
		n.ID(host)
	}
}

func instanceName(host string) bool {
	id := strings.TrimPrefix(strings.TrimPrefix(host, "m"), "i-")
	return len(id) < len(host) && len(id) >= 8 && strings.Trim(id, "0123456789abcdef") == ""
}

// IP adds an address of the node.
func (n *Node) IP(ip string) { add(&n.IPs, ip) }

// ID says which instance the node is; the first one said counts.
func (n *Node) ID(id string) {
	if n.InstanceID == "" {
		n.InstanceID = id
	}
}

// Template adds a launch template that the node was made from.
func (n *Node) Template(id, version string) {
	if t := (Template{id, version}); id != "" && !slices.Contains(n.Templates, t) {
		n.Templates = append(n.Templates, t)
	}
}

func add(list *[]string, s string) {
	if s != "" && !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}

// Known reports whether anything tells the node from others.
func (n *Node) Known() bool { return n.InstanceID != "" || len(n.Names)+len(n.IPs) > 0 }

// who is what a side input says of the identity of a thing.
type who struct {
	label string // as the report calls it
	id    string
	names []string
	ips   []string
	ended bool // it exists no more; another may have its name and address by now
}

// The grounds of a match, the strongest first.
const (
	byID   = "instance ID"
	byName = "name"
	byIP   = "address"
)

// is compares what both sides know. An ID that both know decides. Comparable
// means that the right one would have matched.
func (n *Node) is(w who) (by string, comparable bool) {
	if n.InstanceID != "" && w.id != "" {
		if n.InstanceID == w.id {
			return byID, true
		}
		return "", true
	}
	for _, name := range w.names {
		if slices.ContainsFunc(n.Names, func(own string) bool { return sameName(own, name) }) {
			return byName, true
		}
	}
	if n.elsewhere(w.names) {
		return "", true
	}
	for _, ip := range w.ips {
		if slices.Contains(n.IPs, ip) {
			return byIP, true
		}
	}
	return "", len(n.Names) > 0 && len(w.names) > 0 || len(n.IPs) > 0 && len(w.ips) > 0
}

// elsewhere reports whether a name is the node's in another region: private
// addresses, and the names that EC2 makes of them, are used again in each.
//
//	ip-10-0-7-118.us-west-2.compute.internal
//	ip-10-0-7-118.ec2.internal
func (n *Node) elsewhere(names []string) bool {
	for _, name := range names {
		host, domain, _ := strings.Cut(strings.ToLower(name), ".")
		for _, own := range n.Names {
			ownHost, ownDomain, _ := strings.Cut(own, ".")
			if host == ownHost && domain != ownDomain && ofEC2(domain) && ofEC2(ownDomain) {
				return true
			}
		}
	}
	return false
}

// ofEC2 reports whether a domain is one that EC2 gives, not one of a VPC's own.
func ofEC2(domain string) bool {
	return domain == "ec2.internal" || strings.HasSuffix(domain, ".compute.internal")
}

// sameName compares two names, of which one may lack the domain.
func sameName(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	hostA, domainA, _ := strings.Cut(a, ".")
	hostB, domainB, _ := strings.Cut(b, ".")
	return strings.EqualFold(hostA, hostB) && (domainA == "" || domainB == "")
}

// choose finds the one of some things that is this node's. All that are the
// same instance count as one.
func choose(n *Node, all []who) (at int, c Choice[struct{}]) {
	var best []int
	comparable := 0
	for i, w := range all {
		by, known := n.is(w)
		if known {
			comparable++
		}
		switch {
		case by == "" || len(best) > 0 && rank(by) > rank(c.By):
		case len(best) > 0 && by == c.By:
			if w.id == "" || w.id != all[best[0]].id {
				best = append(best, i)
			}
		default:
			c.By, best = by, []int{i}
		}
	}
	best = running(all, best)
	if c.By == byID && n.idBy != "" {
		c.By = n.idBy
	}
	switch {
	case len(best) == 1:
		c.Match = Same
		return best[0], c
	case len(best) > 1:
		c.Match, c.By = Several, ""
		for _, i := range best[:min(len(best), maxCandidates)] {
			c.Candidates = append(c.Candidates, all[i].label)
		}
		return -1, c
	case len(all) == 0:
		c.Match = None
	case comparable == len(all):
		c.Match = Other
	case len(all) == 1:
		c.Match = Only
		return 0, c
	default:
		c.Match = Several
		c.Candidates = open(n, all)
	}
	return -1, c
}

// running leaves out what has ended, unless all has.
func running(all []who, best []int) []int {
	left := slices.DeleteFunc(slices.Clone(best), func(i int) bool { return all[i].ended })
	if len(left) == 0 {
		return best
	}
	return left
}

func rank(by string) int { return slices.Index([]string{byID, byName, byIP}, by) }

// open are the labels of those that can be this node's.
func open(n *Node, all []who) (labels []string) {
	for _, w := range all {
		if _, known := n.is(w); !known && w.label != "" && len(labels) < maxCandidates {
			labels = append(labels, w.label)
		}
	}
	return labels
}

// chosen makes a choice of items.
func chosen[T any](items []T, at int, c Choice[struct{}]) Choice[T] {
	out := Choice[T]{Match: c.Match, By: c.By, Candidates: c.Candidates}
	if at >= 0 {
		out.Item = &items[at]
	}
	return out
}

// Instance finds the instance of this node.
func (n *Node) Instance(is *ec2.Instances) Choice[ec2.Instance] {
	all := make([]who, len(is.Instances))
	for i := range is.Instances {
		in := &is.Instances[i]
		all[i] = who{label: in.InstanceID, id: in.InstanceID, names: some(in.PrivateDNS), ips: some(in.PrivateIP), ended: in.State == "terminated" || in.State == "shutting-down"}
		if all[i].label == "" {
			all[i].label = in.PrivateDNS
		}
	}
	at, c := choose(n, all)
	return chosen(is.Instances, at, c).of(is)
}

// Object finds the Node object of this node.
func (n *Node) Object(o *kubeobjects.Objects) Choice[kubeobjects.Node] {
	all := make([]who, len(o.Nodes))
	for i := range o.Nodes {
		k := &o.Nodes[i]
		w := who{label: k.Name, id: k.InstanceID, names: some(k.Name)}
		for _, a := range k.Addresses {
			switch a.Type {
			case "InternalIP":
				w.ips = append(w.ips, a.Address)
			case "InternalDNS", "Hostname":
				w.names = append(w.names, a.Address)
			}
		}
		all[i] = w
	}
	at, c := choose(n, all)
	return chosen(o.Nodes, at, c).of(o)
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// Pods returns the pods that run, or ran, on this node. Comparable counts the
// pods that say where they are.
func (n *Node) Pods(o *kubeobjects.Objects) (pods []*kubeobjects.Pod, comparable int) {
	for i := range o.Pods {
		p := &o.Pods[i]
		by, known := n.is(who{names: some(p.Node), ips: some(p.HostIP)})
		if known {
			comparable++
		}
		if by != "" {
			pods = append(pods, p)
		}
	}
	return pods, comparable
}

// Events returns the events about this node or reported from it.
func (n *Node) Events(o *kubeobjects.Objects) (events []*kubeobjects.Event) {
	for i := range o.Events {
		e := &o.Events[i]
		names := some(e.Host)
		if e.Object.Kind == "Node" {
			names = append(names, e.Object.Name)
		}
		if by, _ := n.is(who{names: names}); by != "" {
			events = append(events, e)
		}
	}
	return events
}
