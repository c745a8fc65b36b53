// Package machine tells what kind of EC2 instance a node is.
package machine

import (
	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Type is the instance type of a node. The zero Type is not known.
type Type struct {
	node.Type
	At parsers.Pos // the line that names it, without a file where there is none
}

// Of returns the type of the node, as its card has it: from logs, the labels of
// kubelet, or what EC2 and the cluster say beside the bundle.
func Of(p *analyze.Pass) Type {
	for _, a := range p.Card().Attributes {
		if a.Name == "instance.type" {
			return Type{node.ParseType(a.Value), parsers.Pos{File: a.File, Line: a.Line}}
		}
	}
	return Type{Type: node.ParseType(p.Case.Node.InstanceType)}
}

// Cite adds the line that names the type to places.
func (t Type) Cite(at []parsers.Pos) []parsers.Pos {
	if t.At.File == "" {
		return at
	}
	return append(at, t.At)
}
