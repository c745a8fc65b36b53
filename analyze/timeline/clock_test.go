package timeline

import (
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
)

func TestResolve_noYear(t *testing.T) {
	stamp := func(month time.Month, day, hour int) parsers.Stamp {
		return parsers.Stamp{Kind: parsers.NoYear, Nano: time.Date(parsers.NoYearBase, month, day, hour, 0, 0, 0, time.UTC).UnixNano()}
	}
	f := func(collected string, s parsers.Stamp, want string) {
		t.Helper()
		at, err := time.Parse(time.DateOnly, collected)
		if err != nil {
			t.Fatal(err)
		}
		got, q := Clock{Collected: at}.Resolve(s)
		if got.Format("2006-01-02T15") != want || q != YearInferred {
			t.Errorf("collected %s: Resolve = %v (%v), want %s", collected, got, q, want)
		}
	}
	f("2026-11-21", stamp(11, 20, 5), "2026-11-20T05")
	f("2026-11-21", stamp(11, 21, 23), "2026-11-21T23") // later on the day: a host zone east of UTC
	f("2026-11-21", stamp(11, 23, 0), "2025-11-23T00")
	f("2026-01-01", stamp(12, 31, 23), "2025-12-31T23")
	f("2025-12-31", stamp(1, 1, 0), "2026-01-01T00") // the collection ran over midnight
	f("2024-03-01", stamp(2, 29, 12), "2024-02-29T12")
	f("2026-03-01", stamp(2, 29, 12), "2024-02-29T12")
}

func TestResolve_zone(t *testing.T) {
	f := func(zone time.Duration, kind parsers.StampKind, collected, stamp, want string) {
		t.Helper()
		read := func(s string) time.Time {
			at, err := time.Parse(time.RFC3339, s)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		c := Clock{Collected: read(collected), Zone: zone, ZoneKnown: true}
		if got, _ := c.Resolve(parsers.Stamp{Kind: kind, Nano: read(stamp).UnixNano()}); !got.Equal(read(want)) {
			t.Errorf("collected %s, zone %v: Resolve(%s) = %v, want %s", collected, zone, stamp, got, want)
		}
	}
	const east, west = 9 * time.Hour, -3*time.Hour - 30*time.Minute
	f(east, parsers.NoYear, "2026-11-21T00:20:00Z", "1972-11-21T09:19:00Z", "2026-11-21T00:19:00Z")
	f(west, parsers.NoYear, "2026-11-21T00:20:00Z", "1972-11-20T20:49:00Z", "2026-11-21T00:19:00Z")
	f(east, parsers.UTCNoYear, "2026-11-21T00:20:00Z", "1972-11-21T00:19:00Z", "2026-11-21T00:19:00Z")
	f(east, parsers.Local, "2026-11-21T00:20:00Z", "2026-11-21T09:19:00Z", "2026-11-21T00:19:00Z")
	f(east, parsers.Zoned, "2026-11-21T00:20:00Z", "2026-11-21T00:19:00Z", "2026-11-21T00:19:00Z")
	f(east, parsers.NoYear, "2025-12-31T20:00:00Z", "1972-01-01T04:59:00Z", "2025-12-31T19:59:00Z") // the new year begins there first
	f(west, parsers.NoYear, "2026-01-01T01:00:00Z", "1972-12-31T21:29:00Z", "2026-01-01T00:59:00Z")
}

func TestZoneName(t *testing.T) {
	f := func(zone time.Duration, want string) {
		t.Helper()
		got := ZoneName(zone)
		back, ok := ParseZone(got)
		if got != want || back != zone || !ok {
			t.Errorf("ZoneName(%v) = %q, read back as %v, %v; want %q", zone, got, back, ok, want)
		}
	}
	f(0, "UTC")
	f(9*time.Hour, "UTC+09:00")
	f(-3*time.Hour-30*time.Minute, "UTC-03:30")
	f(14*time.Hour, "UTC+14:00")
	for _, bad := range []string{"", "JST", "UTC+15:00", "UTC+9", "UTC+09:00 "} {
		if zone, ok := ParseZone(bad); ok {
			t.Errorf("ParseZone(%q) = %v, want none", bad, zone)
		}
	}
}

func TestResolve_other(t *testing.T) {
	boot := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	f := func(c Clock, s parsers.Stamp, want time.Time, quality Quality) {
		t.Helper()
		if got, q := c.Resolve(s); !got.Equal(want) || q != quality {
			t.Errorf("Resolve(%v) = %v, %v, want %v, %v", s, got, q, want, quality)
		}
	}
	f(Clock{Boot: boot}, parsers.Stamp{Kind: parsers.SinceBoot, Nano: int64(90 * time.Second)}, boot.Add(90*time.Second), BootRelative)
	f(Clock{}, parsers.Stamp{Kind: parsers.SinceBoot, Nano: 1}, time.Time{}, None)
	f(Clock{}, parsers.Stamp{Kind: parsers.NoYear, Nano: 1}, time.Time{}, None)
	f(Clock{}, parsers.StampAt(boot), boot, Exact)
	f(Clock{}, parsers.Stamp{}, time.Time{}, None)
}
