// Package conntrack judges the connection tracking of a node: how full the
// table is, what its counters say of the time since the boot, and which flows
// get no answer.
package conntrack

import (
	_ "embed"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/ledger"
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

// A table is a file with flows.
type table = ledger.FlowTable

// tables are the files with flows, each flow in one of them.
func tables(p *analyze.Pass) []table { return ledger.Flows(p.Ledger()) }

// unlisted says why not all flows are known; "" when they are.
func unlisted(p *analyze.Pass) string { return ledger.Unlisted(p.Ledger()) }

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
