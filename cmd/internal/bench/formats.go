package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/all"
)

// minHeader is what a log format has to read on one core, in MB/s: Header is
// called for each line.
const minHeader = 150

// A speed is how fast a format reads the lines of its examples.
type speed struct {
	format string
	mbs    float64 // the best of some runs: a busy machine only makes it slower
}

// formats measures every log format, the slowest first, and reports whether all
// are fast enough. It runs the benchmarks of their packages.
func formats(ctx context.Context, out io.Writer) (ok bool, err error) {
	args := []string{"test", "-run", "^$", "-bench", "^BenchmarkHeader$", "-benchtime", "100ms", "-count", "5", "-cpu", "1", "-p", "1"}
	best := map[string]float64{}
	for _, f := range all.Formats() {
		if f.Log() {
			best[f.Name] = 0
			args = append(args, "./parsers/"+f.Name)
		}
	}
	text, err := exec.CommandContext(ctx, "go", args...).Output()
	if err != nil {
		return false, fmt.Errorf("benchmarks of the formats: %w\n%s", err, text)
	}
	readSpeeds(strings.NewReader(string(text)), best)
	var speeds []speed
	for name, mbs := range best {
		if mbs == 0 {
			return false, fmt.Errorf("format %s has no BenchmarkHeader", name)
		}
		speeds = append(speeds, speed{name, mbs})
	}
	slices.SortFunc(speeds, func(a, b speed) int { return cmp.Or(cmp.Compare(a.mbs, b.mbs), cmp.Compare(a.format, b.format)) })
	fmt.Fprintf(out, "\nheaders of log formats, on one core (target: at least %d MB/s)\n", minHeader)
	for _, s := range speeds {
		fmt.Fprintf(out, "%-20s %6.0f MB/s\n", s.format, s.mbs)
	}
	return speeds[0].mbs >= minHeader, nil
}

// readSpeeds reads what go test prints, and keeps the best run of each package:
//
//	pkg: github.com/eksleuth/eksleuth/parsers/klog
//	BenchmarkHeader	   40316	      2959 ns/op	 768.46 MB/s	       0 B/op	       0 allocs/op
func readSpeeds(text io.Reader, best map[string]float64) {
	name := ""
	for s := bufio.NewScanner(text); s.Scan(); {
		if pkg, ok := strings.CutPrefix(s.Text(), "pkg: "); ok {
			name = path.Base(pkg)
		}
		if f := strings.Fields(s.Text()); len(f) >= 6 && f[5] == "MB/s" {
			mbs, _ := strconv.ParseFloat(f[4], 64)
			best[name] = max(best[name], mbs)
		}
	}
}
