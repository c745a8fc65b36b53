// Command bench measures eksleuth against gzip on a bundle that it makes.
//
// It prints ratios of one run on one machine: absolute times of machines and
// days differ, so only figures that were taken side by side are compared.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

func main() {
	var o options
	flag.Int64Var(&o.size, "mb", 200, "text in the bundle, in MB")
	flag.IntVar(&o.runs, "runs", 9, "runs of each command")
	flag.BoolVar(&o.brute, "brute", true, "compare the findings with those of a brute-force matcher (minutes)")
	flag.Int64Var(&o.searchMB, "search", 1000, "text in the bundle that is searched, in MB; 0 for no searches")
	flag.IntVar(&o.searches, "searches", 30, "runs of each search")
	flag.Float64Var(&o.sick, "sick", 0.02, "share of lines that tell of a problem")
	flag.BoolVar(&o.formats, "formats", false, "measure the log formats, and do no more")
	flag.BoolVar(&o.states, "state", false, "measure the commands that tell the state of a node, and do no more")
	flag.StringVar(&o.to, "to", "", "make the bundle in this file, and do no more")
	flag.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of one analysis to this file, and do no more")
	flag.Parse()
	if err := o.run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	size  int64
	runs  int
	brute bool

	searchMB int64
	searches int

	sick    float64
	formats bool
	states  bool
	to      string
	profile string
}

// The targets of the design, as ratios to gzip -dc and in MiB.
const (
	maxRatio  = 1.5
	maxMemory = 400
)

var errMissed = errors.New("a target was missed")

// generate makes the bundle in a process of its own: the peak memory of a child
// counts that of its parent at the start of the child.
func (o *options) generate(ctx context.Context, bundle string) (text int64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, self, "-to", bundle, "-mb", fmt.Sprint(o.size), "-sick", fmt.Sprint(o.sick)).Output()
	if err != nil {
		return 0, fmt.Errorf("make the bundle: %w", err)
	}
	_, err = fmt.Sscan(string(out), &text)
	return text, err
}

func (o *options) run(ctx context.Context, out io.Writer) error {
	if o.to != "" {
		text, err := generate(o.to, o.size*1_000_000, o.sick)
		fmt.Fprintln(out, text)
		return err
	}
	if o.formats {
		if ok, err := formats(ctx, out); err != nil || !ok {
			return cmp.Or(err, errMissed)
		}
		return nil
	}
	dir, err := os.MkdirTemp("", "eksleuth-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.states {
		return o.onlyState(ctx, out, dir)
	}
	bundle := filepath.Join(dir, "eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9.tar.gz")
	text, err := o.generate(ctx, bundle)
	if err != nil {
		return err
	}
	info, err := os.Stat(bundle)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "bundle   %.0f MB of text, %.1f MB packed, %.0f %% of the lines tell of a problem; %d cores, %s/%s, %s\n",
		float64(text)/1e6, float64(info.Size())/1e6, 100*o.sick, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())

	if o.profile != "" {
		return profile(ctx, o.profile, bundle)
	}
	tool, err := build(ctx, dir)
	if err != nil {
		return err
	}
	m, err := o.measure(ctx, dir, tool, bundle)
	if err != nil {
		return err
	}
	ratio := m.analyze.Seconds() / m.gzip.Seconds()
	fmt.Fprintf(out, "gzip -dc             %6.2f s  %4.0f MB/s   median of %d\n", m.gzip.Seconds(), float64(text)/1e6/m.gzip.Seconds(), o.runs)
	fmt.Fprintf(out, "analyze --no-index   %6.2f s  %4.0f MB/s   %.2fx of gzip -dc (target: at most %.1fx)\n", m.analyze.Seconds(), float64(text)/1e6/m.analyze.Seconds(), ratio, maxRatio)
	fmt.Fprintf(out, "peak memory          %6d MiB (target: at most %d MiB)\n", m.memory>>20, maxMemory)
	fmt.Fprintf(out, "case on disk         %6.1f MB, %.1f %% of the text\n", float64(m.disk)/1e6, 100*float64(m.disk)/float64(text))
	fast, err := formats(ctx, out)
	if err != nil {
		return err
	}
	prompt, err := o.state(ctx, out, dir, tool)
	if err != nil {
		return err
	}
	if o.searchMB > 0 {
		if err := o.search(ctx, out, dir, tool); err != nil {
			return err
		}
	}
	if o.brute {
		if err := compare(ctx, out, bundle); err != nil {
			return err
		}
	}
	if ratio > maxRatio || m.memory>>20 > maxMemory || !fast || !prompt {
		return errMissed
	}
	return nil
}

// build makes the program.
func build(ctx context.Context, dir string) (tool string, err error) {
	tool = filepath.Join(dir, "eksleuth")
	if msg, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", tool, "./cmd/eksleuth").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, msg)
	}
	return tool, nil
}

func (o *options) onlyState(ctx context.Context, out io.Writer, dir string) error {
	tool, err := build(ctx, dir)
	if err != nil {
		return err
	}
	if ok, err := o.state(ctx, out, dir, tool); err != nil || !ok {
		return cmp.Or(err, errMissed)
	}
	return nil
}

// measures are medians of one run.
type measures struct {
	gzip, analyze time.Duration
	memory        int64 // bytes, the most of all runs
	disk          int64 // bytes
}

// measure runs the two commands in turns, so that both see the same machine.
func (o *options) measure(ctx context.Context, dir, tool, bundle string) (measures, error) {
	var m measures
	var gzips, analyses []time.Duration
	for range o.runs {
		d, _, err := timed(exec.CommandContext(ctx, "gzip", "-dc", bundle))
		if err != nil {
			return m, err
		}
		gzips = append(gzips, d)
		home := filepath.Join(dir, "home")
		d, mem, err := timed(exec.CommandContext(ctx, tool, "analyze", "--no-index", "--home", home, "--format", "json", bundle))
		if err != nil {
			return m, err
		}
		analyses = append(analyses, d)
		m.memory = max(m.memory, mem)
		if m.disk, err = diskSize(home); err != nil {
			return m, err
		}
		if err := os.RemoveAll(home); err != nil {
			return m, err
		}
	}
	m.gzip, m.analyze = median(gzips), median(analyses)
	return m, nil
}

func timed(cmd *exec.Cmd) (time.Duration, int64, error) {
	cmd.Stdout, cmd.Stderr = io.Discard, os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", cmd, err)
	}
	return time.Since(start), peakMemory(cmd.ProcessState), nil
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

func diskSize(dir string) (n int64, err error) {
	err = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return err
	})
	return n, err
}
