package network

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// A Table is one table of the packet filter, from the file that has most of it.
type Table struct {
	Name   string // "filter", "nat", "mangle"
	V6     bool
	File   string
	Whole  bool // nothing of it is missing
	Set    *iptables.Ruleset
	Chains []*iptables.Chain
	Rules  []*iptables.Rule
}

// Pos is the place of a line of the table.
func (t *Table) Pos(line int) parsers.Pos { return parsers.Pos{File: t.File, Line: line} }

// Chain returns a chain by its name, nil when there is none.
func (t *Table) Chain(name string) *iptables.Chain {
	i := slices.IndexFunc(t.Chains, func(c *iptables.Chain) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return t.Chains[i]
}

// Start is the first line of the table.
func (t *Table) Start() parsers.Pos {
	line := 0
	if len(t.Chains) > 0 {
		line = t.Chains[0].Line
	}
	return t.Pos(line)
}

// GetTable returns a table of a family: from iptables-save if that is whole, else
// from the listing that is, else from any. It is nil when the bundle has none.
func GetTable(p *analyze.Pass, name string, v6 bool) *Table {
	all := Tables(p, name, v6)
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// Tables returns all copies of a table, the best first.
func Tables(p *analyze.Pass, name string, v6 bool) []*Table {
	var all []*Table
	for _, f := range analyze.Facts[iptables.Ruleset](p) {
		if f.Value.V6 != v6 {
			continue
		}
		t := &Table{Name: name, V6: v6, File: f.Path, Set: f.Value, Whole: f.Value.Whole && whole.Cut(p, f.Path) == ""}
		for i := range f.Value.Chains {
			if c := &f.Value.Chains[i]; c.Table == name {
				t.Chains = append(t.Chains, c)
			}
		}
		for i := range f.Value.Rules {
			if r := &f.Value.Rules[i]; r.Table == name {
				t.Rules = append(t.Rules, r)
			}
		}
		if len(t.Chains) > 0 || len(t.Rules) > 0 {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(a, b *Table) int { return cmp.Compare(a.rank(), b.rank()) })
	return all
}

// rank puts whole files first, then iptables-save; iptables.txt is last, as it
// only says the filter table again.
func (t *Table) rank() int {
	n := 0
	if !t.Whole {
		n += 4
	}
	switch {
	case !t.Set.Listing:
	case path.Base(t.File) == "iptables.txt" || path.Base(t.File) == "ip6tables.txt":
		n += 2
	default:
		n++
	}
	return n
}

// Key is the same for a rule in iptables-save and in a listing.
func Key(r *iptables.Rule) string {
	return fmt.Sprint(r.Table, r.Chain, r.Target, r.Proto, r.NotProto, r.Src.Not, r.Src.From, r.Src.To, r.Dst.Not, r.Dst.From, r.Dst.To,
		r.SrcPorts.Not, r.SrcPorts.Ranges, r.DstPorts.Not, r.DstPorts.Ranges, star(r.In), star(r.Out), r.Comment)
}

// star writes an interface as iptables-save does: a listing has * for any.
func star(i iptables.Iface) string {
	return fmt.Sprint(i.Not, strings.TrimPrefix(i.Name, "*"))
}

// Describe says what a rule does: "FORWARD drops tcp from 10.0.0.0/8 port 53".
func Describe(r *iptables.Rule) string {
	var s strings.Builder
	s.WriteString(r.Chain + " ")
	switch r.Target {
	case "DROP":
		s.WriteString("drops")
	case "REJECT":
		s.WriteString("rejects")
	default:
		s.WriteString("sends to " + cmp.Or(r.Target, "nothing"))
	}
	what := r.Proto
	if what == "" || what == "all" || what == "0" {
		what = "everything"
	} else if r.NotProto {
		what = "all but " + what
	}
	s.WriteString(" " + what)
	part := func(word, text string, not bool) {
		if text == "" {
			return
		}
		s.WriteString(" " + word + " ")
		if not {
			s.WriteString("all but ")
		}
		s.WriteString(text)
	}
	part("from", r.Src.Text, r.Src.Not)
	part("to", r.Dst.Text, r.Dst.Not)
	part("in through", r.In.Name, r.In.Not)
	part("out through", r.Out.Name, r.Out.Not)
	part("from port", r.SrcPorts.Text, r.SrcPorts.Not)
	part("to port", r.DstPorts.Text, r.DstPorts.Not)
	return s.String()
}
