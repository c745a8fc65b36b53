package ena

import (
	"context"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/uptime"
	"github.com/eksleuth/eksleuth/analyze/ledger"
)

// An exceeded counter is that of an allowance of the whole instance, added over
// its cards: packets that were queued or dropped.
//
//	bw_in_allowance_exceeded: 3241329
type exceeded struct {
	n     uint64
	cards []counter
	up    uptime.Time
}

// over reads the counter of an allowance. The verdict is the answer when there
// is nothing to weigh.
func over(p *analyze.Pass, name string) (e exceeded, v *analyze.Verdict) {
	all, note := cards(p, named(name))
	if note != "" {
		return e, &analyze.Verdict{Outcome: analyze.NoData, Note: note}
	}
	for i := range all {
		e.cards = append(e.cards, all[i].counters(named(name))...)
	}
	if e.n = sum(e.cards); e.n == 0 {
		clear := verdict(p, nil)
		return e, &clear
	}
	e.up = uptime.Of(p)
	return e, nil
}

// reaches reports whether the packets of an hour reach a limit. Without the time
// since the boot nothing is known of an hour.
func (e *exceeded) reaches(limit float64) bool { return e.up.Known() && e.up.Hourly(e.n) > limit }

// found is the finding about an allowance.
func (e *exceeded) found(severity analyze.Severity) analyze.Verdict {
	m := analyze.Match{
		Severity: severity,
		Summary:  fmt.Sprintf("packets over the allowance: %d%s", e.n, e.up.Say(e.n)),
		Count:    times(e.n),
		At:       e.up.Cite(places(e.cards)),
		Entities: map[string][]string{},
	}
	for _, c := range e.cards {
		m.Entities["interface"] = append(m.Entities["interface"], c.card.Name)
	}
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{m}}
}

// bandwidth weighs what was over the bandwidth of the instance in one
// direction. Bursts of microseconds count, so that thousands a week are normal.
func bandwidth(p *analyze.Pass, name string) analyze.Verdict {
	e, v := over(p, name)
	switch {
	case v != nil:
		return *v
	case e.reaches(p.Limit("much")):
		return e.found(analyze.Medium)
	case e.reaches(p.Limit("some")):
		return e.found(analyze.Low)
	}
	return e.found(analyze.Info)
}

// packets weighs what was over the packet rate of the instance.
func packets(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	e, v := over(p, "pps_allowance_exceeded")
	switch {
	case v != nil:
		return *v, nil
	case e.reaches(p.Limit("hourly")):
		return e.found(analyze.Medium), nil
	}
	return e.found(analyze.Info), nil
}

// connections weighs packets that were dropped because the table of tracked
// connections outside the instance, that of its security groups, was full.
func connections(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	e, v := over(p, "conntrack_allowance_exceeded")
	if v != nil {
		return *v, nil
	}
	switch {
	case e.up.Known() && e.up.Hourly(e.n) < 1:
		return e.found(analyze.Low), nil
	case !e.reaches(p.Limit("hourly")):
		return e.found(analyze.Medium), nil
	}
	out := e.found(analyze.High)
	out.Matches[0].Explains = []string{"dns.coredns.upstream_timeout", "dns.node.lookup_timeout", "kubelet.apiserver.unreachable", "image.pull.network"}
	return out, nil
}

// available looks at how many connections the instance may still track. A card
// without traffic shows an old value, so only the busiest one is asked.
func available(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const name = "conntrack_allowance_available"
	all, note := cards(p, named(name))
	if note != "" {
		return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
	}
	busy, most := &all[0], uint64(0)
	for i := range all {
		if all[i].traffic() > busy.traffic() {
			busy = &all[i]
		}
		c, _ := all[i].Counter(name)
		most = max(most, c.Value)
	}
	left, _ := busy.Counter(name)
	c := counter{busy, left}
	if over, _ := busy.Counter("conntrack_allowance_exceeded"); left.Value == 0 && over.Value == 0 {
		return analyze.Verdict{Outcome: analyze.NoData, Note: c.at().String() + " says 0, and nothing was dropped: this instance does not tell"}, nil
	}
	if float64(left.Value) >= p.Limit("few") && float64(left.Value)*100 >= p.Limit("share")*float64(most) {
		v := verdict(p, nil)
		if v.Outcome == analyze.Clear {
			v.Note = fmt.Sprintf("%d connections are left", left.Value)
		}
		return v, nil
	}
	m := analyze.Match{
		Summary:  fmt.Sprintf("%s may track %d more connections", busy.Name, left.Value),
		At:       places([]counter{c}),
		Entities: busy.entities(),
	}
	for i := range all {
		if v, _ := all[i].Counter(name); v.Value == most && most > left.Value {
			m.Summary += fmt.Sprintf("; %s told of %d", all[i].Name, most)
			m.At = append(m.At, (&counter{&all[i], v}).at())
			break
		}
	}
	return analyze.Verdict{Outcome: analyze.Found, Matches: []analyze.Match{m}}, nil
}

// traffic is how many packets a card received and sent.
func (c *card) traffic() uint64 { return ledger.Traffic(c.Interface) }
