// Package ipamd judges the state of ipamd, which gives addresses to the pods of
// a node: its answers, its metrics and its checkpoint.
package ipamd

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers/metrics"
)

//go:embed check.yaml
var doc []byte

// Checks are those of state.ipamd.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.ipamd.pool_exhausted":      poolExhausted,
	"state.ipamd.eni_max_reached":     eniMax,
	"state.ipamd.no_available_metric": refused,
	"state.ipamd.ec2_errors":          ec2Errors,
	"state.ipamd.force_removed":       forceRemoved,
	"state.ipamd.checkpoint_mismatch": mismatch,
	"state.ipamd.duplicate_address":   duplicates,
	"state.ipamd.migrated_from_cri":   migrated,
	"state.ipamd.stuck_cooldown":      stuck,
	"state.ipamd.settings_nondefault": settings,
	"state.ipamd.unreachable":         unreachable,
})

// maxSaid is how many things are told of a list, and cited.
const maxSaid = 10

// gauge returns a metric without labels.
func gauge(p *analyze.Pass, name string) (ledger.Metric, bool) { return ledger.Gauge(p.Ledger(), name) }

// ofIpamd are the metrics of ipamd among those of the bundle: kube-proxy, kubelet
// and CoreDNS have some, too.
func ofIpamd(p *analyze.Pass) []analyze.FileFact[metrics.Metrics] {
	return slices.DeleteFunc(analyze.Facts[metrics.Metrics](p), func(f analyze.FileFact[metrics.Metrics]) bool {
		return !slices.ContainsFunc(f.Value.Samples, func(s metrics.Sample) bool { return strings.HasPrefix(s.Name, "awscni_") })
	})
}

// complete reports metrics that go to their end. A counter that never counted may
// not be listed, so only then its absence means nothing happened.
func complete(p *analyze.Pass, all []analyze.FileFact[metrics.Metrics]) bool {
	return !slices.ContainsFunc(all, func(f analyze.FileFact[metrics.Metrics]) bool {
		return f.Value.Unread > 0 || f.Value.More > 0 || whole.Cut(p, f.Path) != ""
	})
}

const noMetrics = "no metrics of ipamd: ipamd/metrics.json"
