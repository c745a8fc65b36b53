// Package linklocal finds network interfaces on which packets to the services
// at link-local addresses were dropped.
package linklocal

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ethtool"
	"github.com/eksleuth/eksleuth/parsers/procstat"
)

//go:embed check.yaml
var doc []byte

// Check is state.ena.linklocal_allowance_exceeded.
var Check = &analyze.Check{ID: "state.ena.linklocal_allowance_exceeded", Doc: analyze.MustDoc(doc), Run: run}

// counter is the one of the ena driver, from 2.8.1 on.
const counter = "linklocal_allowance_exceeded"

// often is the number of dropped packets an hour from which it is no burst at
// start-up; the node monitoring agent of EKS uses the same.
const often = 100

// symptoms are the rules whose events are the calls that went unanswered.
var symptoms = []string{"imds.unreachable_from_pod", "nodeadm.imds.error", "cni.ipamd.imds_error", "dns.coredns.upstream_timeout", "dns.node.lookup_timeout"}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	v := analyze.Verdict{Outcome: analyze.NoData, Note: "no interface has the counter " + counter}
	seen := map[string]bool{}
	for _, f := range analyze.Facts[ethtool.Stats](p) {
		for i := range f.Value.Interfaces {
			dev := &f.Value.Interfaces[i]
			c, ok := dev.Counter(counter)
			if !ok {
				continue
			}
			if v.Outcome == analyze.NoData {
				v = analyze.Verdict{Outcome: analyze.Clear}
			}
			// The collector writes an interface once for each address.
			if c.Value > 0 && !seen[dev.Name] {
				seen[dev.Name] = true
				v.Outcome = analyze.Found
				v.Matches = append(v.Matches, match(p, dev.Name, c.Value, parsers.Pos{File: f.Path, Line: c.Line}))
			}
		}
	}
	return v, nil
}

// match weighs one interface.
func match(p *analyze.Pass, dev string, n uint64, at parsers.Pos) analyze.Match {
	m := analyze.Match{
		Entity:   dev,
		Entities: map[string][]string{"interface": {dev}},
		Summary:  fmt.Sprintf("%s dropped %d packets since its driver was loaded", dev, n),
		At:       []parsers.Pos{at},
	}
	up, boot := uptime(p)
	if up > 0 {
		m.At = append(m.At, boot)
		rate := float64(n) / max(up.Hours(), 1)
		m.Summary += fmt.Sprintf(", %.0f an hour in the %s since the boot", rate, up.Round(time.Minute))
		if rate > often {
			m.Severity = analyze.High
		}
	}
	if lines, hits := imds.Hits(p, symptoms...); hits > 0 {
		m.Severity, m.Confidence = analyze.High, 0.9
		m.Summary += fmt.Sprintf("; calls to these services failed (%d in the logs)", hits)
		m.At = append(m.At, lines...)
	}
	// A few lost packets do not explain a log full of timeouts.
	if n >= often {
		m.Explains = append([]string{"time.chrony.no_source"}, symptoms...)
	}
	return m
}

// uptime is the time from the boot to the collection, 0 when it is not known,
// and the line that tells the boot.
func uptime(p *analyze.Pass) (time.Duration, parsers.Pos) {
	end, err := time.Parse(time.RFC3339, p.Case.CollectedAt)
	if err != nil {
		return 0, parsers.Pos{}
	}
	for _, f := range analyze.Facts[procstat.Stat](p) {
		if up := end.Sub(f.Value.BootTime); up > 0 {
			return up, parsers.Pos{File: f.Path, Line: f.Value.Line}
		}
	}
	return 0, parsers.Pos{}
}
