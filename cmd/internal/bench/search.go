package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A question is a search, and the expression that grep needs for the same lines.
type question struct {
	name, query, grep string
	fast              bool // the target of 100 ms is for it
}

var questions = []question{
	{"a rare word", rareWord, `(?i)\b` + rareWord + `\b`, true},
	{"a common word", "kubelet", `(?i)\bkubelet\b`, true},
	{"a phrase", `"holding the xtables lock"`, `(?i)holding the xtables lock`, true},
	{"an expression with a rare text", `/Reached target z[a-z]+finch/`, `Reached target z[a-z]+finch`, true},
	{"one of words in half the logs", `/Failed to assign an IP address to container 77[0-9a-f]+/`, `Failed to assign an IP address to container 77[0-9a-f]+`, false},
	{"one of words in a fifth of them", `/Killed process [0-9]{4} \(java\) total-vm:77/`, `Killed process [0-9]{4} \(java\) total-vm:77`, false},
	{"an expression without one", `/[0-9a-f]{8}-[0-9a-f]{4}-77/`, `[0-9a-f]{8}-[0-9a-f]{4}-77`, false},
	{"ten minutes", `back-off since:2026-11-12T06:00:00Z until:2026-11-12T06:10:00Z`, "", false},
}

// The target of the design for the questions that are fast.
const maxSearch = 100 * time.Millisecond

// search measures searches in a large bundle, beside those of rg and zgrep over
// the same files. Both only count, as the search does of what it does not show.
func (o *options) search(ctx context.Context, out io.Writer, dir, tool string) error {
	big := *o
	big.size = o.searchMB
	bundle := filepath.Join(dir, "eks_i-07c3d9ab1e4f302ff_2026-11-21_0020-UTC_0.7.9.tar.gz")
	text, err := big.generate(ctx, bundle)
	if err != nil {
		return err
	}
	home := filepath.Join(dir, "search")
	gzip, _, err := timed(exec.CommandContext(ctx, "gzip", "-dc", bundle))
	if err != nil {
		return err
	}
	start := time.Now()
	_, memory, err := timed(exec.CommandContext(ctx, tool, "analyze", "--home", home, "--format", "json", bundle))
	if err != nil {
		return err
	}
	took := time.Since(start)
	disk, err := diskSize(home)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nsearch in %.0f MB of text\n", float64(text)/1e6)
	fmt.Fprintf(out, "analyze with index   %6.1f s  %4.0f MB/s   %.1fx of gzip -dc (target: at most 5x), %d MiB\n",
		took.Seconds(), float64(text)/1e6/took.Seconds(), took.Seconds()/gzip.Seconds(), memory>>20)
	fmt.Fprintf(out, "store and index      %6.1f MB, %.1f %% of the text (target: at most 25 %%)\n", float64(disk)/1e6, 100*float64(disk)/float64(text))
	if err := naive(ctx, out); err != nil {
		return err
	}
	plain, packed, err := unpack(bundle, dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-30s %9s %9s %9s %9s %9s\n", "", "lines", "median", "p99", "rg", "zgrep")
	missed := false
	for _, q := range questions {
		median, p99, lines, err := o.ask(ctx, tool, home, q.query)
		if err != nil {
			return err
		}
		missed = missed || q.fast && median > maxSearch
		fmt.Fprintf(out, "%-30s %9d %9s %9s %9s %9s\n", q.name, lines, ms(median), ms(p99),
			other(ctx, lines, "rg", q.grep, plain, "-c", "--no-filename"), other(ctx, lines, "zgrep", q.grep, packed, "-hcP"))
	}
	if missed {
		return fmt.Errorf("a search took more than %s", maxSearch)
	}
	return nil
}

// naive compares building the search index with a document for each line.
func naive(ctx context.Context, out io.Writer) error {
	text, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark(Pieces|Lines)$", "-benchtime", "3x", "./index/internal/full").Output()
	if err != nil {
		return fmt.Errorf("benchmark of the index: %w\n%s", err, text)
	}
	speed := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) >= 6 && f[5] == "MB/s" {
			name, _, _ := strings.Cut(f[0], "-")
			speed[name], _ = strconv.ParseFloat(f[4], 64)
		}
	}
	pieces, lines := speed["BenchmarkPieces"], speed["BenchmarkLines"]
	if pieces == 0 || lines == 0 {
		return fmt.Errorf("no speeds in %q", text)
	}
	fmt.Fprintf(out, "index alone          %6.0f MB/s, %.0fx that of a bleve document for each line (target: at least 60 MB/s and 15x)\n", pieces, pieces/lines)
	return nil
}

// ask runs one search many times, each in a process of its own, as users do.
func (o *options) ask(ctx context.Context, tool, home, query string) (median, p99 time.Duration, lines int, err error) {
	var all []time.Duration
	for range o.searches {
		cmd := exec.CommandContext(ctx, tool, "search", "--home", home, "--format", "json", "i-07c3d9ab1e4f302ff", query)
		start := time.Now()
		answer, err := cmd.Output()
		if err != nil {
			return 0, 0, 0, fmt.Errorf("search %s: %w", query, err)
		}
		all = append(all, time.Since(start))
		var r struct{ Total int }
		if err := json.Unmarshal(answer, &r); err != nil {
			return 0, 0, 0, err
		}
		lines = r.Total
	}
	slices.Sort(all)
	return all[len(all)/2], all[(len(all)*99)/100], lines, nil
}

// other times another tool over the files of a folder; "-" if it is not
// installed or the question is not for it. A tool that counts other lines is told.
func other(ctx context.Context, lines int, name, grep, dir string, args ...string) string {
	if _, err := exec.LookPath(name); err != nil || grep == "" {
		return "-"
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return "failed"
	}
	args = append(append(args, "-e", grep), files...)
	var all []time.Duration
	for range 3 {
		start := time.Now()
		out, err := exec.CommandContext(ctx, name, args...).Output()
		if err != nil && len(out) == 0 {
			return "failed"
		}
		all = append(all, time.Since(start))
		sum := 0
		for _, f := range strings.Fields(string(out)) {
			n, _ := strconv.Atoi(f)
			sum += n
		}
		if sum != lines {
			return fmt.Sprintf("%d lines", sum)
		}
	}
	return ms(median(all))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }

// unpack writes the files of a bundle plain into one folder and each packed
// into another.
func unpack(bundle, dir string) (plain, packed string, err error) {
	plain, packed = filepath.Join(dir, "plain"), filepath.Join(dir, "packed")
	f, err := os.Open(bundle)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return "", "", err
	}
	tr := tar.NewReader(zr)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return plain, packed, nil
		}
		if err != nil {
			return "", "", err
		}
		name := strings.ReplaceAll(strings.TrimPrefix(h.Name, "./"), "/", "_")
		if err := write(filepath.Join(plain, name), filepath.Join(packed, name+".gz"), tr); err != nil {
			return "", "", err
		}
	}
}

func write(plain, packed string, r io.Reader) error {
	for _, name := range []string{plain, packed} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
	}
	p, err := os.Create(plain)
	if err != nil {
		return err
	}
	defer p.Close()
	z, err := os.Create(packed)
	if err != nil {
		return err
	}
	defer z.Close()
	zw := gzip.NewWriter(z)
	if _, err := io.Copy(io.MultiWriter(p, zw), r); err != nil {
		return err
	}
	return zw.Close()
}
