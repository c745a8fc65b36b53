package conntrack

import (
	"context"
	"fmt"
	"strconv"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

// A param is a parameter of the kernel that is a number.
type param struct {
	n  uint64
	at parsers.Pos
}

// read reads a parameter by one of its names. Without it, the note says why.
func read(p *analyze.Pass, names ...string) (v param, note string) {
	const place = "sysctls/sysctl_all.txt"
	note = whole.Absent(p, place)
	for _, f := range analyze.Facts[sysctl.Params](p) {
		for _, name := range names {
			s, ok := f.Value.Get(name)
			if !ok {
				note = fmt.Sprintf("%s has no %s", f.Path, names[0])
				continue
			}
			n, err := strconv.ParseUint(s.Value, 10, 64)
			if err == nil {
				return param{n, parsers.Pos{File: f.Path, Line: s.Line}}, ""
			}
			note = fmt.Sprintf("%s:%d: %s is no number", f.Path, s.Line, name)
		}
	}
	return param{}, note
}

// most reads how many flows the table takes.
func most(p *analyze.Pass) (param, string) {
	return read(p, "net.netfilter.nf_conntrack_max", "net.nf_conntrack_max")
}

// nearFull compares the flows with what the table takes.
//
//	net.netfilter.nf_conntrack_count = 100
//	net.netfilter.nf_conntrack_max = 131072
func nearFull(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	e := ledger.Conntrack(p.Ledger())
	switch {
	case e.Allowed == nil:
		return noData(e.Unknown)
	case e.Allowed.Value == 0:
		return isClear(e.Unknown)
	case e.Percent() >= p.Limit("medium"):
		return found(full(p, &e))
	case e.Unknown != "":
		return noData(e.Unknown)
	}
	return isClear(fmt.Sprintf("%d of %d", e.Used.Value, e.Allowed.Value))
}

// full weighs a table that is full, or nearly so.
func full(p *analyze.Pass, e *ledger.Entry) analyze.Match {
	m := analyze.Match{
		Severity: analyze.Medium,
		Summary:  fmt.Sprintf("%d of %d connections are tracked (%.0f %%)", e.Used.Value, e.Allowed.Value, e.Percent()),
		At:       []parsers.Pos{e.Used.Pos(), e.Allowed.Pos()},
	}
	switch {
	case e.Percent() >= p.Limit("critical"):
		m.Severity, m.Explains = analyze.Critical, refused
	case e.Percent() >= p.Limit("high"):
		m.Severity, m.Explains = analyze.High, refused
	}
	return m
}

// A hash is the size of the table's hash.
type hash struct{ max, buckets param }

func (h hash) ratio() float64 { return float64(h.max.n) / float64(h.buckets.n) }

// hashOf reads the size of the hash. Without it, the note says why.
func hashOf(p *analyze.Pass) (h hash, note string) {
	if h.max, note = most(p); note != "" {
		return h, note
	}
	if h.buckets, note = read(p, "net.netfilter.nf_conntrack_buckets"); note != "" {
		return h, note
	}
	if h.buckets.n == 0 {
		return h, "nf_conntrack_buckets is 0"
	}
	return h, ""
}

// bucketsRatio compares the size of the hash with that of the table.
func bucketsRatio(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	h, note := hashOf(p)
	if note != "" {
		return noData(note)
	}
	if h.ratio() <= p.Limit("flows") {
		return isClear(fmt.Sprintf("%.1f flows for each bucket at most", h.ratio()))
	}
	return found(analyze.Match{
		Summary: fmt.Sprintf("%d connections share %d buckets of the hash, %.0f for each", h.max.n, h.buckets.n, h.ratio()),
		At:      []parsers.Pos{h.max.at, h.buckets.at},
	})
}
