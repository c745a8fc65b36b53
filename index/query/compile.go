package query

import (
	"errors"
	"strings"

	"github.com/eksleuth/eksleuth/index/rx"
)

// A node is a part of a query made ready.
type node interface {
	match(l *Line) (bool, error)
	in(f *FileInfo) node         // for the lines of a file
	lead() []*needle             // see Matcher; nil if unknown
	marks(dst []marker) []marker // appends what may be marked in a line
	cost() int                   // what an answer takes, to ask the cheap first
}

// A marker is a node that matches because of a place in the line.
type marker interface {
	spans(dst [][2]int, line []byte, limit int) [][2]int
}

// What answers take, in no unit.
const (
	costConst  = 0
	costFile   = 10
	costText   = 10
	costRegexp = 50
	costHeader = 100
	costSlow   = 500
)

// A compiler keeps what belongs to all of a query.
type compiler struct {
	regexps []*rx.Regexp
}

var errUnresolved = errors.New("the query is not resolved")

func (e And) compile(c *compiler) node { return newAll(c.all(e)) }
func (e Or) compile(c *compiler) node  { return newAny(c.all(e)) }
func (e Not) compile(c *compiler) node { return newNot(e.Of.compile(c)) }

func (c *compiler) all(parts []Expr) []node {
	nodes := make([]node, len(parts))
	for i, e := range parts {
		nodes[i] = e.compile(c)
	}
	return nodes
}

func (e Word) compile(*compiler) node {
	if e.Text == "" {
		return constNode(true)
	}
	return &textNode{newWord(e)}
}

func (e Phrase) compile(*compiler) node {
	if e.Text == "" {
		return constNode(true)
	}
	return &textNode{newNeedle(e.Text)}
}

func (e Regexp) compile(c *compiler) node {
	re, err := rx.Compile(e.expr())
	if err != nil {
		return errNode{err}
	}
	c.regexps = append(c.regexps, re)
	n := &regexpNode{re: re, col: e.Col}
	for _, clause := range clauses(re) {
		if len(clause) <= maxLead {
			for _, text := range clause {
				n.texts = append(n.texts, newNeedle(text))
			}
			break
		}
	}
	return n
}

func (e Field) compile(*compiler) node {
	f := fieldNamed(e.Name)
	switch {
	case f == nil:
		return errNode{errors.New("no field " + e.Name)}
	case f.of != nil:
		return &fileNode{f, e.Value}
	case e.Name == "level":
		return levelNode(levels(e.Op, e.Value))
	case e.Name == "unit":
		return unitNode{e.Value, strings.TrimSuffix(e.Value, ".service")}
	}
	return errNode{errUnresolved}
}

func (e Between) compile(*compiler) node { return betweenNode(e) }
func (e Lines) compile(*compiler) node   { return linesNode{at: e.At} }
