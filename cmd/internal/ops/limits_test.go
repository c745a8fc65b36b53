package ops

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
)

// TestLimits looks at the books of each bundle of testdata/bundles: what they
// cite is there, and what is tight has a reason.
func TestLimits(t *testing.T) {
	tight := map[string][]string{}
	for _, name := range scenarioNames(t) {
		r := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, name), Home: t.TempDir(), NoIndex: true})
		for i := range r.Limits {
			e := &r.Limits[i]
			if e.Tight {
				tight[name] = append(tight[name], e.Name)
			}
			for _, id := range e.Findings {
				if f := r.Finding(id); f == nil || !slices.Contains(e.Rules, f.Rule) {
					t.Errorf("%s: %s has finding %s, which is not of its rules", name, e.Name, id)
				}
			}
			if e.Used != nil && !covers(r, e.Used.File, e.Used.Line) || e.Allowed != nil && !covers(r, e.Allowed.File, e.Allowed.Line) {
				t.Errorf("%s: %s cites %v and %v, which are not there", name, e.Name, e.Used, e.Allowed)
			}
		}
	}
	f := func(name string, want ...string) {
		t.Helper()
		if got := tight[name]; !slices.Equal(got, want) {
			t.Errorf("%s: tight are %q, want %q", name, got, want)
		}
	}
	f("healthy")
	f("healthy-boot")
	f("disk-pressure", "disk")
	f("ip-exhaustion", "pool")
	f("conntrack-full", "conntrack")
}

// covers reports whether the bundle has a line.
func covers(r *analyze.Report, file string, line int) bool {
	return slices.ContainsFunc(r.Coverage.Files, func(f analyze.CoveredFile) bool { return f.Path == file && line <= f.Lines })
}
