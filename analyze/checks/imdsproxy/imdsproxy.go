// Package imdsproxy finds programs of the node that would ask a proxy for the
// instance metadata service.
package imdsproxy

import (
	"context"
	_ "embed"
	"fmt"
	"net/netip"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/unit"
)

//go:embed check.yaml
var doc []byte

// Check is state.imds.proxy_no_proxy.
var Check = &analyze.Check{ID: "state.imds.proxy_no_proxy", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	programs := read(p)
	if len(programs) == 0 {
		return analyze.Verdict{Outcome: analyze.NoData, Note: "the environment of no program is known"}, nil
	}
	v := analyze.Verdict{Outcome: analyze.Clear}
	var notes []string
	for _, g := range programs {
		m, note := g.judge()
		notes = append(notes, note)
		if m != nil {
			v.Outcome = analyze.Found
			v.Matches = append(v.Matches, *m)
		}
	}
	v.Note = strings.Join(notes, "; ")
	return v, nil
}

// A program is one whose environment is known.
type program struct {
	name, file string
	vars       map[string]variable
	more       bool     // there is an environment file that is not in the bundle
	symptoms   []string // rules that its failing calls show in
}

type variable struct {
	value string
	line  int
}

// read collects the environments: of kubelet, and of the aws-node container
// that was started last.
func read(p *analyze.Pass) []program {
	var out []program
	for _, f := range analyze.Facts[unit.Unit](p) {
		g := program{name: "kubelet", file: f.Path, vars: map[string]variable{}, more: len(f.Value.EnvFiles) > 0,
			symptoms: []string{"kubelet.image.credential_provider_failed"}}
		for _, e := range f.Value.Env {
			g.vars[e.Name] = variable{e.Value, e.Line}
		}
		out = append(out, g)
	}
	for _, f := range analyze.Facts[cnienv.Containers](p) {
		c := f.Value.Latest()
		if c == nil {
			continue
		}
		g := program{name: "aws-node", file: f.Path, vars: map[string]variable{}, symptoms: []string{"cni.ipamd.imds_error", "imds.unreachable_from_pod"}}
		for _, e := range c.Env {
			g.vars[e.Name] = variable{e.Value, e.Line}
		}
		out = append(out, g)
	}
	return out
}

// get returns the first of some variables that is set and not empty.
func (g *program) get(names ...string) (variable, bool) {
	for _, n := range names {
		if v := g.vars[n]; v.value != "" {
			return v, true
		}
	}
	return variable{}, false
}

// judge says what a program does with calls to the service. They are plain
// HTTP, so that HTTP_PROXY counts; with HTTPS_PROXY alone they go straight.
func (g *program) judge() (*analyze.Match, string) {
	proxy, plain := g.get("HTTP_PROXY", "http_proxy")
	if !plain {
		var ok bool
		if proxy, ok = g.get("HTTPS_PROXY", "https_proxy"); !ok {
			return nil, g.name + " has no proxy" + g.unless()
		}
	}
	no, set := g.get("NO_PROXY", "no_proxy")
	switch by := leavesOut(no.value); {
	case by == "":
	case strings.Contains(by, "/"):
		return nil, fmt.Sprintf("%s leaves the service out with the range %s, which Go programs understand and those with botocore do not", g.name, by)
	default:
		return nil, fmt.Sprintf("%s leaves the service out with %s", g.name, by)
	}
	m := &analyze.Match{Entity: g.name, Confidence: 0.8, At: []parsers.Pos{{File: g.file, Line: proxy.line}}, Entities: map[string][]string{"process": {g.name}}}
	what := "no NO_PROXY" + g.unless()
	if set {
		what = "a NO_PROXY without 169.254.169.254"
		if no.line != proxy.line {
			m.At = append(m.At, parsers.Pos{File: g.file, Line: no.line})
		}
	}
	if g.more && !set {
		m.Confidence = 0.5
	}
	if plain {
		m.Summary = fmt.Sprintf("%s has HTTP_PROXY and %s", g.name, what)
		m.Explains = g.symptoms
		return m, m.Summary
	}
	m.Severity, m.Confidence = analyze.Low, m.Confidence-0.2
	m.Summary = fmt.Sprintf("%s has HTTPS_PROXY and %s; only a client that uses it for plain HTTP too is affected", g.name, what)
	return m, m.Summary
}

// unless says that something may stand in a file that is not there.
func (g *program) unless() string {
	if g.more {
		return " (its environment file is not in the bundle)"
	}
	return ""
}

var service = netip.MustParseAddr("169.254.169.254")

// leavesOut returns the entry of NO_PROXY that leaves the service out, "" for
// none. Entries are addresses, ranges, names or "*", with a port or without.
func leavesOut(noProxy string) string {
	for entry := range strings.SplitSeq(noProxy, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "*" {
			return entry
		}
		if r, err := netip.ParsePrefix(entry); err == nil && r.Contains(service) {
			return entry
		}
		if ip, err := netip.ParseAddr(strings.TrimSuffix(entry, ":80")); err == nil && ip == service {
			return entry
		}
	}
	return ""
}
