// Package disk tells which rows of df are filesystems that can fill up, and
// which of them are the node's own.
package disk

import (
	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers/df"
)

// OfNode reports whether a mount point is of the node and not of a pod.
func OfNode(target string) bool { return ledger.OfNode(target) }

// Kinds collects the mounts of a bundle.
func Kinds(p *analyze.Pass) ledger.Filesystems { return ledger.FilesystemsOf(p.Ledger()) }

// A Look is what a check wants of the tables of df.
type Look struct {
	Rows    func(*df.Table) []df.Usage           // of space or of inodes
	Judged  func(df.Usage) bool                  // the filesystem is one that the check is about
	Match   func(string, df.Usage) analyze.Match // the finding about a filesystem, given its file
	Full    func(df.Usage) bool                  // there is one
	Missing string                               // the note when no filesystem is judged
}

// Judge looks at the filesystems of the first table that has some to judge; a
// second table tells of the same ones. A filesystem mounted twice counts once.
func (l *Look) Judge(p *analyze.Pass) analyze.Verdict {
	for _, f := range analyze.Facts[df.Table](p) {
		v := analyze.Verdict{Outcome: analyze.NoData}
		seen := map[string]bool{}
		for _, u := range l.Rows(f.Value) {
			if !l.Judged(u) {
				continue
			}
			if v.Outcome == analyze.NoData {
				v.Outcome = analyze.Clear
			}
			if l.Full(u) && !seen[u.Source] {
				seen[u.Source] = true
				v.Outcome = analyze.Found
				v.Matches = append(v.Matches, l.Match(f.Path, u))
			}
		}
		if v.Outcome != analyze.NoData {
			return v
		}
	}
	return analyze.Verdict{Outcome: analyze.NoData, Note: l.Missing}
}
