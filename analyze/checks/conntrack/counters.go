package conntrack

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/uptime"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
)

// maxRows is how many rows of CPUs are cited.
const maxRows = 4

// A sum is a counter of all CPUs since the boot.
type sum struct {
	n    uint64
	cpus int
	at   []parsers.Pos // the rows with the highest values
	cut  string        // why more may have been counted
}

// counted adds a counter. Without it, the note says why.
//
//	cpu=0   	found=1806 invalid=11 insert=0 insert_failed=0 drop=3851 early_drop=226 error=0 search_restart=0
func counted(p *analyze.Pass, name string) (s sum, note string) {
	note = whole.Absent(p, place)
	for _, f := range analyze.Facts[conntrack.Table](p) {
		t := f.Value
		n, ok := t.Sum(name)
		switch {
		case ok:
			return sum{n: n, cpus: len(t.CPUs), at: rowsOf(f.Path, t, name), cut: whole.Cut(p, f.Path)}, ""
		case t.StatsLine > 0 && len(t.CPUs) == 0 && t.Global == nil:
			note = "conntrack -S left no counters in " + f.Path
		case len(t.CPUs) > 0:
			note = fmt.Sprintf("conntrack -S has no counter %s in %s", name, f.Path)
		}
	}
	return sum{}, note
}

// rowsOf are the rows in which a counter is highest.
func rowsOf(path string, t *conntrack.Table, name string) []parsers.Pos {
	var counters []conntrack.Counter
	cpus := t.CPUs
	if t.Global != nil {
		cpus = []conntrack.CPU{*t.Global}
	}
	for i := range cpus {
		if c, ok := cpus[i].Counter(name); ok && c.Value > 0 {
			counters = append(counters, c)
		}
	}
	slices.SortStableFunc(counters, func(a, b conntrack.Counter) int { return cmp.Compare(b.Value, a.Value) })
	var at []parsers.Pos
	for _, c := range counters[:min(len(counters), maxRows)] {
		at = append(at, parsers.Pos{File: path, Line: c.Line})
	}
	return at
}

// low is the verdict when a counter is low: clear only when all was read.
func (s sum) low(note string) (analyze.Verdict, error) {
	if s.cut != "" {
		return noData(s.cut)
	}
	return isClear(note)
}

// lookups are the rules whose events are lookups without an answer.
var lookups = []string{"dns.coredns.upstream_timeout", "dns.node.lookup_timeout"}

// refused are the rules whose events are connections that a full table refuses.
var refused = []string{
	"dns.coredns.upstream_timeout", "dns.node.lookup_timeout", "kubelet.probe.failures", "kubelet.apiserver.unreachable",
	"cni.ipamd.apiserver_unreachable", "cni.ipamd.imds_error", "imds.unreachable_from_pod", "state.imds.unreachable_from_host",
}

// insertFailed looks for flows that lost the race for their entry. When two
// threads send from one socket, as glibc does for A and AAAA, both packets are
// new and one of them is dropped.
func insertFailed(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := counted(p, "insert_failed")
	if note != "" {
		return noData(note)
	}
	if s.n == 0 {
		return s.low("")
	}
	up := uptime.Of(p)
	m := analyze.Match{
		Severity: analyze.Info,
		Summary:  fmt.Sprintf("packets that lost the race for an entry of their flow: %d%s", s.n, up.Say(s.n)),
		Count:    times(s.n),
		At:       s.at,
	}
	if s.n > uint64(p.Limit("many")) {
		m.Severity = analyze.Low
		if up.Known() && up.Hourly(s.n) >= p.Limit("hourly") {
			m.Severity, m.At = analyze.Medium, up.Cite(m.At)
			m.Explains = lookups
		}
		if at, n := hits(p, lookups); n > 0 && m.Severity == analyze.Medium {
			m.Severity, m.At = analyze.High, append(m.At, at...)
			m.Summary += fmt.Sprintf("; lookups got no answer (%d in the logs)", n)
		}
	}
	return found(m)
}

