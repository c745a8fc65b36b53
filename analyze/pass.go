package analyze

import (
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
)

// NewPass makes of a stored case and its last report what checks see of it, for
// those who look at the state again without reading the logs. Events of rules
// are not kept, so its Hits are none: what they proved stands in the report.
func NewPass(r *Report, c *index.Case, facts []index.Fact) *Pass {
	clock := r.Case.Clock()
	p := &Pass{
		Case: &r.Case, Facts: index.ByPath(facts), Files: filesByPath(c.Files), Broken: c.Broken, Skips: c.Skips, Clock: clock,
		Hits: func(string) []Hit { return nil },
		Audit: coverage.Of(&coverage.Input{
			Name: c.BundleName, Broken: c.Broken, OS: r.Case.Node.OS, Files: c.Files, Skips: c.Skips, Clock: clock,
		}),
	}
	w := &writer{c: c}
	p.Line, p.Lines = w.line, w.lines
	return p
}

// Clock is the clock that the times of a stored report were made with.
func (c *CaseInfo) Clock() timeline.Clock {
	clock := timeline.Clock{Collected: stored(c.CollectedAt), Boot: stored(c.Node.BootedAt)}
	if c.Card != nil {
		clock.Zone, clock.ZoneKnown = timeline.ParseZone(c.Card.Value(node.ZoneAttribute))
	}
	return clock
}

// stored reads a time of a report; zero for "".
func stored(s string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, s)
	return t
}

func filesByPath(files []*index.File) []*index.File {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b *index.File) int { return strings.Compare(a.Path, b.Path) })
	return files
}
