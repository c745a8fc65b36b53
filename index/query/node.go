package query

import (
	"cmp"
	"slices"

	"github.com/eksleuth/eksleuth/index/rx"
)

// maxLead is how many texts are looked for at once.
const maxLead = 4

// none has the answers of a node whose lines have nothing in common.
type none struct{}

func (none) lead() []*needle             { return nil }
func (none) marks(dst []marker) []marker { return dst }

// A constNode is true or false for every line.
type constNode bool

func (n constNode) match(*Line) (bool, error)   { return bool(n), nil }
func (n constNode) in(*FileInfo) node           { return n }
func (n constNode) lead() []*needle             { return nil }
func (n constNode) marks(dst []marker) []marker { return dst }
func (n constNode) cost() int                   { return costConst }

// An errNode cannot answer.
type errNode struct{ err error }

func (n errNode) match(*Line) (bool, error)   { return false, n.err }
func (n errNode) in(*FileInfo) node           { return n }
func (n errNode) lead() []*needle             { return nil }
func (n errNode) marks(dst []marker) []marker { return dst }
func (n errNode) cost() int                   { return costConst }

type allNode []node

// newAll decides what constants decide and asks the cheap parts first.
func newAll(parts []node) node {
	var all allNode
	for _, n := range parts {
		switch n {
		case constNode(false):
			return constNode(false)
		case constNode(true):
		default:
			all = append(all, n)
		}
	}
	return joined(all, true)
}

type anyNode []node

func newAny(parts []node) node {
	var some anyNode
	for _, n := range parts {
		switch n {
		case constNode(true):
			return constNode(true)
		case constNode(false):
		default:
			some = append(some, n)
		}
	}
	return joined(some, false)
}

func joined[T allNode | anyNode](parts T, empty bool) node {
	switch len(parts) {
	case 0:
		return constNode(empty)
	case 1:
		return parts[0]
	}
	slices.SortStableFunc(parts, func(a, b node) int { return cmp.Compare(a.cost(), b.cost()) })
	return any(parts).(node)
}

func (n allNode) match(l *Line) (bool, error) {
	for _, sub := range n {
		if ok, err := sub.match(l); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (n anyNode) match(l *Line) (bool, error) {
	for _, sub := range n {
		if ok, err := sub.match(l); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (n allNode) in(f *FileInfo) node { return newAll(allIn(n, f)) }
func (n anyNode) in(f *FileInfo) node { return newAny(allIn(n, f)) }

func allIn(parts []node, f *FileInfo) []node {
	out := make([]node, len(parts))
	for i, n := range parts {
		out[i] = n.in(f)
	}
	return out
}

// lead takes the part with the fewest and longest texts.
func (n allNode) lead() []*needle {
	var best []*needle
	for _, sub := range n {
		if lead := sub.lead(); lead != nil && (best == nil || leadWorth(lead) > leadWorth(best)) {
			best = lead
		}
	}
	return best
}

func leadWorth(lead []*needle) int {
	worth := len(lead[0].text)
	for _, n := range lead {
		worth = min(worth, len(n.text))
	}
	return min(worth, 12) - 4*len(lead)
}

func (n anyNode) lead() []*needle {
	var all []*needle
	for _, sub := range n {
		lead := sub.lead()
		if lead == nil || len(all)+len(lead) > maxLead {
			return nil
		}
		all = append(all, lead...)
	}
	return all
}

func (n allNode) marks(dst []marker) []marker { return allMarks(n, dst) }
func (n anyNode) marks(dst []marker) []marker { return allMarks(n, dst) }

func allMarks(parts []node, dst []marker) []marker {
	for _, n := range parts {
		dst = n.marks(dst)
	}
	return dst
}

func (n allNode) cost() int { return totalCost(n) }
func (n anyNode) cost() int { return totalCost(n) }

func totalCost(parts []node) int {
	total := 0
	for _, n := range parts {
		total += n.cost()
	}
	return total
}

type notNode struct {
	none
	of node
}

func newNot(of node) node {
	if c, ok := of.(constNode); ok {
		return !c
	}
	return notNode{of: of}
}

func (n notNode) match(l *Line) (bool, error) {
	ok, err := n.of.match(l)
	return !ok && err == nil, err
}

func (n notNode) in(f *FileInfo) node { return newNot(n.of.in(f)) }
func (n notNode) cost() int           { return n.of.cost() }

type textNode struct{ needle *needle }

func (n *textNode) match(l *Line) (bool, error) { return n.needle.in(l.text), nil }
func (n *textNode) in(*FileInfo) node           { return n }
func (n *textNode) lead() []*needle             { return []*needle{n.needle} }
func (n *textNode) marks(dst []marker) []marker { return append(dst, n) }
func (n *textNode) cost() int                   { return costText }

func (n *textNode) spans(dst [][2]int, line []byte, limit int) [][2]int {
	c := n.needle.cursor(line)
	pos := 0
	for range limit {
		start, end := c.find(pos)
		if start < 0 || end == start {
			break
		}
		dst = append(dst, [2]int{start, end})
		pos = end
	}
	return dst
}

// A regexpNode asks for a text that the expression needs before it asks the
// expression.
type regexpNode struct {
	re    *rx.Regexp
	col   int       // where it stands in the query
	texts []*needle // a match has one of them; nil if that is not known
}

func (n *regexpNode) match(l *Line) (bool, error) {
	if n.texts != nil && !slices.ContainsFunc(n.texts, func(t *needle) bool { return t.in(l.text) }) {
		return false, nil
	}
	ok, err := n.re.Match(l.text)
	if err != nil {
		err = unanswered(n.col, err)
	}
	return ok, err
}

func (n *regexpNode) in(*FileInfo) node           { return n }
func (n *regexpNode) lead() []*needle             { return n.texts }
func (n *regexpNode) marks(dst []marker) []marker { return append(dst, n) }

func (n *regexpNode) cost() int {
	if !n.re.RE2() {
		return costSlow
	}
	return costRegexp
}

func (n *regexpNode) spans(dst [][2]int, line []byte, limit int) [][2]int {
	all, _ := n.re.FindAllIndex(line, limit) // what was found before an error is marked
	return append(dst, all...)
}
