// Package imdstokens finds programs that call the instance metadata service
// the old way, without a token, where a token is required.
package imdstokens

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	service "github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
)

//go:embed check.yaml
var doc []byte

// Check is state.imds.tokens_required.
var Check = &analyze.Check{ID: "state.imds.tokens_required", Doc: analyze.MustDoc(doc), Run: run}

// refused and old are the rules whose events speak of calls without a token.
const (
	refused = "imds.http_401"
	old     = "imds.v1_usage"
)

// enough is how many refused calls are a finding by themselves. One 401 is
// what a token that has run out looks like.
const enough = 3

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	o, note := imds.Find(p, "HttpTokens", func(m *ec2.MetadataOptions) bool { return m.Tokens != "" })
	if o == nil {
		return alone(p, note), nil
	}
	_, n := imds.Hits(p, refused)
	at, fallback := imds.Hits(p, old)
	switch {
	case o.Tokens != "required":
		return analyze.Verdict{Outcome: analyze.Clear, Note: "HttpTokens is " + o.Tokens}, nil
	case n+fallback == 0:
		return analyze.Verdict{Outcome: analyze.Clear, Note: "HttpTokens is required, and no log line speaks of calls without a token"}, nil
	}
	pods, host := imds.Failures(p)
	guilty := service.Tokenless(pods, host, o.HopLimit == 1)
	switch {
	case len(guilty) == 0 && o.HopLimit == 1:
		return analyze.Verdict{Outcome: analyze.NoData, Silent: true, Note: "HttpTokens is required, and pods that a hop limit of 1 keeps from a token got 401: what their SDKs would do with one does not show"}, nil
	case len(guilty) == 0 && n == 0:
		return analyze.Verdict{Outcome: analyze.NoData, Silent: true, Note: "HttpTokens is required, and programs fell back to IMDSv1; no answer to that is on record"}, nil
	case len(guilty) == 0:
		return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf("HttpTokens is required; of calls without a token there are %d, and the programs went on", n+fallback)}, nil
	}
	m := analyze.Match{
		Summary:    "HttpTokens is required, and there were calls without a valid token: " + service.Names(guilty),
		Confidence: o.Trust(0.85),
		At:         []parsers.Pos{o.At(o.TokensLine)},
		Actions:    imds.Actions(service.TokensAdvice(p.Node().InstanceID, p.Case.Node.Region)),
		Explains:   []string{refused, "aws.creds.no_providers", "state.imds.v1_callers"},
	}
	for _, g := range guilty {
		for _, place := range g.At {
			m.At = append(m.At, parsers.Pos(place))
		}
	}
	m.At = append(m.At, at...)
	if names := service.PodNames(guilty); len(names) > 0 {
		m.Entities = map[string][]string{"pod": names}
	}
	return found(m, note), nil
}

// alone judges by the log lines, when nothing says what the instance requires.
func alone(p *analyze.Pass, note string) analyze.Verdict {
	at, n := imds.Hits(p, refused)
	if n < enough {
		return imds.NoData(p, note)
	}
	return found(analyze.Match{
		Summary:    fmt.Sprintf("The metadata service answered 401 to %d calls, as it does when a token is required; what the instance requires is not known", n),
		Severity:   analyze.Low,
		Confidence: 0.5,
		At:         at,
	}, note)
}

func found(m analyze.Match, note string) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.Found, Note: note, Matches: []analyze.Match{m}}
}
