package apiprobe

import (
	"context"
	"fmt"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/clock"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
)

// bundleSkew compares the clock of the node with that of the API server, and
// with the times of its own logs.
//
//	curling https://10.0.0.9 (1 of 5) 2026-11-21T11:26:35.961UTC
//	< date: Sat, 21 Nov 2026 11:26:36 GMT
func bundleSkew(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, measured := clock.Measure(p)
	if measured && s.By.Abs().Seconds() > p.Limit("offset") {
		return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{apart(p, s)}}, nil
	}
	if m, ok := ahead(p); ok {
		return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{m}}, nil
	}
	if !measured {
		return noData("no request to the API server has both times")
	}
	return analyze.Verdict{Outcome: analyze.Clear, Note: "the clock of the node is that of the API server"}, nil
}

// What does not work with a clock that is wrong by so much: certificates that
// were just made, and signed calls to AWS.
const (
	certificates = time.Minute
	signatures   = 5 * time.Minute
)

func apart(p *analyze.Pass, s clock.Skew) analyze.Match {
	m := analyze.Match{Entity: "apiserver", Severity: analyze.Low, At: s.At}
	side := "ahead of"
	if s.By < 0 {
		side = "behind"
	}
	m.Summary = fmt.Sprintf("the clock of the node is at least %s %s that of the API server", s.By.Abs().Round(time.Second), side)
	switch by := s.By.Abs(); {
	case by >= signatures:
		m.Severity = analyze.High
		m.Explains = []string{"aws.sts.expired", "kubelet.auth.unauthorized", "kubelet.cert.x509_time", "state.api.cert_expired"}
	case by >= certificates:
		m.Severity = analyze.Medium
		m.Explains = []string{"kubelet.cert.x509_time"}
	}
	if g := gates.Of(p, gates.Time); g.State == gates.Dead {
		m.Summary += ", and nothing sets it"
		for _, proof := range g.Which(gates.Down) {
			if proof.At.File != "" && proof.At.Line > 0 {
				m.At = append(m.At, proof.At)
			}
		}
	}
	return m
}

// ahead finds logs that go on behind the time of the collection: the clock was
// set back in between. One log alone may have been written by another machine.
func ahead(p *analyze.Pass) (analyze.Match, bool) {
	if p.Clock.Collected.IsZero() || !p.Audit.Dated {
		return analyze.Match{}, false
	}
	var most time.Duration
	var at []parsers.Pos
	for _, f := range p.Files {
		if f.Last.Kind != parsers.Zoned {
			continue
		}
		last, _ := p.Clock.Resolve(f.Last)
		by := last.Sub(p.Clock.Collected)
		if by.Minutes() <= p.Limit("future") || by > maxAhead {
			continue
		}
		most = max(most, by)
		if len(at) < maxFiles {
			at = append(at, parsers.Pos{File: f.Path, Line: f.Lines})
		}
	}
	if len(at) < 2 {
		return analyze.Match{}, false
	}
	return analyze.Match{
		Entity:  "logs",
		Summary: fmt.Sprintf("%d logs go on for up to %s after the bundle was made: the clock of the node was set back", len(at), most.Round(time.Minute)),
		At:      at,
	}, true
}

// maxAhead is so much that the time of the bundle is wrong, or a line that is no
// log was read as one. maxFiles bounds the evidence.
const (
	maxAhead = 366 * 24 * time.Hour
	maxFiles = 10
)
