package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/node"
)

// Node writes the identity card of a node: what is known of it, with the line
// that says so, and what the bundle does not tell.
func Node(w io.Writer, c *analyze.CaseInfo, o Options) error {
	p := newPage(w, o)
	if c.Card == nil || len(c.Card.Attributes) == 0 {
		p.prose(0, plain, "Nothing in this bundle says which node it is from.")
		return p.flush()
	}
	group, file := "", "" // the file that all of the group stand in
	for i, a := range c.Card.Attributes {
		if a.Group != group {
			if i > 0 {
				p.blank()
			}
			group = a.Group
			file = common(c.Card, group)
			p.line(0, span{bold, strings.ToUpper(group)}, span{faint, strings.TrimRight("  "+file, " ")})
		}
		p.attribute(&a, titles(c.Card, group), file)
	}
	if len(c.Card.Unknown) > 0 {
		p.blank()
		p.labelled(0, 0, span{bold, "NOT IN THE BUNDLE"}, span{plain, strings.Join(c.Card.Unknown, ", ")})
	}
	return p.flush()
}

// titles is how wide the titles of a group are.
func titles(c *node.Card, group string) (wide int) {
	for _, a := range c.Attributes {
		if a.Group == group {
			wide = max(wide, columns(Visible(a.Title)))
		}
	}
	return wide
}

// common is the file that most attributes of a group stand in, if they are
// three or more.
func common(c *node.Card, group string) string {
	counts := map[string]int{}
	most, all := "", 0
	for _, a := range c.Attributes {
		if a.Group != group {
			continue
		}
		all++
		if counts[a.File]++; counts[a.File] > counts[most] {
			most = a.File
		}
	}
	if counts[most] < 3 || 2*counts[most] < all {
		return ""
	}
	return most
}

// attribute writes the value and, faint, where it stands: beside it where there
// is room, else below. The file that the heading names is left out.
func (p *page) attribute(a *node.Attribute, wide int, file string) {
	from := from(a.File, a.Line, a.Note)
	if a.File == file {
		from = strings.TrimPrefix(from, file)
	}
	value := Visible(a.Value)
	if from != "" && 2+wide+2+columns(value)+2+columns(Visible(from)) <= p.width {
		p.line(2, span{plain, pad(a.Title, wide)}, span{plain, "  " + value + "  "}, span{faint, from})
	} else {
		p.labelled(2, wide, span{plain, a.Title}, span{plain, a.Value})
		if from != "" {
			p.labelled(2, wide, span{plain, ""}, span{faint, from})
		}
	}
	for _, x := range a.Others {
		p.labelled(2, wide, span{plain, ""}, span{yellow, "but " + x.Value + " " + fromOther(x)})
	}
}

func from(file string, line int, note string) string {
	at := file
	if line > 0 {
		at = fmt.Sprintf("%s:%d", file, line)
	}
	return join(", ", at, note)
}

func fromOther(x node.Reading) string { return "(" + from(x.File, x.Line, x.Note) + ")" }
