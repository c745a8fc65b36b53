package ledger

import (
	"fmt"
	"math"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/metrics"
)

// A Metric is a number of ipamd, and where it stands.
type Metric struct {
	Value float64
	At    parsers.Pos
}

// Gauge returns a metric of ipamd without labels. The collector appends to what
// an earlier run left, so the last one counts.
//
//	awscni_eni_allocated 1
func Gauge(b *Bundle, name string) (m Metric, ok bool) {
	for _, f := range facts[metrics.Metrics](b) {
		for _, s := range f.value.Get(name) {
			if len(s.Labels) == 0 {
				m, ok = Metric{float64(s.Value), parsers.Pos{File: f.path, Line: s.Line}}, true
			}
		}
	}
	return m, ok
}

// gauge is a metric as an amount; nil without it.
func (b *Bundle) gauge(name string) *Amount {
	m, ok := Gauge(b, name)
	if n, is := count(m.Value); ok && is {
		return amount(n, m.At.File, m.At.Line)
	}
	return nil
}

// Share is how much of an amount is in use, in percent; 0 of nothing.
func Share(used, allowed float64) float64 {
	if s := used / allowed * 100; allowed > 0 && !math.IsNaN(s) {
		return s
	}
	return 0
}

// interfaces are those that are attached, of those that the instance may have.
func interfaces(b *Bundle) []Entry {
	e := Entry{
		Name: "enis", Group: Network, Title: "network interfaces for pods", Unit: "interfaces", Rules: []string{"state.ipamd.eni_max_reached"},
		trips: []Trip{{Share: 100, What: "no interface can be added, and the addresses of pods cannot grow"}},
	}
	e.Used, e.Allowed = b.gauge("awscni_eni_allocated"), b.gauge("awscni_eni_max")
	if e.Used == nil {
		e.Used = b.attached()
	}
	if limits, at, ok := b.ofType(); e.Allowed == nil && ok {
		e.Allowed = &Amount{Value: uint64(limits.Interfaces), File: at.File, Line: at.Line, Note: "of the instance type"}
	}
	switch {
	case e.Used == nil:
		e.Unknown = "ipamd does not tell: " + b.absent("ipamd/metrics.json")
	case e.Allowed == nil:
		e.Unknown = "neither the metrics of ipamd nor the instance type tell how many there may be"
	}
	e = e.weigh()
	// A node that has all of them is as it should be, while addresses are free.
	all := addresses(b)[0]
	e.Tight = e.Tight && all.Tight
	return []Entry{e}
}

// attached counts the interfaces that ipamd knows.
func (b *Bundle) attached() *Amount {
	all := b.pools()
	if len(all) == 0 {
		return nil
	}
	n := amount(0, all[0].path, 0)
	for _, c := range all[0].value.Cards {
		n.Value += uint64(len(c.ENIs))
	}
	return n
}

// ofType are the limits of the instance type.
func (b *Bundle) ofType() (node.Limits, node.Reading, bool) {
	of := b.attribute("instance.type")
	l, ok := node.LimitsOf(of.Value)
	return l, of, ok
}

// addresses are those of pods, of all that the interfaces can have.
func addresses(b *Bundle) []Entry {
	e := Entry{
		Name: "addresses", Group: Network, Title: "addresses for pods, with all interfaces", Unit: "addresses",
		Rules: []string{"state.ipamd.eni_max_reached"},
		trips: []Trip{{Share: 100, What: "new pods wait in ContainerCreating: no address"}},
	}
	e.Used, e.Allowed = b.gauge("awscni_assigned_ip_addresses"), b.gauge("awscni_ip_max")
	if e.Used == nil || e.Allowed == nil || e.Allowed.Value == 0 {
		e.Unknown = "ipamd does not tell: " + b.absent("ipamd/metrics.json")
	}
	return []Entry{e.weigh()}
}

// pools are the addresses of each network card: those of pods, of those that
// are assigned to the interfaces already.
func pools(b *Bundle) []Entry {
	var all []Entry
	files := b.pools()
	if len(files) == 0 {
		e := Entry{Unknown: "ipamd does not tell: " + b.absent("ipamd/enis.json")}
		return []Entry{pool(e).weigh()}
	}
	f := files[0]
	for i := range f.value.Cards[:min(len(f.value.Cards), maxOf)] {
		all = append(all, Pool(f.path, &f.value.Cards[i]))
	}
	return all
}

// Pool is the entry of a network card. That nearly all addresses are in use is
// normal: ipamd keeps few free ones, and fetches more.
func Pool(file string, c *enis.Card) Entry {
	e := pool(Entry{Of: fmt.Sprintf("card %d", c.Number)})
	e.Used, e.Allowed = amount(uint64(max(c.Assigned, 0)), file, c.Line), amount(uint64(max(c.Capacity(), 0)), file, c.Line)
	e.Allowed.Note = prefixes(c)
	e = e.weigh()
	e.Tight = e.Full()
	return e
}

func pool(e Entry) Entry {
	e.Name, e.Group, e.Title, e.Unit = "pool", Network, "addresses for pods, at hand", "addresses"
	e.Rules = []string{"state.ipamd.pool_exhausted", "state.ipamd.no_available_metric", "cni.ipamd.no_available_ip"}
	e.trips = []Trip{{Share: 100, What: "the next pod waits until ipamd has fetched more, if it can"}}
	return e
}

// Full reports an entry of which nothing is left.
func (e *Entry) Full() bool { return e.Percent() >= 100 }

// prefixes says where the addresses come from.
func prefixes(c *enis.Card) string {
	blocks, single := 0, 0
	for _, e := range c.ENIs {
		for _, r := range e.Ranges {
			if r.Delegated {
				blocks++
			} else {
				single++
			}
		}
	}
	var said []string
	if blocks > 0 {
		said = append(said, fmt.Sprintf("%d prefixes", blocks))
	}
	if single > 0 {
		said = append(said, fmt.Sprintf("%d secondary addresses", single))
	}
	return strings.Join(said, " and ")
}

// pools are the answers of ipamd that go to their end and have interfaces.
func (b *Bundle) pools() (all []fact[enis.Pool]) {
	for _, f := range facts[enis.Pool](b) {
		if f.value.Damaged || b.cut(f.path) != "" {
			continue
		}
		for _, c := range f.value.Cards {
			if len(c.ENIs) > 0 {
				all = append(all, f)
				break
			}
		}
	}
	return all
}
