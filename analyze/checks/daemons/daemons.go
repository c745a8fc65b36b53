// Package daemons judges whether the daemons of a node run, listen on their
// ports, and have these for themselves.
package daemons

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the daemons.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.proc.missing_daemon":   missing,
	"state.port.missing_listener": deaf,
	"state.port.stolen":           stolen,
})

func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

// A result is what several daemons make of a verdict.
type result struct {
	matches []analyze.Match
	well    []string // what is said of those that are well
	open    []string // why others cannot be judged
}

// verdict is found with one match; else nothing may be open.
func (r *result) verdict() (analyze.Verdict, error) {
	switch {
	case len(r.matches) > 0:
		return analyze.Verdict{Outcome: analyze.Found, Matches: r.matches}, nil
	case len(r.open) > 0 || len(r.well) == 0:
		return noData(strings.Join(r.open, "; "))
	}
	return analyze.Verdict{Outcome: analyze.Clear, Note: strings.Join(r.well, "; ")}, nil
}

func wellf(r *result, format string, args ...any) {
	r.well = append(r.well, fmt.Sprintf(format, args...))
}
func openf(r *result, format string, args ...any) {
	r.open = append(r.open, fmt.Sprintf(format, args...))
}

// vital are the daemons whose absence is a finding of its own.
var vital = []gates.Name{gates.Kubelet, gates.Containerd, gates.IPAMD, gates.KubeProxy}

// missing finds daemons without a process. A second source has to agree: the
// files of a bundle are made one after the other, and a daemon may be restarted
// in between.
func missing(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t := gates.Processes(p)
	if t == nil {
		return noData("no list of processes")
	}
	if why := gates.Unseen(p, t); why != "" {
		return noData(why)
	}
	r := &result{}
	for _, name := range vital {
		g := gates.Of(p, name)
		proof := g.Proof(gates.Process)
		switch {
		case proof.Says == gates.Up:
			wellf(r, "%s", proof.Text)
		case g.Wanted == nil:
			wellf(r, "nothing shows that %s is meant to run here", name)
		case g.State == gates.Dead:
			r.matches = append(r.matches, absent(g))
		case g.State == gates.Degraded && len(g.Which(gates.Up)) > 0:
			wellf(r, "%s; but %s", proof.Text, g.Which(gates.Up)[0].Text)
		default:
			openf(r, "%s: %s (%s)", name, proof.Text, g.Note)
		}
	}
	return r.verdict()
}

// absent is the finding about a daemon.
func absent(g *gates.Gate) analyze.Match {
	m := about(g, string(g.Name))
	var words []string
	for _, proof := range g.Which(gates.Down, gates.Halfway) {
		words = append(words, proof.Text)
		m.At = append(m.At, proof.At)
	}
	m.Summary = fmt.Sprintf("%s does not run: %s", g.Name, strings.Join(words, "; "))
	if at := g.Wanted.At; at.File != "" && g.Wanted.Source != gates.Systemd {
		m.Summary += "; it should, as there is " + g.Wanted.Text
		m.At = append(m.At, at)
	}
	m.Explains = without[g.Name]
	return m
}

// without is what comes of a daemon that does not run.
var without = map[gates.Name][]string{
	// Nothing else starts the pods of the other two.
	gates.Kubelet:    {"state.port.missing_listener@kubelet", "state.proc.missing_daemon@ipamd", "state.proc.missing_daemon@kube-proxy"},
	gates.Containerd: {"state.proc.missing_daemon@ipamd", "state.proc.missing_daemon@kube-proxy", "kubelet.runtime.down", "kubelet.cri.connection_lost", "kubelet.start.cri_unavailable", "kubelet.pleg.unhealthy"},
	gates.IPAMD:      {"cni.plugin.ipamd_unreachable", "npa.ipamd_connect", "state.port.missing_listener@ipamd", "state.ipamd.unreachable", "cni.ipamd.log_gap"},
	gates.KubeProxy:  {"state.port.missing_listener@kube-proxy", "state.iptables.kube_services_missing"},
}

func about(g *gates.Gate, entity string) analyze.Match {
	return analyze.Match{Entity: entity, Entities: map[string][]string{"process": {string(g.Name)}}}
}

// deaf finds daemons that run and listen on none of their ports.
func deaf(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	r := &result{}
	for _, name := range []gates.Name{gates.Kubelet, gates.KubeProxy, gates.IPAMD} {
		g := gates.Of(p, name)
		proof := g.Proof(gates.Port)
		switch {
		case proof.Says == gates.Nothing:
			openf(r, "%s", proof.Text)
		case proof.Says == gates.Up:
			wellf(r, "%s: %s", name, proof.Text)
		case g.Wanted == nil:
			wellf(r, "nothing shows that %s is meant to run here", name)
		case g.State == gates.Dead:
			wellf(r, "%s does not run at all", name)
		case len(g.Which(gates.Up)) == 0 || g.Which(gates.Up)[0].Source == gates.Log:
			openf(r, "%s: %s, and nothing shows whether it runs", name, proof.Text)
		case young(p):
			openf(r, "%s: %s, but the node had just booted", name, proof.Text)
		case excused(p, name) != "":
			wellf(r, "%s: %s; %s", name, proof.Text, excused(p, name))
		default:
			r.matches = append(r.matches, silent(g))
		}
	}
	r.open = dedupe(r.open)
	return r.verdict()
}

func dedupe(words []string) []string {
	var out []string
	for _, w := range words {
		if len(out) == 0 || out[len(out)-1] != w {
			out = append(out, w)
		}
	}
	return out
}

// silent is the finding about a daemon.
func silent(g *gates.Gate) analyze.Match {
	m := about(g, string(g.Name))
	up, port := g.Which(gates.Up)[0], g.Proof(gates.Port)
	m.Summary = fmt.Sprintf("%s runs (%s), and %s", g.Name, up.Text, port.Text)
	m.At = []parsers.Pos{up.At, port.At}
	if g.Name == gates.IPAMD {
		m.Explains = []string{"cni.plugin.ipamd_unreachable", "npa.ipamd_connect", "state.ipamd.unreachable"}
	}
	return m
}

func young(p *analyze.Pass) bool {
	return !p.Clock.Boot.IsZero() && !p.Clock.Collected.IsZero() &&
		p.Clock.Collected.Sub(p.Clock.Boot) < time.Duration(p.Limit("boot")*float64(time.Minute))
}
