// Package timeline makes instants of the times that lines say.
//
// Log lines lack the year (journald, klog), the zone, or count from the boot
// (dmesg). What is missing comes from the bundle as a whole: when it was
// collected, and when the node booted.
package timeline

import (
	"time"

	"github.com/eksleuth/eksleuth/parsers"
)

// A Clock knows what the whole bundle says of time. The zero Clock knows
// nothing: only zoned stamps become instants.
type Clock struct {
	Collected time.Time // when the bundle was made; zero when unknown
	Boot      time.Time // when the node booted; zero when unknown

	// Zone is how far the clock on the wall of the node is ahead of UTC, and
	// ZoneKnown whether that is known; if not, it is taken for UTC.
	Zone      time.Duration
	ZoneKnown bool
}

// A Quality says how an instant was made.
type Quality uint8

// The qualities, the best last.
const (
	None         Quality = iota
	BootRelative         // counted from the boot time
	YearInferred         // the year or the zone was missing
	Exact                // the line says the instant
)

// Skew is how far a line may be after the collection and still be of its year:
// the collector runs for minutes, and the host may not be in UTC without a word
// of that in the bundle.
const Skew = 24 * time.Hour

// Resolve makes an instant of a stamp. The time is zero when that cannot be.
func (c Clock) Resolve(s parsers.Stamp) (time.Time, Quality) {
	switch s.Kind {
	case parsers.Zoned:
		return time.Unix(0, s.Nano).UTC(), Exact
	case parsers.Local:
		return time.Unix(0, s.Nano).UTC().Add(-c.Zone), YearInferred
	case parsers.NoYear, parsers.UTCNoYear:
		if c.Collected.IsZero() {
			return time.Time{}, None
		}
		zone := c.Zone
		if s.Kind == parsers.UTCNoYear {
			zone = 0
		}
		return c.inYear(time.Unix(0, s.Nano).UTC(), zone), YearInferred
	case parsers.SinceBoot:
		if c.Boot.IsZero() {
			return time.Time{}, None
		}
		return c.Boot.Add(time.Duration(s.Nano)), BootRelative
	}
	return time.Time{}, None
}

// inYear moves a time of parsers.NoYearBase, on a clock of a zone, into the last
// year in which it is not after the collection, and from there to UTC. The 29th
// of February needs a leap year.
func (c Clock) inYear(t time.Time, zone time.Duration) time.Time {
	latest := c.Collected.Add(Skew + zone)
	for year := latest.Year(); year > latest.Year()-9; year-- {
		moved := time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
		if moved.Day() == t.Day() && !moved.After(latest) {
			return moved.Add(-zone)
		}
	}
	return time.Time{}
}

// MaxZone is how far a zone can be from UTC; no land is farther.
const MaxZone = 14 * time.Hour

// ZoneName writes how far a zone is ahead of UTC: "UTC", "UTC+09:00",
// "UTC-03:30".
func ZoneName(zone time.Duration) string {
	if zone == 0 {
		return "UTC"
	}
	return time.Unix(0, 0).In(time.FixedZone("", int(zone/time.Second))).Format("UTC-07:00")
}

// ParseZone reads what ZoneName writes.
func ParseZone(name string) (zone time.Duration, ok bool) {
	if name == "UTC" {
		return 0, true
	}
	t, err := time.Parse("UTC-07:00", name)
	_, seconds := t.Zone()
	zone = time.Duration(seconds) * time.Second
	if err != nil || zone.Abs() > MaxZone {
		return 0, false
	}
	return zone, true
}
