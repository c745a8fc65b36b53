package ops

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks"
)

const corpus = "../../../testdata/corpus"

// heldBack are the excerpts that are too short, or too early, for the rule that
// reads them: the rule must have matched and a gate must hold it back.
var heldBack = map[string]map[string]string{
	"coredns__upstream-timeout-tcp-eks":      {"dns.coredns.upstream_timeout": "two lookups; single packets get lost on healthy nodes"},
	"coredns__upstream-timeout-udp":          {"dns.coredns.upstream_timeout": "one lookup"},
	"kube-proxy__canary-check-lock":          {"net.iptables.lock_contention": "one wait for the lock, which kube-proxy repeats by itself"},
	"kubelet__csi-driver-not-registered-efs": {"kubelet.csi.driver_not_registered": "one line; the driver registers after kubelet"},
	"podidentity__context-canceled":          {"podidentity.context_canceled": "one call that its client gave up"},
	"podidentity__probe-503-proxy":           {"podidentity.probe_failed": "one probe, in the second of the start"},
}

// notBuilt are checks that excerpts ask for and that do not exist yet.
var notBuilt = []string{}

// TestCorpus puts each excerpt at its place in a bundle of its own.
func TestCorpus(t *testing.T) {
	for _, e := range excerpts(t) {
		t.Run(e.name(), func(t *testing.T) {
			t.Parallel()
			dir, err := e.bundle(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			r := analyzed(t, AnalyzeRequest{Input: dir, Home: t.TempDir(), Workers: 1})
			if e.benign {
				(&want{MaxOther: analyze.Low}).check(t, r)
				return
			}
			for _, id := range e.want {
				if !slices.Contains(notBuilt, id) {
					e.check(t, r, id)
				}
			}
		})
	}
}

// TestCorpus_notBuilt fails when a check comes into existence that excerpts wait for.
func TestCorpus_notBuilt(t *testing.T) {
	for _, c := range checks.All() {
		if slices.Contains(notBuilt, c.ID) {
			t.Errorf("%s exists: take it from notBuilt", c.ID)
		}
	}
}

// check looks for a finding, or for what held it back.
func (e *excerpt) check(t *testing.T, r *analyze.Report, id string) {
	t.Helper()
	found := slices.ContainsFunc(r.Findings, func(f analyze.Finding) bool { return f.Rule == id })
	why, held := heldBack[e.name()][id]
	switch {
	case found && held:
		t.Errorf("%s is a finding; heldBack says that it is none: %s", id, why)
	case held && !slices.ContainsFunc(r.Suppressed, func(s analyze.Suppressed) bool { return s.Rule == id }):
		t.Errorf("%s did not match at all", id)
	case !found && !held:
		t.Errorf("no finding of %s; %s", id, fateOf(r, id))
	}
}

func excerpts(t *testing.T) []excerpt {
	t.Helper()
	out, err := readCorpus(corpus)
	if err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(corpus, "*.log")); len(files) != len(out) || len(out) == 0 {
		t.Fatalf("index.tsv has %d excerpts, the folder %d", len(out), len(files))
	}
	return out
}
