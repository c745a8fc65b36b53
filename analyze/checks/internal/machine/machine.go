// Package machine tells what kind of EC2 instance a node is.
package machine

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Type is an instance type. The zero Type is not known.
type Type struct {
	Name       string // "m5d.large"
	Family     string // "m5d"
	Series     string // "m"
	Generation int    // 5
	Options    string // "d"
	Size       string // "large"
	At         parsers.Pos
}

// marks are lines that name the type, the most trusted first.
var marks = []string{"mark.node.details.type", "mark.node.instance_type", "mark.node.ipamd_type"}

// Of returns the type of the node.
func Of(p *analyze.Pass) Type {
	for _, mark := range marks {
		if hits := p.Hits(mark); len(hits) > 0 {
			last := hits[len(hits)-1]
			t := Parse(last.Entities["value"])
			t.At = last.Pos
			return t
		}
	}
	return Parse(p.Case.Node.InstanceType)
}

// family is "c7i-flex", "u-6tb1", "m5d", "p6-b200".
var family = regexp.MustCompile(`^([a-z]+)(?:-[0-9]+tb)?([0-9]+)([a-z0-9-]*)$`)

// Parse takes a name apart; the zero Type when it is none.
func Parse(name string) Type {
	of, size, ok := strings.Cut(name, ".")
	m := family.FindStringSubmatch(of)
	if !ok || m == nil || size == "" {
		return Type{}
	}
	n, err := strconv.Atoi(m[2])
	if err != nil {
		return Type{}
	}
	return Type{Name: name, Family: of, Series: m[1], Generation: n, Options: m[3], Size: size}
}

// Known reports whether the type is known.
func (t Type) Known() bool { return t.Name != "" }

// Cite adds the line that names the type to places.
func (t Type) Cite(at []parsers.Pos) []parsers.Pos {
	if t.At.File == "" {
		return at
	}
	return append(at, t.At)
}
