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

// marks are lines that name the type, the most trusted first.
var marks = []string{"mark.node.details.type", "mark.node.instance_type", "mark.node.ipamd_type"}

// Of returns the type of the node.
func Of(p *analyze.Pass) Type {
	for _, mark := range marks {
		if hits := p.Hits(mark); len(hits) > 0 {
			last := hits[len(hits)-1]
			return Type{node.ParseType(last.Entities["value"]), last.Pos}
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
