package services

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers/services"
)

// kubeletDisabled finds that systemd does not run kubelet. A second source must
// say that there is none: on some nodes another unit starts it.
func kubeletDisabled(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t := gates.Units(p)
	if t == nil {
		return noData("no list of units")
	}
	g := gates.Of(p, gates.Kubelet)
	unit := g.Proof(gates.Systemd)
	switch {
	case unit.Says == gates.Nothing:
		return noData(gates.Unlisted(p, t))
	case unit.Says != gates.Down || strings.Contains(unit.Text, "is failed"):
		return analyze.Verdict{Outcome: analyze.Clear, Note: unit.Text}, nil
	case len(g.Which(gates.Up)) > 0:
		return analyze.Verdict{Outcome: analyze.Clear, Note: unit.Text + ", and yet " + g.Which(gates.Up)[0].Text}, nil
	case g.State != gates.Dead:
		return noData(unit.Text + "; neither processes nor sockets tell whether it runs otherwise")
	}
	if name := bootstrapping(t.Value); name != "" {
		up, known := uptime(p)
		if !known || up < time.Duration(p.Limit("bootstrap")*float64(time.Minute)) {
			return noData(fmt.Sprintf("%s; %s still works", unit.Text, name))
		}
	}
	m := analyze.Match{Entity: "kubelet.service", Entities: map[string][]string{"unit": {"kubelet.service"}}}
	var words []string
	for _, proof := range g.Which(gates.Down) {
		words = append(words, proof.Text)
		m.At = append(m.At, proof.At)
	}
	m.Summary = "kubelet is not started: " + strings.Join(words, "; ")
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{m}}, nil
}

// bootstrapping returns a unit of the bootstrap that still works.
func bootstrapping(t *services.Table) string {
	for _, u := range t.Units {
		if u.Active == "activating" && (strings.HasPrefix(u.Name, "cloud-") || strings.HasPrefix(u.Name, "nodeadm") || u.Name == "snapd.seeded.service") {
			return u.Name
		}
	}
	return ""
}
