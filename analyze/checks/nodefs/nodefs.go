// Package nodefs finds filesystems of the node itself that are nearly full:
// the root, and those that hold kubelet's and containerd's files.
package nodefs

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/disk"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
)

//go:embed check.yaml
var doc []byte

// Check is state.disk.nodefs_avail.
var Check = &analyze.Check{ID: "state.disk.nodefs_avail", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	kinds := disk.Kinds(p)
	look := disk.Look{
		Rows:    func(t *df.Table) []df.Usage { return t.Space },
		Judged:  func(u df.Usage) bool { return disk.OfNode(u.Target) && !kinds.Image(u) && u.Percent >= 0 },
		Full:    func(u df.Usage) bool { return float64(u.Percent) >= p.Limit("medium") },
		Match:   func(file string, u df.Usage) analyze.Match { return match(p, file, u) },
		Missing: "no table of df with a filesystem of the node",
	}
	return look.Judge(p), nil
}

func match(p *analyze.Pass, file string, u df.Usage) analyze.Match {
	m := analyze.Match{
		Entity:   u.Target,
		Summary:  fmt.Sprintf("%s (%s) is %d %% full, %s of %s are free", u.Target, u.Source, u.Percent, size(u.Avail), size(u.Size)),
		Severity: analyze.High,
		Entities: map[string][]string{"file": {u.Target}, "device": {u.Source}},
		At:       []parsers.Pos{{File: file, Line: u.Line}},
	}
	switch used := float64(u.Percent); {
	case used >= p.Limit("critical"):
		m.Severity = analyze.Critical
	case used < p.Limit("high"):
		m.Severity = analyze.Medium
	}
	return m
}

// size writes bytes as df -h does.
func size(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprint(n)
	}
	v, i := float64(n)/1024, 0
	for v >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	if v < 10 {
		return fmt.Sprintf("%.1f%c", v, units[i])
	}
	return fmt.Sprintf("%.0f%c", v, units[i])
}
