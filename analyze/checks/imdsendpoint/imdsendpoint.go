// Package imdsendpoint finds an instance whose metadata service is switched off.
package imdsendpoint

import (
	"context"
	_ "embed"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
)

//go:embed check.yaml
var doc []byte

// Check is state.imds.endpoint_disabled.
var Check = &analyze.Check{ID: "state.imds.endpoint_disabled", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	o, note := imds.Find(p, "HttpEndpoint", func(m *ec2.MetadataOptions) bool { return m.Endpoint != "" })
	switch {
	case o == nil:
		return imds.NoData(p, note), nil
	case o.Endpoint != "disabled":
		return analyze.Verdict{Outcome: analyze.Clear, Note: "HttpEndpoint is " + o.Endpoint}, nil
	}
	return analyze.Verdict{Outcome: analyze.Found, Note: note, Matches: []analyze.Match{{
		Summary:    "HttpEndpoint is disabled",
		Confidence: o.Confidence(0.95),
		At:         []parsers.Pos{o.At(o.EndpointLine)},
	}}}, nil
}
