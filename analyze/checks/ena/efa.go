package ena

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
)

// efa looks for what the node monitoring agent says of the counters of an EFA.
// ethtool does not show them.
//
//	{"level":"info","msg":"sending condition to exporter","source":"networking","condition":{"Reason":"EFAErrorMetric","Message":"..."}}
func efa(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var at []parsers.Pos
	count := 0
	for _, h := range p.Hits("nma.condition_reported") {
		if !strings.Contains(p.Line(h.Pos), `"Reason":"EFA`) {
			continue
		}
		if count++; len(at) < maxAt {
			at = append(at, h.Pos)
		}
	}
	if count > 0 {
		return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{{
			Summary: fmt.Sprintf("reports of the node monitoring agent about an EFA: %d", count),
			Count:   count,
			At:      at,
		}}}, nil
	}
	for _, f := range p.Files {
		if !strings.Contains(f.Path, "eks-node-monitoring-agent") || f.Lines == 0 {
			continue
		}
		if why := whole.Cut(p, f.Path); why != "" {
			return analyze.Verdict{Outcome: analyze.NoData, Note: why}, nil
		}
		return analyze.Verdict{Outcome: analyze.Clear, Note: "the node monitoring agent reports none in " + f.Path}, nil
	}
	return analyze.Verdict{Outcome: analyze.NoData, Note: "no log of the node monitoring agent, which alone reads the counters of an EFA"}, nil
}
