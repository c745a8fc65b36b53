// Package imdshop finds a hop limit of 1 for the answers of the instance
// metadata service, and whether pods of the node suffer from it.
package imdshop

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

// Check is state.imds.hop_limit.
var Check = &analyze.Check{ID: "state.imds.hop_limit", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	o, note := imds.Find(p, "HttpPutResponseHopLimit", func(m *ec2.MetadataOptions) bool { return m.HopLimit > 0 })
	switch {
	case o == nil:
		return imds.NoData(p, note), nil
	case o.HopLimit > 1:
		return analyze.Verdict{Outcome: analyze.Clear, Note: join(fmt.Sprintf("HttpPutResponseHopLimit is %d", o.HopLimit), note)}, nil
	}
	m := analyze.Match{
		Summary:    "HttpPutResponseHopLimit is 1, and no pod of this node reported that it needs the service",
		Severity:   analyze.Info,
		Confidence: o.Confidence(0.9),
		At:         []parsers.Pos{o.At(o.HopLimitLine)},
	}
	// A disabled endpoint answers nobody: then the limit is not the cause.
	if at, n := imds.PodHits(p, imds.Failures...); n > 0 && o.Endpoint != "disabled" {
		m.Summary = fmt.Sprintf("HttpPutResponseHopLimit is 1, and calls of pods to the service failed (%d in the logs)", n)
		m.Severity = analyze.High
		m.At = append(m.At, at...)
		if o.Tokens == "optional" {
			m.Summary += "; HttpTokens is optional, so that SDKs that fall back to IMDSv1 are only slow"
			m.Confidence -= 0.2
		}
		m.Explains = []string{"imds.unreachable_from_pod", "imds.http_401", "csi.ebs.metadata_unavailable", "aws.creds.no_providers"}
	}
	return analyze.Verdict{Outcome: analyze.Found, Note: note, Matches: []analyze.Match{m}}, nil
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + "; " + b
}
