package analyze_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// TestEvents compares what is made of events of several lines, or of several
// events, with testdata/events/*.txtar: a sentence of origin, files of a bundle,
// and a section want with the findings above info and those named in a section
// rules, or of these alone. UPDATE_GOLDEN=1 writes want anew.
func TestEvents(t *testing.T) {
	analyzetest.Golden(t, "testdata/events", func(t *testing.T, ar *txtar.Archive) string {
		t.Parallel()
		r, rules := analyzeArchive(t, ar)
		return events(r, rules)
	})
}

// TestEvents_many reads the blocks of some of the pods of a node on which a
// thousand were killed, in lines as long as they can be.
func TestEvents_many(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "eks_i-0f00f00f00f00f00f_2026-11-21_0101-UTC_0.7.9")
	var text strings.Builder
	for i := range 1000 {
		cgroup := fmt.Sprintf("/kubepods.slice/kubepods-podb16cdfe9_e0b2_4c06_b8f7_%012x.slice/cri-containerd-%064x.scope", i, i)
		fmt.Fprintf(&text, "[%5d.000000] tail invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=990\n", 1000+i)
		fmt.Fprintf(&text, "[%5d.000001] %s\n[%5d.000001] memory: usage %dkB, limit 49152kB, failcnt 1\n", 1000+i, strings.Repeat("memory: usage 1kB, ", 1000), 1000+i, i)
		fmt.Fprintf(&text, "[%5d.000002] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=%s,task_memcg=%s,task=tail,pid=%d,uid=0\n", 1000+i, cgroup, cgroup, i)
	}
	if err := os.MkdirAll(filepath.Join(dir, "kernel"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kernel", "dmesg.current"), []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	r := analyzed(t, dir)
	told, pods := 0, 0
	for i := range r.Findings {
		f := &r.Findings[i]
		told += len(f.Incidents)
		if f.Rule == "kernel.oom.constraint" {
			pods++
		}
	}
	if pods < 900 || told == 0 || told > 200 {
		t.Errorf("%d pods, %d events told; want nearly all pods, and at most 200 events", pods, told)
	}
}

// analyzeArchive makes a bundle of the files of an archive and analyzes it with
// the rules in the binary.
func analyzeArchive(t *testing.T, ar *txtar.Archive) (r *analyze.Report, rules []string) {
	dir := filepath.Join(t.TempDir(), "eks_i-0f00f00f00f00f00f_2026-11-21_0101-UTC_0.7.9")
	for _, f := range ar.Files {
		switch f.Name {
		case "rules":
			rules = strings.Fields(string(f.Data))
			continue
		case "want":
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(f.Data), "\n\\-- ", "\n-- ")), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return analyzed(t, dir), rules
}

func analyzed(t *testing.T, dir string) *analyze.Report {
	builtIn, err := analyze.Rules()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := analyze.New(builtIn, nil)
	if err != nil {
		t.Fatal(err)
	}
	src, err := bundle.Open(dir, nil, &bundle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	scan := engine.NewScan()
	c, err := index.Build(t.Context(), t.TempDir(), src, nil, scan, &index.Options{Formats: all.Formats(), Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := engine.Report(t.Context(), scan, analyze.Request{Case: c, CaseID: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// events writes what is compared.
func events(r *analyze.Report, rules []string) string {
	var b strings.Builder
	for i := range r.Findings {
		f := &r.Findings[i]
		if rules != nil && !slices.Contains(rules, f.Rule) || rules == nil && f.Severity == analyze.Info {
			continue
		}
		fmt.Fprintf(&b, "%s %s %s x%d\n", f.Severity, f.Rule, f.Title, f.Count)
		said, _, _ := strings.Cut(f.Summary, ". ")
		if len(f.Incidents)+len(f.Intervals) > 0 {
			fmt.Fprintf(&b, "\tsays: %s\n", said)
		}
		for _, in := range f.Incidents {
			fmt.Fprintf(&b, "\tevent %s:%d-%d, match %d\n", in.File, in.First, in.Last, in.Line)
			for _, told := range in.Facts {
				fmt.Fprintf(&b, "\t\t%s = %s (%d)\n", told.Name, told.Value, told.Line)
			}
		}
		writeIntervals(&b, f.Intervals)
	}
	for _, s := range r.Suppressed {
		if rules == nil || slices.Contains(rules, s.Rule) {
			fmt.Fprintf(&b, "suppressed %s x%d, %s: %s\n", s.Rule, s.Count, s.Reason, s.Detail)
			writeIntervals(&b, s.Intervals)
		}
	}
	return b.String()
}

func writeIntervals(b *strings.Builder, all []analyze.Interval) {
	for _, i := range all {
		fmt.Fprintf(b, "\tfrom %s to %s x%d, closed %q", i.From, i.Last, i.Count, i.Closed)
		if i.ClosedBy != nil {
			fmt.Fprintf(b, " by %s:%d", i.ClosedBy.File, i.ClosedBy.Line)
		}
		if i.Entity != "" {
			fmt.Fprintf(b, " of %s", i.Entity)
		}
		b.WriteByte('\n')
	}
}
