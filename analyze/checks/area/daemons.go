package area

import (
	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
)

// Daemons are all daemons that a node can have.
func Daemons(p *analyze.Pass) []Daemon {
	var all []Daemon
	for _, g := range gates.All(p) {
		all = append(all, daemonOf(g))
	}
	return all
}

// daemonOf leaves out the sources that say nothing.
func daemonOf(g *gates.Gate) Daemon {
	d := Daemon{Name: g.Name, State: g.State, Wanted: g.Wanted != nil, Note: g.Note, Proofs: []Proof{}}
	for _, x := range g.Which(gates.Up, gates.Down, gates.Halfway) {
		d.Proofs = append(d.Proofs, Proof{x.Source, x.Says, x.Text, places(x.At)})
	}
	return d
}
