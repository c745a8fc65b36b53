// Package imdstokens finds programs that call the instance metadata service
// the old way, without a token, where a token is required.
package imdstokens

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
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
	at, n := imds.Hits(p, refused, old)
	switch {
	case o.Tokens != "required":
		return analyze.Verdict{Outcome: analyze.Clear, Note: "HttpTokens is " + o.Tokens}, nil
	case n == 0:
		return analyze.Verdict{Outcome: analyze.Clear, Note: "HttpTokens is required, and no log line speaks of calls without a token"}, nil
	}
	return found(analyze.Match{
		Summary:    fmt.Sprintf("HttpTokens is required, and there were calls without a valid token (%d in the logs)", n),
		Confidence: o.Confidence(0.85),
		At:         append([]parsers.Pos{o.At(o.TokensLine)}, at...),
		Explains:   []string{refused, "aws.creds.no_providers"},
	}, note), nil
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
