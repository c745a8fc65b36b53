// Package imdshop finds a hop limit of 1 for the answers of the instance
// metadata service, and whether pods of the node suffer from it.
package imdshop

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	service "github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
)

//go:embed check.yaml
var doc []byte

// Check is state.imds.hop_limit.
var Check = &analyze.Check{ID: "state.imds.hop_limit", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	o, note := imds.Find(p, "HttpPutResponseHopLimit", func(m *ec2.MetadataOptions) bool { return m.HopLimit > 0 })
	expired, err := service.Expired(p.Facts, p.Files, p.Lines)
	switch {
	case err != nil:
		return analyze.Verdict{}, err
	case o == nil && len(expired) > 0:
		return found(note, captured(p, expired)), nil
	case o == nil:
		return imds.NoData(p, note), nil
	case o.HopLimit == 2 && service.Further(p.Facts).Text != "":
		if m, ok := further(p, o); ok {
			return found(note, m), nil
		}
		fallthrough
	case o.HopLimit > 1:
		return analyze.Verdict{Outcome: analyze.Clear, Note: join(fmt.Sprintf("HttpPutResponseHopLimit is %d", o.HopLimit), note)}, nil
	}
	return found(note, limited(p, o, expired)), nil
}

func found(note string, m analyze.Match) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.Found, Note: note, Matches: []analyze.Match{m}}
}

// further weighs a limit of 2 where pods are two hops away.
func further(p *analyze.Pass, o *imds.Options) (analyze.Match, bool) {
	pods, _ := imds.Failures(p)
	behind := service.Behind(pods)
	if len(behind) == 0 || service.Unconnected(behind) {
		return analyze.Match{}, false
	}
	why := service.Further(p.Facts)
	m := analyze.Match{Severity: analyze.High, Confidence: o.Trust(0.6), At: []parsers.Pos{o.At(o.HopLimitLine)}}
	m.Summary = fmt.Sprintf("HttpPutResponseHopLimit is 2, and pods are further away: %s; %s", why.Text, service.Names(behind))
	m = suffers(p, cite(m, []service.Point{why}), behind)
	return m, true
}

// captured is the finding by a capture alone: the node itself said that it could
// not pass on answers of the service.
func captured(p *analyze.Pass, expired []service.Point) analyze.Match {
	m := analyze.Match{Severity: analyze.High, Confidence: 0.85, Summary: "A capture shows it: " + expired[0].Text}
	return suffers(p, cite(m, expired), nil)
}

// limited weighs a limit of 1: it is a problem only where pods fail for it.
func limited(p *analyze.Pass, o *imds.Options, expired []service.Point) analyze.Match {
	m := analyze.Match{
		Summary:    "HttpPutResponseHopLimit is 1, and no pod of this node reported that it needs the service",
		Severity:   analyze.Info,
		Confidence: o.Trust(0.9),
		At:         []parsers.Pos{o.At(o.HopLimitLine)},
	}
	pods, _ := imds.Failures(p)
	behind, vague := service.Behind(pods), imds.Vague(p, pods)
	switch {
	case o.Endpoint == "disabled":
		m.Summary = "HttpPutResponseHopLimit is 1, and a disabled endpoint answers nobody: the limit is not the cause"
	case len(expired) > 0:
		m.Severity, m.Summary = analyze.High, "HttpPutResponseHopLimit is 1, and a capture shows that answers got lost: "+expired[0].Text
		m = suffers(p, cite(m, expired), behind)
	case len(behind) > 0 && service.Unconnected(behind):
		m.Severity, m.Confidence = analyze.Low, 0.3
		m.Summary = "HttpPutResponseHopLimit is 1, and calls of pods fail, but before a connection is made: the limit is for answers with a token only, so look for a block"
		m.At = append(m.At, lines(behind)...)
	case len(behind) > 0:
		m.Severity = analyze.High
		m.Summary = fmt.Sprintf("HttpPutResponseHopLimit is 1, and calls of pods to the service failed (%d in the logs): %s", count(behind), service.Names(behind))
		m = suffers(p, m, behind)
		if o.Tokens == "optional" {
			m.Summary += "; HttpTokens is optional, so that SDKs that fall back to IMDSv1 are only slow"
			m.Confidence -= 0.2
		}
	case len(vague) > 0:
		m.Severity, m.Confidence = analyze.Medium, o.Trust(0.6)
		m.Summary = fmt.Sprintf("HttpPutResponseHopLimit is 1, and pods lack what the service would have given them (%d lines): %s; none of the lines names the service", count(vague), service.Names(vague))
		m = suffers(p, m, vague)
	case slices.ContainsFunc(pods, func(x service.Pod) bool { return x.Network != service.OfHost && !x.Indirect }):
		m.Summary = "HttpPutResponseHopLimit is 1; few calls of pods failed, and the programs went on without"
	}
	return m
}

// suffers adds who fails, what follows and what to do.
func suffers(p *analyze.Pass, m analyze.Match, pods []*service.Pod) analyze.Match {
	m.At = append(m.At, lines(pods)...)
	names := service.PodNames(pods)
	if len(names) > 0 {
		m.Entities = map[string][]string{"pod": names[:min(len(names), maxPods)]}
	}
	r := service.Relief{Instance: p.Node().InstanceID, Region: p.Case.Node.Region, Pods: names, Limit: service.Enough(p.Facts)}
	m.Actions = imds.Actions(r.Advice())
	m.Explains = []string{"imds.unreachable_from_pod", "imds.http_401", "csi.ebs.metadata_unavailable", "aws.creds.no_providers"}
	return m
}

// maxPods is how many pods the finding names.
const maxPods = 50

func count(pods []*service.Pod) (n int) {
	for _, p := range pods {
		n += p.Count
	}
	return n
}

// lines are the proofs of some pods, the first few.
func lines(pods []*service.Pod) (at []parsers.Pos) {
	for _, p := range pods {
		for _, place := range p.At {
			if len(at) < maxLines {
				at = append(at, parsers.Pos(place))
			}
		}
	}
	return at
}

const maxLines = 20

func cite(m analyze.Match, points []service.Point) analyze.Match {
	for _, x := range points {
		for _, place := range x.At {
			m.At = append(m.At, parsers.Pos(place))
		}
	}
	return m
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + "; " + b
}
