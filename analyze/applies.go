package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/internal/constraint"
	"github.com/eksleuth/eksleuth/analyze/node"
)

// A Subject is a thing on a node that a rule may be about: a key of applies
// and, if it has versions, of fixed_in.
type Subject struct {
	Name  string   // "cni"
	Title string   // "VPC CNI"
	Names []string // the values that there are; nil for versions
	Any   bool     // the values are names of which there is no list

	attribute string              // of the identity card
	plain     func(string) string // makes one of Names of a value; nil keeps it
}

// Subjects are all of them.
var Subjects = []Subject{
	{Name: "kubelet", Title: "kubelet", attribute: "software.kubelet"},
	{Name: "containerd", Title: "containerd", attribute: "software.containerd"},
	{Name: "runc", Title: "runc", attribute: "software.runc"},
	{Name: "cni", Title: "VPC CNI", attribute: "software.cni"},
	{Name: "kube-proxy", Title: "kube-proxy", attribute: "software.kube_proxy"},
	{Name: "coredns", Title: "CoreDNS", attribute: "software.coredns"},
	{Name: "network-policy-agent", Title: "network policy agent", attribute: "software.network_policy_agent"},
	{Name: "ebs-csi", Title: "EBS CSI driver", attribute: "software.ebs_csi"},
	{Name: "efs-csi", Title: "EFS CSI driver", attribute: "software.efs_csi"},
	{Name: "pod-identity-agent", Title: "pod identity agent", attribute: "software.pod_identity_agent"},
	{Name: "kernel", Title: "kernel", attribute: "software.kernel"},
	{Name: "os", Title: "system", attribute: "software.os", Names: []string{"al2", "al2023", "bottlerocket", "debian", "rhel", "ubuntu"}, plain: plainOS},
	{Name: "arch", Title: "machine", attribute: "software.arch", Names: []string{"amd64", "arm64"}, plain: plainArch},
	{Name: "proxy_mode", Title: "proxy mode", attribute: "network.proxy_mode", Names: []string{"iptables", "ipvs", "nftables"}},
	{Name: "iptables", Title: "iptables", attribute: "network.iptables", Names: []string{"legacy", "nf_tables"}},
	{Name: "ip_family", Title: "IP family", attribute: "network.ip_family", Names: []string{"ipv4", "ipv6"}},
	{Name: "instance_type", Title: "instance type", attribute: "instance.type", Any: true},
	{Name: "capacity", Title: "capacity", attribute: "cluster.capacity", Any: true},
	{Name: "collector", Title: "collector", attribute: "bundle.collector"},
}

// systems are names of systems by what their PRETTY_NAME begins with.
var systems = []struct{ begins, name string }{
	{"amazon linux 2023", "al2023"}, {"amazon linux 2", "al2"}, {"bottlerocket", "bottlerocket"},
	{"ubuntu", "ubuntu"}, {"debian", "debian"}, {"red hat enterprise linux", "rhel"},
}

func plainOS(value string) string {
	for _, s := range systems {
		if strings.HasPrefix(strings.ToLower(value), s.begins) {
			return s.name
		}
	}
	return value
}

