// Package imdsinputs finds what files given beside a bundle tell of the
// metadata service: who calls it without a token, whether the instance has a
// role to give, and what the next instances will be like.
package imdsinputs

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	service "github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the side inputs.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.imds.v1_callers": callers,
	"state.imds.no_profile": profile,
	"state.imds.template":   template,
})

func found(note string, m analyze.Match) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Found, Note: note, Matches: []analyze.Match{m}}, nil
}

func clear(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: note}, nil
}

func noData(note string, silent bool) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note, Silent: silent}, nil
}

// often is how many calls of a program are more than somebody who tries.
const often = 3

// maxCallers is how many programs the finding cites.
const maxCallers = 20

// callers finds programs that call without a token.
func callers(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, err := service.ReadTrace(p.Files, p.Facts, p.Lines)
	switch {
	case err != nil:
		return analyze.Verdict{}, err
	case t.Note == "":
		return noData("no log of aws-imds-packet-analyzer among the files", false)
	case len(t.Callers) == 0 && !t.Seen:
		return noData(t.Note, true)
	case len(t.Callers) == 0:
		return clear(t.Note)
	}
	o, _ := imds.Find(p, "HttpTokens", func(m *ec2.MetadataOptions) bool { return m.Tokens != "" })
	m := analyze.Match{Entities: map[string][]string{}}
	var said []string
	guess, failing := true, false
	for i := range t.Callers[:min(len(t.Callers), maxCallers)] {
		c := &t.Callers[i]
		said = append(said, fmt.Sprintf("%s (%s%s)", c, calls(c.Count), fallsBack(c)))
		guess, failing = guess && c.Guess, failing || c.Breaks && c.Count >= often
		name(m.Entities, "process", c.Process)
		name(m.Entities, "container_id", c.Container)
		name(m.Entities, "pod", c.Pod)
		for _, at := range c.At {
			m.At = append(m.At, parsers.Pos(at))
		}
	}
	m.Summary = "Without a token call: " + list(said, len(t.Callers))
	if guess {
		m.Confidence = 0.5
		m.Summary += "; the tool could not see the requests, and took them for such"
	}
	if o != nil && o.Tokens == "required" && failing {
		m.Severity, m.Confidence = analyze.Medium, o.Trust(0.8)
		m.Summary = "HttpTokens is required, so that these calls fail. " + m.Summary
		m.At = append(m.At, o.At(o.TokensLine))
		m.Explains = []string{"imds.http_401", "aws.creds.no_providers"}
		m.Actions = imds.Actions(service.TokensAdvice(p.Node().InstanceID, p.Case.Node.Region))
	}
	return found(t.Note, m)
}

func calls(n int) string { return words.Count(n, "call", "calls") }

func fallsBack(c *service.Caller) string {
	if c.V2 > 0 {
		return fmt.Sprintf(", and %d with a token", c.V2)
	}
	return ""
}

func name(entities map[string][]string, kind, value string) {
	for _, have := range entities[kind] {
		if have == value {
			return
		}
	}
	if value != "" {
		entities[kind] = append(entities[kind], value)
	}
}

// few is how many programs a summary names.
const few = 5

func list(said []string, all int) string {
	s := strings.Join(said[:min(len(said), few)], ", ")
	if all > few {
		s += fmt.Sprintf(" and %d more", all-few)
	}
	return s
}

// profile asks the whole description of the instance: one that was cut down by
// a query may lack it.
func profile(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := analyze.Facts[ec2.Instances](p)
	node := p.Node()
	why := "no output of describe-instances among the files"
	for _, f := range files {
		c := node.Instance(f.Value)
		switch in := c.Item; {
		case in == nil:
			why = f.Path + " has no instance that is known to be this node"
		case in.InstanceProfile != "":
			return clear("the instance has the profile " + in.InstanceProfile)
		case f.Value.Projected || f.Value.Cut != "" || in.Image == "" || in.State != "running":
			why = f.Path + " does not show the whole of a running instance"
		default:
			return found("", unprofiled(p, f.Path, in, c.Match == side.Same))
		}
	}
	return noData(why, len(files) > 0)
}

