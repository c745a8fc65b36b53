package apiprobe

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/apiserver"
	"github.com/eksleuth/eksleuth/parsers/ping"
)

// pingFailed looks at each target. Names count, packets hardly.
func pingFailed(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var v analyze.Verdict
	var open, well []string
	resolves := resolved(p)
	for _, f := range analyze.Facts[ping.Result](p) {
		m, ok := failedPing(f)
		if ok && m.Severity == analyze.High && resolves {
			m.Severity = analyze.Medium
			m.Summary += "; other names are resolved"
		}
		switch {
		case ok:
			v.Matches = append(v.Matches, m)
		case gates.Cut(p, f.Path) != "":
			open = append(open, f.Path+" is cut")
		case f.Value.Received > 0 || f.Value.Replies > 0:
			well = append(well, fmt.Sprintf("%s answered", f.Value.Target))
		default:
			open = append(open, f.Path+" does not tell whether anybody answered")
		}
	}
	for _, name := range empties(p) {
		// The collector loses what ping says of a name that is not resolved; but
		// a node without ping has empty files too.
		open = append(open, name+" is empty: the name was not resolved, or there is no ping")
	}
	switch {
	case len(v.Matches) > 0:
		v.Outcome = analyze.Found
		return v, nil
	case len(open) > 0:
		return noData(strings.Join(open, "; "))
	case len(well) == 0:
		return noData("no output of ping")
	}
	return analyze.Verdict{Outcome: analyze.Clear, Note: strings.Join(well, ", ")}, nil
}

// resolved reports that DNS of the node knows some name.
func resolved(p *analyze.Pass) bool {
	for _, f := range analyze.Facts[ping.Result](p) {
		if f.Value.Addr.IsValid() && f.Value.Addr.String() != f.Value.Target {
			return true
		}
	}
	for _, f := range analyze.Facts[apiserver.Requests](p) {
		if len(tried(f.Value)) > 0 && !literal(f.Value) {
			return true
		}
	}
	return false
}

// literal reports requests to an address instead of a name.
func literal(r *apiserver.Requests) bool {
	for _, ip := range tried(r) {
		for _, a := range r.Attempts {
			if strings.Contains(a.URL, ip) {
				return true
			}
		}
	}
	return false
}

// failedPing weighs one file.
func failedPing(f analyze.FileFact[ping.Result]) (analyze.Match, bool) {
	r := f.Value
	target := r.Target
	if target == "" {
		target = strings.TrimSuffix(strings.TrimPrefix(path.Base(f.Path), "ping_"), ".txt")
	}
	for _, e := range r.Errors {
		if e.Kind == ping.NotResolved && !r.Addr.IsValid() && r.Received == 0 {
			return analyze.Match{
				Entity:     target,
				Severity:   analyze.High,
				Confidence: 0.85,
				Summary:    fmt.Sprintf("%s was not resolved: %s", target, e.Text),
				At:         []parsers.Pos{{File: f.Path, Line: e.Line}},
			}, true
		}
	}
	if r.Summary == 0 || r.Sent == 0 || r.Received > 0 || r.Replies > 0 {
		return analyze.Match{}, false
	}
	m := analyze.Match{
		Entity:  target,
		Count:   r.Sent,
		Summary: fmt.Sprintf("none of %d packets to %s was answered; its name was resolved", r.Sent, target),
		At:      []parsers.Pos{{File: f.Path, Line: r.Summary}},
	}
	if r.Addr.IsValid() {
		m.Entities = map[string][]string{"ip": {r.Addr.String()}}
	}
	return m, true
}

// empties are the files of ping without text.
func empties(p *analyze.Pass) []string {
	var out []string
	for _, f := range p.Files {
		if ok, _ := path.Match("networking/ping_*.txt", f.At()); ok && f.Bytes == 0 && len(out) < 5 {
			out = append(out, f.Path)
		}
	}
	return out
}
