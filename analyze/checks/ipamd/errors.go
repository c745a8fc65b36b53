package ipamd

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/metrics"
)

// A failure is a kind of call to EC2 that failed.
type failure struct {
	api, code string
	n         float64
	at        parsers.Pos
}

// Codes of EC2 that do not pass by themselves, and those of a full subnet.
const (
	denied    = "denied"
	throttled = "throttled"
	noRoom    = "no room"
	other     = ""
)

// kindOf sorts the codes of EC2.
func kindOf(code string) string {
	switch {
	case code == "UnauthorizedOperation", code == "AccessDenied", strings.HasPrefix(code, "AuthFailure"), code == "OptInRequired":
		return denied
	case strings.Contains(code, "RequestLimitExceeded"), strings.Contains(code, "Throttl"):
		return throttled
	case strings.HasPrefix(code, "Insufficient"), strings.HasSuffix(code, "LimitExceeded"):
		return noRoom
	}
	return other
}

// ec2Errors lists the calls to EC2 that failed, by their code. Single failures
// when an interface is attached are normal: EC2 does not know it everywhere yet.
func ec2Errors(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files := ofIpamd(p)
	if len(files) == 0 {
		return network.NoData(noMetrics), nil
	}
	all := failures(p)
	m := analyze.Match{Entity: "EC2", Severity: analyze.Low}
	var said []string
	total := 0.0
	for _, f := range all {
		total += f.n
		if s := f.severity(p); s.Rank() > m.Severity.Rank() {
			m.Severity = s
		}
		if len(said) < maxSaid {
			said = append(said, fmt.Sprintf("%s %s: %.0f", f.api, f.code, f.n))
			m.At = append(m.At, f.at)
		}
		switch kindOf(f.code) {
		case denied:
			m.Explains = append(m.Explains, "cni.ipamd.ec2_unauthorized")
		case throttled:
			m.Explains = append(m.Explains, "cni.ipamd.ec2_throttled")
		}
	}
	switch {
	case m.Severity == analyze.Low && total <= p.Limit("few"):
		if len(all) == 0 && !complete(p, files) {
			return network.NoData("ipamd/metrics.json does not go to its end"), nil
		}
		return network.Clear(strings.Join(append([]string{fmt.Sprintf("%.0f calls failed since aws-node started", total)}, said...), "; ")), nil
	}
	m.Summary = "since aws-node started: " + strings.Join(said, ", ")
	m.Count = int(min(total, 1<<30))
	return network.Found(m), nil
}

// severity weighs one kind of failure.
func (f failure) severity(p *analyze.Pass) analyze.Severity {
	often := f.n > p.Limit("few")
	switch kind := kindOf(f.code); {
	case kind == denied, kind == throttled && often:
		return analyze.High
	case often && !missing(f.code):
		return analyze.Medium
	}
	return analyze.Low
}

// missing reports codes of things that EC2 does not know, or not yet.
func missing(code string) bool { return code == "404" || strings.HasSuffix(code, ".NotFound") }

// failures reads the counters that name the code. Those of the function alone
// count the same calls, and stand in where no code is told.
func failures(p *analyze.Pass) (all []failure) {
	coded := map[string]bool{}
	add := func(f analyze.FileFact[metrics.Metrics], s metrics.Sample, api, code string) {
		if s.Value > 0 {
			all = append(all, failure{api, code, float64(s.Value), parsers.Pos{File: f.Path, Line: s.Line}})
		}
	}
	for _, f := range analyze.Facts[metrics.Metrics](p) {
		for _, s := range f.Value.Get("awscni_aws_api_error_count") {
			coded[s.Label("api")] = true
			add(f, s, s.Label("api"), s.Label("error"))
		}
		for _, s := range f.Value.Get("awscni_ec2api_error_count") {
			if !coded[s.Label("fn")] {
				add(f, s, s.Label("fn"), "(no code)")
			}
		}
	}
	return all
}

// forceRemoved looks for interfaces and addresses that went while pods had them.
func forceRemoved(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var said []string
	var at []parsers.Pos
	known := false
	for _, x := range []struct{ name, one, many string }{
		{"awscni_force_removed_enis", "interface", "interfaces"}, {"awscni_force_removed_ips", "address", "addresses"},
	} {
		n, ok := gauge(p, x.name)
		known = known || ok
		if ok && n.Value > 0 {
			said = append(said, words.Count(int64(min(n.Value, 1<<62)), x.one, x.many))
			at = append(at, n.At)
		}
	}
	switch {
	case len(said) > 0:
	case !known:
		return network.NoData(noMetrics), nil
	default:
		return network.Clear("none was removed while pods had it"), nil
	}
	return network.Found(analyze.Match{
		Entity:   "aws-node",
		Summary:  "ipamd lost, while pods had them, " + strings.Join(said, " and ") + " since aws-node started",
		At:       at,
		Explains: []string{"cni.ipamd.force_remove_eni"},
	}), nil
}
