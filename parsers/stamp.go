package parsers

import "time"

// A Stamp is a time as a line writes it, before anything else of the bundle is
// known: it may lack the year, the zone, or count from the boot. It becomes an
// instant when the whole bundle has been read (package analyze/timeline).
type Stamp struct {
	Kind StampKind

	// Nano depends on Kind. Zoned: nanoseconds since 1970 UTC. Local: the
	// same, as if the clock on the wall were UTC. NoYear: the same, in the
	// year 1972 (a leap year). SinceBoot: nanoseconds since the boot.
	Nano int64
}

// A StampKind says what a Stamp lacks.
type StampKind uint8

// The kinds of stamps. NoStamp is the zero value.
const (
	NoStamp   StampKind = iota
	Zoned               // an instant: zap, logfmt, CRI, RFC 3339
	Local               // no zone: dmesg --ctime, cloud-init
	NoYear              // no zone and no year: journald short, klog
	SinceBoot           // dmesg
)

// NoYearBase is the year in which NoYear stamps are counted.
const NoYearBase = 1972

// StampAt makes a Zoned stamp.
func StampAt(t time.Time) Stamp { return Stamp{Zoned, t.UnixNano()} }
