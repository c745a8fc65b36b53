package side

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/capi"
	"github.com/eksleuth/eksleuth/parsers/ekscluster"
	"github.com/eksleuth/eksleuth/parsers/launchtemplate"
)

// Version finds the version of a launch template that this node was made from:
// the tags of its instance or the labels of its Node object name it.
func (n *Node) Version(t *launchtemplate.Templates) Choice[launchtemplate.Version] {
	var same, open []int
	for i := range t.Versions {
		v := &t.Versions[i]
		switch n.made(v) {
		case Same:
			same = append(same, i)
		case Only:
			open = append(open, i)
		}
	}
	c := Choice[launchtemplate.Version]{Match: Other}
	switch {
	case len(t.Versions) == 0:
		c.Match = None
	case len(same) == 1 || len(same) > 1 && equalVersions(t.Versions, same):
		c.Match, c.By, c.Item = Same, "launch template", &t.Versions[same[0]]
	case len(same) > 1:
		c.Match, c.Candidates = Several, versions(t.Versions, same)
	case len(open) == 1 && len(t.Versions) == 1:
		c.Match, c.Item = Only, &t.Versions[0]
	case len(open) > 0:
		c.Match, c.Candidates = Several, versions(t.Versions, open)
	}
	return c.of(t)
}

// made says whether this node was made from a version: Same, Other, or Only if
// that is not known.
func (n *Node) made(v *launchtemplate.Version) Match {
	if v.Cluster != "" && n.Cluster != "" && v.Cluster != n.Cluster || v.NodeGroup != "" && n.NodeGroup != "" && v.NodeGroup != n.NodeGroup {
		return Other
	}
	if v.ID == "" || len(n.Templates) == 0 {
		return Only
	}
	match := Other
	for _, t := range n.Templates {
		switch {
		case t.ID != v.ID:
		case t.Version == strconv.Itoa(v.Number):
			return Same
		case t.Version == "" || v.Number == 0:
			match = Only
		}
	}
	return match
}

// equalVersions reports that a file has one version more than once.
func equalVersions(all []launchtemplate.Version, at []int) bool {
	first := &all[at[0]]
	return !slices.ContainsFunc(at, func(i int) bool { return all[i].ID != first.ID || all[i].Number != first.Number })
}

func versions(all []launchtemplate.Version, at []int) (names []string) {
	for _, i := range at[:min(len(at), maxCandidates)] {
		names = append(names, versionName(&all[i]))
	}
	return names
}

func versionName(v *launchtemplate.Version) string {
	name := cmp.Or(v.ID, v.Name, "a template")
	if v.Number > 0 {
		return fmt.Sprintf("%s version %d", name, v.Number)
	}
	return name
}

// InCluster finds the cluster of this node: by the endpoint of its API server,
// which no other has, else by its name.
func (n *Node) InCluster(all *ekscluster.Clusters) Choice[ekscluster.Cluster] {
	c := Choice[ekscluster.Cluster]{Match: None}
	var same, open []int
	for i := range all.Clusters {
		k := &all.Clusters[i]
		switch {
		case n.Endpoint != "" && k.Endpoint != "":
			if sameHost(n.Endpoint, k.Endpoint) {
				c.By, same = "endpoint", append(same, i)
			}
		case n.Cluster != "" && k.Name != "":
			if n.Cluster == k.Name {
				c.By, same = cmp.Or(c.By, "name"), append(same, i)
			}
		default:
			open = append(open, i)
		}
	}
	switch {
	case len(all.Clusters) == 0:
	case len(same) == 1:
		c.Match, c.Item = Same, &all.Clusters[same[0]]
	case len(same) == 0 && len(open) == 0:
		c.Match = Other
	case len(same) == 0 && len(all.Clusters) == 1:
		c.Match, c.Item = Only, &all.Clusters[0]
	default:
		c.Match, c.By = Several, ""
		for _, i := range slices.Concat(same, open)[:min(len(same)+len(open), maxCandidates)] {
			c.Candidates = append(c.Candidates, all.Clusters[i].Name)
		}
	}
	return c.of(all)
}

func sameHost(a, b string) bool {
	host := func(url string) string {
		_, rest, ok := strings.Cut(url, "://")
		if !ok {
			rest = url
		}
		rest, _, _ = strings.Cut(rest, "/")
		return strings.ToLower(strings.TrimSuffix(rest, ":443"))
	}
	return host(a) == host(b)
}

// makers are the kinds that say how instances are made, the most special first.
var makers = []string{"AWSMachine", "AWSMachineTemplate", "AWSMachinePool", "AWSManagedMachinePool"}

// Machine finds the machine, template or pool that this node was made by.
func (n *Node) Machine(m *capi.Manifests) Choice[capi.Object] {
	var all []int
	for i := range m.Objects {
		if slices.Contains(makers, m.Objects[i].Kind) {
			all = append(all, i)
		}
	}
	same, open := n.machines(m, all)
	c := Choice[capi.Object]{Match: Other}
	switch {
	case len(all) == 0:
		c.Match = None
	case len(same) > 0:
		c.Match, c.By, c.Item = Same, "instance, node or node group", best(m, same)
	case len(all) == 1 && len(open) == 1:
		c.Match, c.Item = Only, &m.Objects[all[0]]
	case len(open) > 0:
		c.Match = Several
		for _, i := range open[:min(len(open), maxCandidates)] {
			c.Candidates = append(c.Candidates, objectName(&m.Objects[i]))
		}
	}
	return c.of(m)
}

// machines tells those that made this node from those that can have.
func (n *Node) machines(m *capi.Manifests, all []int) (same, open []int) {
	wanted := map[string]bool{} // what is named by one that is this node's
	for i := range m.Objects {
		if o := &m.Objects[i]; n.owns(o) == Same {
			wanted[o.Infrastructure] = true
			wanted["AWSMachineTemplate/"+o.Template] = o.Template != ""
		}
	}
	for _, i := range all {
		o := &m.Objects[i]
		switch owns := n.owns(o); {
		case owns == Same || wanted[objectName(o)]:
			same = append(same, i)
		case owns == Only:
			open = append(open, i)
		}
	}
	return same, open
}

// owns says whether an object has this node: Same, Other, or Only if it does
// not say which it has.
func (n *Node) owns(o *capi.Object) Match {
	known := false
	if n.InstanceID != "" && len(o.Instances) > 0 {
		if slices.Contains(o.Instances, n.InstanceID) {
			return Same
		}
		known = true
	}
	for _, name := range o.Nodes {
		if slices.ContainsFunc(n.Names, func(own string) bool { return sameName(own, name) }) {
			return Same
		}
		known = known || len(n.Names) > 0
	}
	if o.NodeGroup != "" && n.NodeGroup != "" {
		if o.NodeGroup == n.NodeGroup {
			return Same
		}
		known = true
	}
	if known {
		return Other
	}
	return Only
}

// best is the most special of those that say something of the metadata service,
// else the most special.
func best(m *capi.Manifests, at []int) *capi.Object {
	return slices.MinFunc(pointers(m, at), func(a, b *capi.Object) int {
		return cmp.Or(cmp.Compare(silent(a), silent(b)), cmp.Compare(slices.Index(makers, a.Kind), slices.Index(makers, b.Kind)))
	})
}

func pointers(m *capi.Manifests, at []int) (out []*capi.Object) {
	for _, i := range at {
		out = append(out, &m.Objects[i])
	}
	return out
}

func silent(o *capi.Object) int {
	if o.Metadata.Line == 0 {
		return 1
	}
	return 0
}

func objectName(o *capi.Object) string { return o.Kind + "/" + o.Name }