func unprofiled(p *analyze.Pass, path string, in *ec2.Instance, sure bool) analyze.Match {
	m := analyze.Match{
		Summary: "describe-instances shows no IamInstanceProfile",
		At:      []parsers.Pos{{File: path, Line: in.Line}},
		Actions: imds.Actions(service.ProfileAdvice(p.Node().InstanceID, p.Case.Node.Region)),
	}
	if !sure {
		m.Confidence = 0.6
	}
	if at, n := imds.Hits(p, "imds.role_not_found", "kubelet.image.credential_provider_failed"); n > 0 {
		m.Severity = analyze.High
		m.Summary += fmt.Sprintf(", and calls for credentials failed (%d in the logs)", n)
		m.At = append(m.At, at...)
		m.Explains = []string{"imds.role_not_found", "aws.creds.no_providers", "kubelet.image.credential_provider_failed"}
	}
	return m
}

// template compares what made the instance with how it is.
func template(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	running, note := imds.Find(p, "metadata options", func(m *ec2.MetadataOptions) bool { return m.Line > 0 })
	makers, notes := service.Makers(p.Node(), p.Facts, running)
	var out []analyze.Match
	said := 0
	for i := range makers {
		k := &makers[i]
		if k.Settings.HopLimit == 0 && k.Settings.Tokens == "" && k.Settings.Endpoint == "" {
			continue
		}
		said++
		if m, ok := next(p, k, running); ok {
			out = append(out, m)
		}
	}
	switch {
	case len(makers)+len(notes) == 0:
		return noData("no launch template or manifest of Cluster API among the files", false)
	case len(out) > 0:
		return analyze.Verdict{Outcome: analyze.Found, Note: strings.Join(notes, "; "), Matches: out}, nil
	case said == 0:
		return noData(strings.Join(notes, "; "), true)
	case running == nil:
		return noData("what the running instance has is not known: "+note, true)
	}
	return clear(fmt.Sprintf("%s says what the instance has", makers[0].String()))
}

// next says what the next instance lacks: it differs from this one, or has the
// limit that pods of this one suffer from.
func next(p *analyze.Pass, k *service.Maker, running *imds.Options) (analyze.Match, bool) {
	m := analyze.Match{Entity: k.String(), At: []parsers.Pos{parsers.Pos(k.At)}}
	if !k.Sure {
		m.Confidence = 0.6
	}
	pods, _ := imds.Failures(p)
	behind := service.Behind(pods)
	switch {
	case len(k.Differs) > 0:
		m.Summary = fmt.Sprintf("%s differs from the running instance: %s", k, strings.Join(k.Differs, ", "))
		for _, at := range k.Proof {
			m.At = append(m.At, parsers.Pos(at))
		}
		m.Severity = worse(p, k, running)
	case k.Settings.HopLimit == 1 && len(behind) > 0:
		m.Summary = fmt.Sprintf("%s has a hop limit of 1, so that the next nodes keep pods from the service too: %s here", k, service.Names(behind))
	default:
		return m, false
	}
	return m, true
}

// worse is medium for a template that takes away what is in use: the service,
// or calls without a token where programs make such.
func worse(p *analyze.Pass, k *service.Maker, running *imds.Options) analyze.Severity {
	if k.Settings.Endpoint == "disabled" && running.Endpoint == "enabled" {
		return analyze.Medium
	}
	if k.Settings.Tokens != "required" || running.Tokens != "optional" {
		return analyze.Low
	}
	if t, err := service.ReadTrace(p.Files, p.Facts, p.Lines); err != nil || len(t.Callers) == 0 {
		return analyze.Low
	}
	return analyze.Medium
}
