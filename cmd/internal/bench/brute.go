package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// compare analyzes a bundle twice, the second time with every expression tried
// on every line, and fails if the reports differ in a byte.
func compare(ctx context.Context, out io.Writer, file string) error {
	start := time.Now()
	fast, err := report(ctx, file, false)
	if err != nil {
		return err
	}
	middle := time.Now()
	slow, err := report(ctx, file, true)
	if err != nil {
		return err
	}
	if fast != slow {
		return errors.New("the findings differ from those of the brute-force matcher")
	}
	fmt.Fprintf(out, "brute force          %6.2f s, the same report to the byte; %.0fx the time of the fast path\n",
		time.Since(middle).Seconds(), time.Since(middle).Seconds()/middle.Sub(start).Seconds())
	return nil
}

// profile writes a CPU profile of one analysis.
func profile(ctx context.Context, to, file string) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	_, err = report(ctx, file, false)
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

func report(ctx context.Context, file string, brute bool) (string, error) {
	rules, err := analyze.Rules()
	if err != nil {
		return "", err
	}
	engine, err := analyze.New(rules, checks.All())
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "eksleuth-bench-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	src, err := bundle.Open(file, nil, nil)
	if err != nil {
		return "", err
	}
	defer src.Close()
	scan := engine.NewScan()
	scan.BruteForce = brute
	c, err := index.Build(ctx, dir, src, nil, scan, &index.Options{Formats: all.Formats()})
	if err != nil {
		return "", err
	}
	defer c.Close()
	r, err := engine.Report(ctx, scan, analyze.Request{Case: c})
	if err != nil {
		return "", err
	}
	if len(r.Findings) == 0 {
		return "", errors.New("the bundle has no findings: the comparison says nothing")
	}
	text, err := json.Marshal(r)
	return string(text), err
}
