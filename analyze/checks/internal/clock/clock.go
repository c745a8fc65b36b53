// Package clock measures how far the clock of a node is from that of the API
// server.
package clock

import (
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/apiserver"
)

// maxRequest is how long curl waits for an answer: --max-time of the collector.
const maxRequest = 10 * time.Second

// A Skew is how far the clock of the node is from that of the API server, at
// least. It is positive for a clock that is ahead.
type Skew struct {
	By time.Duration
	At []parsers.Pos
}

// Measure reads the requests of the collector; false when none has both times. A
// server writes the second in which it answers, which is between the start of a
// request and that of the next one.
func Measure(p *analyze.Pass) (worst Skew, ok bool) {
	for _, f := range analyze.Facts[apiserver.Requests](p) {
		for i, a := range f.Value.Attempts {
			if a.Date.Line == 0 || a.Time.IsZero() {
				continue
			}
			ok = true
			by := bound(a.Time, a.Date.Time, end(f.Value.Attempts, i))
			if by.Abs() > worst.By.Abs() {
				worst = Skew{by, []parsers.Pos{{File: f.Path, Line: a.Line}, {File: f.Path, Line: a.Date.Line}}}
			}
		}
	}
	return worst, ok
}

// end is when the request was over at the latest.
func end(all []apiserver.Attempt, i int) time.Time {
	if last := all[i].Time.Add(maxRequest); i+1 == len(all) || all[i+1].Time.Before(all[i].Time) || all[i+1].Time.After(last) {
		return last
	}
	return all[i+1].Time
}

// bound is the least difference of clocks that explains the times; 0 when none
// has to be there.
func bound(start, date, end time.Time) time.Duration {
	if by := start.Sub(date.Add(time.Second)); by > 0 {
		return by
	}
	return min(0, end.Sub(date))
}
