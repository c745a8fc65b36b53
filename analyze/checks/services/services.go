// Package services finds units of systemd that failed, that are started over
// and over, and a kubelet that was never started.
package services

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/services"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the units of systemd.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.services.failed":           failed,
	"state.services.activating":       activating,
	"state.services.kubelet_disabled": kubeletDisabled,
})

func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

// maxMatches bounds the findings of a check. More units than that fail
// together, of one cause.
const maxMatches = 30

// verdict is that of some matches in a list of units. A list that breaks off
// does not show that there is no other.
func verdict(p *analyze.Pass, t *analyze.FileFact[services.Table], matches []analyze.Match) (analyze.Verdict, error) {
	switch why := gates.Cut(p, t.Path); {
	case len(matches) > 0:
		return analyze.Verdict{Outcome: analyze.Found, Matches: matches}, nil
	case why != "":
		return noData(why)
	case t.Value.Total < 0:
		return noData(t.Path + " does not go to its end")
	}
	return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf("%d units were looked at", len(t.Value.Units))}, nil
}

// room reports that a unit may be added: there are not too many, and it is not
// among them.
func room(matches []analyze.Match, unit string) bool {
	return len(matches) < maxMatches && !slices.ContainsFunc(matches, func(m analyze.Match) bool { return m.Entity == unit })
}

func match(t *analyze.FileFact[services.Table], u services.Unit) analyze.Match {
	return analyze.Match{
		Entity:   u.Name,
		Entities: map[string][]string{"unit": {u.Name}},
		At:       []parsers.Pos{{File: t.Path, Line: u.Line}},
	}
}

func activating(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t := gates.Units(p)
	if t == nil {
		return noData("no list of units")
	}
	var matches []analyze.Match
	for _, u := range t.Value.Units {
		if !restarts(u) || !room(matches, u.Name) {
			continue
		}
		m := match(t, u)
		m.Summary = fmt.Sprintf("%s ended with an error and waits for its next start (%s %s)", u.Name, u.Active, u.Sub)
		switch {
		case !vital(u.Name):
			m.Severity = analyze.Low
		case young(p, p.Limit("boot")):
			m.Severity = analyze.Medium
			m.Summary += "; the node had just booted"
		}
		m.Explains = broken(u.Name)
		matches = append(matches, m)
	}
	return verdict(p, t, matches)
}

// restarts reports a service between two starts. One of "activating start" is
// being started, as oneshot services are for as long as they run.
func restarts(u services.Unit) bool {
	return u.Active == "activating" && (u.Sub == "auto-restart" || u.Sub == "auto-restart-queued")
}

// young reports that the bundle was made less than some minutes after the boot.
func young(p *analyze.Pass, minutes float64) bool {
	up, ok := uptime(p)
	return ok && up < time.Duration(minutes*float64(time.Minute))
}

func uptime(p *analyze.Pass) (time.Duration, bool) {
	if p.Clock.Boot.IsZero() || p.Clock.Collected.IsZero() {
		return 0, false
	}
	return p.Clock.Collected.Sub(p.Clock.Boot), true
}
