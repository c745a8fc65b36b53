package index_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/index/query"
	"github.com/eksleuth/eksleuth/index/rx"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
)

// clock takes stamps without a year as of 2026.
func clock(s parsers.Stamp) time.Time {
	switch s.Kind {
	case parsers.NoStamp:
		return time.Time{}
	case parsers.NoYear:
		t := time.Unix(0, s.Nano).UTC()
		return time.Date(2026, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}
	return time.Unix(0, s.Nano).UTC()
}

// slowSearch is the obvious way: every line of every file, by path.
func slowSearch(t *testing.T, c *index.Case, files map[string]string, e query.Expr) []string {
	t.Helper()
	m := query.Compile(e)
	var out []string
	for _, f := range c.Files {
		info := index.Info(f)
		var format *parsers.Format
		for _, candidate := range all.Formats() {
			if candidate.Name == f.Format && candidate.Log() {
				format = candidate
			}
		}
		text := strings.TrimSuffix(files[f.Path], "\n")
		if files[f.Path] == "" {
			continue
		}
		for i, line := range strings.Split(text, "\n") {
			l := &query.Line{Text: []byte(line), Num: i + 1, File: &info}
			if format != nil {
				l.Header = func(text []byte) ([]byte, parsers.Level, time.Time) {
					h := format.Header(text)
					return h.Ident, h.Level, clock(h.Stamp)
				}
			}
			ok, err := m.Match(l)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				out = append(out, fmt.Sprintf("%s:%d", f.Path, i+1))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int {
		return strings.Compare(a[:strings.LastIndexByte(a, ':')], b[:strings.LastIndexByte(b, ':')])
	})
	return out
}

// searchable are logs with common and rare words, long lines and lines that go
// on from block to block.
func searchable(rnd *rand.Rand) map[string]string {
	words := []string{"kubelet", "conntrack", "nf_conntrack: table full", "aws-node", "10.0.0.1", "timed out", "imds", "error", "lease", "eni-0abc", "Ünïcode", "\xff\xfe", "xtables lock", "exit=1", "ABC", "\u2018overlay\u2019", "\u25cfsvc\u00a0", "\xffdisk\xe2\x80"}
	line := func(n int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "Nov 21 %02d:%02d:%02d host %s[%d]: %c1121 10:00:00.000000     464 x.go:1] ", n/3600%24, n/60%60, n%60, []string{"kubelet", "containerd"}[n%2], n%700, "IWE"[n%3])
		for range rnd.IntN(12) {
			b.WriteString(words[rnd.IntN(1+rnd.IntN(len(words)))])
			b.WriteByte(" -/\t"[rnd.IntN(4)])
		}
		return b.String() + "\n"
	}
	text := func(size int) string {
		var b strings.Builder
		for n := 0; b.Len() < size; n++ {
			b.WriteString(line(n))
		}
		return b.String()
	}
	return map[string]string{
		"kubelet/kubelet.log": text(5 * index.BlockSize / 2),
		"var_log/messages":    text(1000) + strings.Repeat("lease ", index.BlockSize/4) + "rare1\n" + text(1000) + strings.Repeat("q", 3*index.BlockSize) + " rare2\n" + text(500) + "no end conntrack",
		"system/other.txt":    "plain conntrack text\r\nanother aws-node line\n\n",
		"empty":               "",
	}
}

// TestSearch_equals_scan compares the search, with and without the index, with
// a look at every line.
func TestSearch_equals_scan(t *testing.T) {
	rnd := rand.New(rand.NewPCG(21, 22))
	files := searchable(rnd)
	c, _ := build(t, files, 2)
	indexed, _ := build(t, files, 2)
	if err := indexed.BuildIndex(t.Context(), &index.Options{}); err != nil {
		t.Fatal(err)
	}
	queries := []string{
		"conntrack", "CONNTRACK", "nf_conn*", `"table full"`, `"table ful"`, "aws-node", "10.0.0.1", "eni-0abc", "rare1", "rare2", "rare1 lease", "absent",
		"kubelet error", "imds OR lease", "imds -error", "NOT kubelet", `/timed +out|xtables/`, `/exit=[12]/`, `/E1121.*lease/`, `/(?i)abc/`, `/q{5} rare/`, `/^$/`,
		"file:kubelet.log imds", "component:kubelet error", "unit:containerd lease", "level:>=warn imds", "level:error", "format:journald ABC",
		"since:2026-11-21T00:10:00Z until:2026-11-21T00:12:00Z lease", "Ünïcode", "overlay", "svc", "disk", "\"\u2018over\"", "ünïcode", `"\xff"`, "1121", "464", "x.go:1", "host",
	}
	total := 0
	for _, text := range queries {
		e, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if e, err = e.Resolve(query.Env{End: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}); err != nil {
			t.Fatal(err)
		}
		want := slowSearch(t, c, files, e)
		total += len(want)
		for name, of := range map[string]*index.Case{"scanned": c, "indexed": indexed} {
			for _, limit := range []int{1 << 30, 10} {
				r, err := of.Search(t.Context(), index.Search{Expr: e, Formats: all.Formats(), Clock: clock, Limit: limit, Workers: 3})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, h := range r.Hits {
					got = append(got, fmt.Sprintf("%s:%d", h.File.Path, h.Line))
				}
				if diff := cmp.Diff(want[:min(len(want), limit)], got[:len(got):len(got)]); diff != "" && len(want)+len(got) > 0 {
					t.Errorf("%s, %s (-want +got):\n%.1000s", name, text, diff)
				}
				if r.Total != len(want) || r.Unread != 0 {
					t.Errorf("%s, %s: total %d, %d unread, want %d, 0", name, text, r.Total, r.Unread, len(want))
				}
			}
		}
	}
	if total < 1000 {
		t.Errorf("%d matches: the test says little", total)
	}
}

func TestSearch_by_time_and_facets(t *testing.T) {
	files := map[string]string{
		"kubelet/kubelet.log": "Nov 21 02:00:00 h kubelet[1]: I1121 02:00:00.000000 1 a.go:1] one\nNov 21 01:00:00 h kubelet[1]: E1121 01:00:00.000000 1 a.go:1] one\n",
		"system/other.txt":    "one\n",
		"var_log/messages":    "Nov 21 01:30:00 h kernel: one\n",
	}
	c, _ := build(t, files, 1)
	e, err := query.Parse("one")
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Search(t.Context(), index.Search{Expr: e, Formats: all.Formats(), Clock: clock, Limit: 3, ByTime: true, Facets: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range r.Hits {
		got = append(got, fmt.Sprintf("%s:%d", h.File.Path, h.Line))
	}
	if diff := cmp.Diff([]string{"kubelet/kubelet.log:2", "var_log/messages:1", "kubelet/kubelet.log:1"}, got); diff != "" || r.Total != 4 {
		t.Errorf("by time, of %d (-want +got):\n%s", r.Total, diff)
	}
	want := &index.Result{
		Files:      map[string]int{"kubelet/kubelet.log": 2, "system/other.txt": 1, "var_log/messages": 1},
		Components: map[string]int{"kubelet": 2, "node": 2},
		Levels:     map[string]int{"": 2, "info": 1, "error": 1},
		Hours:      map[string]int{"2026-11-21T01:00:00Z": 2, "2026-11-21T02:00:00Z": 1},
	}
	want.Hits, want.Total = r.Hits, 4
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("facets (-want +got):\n%s", diff)
	}
}

// TestSearch_older_case reads a case whose table was made when the times of klog in
// containers were still taken for those of the node's clock.
func TestSearch_older_case(t *testing.T) {
	c, _ := build(t, map[string]string{"var_log/kube-proxy.log": "E1121 00:21:46.459587       1 proxier.go:820] \"Sync failed\"\n"}, 1)
	c.Close()
	rewrite := func(name string, change func(text string) string) {
		file := filepath.Join(c.Dir, name)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(change(string(text))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kind := func(k parsers.StampKind) string { return fmt.Sprintf(`"Kind":%d,`, k) }
	rewrite("blocks.json", func(text string) string {
		return strings.ReplaceAll(text, kind(parsers.UTCNoYear), kind(parsers.NoYear))
	})
	rewrite("case.json", func(text string) string {
		text, _, _ = strings.Cut(text, "\n \"blocks\": ")
		return fmt.Sprintf("%s\n \"crc\": %d\n}", text, crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)))
	})
	older, err := index.Open(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer older.Close()
	e, err := query.Parse("since:2026-11-21T00:21:00Z")
	if err == nil {
		e, err = e.Resolve(query.Env{End: time.Date(2026, 11, 21, 0, 22, 0, 0, time.UTC)})
	}
	if err != nil {
		t.Fatal(err)
	}
	east := func(s parsers.Stamp) time.Time {
		if s.Kind == parsers.UTCNoYear {
			return clock(parsers.Stamp{Kind: parsers.NoYear, Nano: s.Nano})
		}
		return clock(s).Add(-9 * time.Hour)
	}
	r, err := older.Search(t.Context(), index.Search{Expr: e, Formats: all.Formats(), Clock: east, Limit: 1})
	if err != nil || r.Total != 1 {
		t.Errorf("%d lines, %v, want 1", r.Total, err)
	}
}

// TestSearch_counted compares a count that was kept with one that is made.
func TestSearch_counted(t *testing.T) {
	text := strings.Repeat("Nov 21 02:00:00 h kubelet[1]: Lease lease node1\nother lines_lease\n", 2000)
	c, _ := build(t, map[string]string{"kubelet/kubelet.log": text, "system/other.txt": "a lease\n"}, 1)
	if err := c.BuildIndex(t.Context(), &index.Options{Workers: 2}); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]int{"lease": 2001, "LEASE": 2001, "node": 0, "kubelet": 2000, "other": 2000} {
		e, err := query.Parse(word)
		if err != nil {
			t.Fatal(err)
		}
		for _, limit := range []int{0, 5, 1 << 20} {
			r, err := c.Search(t.Context(), index.Search{Expr: e, Formats: all.Formats(), Limit: limit})
			if err != nil || r.Total != want || len(r.Hits) != min(limit, want) || r.Unread != 0 {
				t.Errorf("%s, limit %d: %d hits of %d, %d unread, %v; want %d of %d", word, limit, len(r.Hits), r.Total, r.Unread, err, min(limit, want), want)
			}
		}
	}
}

// TestSearch_unread says what a search that was stopped did not see.
func TestSearch_unread(t *testing.T) {
	c, _ := build(t, map[string]string{"kubelet/kubelet.log": "one\ntwo\n"}, 1)
	e, err := query.Parse("one")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := c.Search(ctx, index.Search{Expr: e, Limit: 1})
	if err != nil || r.Unread != 2 {
		t.Errorf("Search = %+v, %v, want 2 lines unread", r, err)
	}
}

// TestSearch_blocks holds that for a line of a finding one block is read, also
// for the first and the last line of a block. A search that has no time tells
// how many lines it would have read.
func TestSearch_blocks(t *testing.T) {
	text := strings.Repeat(strings.Repeat("x", 9_999)+"\n", 250)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tail := range map[string]string{"with an end": "last\n", "without an end": "last"} {
		c, _ := build(t, map[string]string{"system/a.txt": text + tail, "system/b.txt": "one\n"}, 1)
		unread := func(line int) int {
			t.Helper()
			found := query.Lines{Finding: "F-001", At: map[string][]int{"system/a.txt": {line}}}
			r, err := c.Search(ctx, index.Search{Expr: found})
			if err != nil {
				t.Fatal(err)
			}
			return r.Unread
		}
		blocks := 0
		for line := 1; line <= 251; blocks++ {
			size := unread(line)
			if size == 0 {
				t.Fatalf("%s: line %d would not be read", name, line)
			}
			for end := line + size; line < end; line++ {
				if got := unread(line); got != size {
					t.Fatalf("%s: %d lines would be read for line %d, want %d", name, got, line, size)
				}
			}
		}
		if after := unread(252); blocks != 3 || after != 0 {
			t.Errorf("%s: %d blocks, and %d lines for a line behind the end; want 3, 0", name, blocks, after)
		}
	}
}

func TestInfo(t *testing.T) {
	f := func(place, pod, namespace, container, component string) {
		t.Helper()
		got := index.Info(&index.File{Path: place})
		want := query.FileInfo{Path: place, Pod: pod, Namespace: namespace, Container: container, Component: component}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Info(%s) (-want +got):\n%s", place, diff)
		}
	}
	id := strings.Repeat("0a", 32)
	f("var_log/coredns-5d78c9869d-abcde_kube-system_coredns-"+id+".log", "coredns-5d78c9869d-abcde", "kube-system", "coredns", "dns")
	f("var_log/kube-system_aws-node-q8w4z_c48028c2-daee-4863-b4be-e73de94947ed/aws-vpc-cni-init/0.log", "aws-node-q8w4z", "kube-system", "aws-vpc-cni-init", "cni")
	f("var_log/messages", "", "", "", "node")
	f("kubelet/kubelet.log", "", "", "", "kubelet")
	f("var_log/aws-routed-eni/ipamd.log", "", "", "", "cni")
}

// TestSearch_slow has two workers that give up on the same expression.
func TestSearch_slow(t *testing.T) {
	text := strings.Repeat(strings.Repeat("a", 4000)+"b\n", 20)
	c, _ := build(t, map[string]string{"kubelet/a.log": text, "kubelet/b.log": text}, 1)
	e, err := query.ParseRegexp(`(?!b)(a+)+(?!.)`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Search(t.Context(), index.Search{Expr: e, Workers: 2})
	if !errors.Is(err, rx.ErrSlow) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want rx.ErrSlow once", err)
	}
}
