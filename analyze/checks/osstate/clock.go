package osstate

import (
	"cmp"
	"context"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/services"
)

// keepers are units of programs that set the clock, each under all its names.
var keepers = [][]string{
	{"chronyd.service", "chrony.service"},
	{"systemd-timesyncd.service"},
	{"ntpd.service", "ntp.service", "ntpsec.service"},
}

// timeDaemon looks for a node whose clock nobody sets, or more than one.
//
//	chronyd.service   loaded active running NTP client/server
func timeDaemon(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	if m, ok := rivals(gates.Units(p)); ok {
		return network.Found(m), nil
	}
	g := gates.Of(p, gates.Time)
	switch g.State {
	case gates.Dead:
		return network.Found(nobody(g)), nil
	case gates.Alive:
		return network.Clear("a program sets the clock"), nil
	}
	return network.NoData(cmp.Or(g.Note, "whether a program sets the clock is not known")), nil
}

// nobody is the finding about a node without any.
func nobody(g *gates.Gate) analyze.Match {
	m := analyze.Match{Entity: "none"}
	var words []string
	for _, proof := range g.Which(gates.Down) {
		words = append(words, proof.Text)
		if proof.At.File != "" {
			m.At = append(m.At, proof.At)
		}
	}
	m.Summary = "no program sets the clock: " + strings.Join(words, "; ")
	for _, names := range keepers {
		for _, name := range names {
			m.Explains = append(m.Explains, "state.services.failed@"+name)
		}
	}
	return m
}

// rivals finds two programs that set the clock at the same time.
func rivals(t *analyze.FileFact[services.Table]) (analyze.Match, bool) {
	m := analyze.Match{Entity: "several", Severity: analyze.Low}
	if t == nil {
		return m, false
	}
	var names []string
	for _, same := range keepers {
		for _, name := range same {
			if u, ok := t.Value.Find(name); ok && u.Active == "active" && u.Sub == "running" {
				names = append(names, name)
				m.At = append(m.At, parsers.Pos{File: t.Path, Line: u.Line})
				break
			}
		}
	}
	m.Entities = map[string][]string{"unit": names}
	m.Summary = strings.Join(names, " and ") + " set the clock at the same time"
	return m, len(names) > 1
}
