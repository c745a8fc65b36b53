// Package nodefs finds filesystems of the node itself that are nearly full:
// the root, and those that hold kubelet's and containerd's files.
package nodefs

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

// Check is state.disk.nodefs_avail.
var Check = &analyze.Check{ID: "state.disk.nodefs_avail", Doc: analyze.MustDoc(doc), Run: run}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	books := p.Ledger()
	kinds := ledger.FilesystemsOf(books)
	bars := func(u df.Usage) bars { return barsOf(p, books, u.Size) }
	look := disk.Look{
		Rows:    func(t *df.Table) []df.Usage { return t.Space },
		Judged:  func(u df.Usage) bool { return disk.OfNode(u.Target) && !kinds.Image(u) && u.Percent >= 0 },
		Full:    func(u df.Usage) bool { return float64(u.Percent) >= bars(u).medium.Share },
		Match:   func(file string, u df.Usage) analyze.Match { return match(file, u, bars(u)) },
		Missing: "no table of df with a filesystem of the node",
	}
	return look.Judge(p), nil
}

// bars are the shares from which a filesystem is worth a severity.
type bars struct {
	medium, high disk.Bar
	critical     float64
}

// barsOf are those of a filesystem of a size. Where kubelet evicts late by its
// settings, what is critical comes later too: half way to full.
func barsOf(p *analyze.Pass, books *ledger.Bundle, size uint64) bars {
	b := bars{disk.RemovesImages(p, books), disk.Evicts(p, books, "nodefs.available", size), p.Limit("critical")}
	if b.high.Share < b.medium.Share {
		b.medium = b.high
	}
	if b.high.Own() {
		b.critical = max(b.critical, (b.high.Share+100)/2)
	}
	return b
}

func match(file string, u df.Usage, b bars) analyze.Match {
	m := analyze.Match{
		Entity:   u.Target,
		Severity: analyze.High,
		Entities: map[string][]string{"file": {u.Target}, "device": {u.Source}},
		At:       []parsers.Pos{{File: file, Line: u.Line}},
	}
	bar, happens := b.high, "kubelet evicts pods"
	switch used := float64(u.Percent); {
	case used >= b.critical:
		m.Severity = analyze.Critical
	case used < b.high.Share:
		m.Severity, bar, happens = analyze.Medium, b.medium, "kubelet removes images"
	}
	m.Summary = fmt.Sprintf("%s (%s) is %d %% full, %s of %s are free%s",
		u.Target, u.Source, u.Percent, ledger.Bytes(u.Avail), ledger.Bytes(u.Size), bar.Words(happens))
	m.At = bar.Cite(m.At)
	return m
}
