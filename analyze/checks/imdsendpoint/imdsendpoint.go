// Package imdsendpoint finds an instance whose metadata service is switched off.
package imdsendpoint

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	service "github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/instance"
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
	return analyze.Verdict{Outcome: analyze.Found, Note: note, Matches: []analyze.Match{weigh(p, o)}}, nil
}

// explained is what fails without the service.
var explained = []string{
	"imds.unreachable_from_pod", "imds.http_403", "aws.creds.no_providers", "csi.ebs.metadata_unavailable",
	"state.imds.unreachable_from_host", "nodeadm.imds.error", "cloudinit.datasource_error", "cni.ipamd.imds_error",
	"cni.awsnode.init_failed@*IMDS*", "kubelet.image.credential_provider_failed",
}

// weigh asks whether anything suffers. A node that has started goes on without
// the service until its credentials run out, after six hours at most; one whose
// programs have roles of their own was perhaps meant so.
func weigh(p *analyze.Pass, o *imds.Options) analyze.Match {
	m := analyze.Match{
		Summary:    "HttpEndpoint is disabled",
		Confidence: o.Trust(0.95),
		At:         []parsers.Pos{o.At(o.EndpointLine)},
		Actions:    imds.Actions(service.DisabledAdvice(p.Node().InstanceID, p.Case.Node.Region)),
	}
	role := ownRole(p)
	at, failed := imds.Hits(p, service.Rules...)
	switch answer := answered(p); {
	case answer.File != "":
		m.Severity, m.Confidence = analyze.Low, 0.5
		m.Summary = "HttpEndpoint is disabled now, but the service answered the collector: it was switched off later, or the output is of another time"
		m.At = append(m.At, answer)
	case failed > 0:
		m.Summary = fmt.Sprintf("HttpEndpoint is disabled, and calls of the service fail (%d in the logs)", failed)
		m.At, m.Explains = append(m.At, at...), explained
	case role.File != "":
		m.Severity = analyze.Info
		m.Summary = "HttpEndpoint is disabled; aws-node has a role of its own, and no call of the service failed: meant so, as it seems"
		m.At = append(m.At, role)
	case logs(p):
		m.Severity, m.Confidence = analyze.Medium, 0.7
		m.Summary = "HttpEndpoint is disabled, and no log tells of a failed call: credentials from before may still hold"
		m.Explains = explained
	default:
		m.Explains = explained
	}
	return m
}

// answered is a file that holds an answer of the service.
func answered(p *analyze.Pass) parsers.Pos {
	for _, f := range analyze.Facts[instance.Identity](p) {
		if !strings.HasPrefix(f.Value.Value, "mi-") {
			return parsers.Pos{File: f.Path, Line: f.Value.Line}
		}
	}
	return parsers.Pos{}
}

// ownRole is the line that shows that aws-node does not live by the role of the
// node, so that it needs the service for no credentials.
func ownRole(p *analyze.Pass) parsers.Pos {
	for _, f := range analyze.Facts[cnienv.Containers](p) {
		c := f.Value.Latest()
		if c == nil {
			continue
		}
		for _, name := range []string{"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
			if v, ok := c.Get(name); ok && v.Value != "" {
				return parsers.Pos{File: f.Path, Line: v.Line}
			}
		}
	}
	return parsers.Pos{}
}

// logs reports whether there are logs in which failed calls would stand.
func logs(p *analyze.Pass) bool {
	for _, name := range []string{"kubelet/kubelet.log", "var_log/aws-routed-eni/ipamd.log"} {
		if f := p.File(name); f != nil && f.Lines > 0 {
			return true
		}
	}
	return false
}
