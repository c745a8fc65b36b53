// Package uptime tells how long a node ran when its bundle was made. Counters
// since the boot are rates only by it.
package uptime

import (
	"fmt"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/procstat"
)

// A Time is how long a node ran, with the line that tells its boot. The zero
// Time is not known.
type Time struct {
	Up time.Duration
	At parsers.Pos
}

// Of returns the time from the boot to the collection.
func Of(p *analyze.Pass) Time {
	end, err := time.Parse(time.RFC3339, p.Case.CollectedAt)
	if err != nil {
		return Time{}
	}
	for _, f := range analyze.Facts[procstat.Stat](p) {
		if up := end.Sub(f.Value.BootTime); !f.Value.BootTime.IsZero() && up > 0 {
			return Time{up, parsers.Pos{File: f.Path, Line: f.Value.Line}}
		}
	}
	return Time{}
}

// Known reports whether the time is known.
func (t Time) Known() bool { return t.Up > 0 }

// Hourly is how many of n events came in an hour. The first hour counts as a
// whole one: what happens at the boot is no rate.
func (t Time) Hourly(n uint64) float64 { return float64(n) / max(t.Up.Hours(), 1) }

// Say ends a sentence on n events since the boot: "", or ", 2 an hour in the 4
// days since the boot".
func (t Time) Say(n uint64) string {
	switch rate := t.Hourly(n); {
	case !t.Known():
		return ""
	case t.Up < time.Hour:
		return fmt.Sprintf(" in the %s since the boot", t)
	case rate < 1:
		return fmt.Sprintf(", less than one an hour in the %s since the boot", t)
	default:
		return fmt.Sprintf(", %.0f an hour in the %s since the boot", rate, t)
	}
}

// String is the time in words: "11 minutes", "10 hours", "4 days".
func (t Time) String() string {
	switch hours := t.Up.Hours(); {
	case hours < 2:
		return fmt.Sprintf("%.0f minutes", t.Up.Minutes())
	case hours < 48:
		return fmt.Sprintf("%.0f hours", hours)
	default:
		return fmt.Sprintf("%.0f days", hours/24)
	}
}

// Cite adds the line of the boot to places.
func (t Time) Cite(at []parsers.Pos) []parsers.Pos {
	if !t.Known() {
		return at
	}
	return append(at, t.At)
}
