// Package conntrack judges the connection tracking of a node: how full the
// table is, what its counters say of the time since the boot, and which flows
// get no answer.
package conntrack

import (
	_ "embed"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the family state.conntrack.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.conntrack.table_near_full":   nearFull,
	"state.conntrack.insert_failed":     insertFailed,
	"state.conntrack.drop":              drop,
	"state.conntrack.early_drop":        earlyDrop,
	"state.conntrack.invalid_high":      invalidHigh,
	"state.conntrack.search_restart":    searchRestart,
	"state.conntrack.unreplied_share":   unrepliedShare,
	"state.conntrack.dns_unreplied":     dnsUnreplied,
	"state.conntrack.service_unreplied": serviceUnreplied,
	"state.conntrack.buckets_ratio":     bucketsRatio,
	"state.conntrack.file_unusable":     fileUnusable,
})

// place is where the collector writes counters and flows.
const place = "networking/conntrack.txt"

// A table is a file of conntrack.
type table struct {
	path string
	*conntrack.Table
}

// tables are the files with flows, each flow in one of them. Version 1.4.7
// lists IPv6 with IPv4, and conntrack6.txt says the same flows again.
func tables(p *analyze.Pass) []table {
	var all []table
	both := false
	for _, f := range analyze.Facts[conntrack.Table](p) {
		if f.Value.Total > 0 {
			all = append(all, table{f.Path, f.Value})
			both = both || f.Value.V6 > 0 && f.Value.V6 < f.Value.Total
		}
	}
	if !both {
		return all
	}
	var out []table
	for _, t := range all {
		if t.V6 < t.Total {
			out = append(out, t)
		}
	}
	return out
}

// unlisted says why not all flows are known; "" when they are. A node that has
// none is not known from one whose conntrack -L failed.
func unlisted(p *analyze.Pass, tables []table) string {
	if len(tables) == 0 {
		for _, f := range analyze.Facts[conntrack.Table](p) {
			if f.Value.ListLine > 0 {
				return "conntrack -L left no flow in " + f.Path
			}
		}
		return whole.Absent(p, place)
	}
	for _, t := range tables {
		if why := whole.Cut(p, t.path); why != "" {
			return why
		}
		if t.Cut {
			return t.path + " has more destinations than are counted"
		}
	}
	return ""
}

// noData is the verdict of a check that cannot see.
func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

// isClear is the verdict of a check that saw all and no problem.
func isClear(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: note}, nil
}

// found is the verdict of a check with problems.
func found(m ...analyze.Match) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Found, Matches: m}, nil
}
