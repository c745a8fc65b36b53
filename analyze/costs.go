package analyze

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/eksleuth/eksleuth/index"
)

// A Cost is what the expressions of one rule took in a pass.
type Cost struct {
	Rule  string        `json:"rule"`
	Time  time.Duration `json:"ns"`
	Share float64       `json:"share"` // of the pass, 0 to 1
	Tried int64         `json:"tried"` // lines
	Bytes int64         `json:"bytes"` // of those lines
}

// costs counts by rule number.
type costs struct {
	of []counter
}

type counter struct{ time, tried, bytes atomic.Int64 }

// A Measure is a scan that takes the time of each rule. Measuring makes it
// slower than a plain one: use it for nothing else.
type Measure struct {
	*Scan
	total atomic.Int64 // in Block and Collect
}

// NewMeasure starts a measured pass.
func (e *Engine) NewMeasure() *Measure {
	m := &Measure{Scan: e.NewScan()}
	m.costs = &costs{make([]counter, len(e.rules))}
	return m
}

// Block is that of a Scan.
func (m *Measure) Block(b *index.Block, text []byte) any {
	start := time.Now()
	found := m.Scan.Block(b, text)
	m.total.Add(int64(time.Since(start)))
	return found
}

// Collect is that of a Scan.
func (m *Measure) Collect(b *index.Block, found any) {
	start := time.Now()
	m.Scan.Collect(b, found)
	m.total.Add(int64(time.Since(start)))
}

// search runs the expressions of a rule and takes the time.
func (c *costs) search(r *compiledRule, line []byte) []int {
	start := time.Now()
	loc := r.search(line)
	n := &c.of[r.num]
	n.time.Add(int64(time.Since(start)))
	n.tried.Add(1)
	n.bytes.Add(int64(len(line)))
	return loc
}

// Scanning is the time that all of the scan took, the search for texts included.
func (m *Measure) Scanning() time.Duration { return time.Duration(m.total.Load()) }

// Costs are those of the rules that were tried at all, the dearest first, as
// shares of a pass that took so long.
func (m *Measure) Costs(pass time.Duration) []Cost {
	var out []Cost
	for i, r := range m.engine.rules {
		n := &m.costs.of[i]
		if n.tried.Load() == 0 {
			continue
		}
		c := Cost{Rule: r.ID, Time: time.Duration(n.time.Load()), Tried: n.tried.Load(), Bytes: n.bytes.Load()}
		if pass > 0 {
			c.Share = float64(c.Time) / float64(pass)
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Cost) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Rule, b.Rule))
	})
	return out
}
