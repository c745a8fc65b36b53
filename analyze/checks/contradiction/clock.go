package contradiction

import (
	"context"
	"fmt"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/clock"
	"github.com/eksleuth/eksleuth/parsers"
)

// clocks compares what chronyd says of its source with the date of the API
// server.
//
//	chronyd[1712]: Selected source 169.254.169.123
//	< date: Sat, 21 Nov 2026 11:26:36 GMT
func clocks(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	h, ok := last(p, "mark.chrony.selected")
	if !ok || h.At.Before(p.Clock.Boot) {
		return unsaid(p, "chronyd said nothing of a source since the boot", "var_log/messages", "var_log/syslog")
	}
	if lost, ok := last(p, "time.chrony.no_source"); ok && lost.At.After(h.At) {
		return isClear("chronyd has had no source since " + clockTime(lost))
	}
	s, measured := clock.Measure(p)
	switch {
	case !measured:
		return noData("no request to the API server has both times")
	case s.By.Abs().Seconds() <= p.Limit("offset"):
		return isClear("chronyd has a source, and the clock is that of the API server")
	}
	side := "ahead of"
	if s.By < 0 {
		side = "behind"
	}
	source := h.Entities["ip"]
	m := analyze.Match{
		Summary: fmt.Sprintf("chronyd has followed %s since %s, and the clock is at least %s %s that of the API server",
			source, clockTime(h), s.By.Abs().Round(time.Second), side),
		At: append([]parsers.Pos{h.Pos}, s.At...),
	}
	if source != "" {
		m.Entities = map[string][]string{"ip": {source}}
	}
	return found(m)
}
