// Package area tells the state of a part of the node, section by section: what
// its files say in a form that people read, which checks found what, and what
// could not be judged.
//
// A part is an [Area], such as network.Area or storage.Area. [Area.Read] looks at
// the decoded snapshots of a stored case and at its last report; logs are not
// read again. To add a section, add a value to the list of its area.
package area

import (
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// An Area is a part of the node.
type Area struct {
	Name     string // "network"
	Sections []Section
}

// A Section is one subject of an area.
type Section struct {
	Name  string // "routes"
	Title string // what it is about, in a few words
	// Checks are patterns of the IDs of checks and rules that are about it.
	Checks []string
	// Gates are the daemons that it depends on.
	Gates []gates.Name
	// Large are the formats of large files that it reads, of those in the list
	// of that name.
	Large []*parsers.Format
	// Read tells the state.
	Read func(*Reader)
}

// Names are the names of the sections.
func (a *Area) Names() []string {
	var names []string
	for _, s := range a.Sections {
		names = append(names, s.Name)
	}
	return names
}

// Large are formats whose files have a hundred thousand lines on busy nodes. They
// are decoded only for the sections that read them.
var Large = []*parsers.Format{conntrack.Format, iptables.Format}

// Formats are those of some formats that are read for the sections with some
// names; for none, of all sections.
func (a *Area) Formats(all []*parsers.Format, names []string) []*parsers.Format {
	read := map[*parsers.Format]bool{}
	for _, s := range a.Sections {
		for _, f := range s.Large {
			read[f] = read[f] || len(names) == 0 || slices.Contains(names, s.Name)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(f *parsers.Format) bool { return slices.Contains(Large, f) && !read[f] })
}

// Read tells the sections with some names, in the order of the area; all for
// none. The pass is one of analyze.NewPass.
func (a *Area) Read(p *analyze.Pass, r *analyze.Report, names []string) *View {
	v := &View{
		Schema: "eksleuth." + a.Name + "/v1", Case: r.Case.ID, Bundle: r.Case.Bundle, CollectedAt: r.Case.CollectedAt,
		Sections: []SectionView{},
	}
	for i := range a.Sections {
		if s := &a.Sections[i]; len(names) == 0 || slices.Contains(names, s.Name) {
			v.Sections = append(v.Sections, s.view(p, r))
		}
	}
	return v
}

func (s *Section) view(p *analyze.Pass, r *analyze.Report) SectionView {
	v := SectionView{
		Name: s.Name, Title: s.Title, Facts: []*Fact{}, Tables: []*Table{}, Limits: []ledger.Entry{}, Daemons: []Daemon{}, Checks: []Check{},
		Findings: []Finding{}, NotJudged: []Gap{},
	}
	rd := &Reader{Pass: p, Report: r, view: &v}
	rd.safely(s.Read)
	v.Tables = slices.DeleteFunc(v.Tables, func(t *Table) bool { return len(t.Rows) == 0 })
	for _, name := range s.Gates {
		v.Daemons = append(v.Daemons, daemonOf(gates.Of(p, name)))
	}
	v.judged(s, r)
	return v
}

// safely reads a section; a panic in it is its failure and leaves what was told.
func (r *Reader) safely(read func(*Reader)) {
	defer func() {
		if x := recover(); x != nil {
			r.NotJudged("the rest of the section", fmt.Sprintf("stopped: %v", x))
		}
	}()
	read(r)
}
