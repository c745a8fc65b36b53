package disk

import (
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Bar is a share of use, in percent, from which kubelet acts.
type Bar struct {
	Share float64
	At    parsers.Pos // the setting of the node; no file when it is the limit of the check
}

// Own reports a bar that the node sets otherwise than is usual.
func (b Bar) Own() bool { return b.At.File != "" }

// Cite adds the setting to places.
func (b Bar) Cite(at []parsers.Pos) []parsers.Pos {
	if !b.Own() {
		return at
	}
	return append(at, b.At)
}

// Words name a bar that is the node's own, and what happens there.
func (b Bar) Words(happens string) string {
	if !b.Own() {
		return ""
	}
	return fmt.Sprintf("; %s from %.3g %% on, as %s says", happens, b.Share, b.At.File)
}

// Evicts is where kubelet evicts pods for a signal: the limit "high" of the
// check, unless the node has a threshold of its own. What the user sets counts
// more, and so does the limit where kubelet was told not to evict: the
// filesystem fills up all the same.
func Evicts(p *analyze.Pass, b *ledger.Bundle, signal string, size uint64) Bar {
	own, said := ledger.Eviction(b, signal, size)
	if said && own.Off() {
		said = false
	}
	return barOf(p, "high", own, said)
}

// RemovesImages is where kubelet removes images: the limit "medium" of the
// check, unless the node does it later.
func RemovesImages(p *analyze.Pass, b *ledger.Bundle) Bar {
	own, said := ledger.ImageRemoval(b)
	return barOf(p, "medium", own, said && own.Used > p.Limit("medium"))
}

func barOf(p *analyze.Pass, limit string, own ledger.Threshold, said bool) Bar {
	usual := p.Limit(limit)
	if _, set := p.Check.Limits[limit]; set || !said || own.Used == usual {
		return Bar{Share: usual}
	}
	return Bar{own.Used, own.At}
}
