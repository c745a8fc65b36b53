package analyze

import (
	"strings"

	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

// Node returns what is known of the identity of the node, to tell what of a
// side input is about it.
func (p *Pass) Node() *side.Node { return sideNode(p.Case, p.Facts) }

// sideNode reads the identity from the case, from what the bundle holds, and
// from the side inputs that name the node.
func sideNode(c *CaseInfo, facts []index.Fact) *side.Node {
	n := &side.Node{InstanceID: c.InstanceID}
	n.Name(c.Node.Hostname)
	for _, f := range facts {
		switch v := f.Value.(type) {
		case *instance.Identity:
			if v.Kind == instance.ID {
				n.ID(v.Value)
			}
		case *uname.Name:
			if c.Node.Hostname == "" {
				n.Name(v.Hostname)
			}
		}
	}
	if card := c.Card; card != nil {
		n.IP(card.Value("instance.ip"))
		n.Cluster, n.Endpoint, n.NodeGroup = card.Value("cluster.name"), card.Value("cluster.endpoint"), card.Value("cluster.nodegroup")
		id, version, _ := strings.Cut(card.Value("cluster.launch_template"), " version ")
		n.Template(id, version)
	}
	n.Learn(facts)
	return n
}

// side says what the side inputs have of the node.
func (w *writer) side() {
	w.report.Coverage.Side = sideNode(&w.report.Case, w.c.Facts).Inputs(w.c.Files, w.c.Skips, w.c.Facts)
}

// NodeOf returns what the name of a bundle and some of its files tell of the
// identity of the node.
func NodeOf(bundle string, facts []index.Fact) *side.Node {
	card := node.Read(&node.Bundle{Name: bundle, Facts: facts, Marks: func(string) []node.Mark { return nil }})
	c := &CaseInfo{InstanceID: card.Value("instance.id"), Card: card}
	c.Node.Hostname = card.Value("instance.hostname")
	return sideNode(c, facts)
}
