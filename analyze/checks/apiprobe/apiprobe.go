// Package apiprobe judges what the collectors tried from the node: requests to
// the API server, and ping.
package apiprobe

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/apiserver"
	"github.com/eksleuth/eksleuth/parsers/netstat"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the tests of the collectors.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.api.curl_failed": curlFailed,
	"state.ping.failed":     pingFailed,

	"state.clock.bundle_skew": bundleSkew,
	"state.api.cert_expired":  certExpired,
})

func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

// A failure is a request that went wrong.
type failure struct {
	kind kind
	text string
	line int
}

// A kind is where a request went wrong.
type kind string

const (
	dns         kind = "dns"
	unreachable kind = "unreachable"
	certificate kind = "certificate"
	tls         kind = "tls"
	server      kind = "server"
	other       kind = "other"
)

// says are the kinds in words.
var says = map[kind]string{
	dns:         "the name was not resolved",
	unreachable: "no connection came about",
	certificate: "the certificate is not trusted",
	tls:         "the TLS session failed",
	server:      "the server answered with an error of its own",
	other:       "curl gave up",
}

func curlFailed(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := analyze.Facts[apiserver.Requests](p)
	if len(files) == 0 {
		return noData("no requests to the API server")
	}
	f := files[0]
	var failed []failure
	answered, unfinished := 0, 0
	for i := range f.Value.Attempts {
		a := &f.Value.Attempts[i]
		switch x, ok := wrong(a); {
		case ok:
			failed = append(failed, x)
		case a.Answered():
			answered++
		default:
			unfinished++
		}
	}
	all := len(failed) + answered
	note := fmt.Sprintf("%d of %d requests were answered", answered, len(f.Value.Attempts))
	switch {
	case all == 0:
		return noData(fmt.Sprintf("%s has no request that came to an end", f.Path))
	case float64(len(failed))*100 < p.Limit("failed")*float64(all):
		if why := gates.Cut(p, f.Path); why != "" || unfinished >= answered {
			return noData(cmp.Or(why, note))
		}
		return analyze.Verdict{Outcome: analyze.Clear, Note: note}, nil
	}
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{unanswered(p, f, failed, all)}}, nil
}

// wrong tells how a request failed. A refusal (401, 403) is an answer: network
// and TLS work.
func wrong(a *apiserver.Attempt) (failure, bool) {
	switch {
	case a.Status >= 500:
		return failure{server, fmt.Sprintf("HTTP status %d", a.Status), a.StatusLine}, true
	case a.Status != 0, a.URL == "":
		return failure{}, false // without an address nothing was asked
	case a.Error != nil:
		return failure{kindOf(a.Error.Code, a.Error.Text), a.Error.Text, a.Error.Line}, true
	case a.Answered():
		return failure{}, false
	case len(a.Problems) > 0:
		last := a.Problems[len(a.Problems)-1]
		return failure{kindOf(0, last.Text), last.Text, last.Line}, true
	case a.Of == 0:
		return agentError(a)
	}
	return failure{}, false
}

// agentError reads what the node monitoring agent writes in place of an answer:
// an error of Go's HTTP client, in one line. Other text may be a page of a
// proxy, or an answer of the server without its status.
//
//	Get "https://0123...eks.amazonaws.com/livez?verbose": dial tcp 10.0.9.201:443: i/o timeout
func agentError(a *apiserver.Attempt) (failure, bool) {
	for _, n := range a.Body {
		if k := kindOf(0, n.Text); k != other {
			return failure{k, n.Text, n.Line}, true
		}
	}
	return failure{}, false
}

// phrases of errors, with what they tell.
var phrases = []struct {
	text string
	kind kind
}{
	{"resolve host", dns}, {"no such host", dns}, {"server misbehaving", dns}, {"name resolution", dns}, {"lookup ", dns},
	{"certificate", certificate}, {"x509:", certificate},
	{"TLS", tls}, {"SSL", tls},
	{"imed out", unreachable}, {"imeout", unreachable}, {"refused", unreachable}, {"ailed to connect", unreachable}, {"ouldn't connect", unreachable},
	{"nreachable", unreachable}, {"o route to host", unreachable}, {"deadline exceeded", unreachable}, {"reset by peer", unreachable},
}

// kindOf tells where a request failed by the exit code of curl, or by words.
func kindOf(code int, text string) kind {
	if strings.HasPrefix(text, "SSL connection timeout") {
		return tls // the connection is there, as with packets that are too large
	}
	switch code {
	case 6:
		return dns
	case 7, 28, 52, 55, 56:
		return unreachable
	case 35:
		return tls
	case 51, 60, 77:
		return certificate
	}
	for _, w := range phrases {
		if strings.Contains(text, w.text) {
			return w.kind
		}
	}
	return other
}

// unanswered is the finding. What failed most often counts.
func unanswered(p *analyze.Pass, f analyze.FileFact[apiserver.Requests], failed []failure, all int) analyze.Match {
	n := map[kind]int{}
	for _, x := range failed {
		n[x.kind]++
	}
	first := failed[0]
	for _, x := range failed {
		if n[x.kind] > n[first.kind] {
			first = x
		}
	}
	m := analyze.Match{
		Entity:  string(first.kind),
		Count:   len(failed),
		Summary: fmt.Sprintf("%d of %s to the API server failed: %s (%s)", len(failed), words.Count(all, "request", "requests"), says[first.kind], first.text),
	}
	for _, x := range failed {
		if x.kind == first.kind && len(m.At) < 5 {
			m.At = append(m.At, parsers.Pos{File: f.Path, Line: x.line})
		}
	}
	if ips := tried(f.Value); len(ips) > 0 {
		m.Entities = map[string][]string{"ip": ips}
	}
	m.Explains = follows(first.kind)
	if all == 1 {
		m.Confidence = 0.7 // the agent asks once
	}
	if at, ok := connected(p, f.Value); ok && first.kind != server {
		m.Severity, m.Confidence, m.Explains = analyze.Medium, 0.6, nil
		m.Summary += "; and yet kubelet has a connection to that address"
		m.At = append(m.At, at)
	}
	return m
}

// follows is what comes of it.
func follows(k kind) []string {
	switch k {
	case dns, unreachable:
		return []string{"kubelet.apiserver.unreachable", "kubelet.lease.renew_failed", "kubelet.node.status_update_failed", "kubeproxy.list_watch_failed"}
	}
	return nil
}

// tried are the addresses that the name has.
func tried(r *apiserver.Requests) []string {
	var out []string
	for _, a := range r.Attempts {
		for _, peer := range a.Tried {
			if s := peer.Addr.String(); peer.Addr.IsValid() && !slices.Contains(out, s) && len(out) < 8 {
				out = append(out, s)
			}
		}
	}
	return out
}

// connected reports that kubelet talks to an address which curl did not reach.
func connected(p *analyze.Pass, r *apiserver.Requests) (parsers.Pos, bool) {
	ips := tried(r)
	for _, f := range analyze.Facts[netstat.Sockets](p) {
		for _, k := range f.Value.Sockets {
			if k.State == "ESTABLISHED" && k.Foreign.Port == 443 && k.SendQ == 0 && gates.Same(k.Program, "kubelet") && !k.Foreign.Cut && slices.Contains(ips, text(k.Foreign.Addr)) {
				return parsers.Pos{File: f.Path, Line: k.Line}, true
			}
		}
	}
	return parsers.Pos{}, false
}

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
