package contradiction

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cversion"
)

// refused is a line of a socket that nobody listens on, with the path.
//
//	dial unix /run/containerd/containerd.sock: connect: connection refused
var refused = regexp.MustCompile(`(/[\w./-]+\.sock): (?:connect: )?(?:connection refused|no such file or directory)`)

// containerdSocket looks for a kubelet that does not reach containerd to the
// end, while containerd runs and was not just started.
func containerdSocket(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	h, ok := last(p, "kubelet.cri.connection_lost")
	if !ok {
		return unsaid(p, "kubelet said nothing of a socket that it does not reach", kubeletLog)
	}
	d, known := age(p, h)
	socket := refused.FindStringSubmatch(p.Line(h.Pos))
	started, restarted := last(p, "mark.containerd.started")
	g := gates.Of(p, gates.Containerd)
	switch {
	case !known:
		return noData("the time of the collection is not known")
	case d > minutes(p, "recent"):
		return isClear(fmt.Sprintf("kubelet did not reach it until %s only", clockTime(h)))
	case float64(since(p, h.At.Add(-minutes(p, "recent")), "kubelet.cri.connection_lost")) < p.Limit("events"):
		return isClear("kubelet did not reach it for a moment, at " + clockTime(h))
	case socket == nil:
		return isClear("kubelet's connection was cut, which a restart does")
	case restarted && h.At.Sub(started.At) < minutes(p, "restart"):
		return isClear("containerd started at " + clockTime(started))
	case g.State != gates.Alive:
		return noData("it is not certain that containerd runs: " + string(g.State))
	}
	m := analyze.Match{
		Entity:   socket[1],
		Entities: map[string][]string{"file": {socket[1]}, "process": {"kubelet", "containerd"}},
		Summary:  fmt.Sprintf("kubelet finds nobody at %s until %s, and yet containerd runs", socket[1], clockTime(h)),
		At:       []parsers.Pos{h.Pos},
	}
	for _, proof := range g.Which(gates.Up) {
		if proof.Source != gates.Log {
			m.Summary += "; " + proof.Text
			m.At = append(m.At, proof.At)
		}
	}
	return found(m)
}

// byHost are the daemons that systemd runs on any node. Of others the process may
// be one of a container.
var byHost = []gates.Name{gates.Kubelet, gates.Containerd}

// unitState compares what systemd says of daemons with the list of processes.
//
//	● kubelet.service loaded failed failed Kubernetes Kubelet
//	root   497  1.5  4.7 2118396 91260 ?  Ssl  00:08   0:11 /usr/bin/kubelet --config=...
func unitState(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var matches []analyze.Match
	var agree, open []string
	for _, name := range byHost {
		g := gates.Of(p, name)
		unit, process := g.Proof(gates.Systemd), g.Proof(gates.Process)
		switch {
		case unit.Says == gates.Nothing || process.Says == gates.Nothing:
			open = append(open, fmt.Sprintf("%s: %s, %s", name, unit.Text, process.Text))
		case elsewhere(p, name):
			agree = append(agree, string(name)+" may be a part of Docker")
		case unit.Says == gates.Down && process.Says == gates.Up, unit.Says == gates.Up && process.Says == gates.Down:
			matches = append(matches, disagree(g, unit, process))
		default:
			agree = append(agree, string(name))
		}
	}
	switch {
	case len(matches) > 0:
		return found(matches...)
	case len(open) > 0:
		return noData(strings.Join(open, "; "))
	}
	return isClear("systemd and the list of processes agree: " + strings.Join(agree, ", "))
}

// elsewhere reports a containerd that dockerd may have started, without a unit.
func elsewhere(p *analyze.Pass, name gates.Name) bool {
	docker, _, _ := network.Process(p, "dockerd")
	return name == gates.Containerd && docker != nil
}

func disagree(g *gates.Gate, unit, process gates.Proof) analyze.Match {
	m := analyze.Match{
		Entity:   string(g.Name),
		Entities: map[string][]string{"process": {string(g.Name)}},
		Summary:  fmt.Sprintf("%s: %s, and yet %s", g.Name, unit.Text, process.Text),
		At:       []parsers.Pos{unit.At, process.At},
	}
	if unit.Says == gates.Down {
		name, _, _ := strings.Cut(unit.Text, " ")
		m.Contradicts = []string{"state.services.failed@" + name}
	}
	return m
}

// containerdVersion compares the containerd that runs with its client, which
// comes with the same package.
//
//	Client:
//	  Version:  1.7.27
//	Server:
//	  Version:  1.7.11
func containerdVersion(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const place = "containerd/containerd-version.txt"
	for _, f := range analyze.Facts[cversion.Versions](p) {
		client, server := f.Value.Client, f.Value.Server
		if client.Line == 0 || server.Line == 0 {
			continue
		}
		if same(client.Version, server.Version) {
			return isClear("both are " + server.Version)
		}
		return found(analyze.Match{
			Entity:   server.Version,
			Entities: map[string][]string{"version": {server.Version, client.Version}},
			Summary:  fmt.Sprintf("containerd %s runs, and %s is installed", server.Version, client.Version),
			At:       []parsers.Pos{{File: f.Path, Line: server.Line}, {File: f.Path, Line: client.Line}},
		})
	}
	return noData(whole.Absent(p, place))
}

// same compares versions, with and without a v.
func same(a, b string) bool { return strings.TrimPrefix(a, "v") == strings.TrimPrefix(b, "v") }
