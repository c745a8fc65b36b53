// Package inodes finds filesystems that run out of inodes.
package inodes

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/disk"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
)

//go:embed check.yaml
var doc []byte

// Check is state.disk.inodes_free.
var Check = &analyze.Check{ID: "state.disk.inodes_free", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	books := p.Ledger()
	kinds := ledger.FilesystemsOf(books)
	look := disk.Look{
		Rows:   func(t *df.Table) []df.Usage { return t.Inodes },
		Judged: func(df.Usage) bool { return true },
		// Filesystems that make inodes as they go (vfat, btrfs) show "-".
		Full: func(u df.Usage) bool {
			return float64(u.Percent) >= from(p, books, u) && u.Size > 0 && (!kinds.Image(u) || u.Target == "/run")
		},
		Match:   func(file string, u df.Usage) analyze.Match { return match(p, books, file, u) },
		Missing: "no table of df --inodes",
	}
	return look.Judge(p), nil
}

// from is the share of used inodes that is worth telling. kubelet does not look
// at the volumes of pods.
func from(p *analyze.Pass, books *ledger.Bundle, u df.Usage) float64 {
	if !ofNode(u) {
		return p.Limit("high")
	}
	return min(p.Limit("medium"), high(p, books, u).Share)
}

// high is where kubelet evicts pods for a filesystem, or would.
func high(p *analyze.Pass, books *ledger.Bundle, u df.Usage) disk.Bar {
	if !disk.OfNode(u.Target) {
		return disk.Bar{Share: p.Limit("high")}
	}
	return disk.Evicts(p, books, "nodefs.inodesFree", u.Size)
}

// ofNode reports a filesystem that the node lives by.
func ofNode(u df.Usage) bool { return disk.OfNode(u.Target) || u.Target == "/run" }

// match weighs one filesystem: the volume of a pod is the pod's matter.
func match(p *analyze.Pass, books *ledger.Bundle, file string, u df.Usage) analyze.Match {
	m := analyze.Match{
		Entity:   u.Target,
		Summary:  fmt.Sprintf("%s (%s) uses %d of %d inodes, %d are left", u.Target, u.Source, u.Used, u.Size, u.Avail),
		Severity: analyze.High,
		Entities: map[string][]string{"file": {u.Target}, "device": {u.Source}},
		At:       []parsers.Pos{{File: file, Line: u.Line}},
	}
	bar := high(p, books, u)
	m.Summary += bar.Words("kubelet evicts pods")
	m.At = bar.Cite(m.At)
	switch {
	case !ofNode(u) || float64(u.Percent) < bar.Share:
		m.Severity = analyze.Medium
	case u.Percent >= 100:
		m.Severity = analyze.Critical
	}
	return m
}