// drop looks for packets without an entry. A clash that cannot be resolved
// counts as drop and as insert_failed, so only the excess is another matter.
func drop(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := counted(p, "drop")
	if note != "" {
		return noData(note)
	}
	races, _ := counted(p, "insert_failed")
	if s.n <= races.n {
		return s.low(clashes(s.n))
	}
	n := s.n - races.n
	up := uptime.Of(p)
	m := analyze.Match{
		Summary: fmt.Sprintf("packets that were dropped because they got no entry in the table: %d%s", n, up.Say(n)),
		Count:   times(n),
		At:      s.at,
	}
	evicted, _ := counted(p, "early_drop")
	_, said := hits(p, []string{"net.conntrack.table_full"})
	rare := float64(n) < p.Limit("few") || up.Known() && up.Hourly(n) < 1
	switch {
	case rare && evicted.n == 0 && said == 0:
		// The TCP tracker drops a packet now and then that opens a closed
		// connection again.
		m.Severity = analyze.Low
	case float64(n) > p.Limit("many"):
		m.Severity, m.Explains = analyze.High, refused
	}
	return found(m)
}

// clashes says what the dropped packets were.
func clashes(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("the %d dropped packets are those of insert_failed", n)
}

// earlyDrop looks for flows that were evicted.
func earlyDrop(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := counted(p, "early_drop")
	if note != "" {
		return noData(note)
	}
	if s.n == 0 {
		return s.low("")
	}
	up := uptime.Of(p)
	m := analyze.Match{
		Severity: analyze.Medium,
		Summary:  fmt.Sprintf("the table was full at some time since the boot; connections that were evicted for new ones: %d%s", s.n, up.Say(s.n)),
		Count:    times(s.n),
		At:       s.at,
	}
	if up.Known() && up.Hourly(s.n) >= p.Limit("hourly") {
		m.Severity = analyze.High // full again and again, or for long
		m.At = up.Cite(m.At)
	}
	dropped, _ := counted(p, "drop")
	races, _ := counted(p, "insert_failed")
	if dropped.n > races.n && float64(dropped.n-races.n) >= p.Limit("dropped") {
		m.Severity = analyze.High
		m.Summary += fmt.Sprintf("; packets that found no room even so: %d", dropped.n-races.n)
	}
	return found(m)
}

// invalidHigh looks for packets that fit no flow. There is no count of all
// packets that were tracked to compare with.
func invalidHigh(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := counted(p, "invalid")
	if note != "" {
		return noData(note)
	}
	if float64(s.n) <= p.Limit("many") {
		return s.low("")
	}
	up := uptime.Of(p)
	m := analyze.Match{
		Summary: fmt.Sprintf("invalid packets: %d%s", s.n, up.Say(s.n)),
		Count:   times(s.n),
		At:      s.at,
	}
	if up.Known() && up.Hourly(s.n) < p.Limit("hourly") {
		m.Severity = analyze.Info
	}
	return found(m)
}

// searchRestart looks for lookups that had to start again. By itself the
// number says nothing; it counts when the chains of the hash are long.
func searchRestart(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := counted(p, "search_restart")
	if note != "" {
		return noData(note)
	}
	if float64(s.n) < p.Limit("many") {
		return s.low("")
	}
	h, note := hashOf(p)
	if note != "" {
		return noData(note + "; without the size of the hash the number says nothing")
	}
	if h.ratio() <= p.Limit("flows") {
		return isClear("the hash is large enough")
	}
	return found(analyze.Match{
		Summary: fmt.Sprintf("%d lookups of flows started again, with %.0f flows for each bucket of the hash at most%s", s.n, h.ratio(), uptime.Of(p).Say(s.n)),
		Count:   times(s.n),
		At:      append(s.at, h.max.at, h.buckets.at),
	})
}

// times is a counter as the count of a finding.
func times(n uint64) int { return int(min(n, 1<<31-1)) }

// hits are the events of rules, with the places of the first of each.
func hits(p *analyze.Pass, rules []string) (at []parsers.Pos, n int) {
	for _, rule := range rules {
		all := p.Hits(rule)
		n += len(all)
		for _, h := range all[:min(len(all), 2)] {
			at = append(at, h.Pos)
		}
	}
	return at, n
}