func plainArch(value string) string {
	switch value {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return value
}

// subject finds a subject; kube_proxy is kube-proxy.
func subject(name string) *Subject {
	i := slices.IndexFunc(Subjects, func(s Subject) bool {
		return strings.ReplaceAll(s.Name, "-", "_") == strings.ReplaceAll(name, "-", "_")
	})
	if i < 0 {
		return nil
	}
	return &Subjects[i]
}

// An applicability is one entry of applies.
type applicability struct {
	subject    *Subject
	constraint *constraint.Constraint
}

// A fix is one entry of fixed_in.
type fix struct {
	subject *Subject
	in      *constraint.Fix
}

// applies reads applies and fixed_in of a rule.
func (p *problems) applies(r *Rule) {
	for _, name := range sortedKeys(r.Applies) {
		p.at("applies", name)
		s := p.subject(name, Subjects)
		if s == nil {
			continue
		}
		c, err := constraint.Parse(r.Applies[name], constraint.Kind{Names: s.Names, Any: s.Any})
		p.unless(err == nil, "applies: %s: %v", name, err)
		r.applies = append(r.applies, applicability{s, c})
	}
	for _, name := range sortedKeys(r.FixedIn) {
		p.at("fixed_in", name)
		s := p.subject(name, slices.DeleteFunc(slices.Clone(Subjects), func(s Subject) bool { return s.Names != nil || s.Any }))
		if s == nil {
			continue
		}
		in, err := constraint.ParseFix(r.FixedIn[name])
		p.unless(err == nil, "fixed_in: %s: %v", name, err)
		r.fixes = append(r.fixes, fix{s, in})
	}
	p.at("mark")
	p.unless(!r.Mark || len(r.Applies)+len(r.FixedIn) == 0, "a mark holds for every node: it has neither applies nor fixed_in")
}

func (p *problems) subject(name string, all []Subject) *Subject {
	s := subject(name)
	if s != nil && slices.ContainsFunc(all, func(x Subject) bool { return x.Name == s.Name }) {
		return s
	}
	var names []string
	for _, x := range all {
		names = append(names, x.Name)
	}
	p.unless(false, "%q is none of %s", name, strings.Join(names, ", "))
	return nil
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// An Application is how one constraint of a rule fits a node.
type Application struct {
	Subject    string       `json:"subject"`
	Constraint string       `json:"constraint"`
	Holds      bool         `json:"holds"`
	Known      bool         `json:"known"` // false: the node does not tell, and the rule applies
	Value      node.Reading `json:"value"` // that decided, "" if there is none
}

// String says it in a sentence.
func (a Application) String() string {
	s := subject(a.Subject)
	where := ""
	if a.Value.File != "" {
		where = fmt.Sprintf(" (%s)", cmp.Or(place(a.Value), a.Value.File))
	}
	switch {
	case a.Known:
		return fmt.Sprintf("it is for %s %s, and this node has %s%s", s.Title, a.Constraint, a.Value.Value, where)
	case a.Value.Value != "":
		return fmt.Sprintf("it is for %s %s, and what this node has cannot be compared: %s%s", s.Title, a.Constraint, a.Value.Value, where)
	}
	return fmt.Sprintf("it is for %s %s, and the bundle does not tell which this node has", s.Title, a.Constraint)
}

func place(r node.Reading) string {
	if r.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d", r.File, r.Line)
}

// applications fits the constraints of a rule to a node. A node may tell two
// versions, of before and after an upgrade; its logs are of both, so one that
// fits is enough.
func (r *Rule) applications(card *node.Card) []Application {
	var out []Application
	for _, a := range r.applies {
		out = append(out, a.fit(card))
	}
	return out
}

func (a applicability) fit(card *node.Card) Application {
	out := Application{Subject: a.subject.Name, Constraint: a.constraint.String(), Known: true}
	readings := a.subject.readings(card)
	for _, r := range readings {
		holds, known := a.constraint.Holds(a.subject.value(r))
		if holds || !known {
			out.Holds, out.Known, out.Value = holds, known, r
			return out
		}
	}
	if len(readings) == 0 {
		out.Known = false
		return out
	}
	out.Value = readings[0]
	return out
}

// readings are all values that a card has of a subject, the most trusted first.
func (s *Subject) readings(card *node.Card) []node.Reading {
	if card == nil {
		return nil
	}
	for _, a := range card.Attributes {
		if a.Name == s.attribute {
			return append([]node.Reading{{Value: a.Value, File: a.File, Line: a.Line, Note: a.Note}}, a.Others...)
		}
	}
	return nil
}

func (s *Subject) value(r node.Reading) string {
	if s.plain != nil {
		return s.plain(r.Value)
	}
	return r.Value
}

// notApplicable returns why a rule is not about a node, "" if it is, or may be.
// doubt says what could not be told.
func notApplicable(all []Application) (reason, doubt string) {
	for _, a := range all {
		switch {
		case !a.Known:
			doubt = "could not tell whether it applies: " + a.String()
		case !a.Holds:
			return a.String(), ""
		}
	}
	return "", doubt
}

// mended reports that a node does not have a known bug: all versions that it
// tells, of before and after an upgrade too, have all that is fixed.
func (r *Rule) mended(card *node.Card) bool {
	for _, f := range r.fixes {
		readings := f.subject.readings(card)
		if len(readings) == 0 || slices.ContainsFunc(readings, func(x node.Reading) bool {
			fixed, known := f.in.In(x.Value)
			return !fixed || !known
		}) {
			return false
		}
	}
	return len(r.fixes) > 0
}

// fixedIn says which versions do not have a known bug, and what this node has.
func (r *Rule) fixedIn(card *node.Card) string {
	var out []string
	for _, f := range r.fixes {
		text := fmt.Sprintf("Fixed in %s %s", f.subject.Title, f.in)
		readings := f.subject.readings(card)
		if len(readings) == 0 {
			out = append(out, text+"; the bundle does not tell which this node has.")
			continue
		}
		value := readings[0].Value
		for _, x := range readings { // one that has the bug is what counts
			if fixed, known := f.in.In(x.Value); known && !fixed {
				value = x.Value
				break
			}
		}
		switch fixed, known := f.in.In(value); {
		case !known:
			out = append(out, fmt.Sprintf("%s; this node has %s, which cannot be compared.", text, value))
		case fixed:
			out = append(out, fmt.Sprintf("%s; this node has %s, so it has another cause, and is told for information.", text, value))
		default:
			out = append(out, fmt.Sprintf("%s; this node has %s.", text, value))
		}
	}
	return strings.Join(out, " ")
}
