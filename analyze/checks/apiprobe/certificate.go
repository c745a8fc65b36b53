package apiprobe

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/apiserver"
)

// certExpired looks for a certificate that was good once. What answers need not
// be the API server: a proxy on the way has certificates too.
//
//   - SSL certificate problem: certificate has expired
//     tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-21T11:27:01Z is after 2026-11-01T00:00:00Z
func certExpired(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := analyze.Facts[apiserver.Requests](p)
	if len(files) == 0 {
		return noData("no requests to the API server")
	}
	f := files[0]
	verified := 0
	for i := range f.Value.Attempts {
		a := &f.Value.Attempts[i]
		if n, ok := expired(a); ok {
			return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{{
				Summary: fmt.Sprintf("the certificate of %s is not valid by the clock of the node: %s", host(a.URL), n.Text),
				At:      []parsers.Pos{{File: f.Path, Line: n.Line}},
			}}}, nil
		}
		if a.Verified > 0 || a.Of == 0 && a.Answered() {
			verified++
		}
	}
	why := gates.Cut(p, f.Path)
	switch {
	case verified == 0:
		return noData(f.Path + " has no request that came to the certificate")
	case why != "":
		return noData(why)
	}
	return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf("the certificate is good in %d of %d requests", verified, len(f.Value.Attempts))}, nil
}

// expired finds the word of curl, or of Go, on the time of a certificate.
func expired(a *apiserver.Attempt) (apiserver.Note, bool) {
	notes := a.Problems
	if a.Error != nil {
		notes = append(notes[:len(notes):len(notes)], apiserver.Note{Line: a.Error.Line, Text: a.Error.Text})
	}
	if a.Of == 0 && !a.Answered() {
		notes = append(notes[:len(notes):len(notes)], a.Body...)
	}
	for _, n := range notes {
		if strings.Contains(n.Text, "certificate has expired") || strings.Contains(n.Text, "certificate is not yet valid") {
			return n, true
		}
	}
	return apiserver.Note{}, false
}

// host is the name in an address.
func host(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	name, _, _ := strings.Cut(rest, "/")
	if name == "" {
		return "the API server"
	}
	return name
}
