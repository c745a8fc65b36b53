package parsers

import "time"

// A Stamp is a time as a line writes it, before anything else of the bundle is
// known: it may lack the year, the zone, or count from the boot. It becomes an
// instant when the whole bundle has been read (package analyze/timeline).
type Stamp struct {
	Kind StampKind

	// Nano depends on Kind. Zoned: nanoseconds since 1970 UTC. Local: the
	// same, as if the clock on the wall were UTC. NoYear and UTCNoYear: the
	// same, in the year 1972 (a leap year). SinceBoot: nanoseconds since the
	// boot.
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
	UTCNoYear           // no year, and known to be UTC: klog in a container
)

// NoYearBase is the year in which NoYear stamps are counted.
const NoYearBase = 1972

// StampAt makes a Zoned stamp.
func StampAt(t time.Time) Stamp { return Stamp{Zoned, t.UnixNano()} }

// InUTC is the stamp of a program whose times are UTC whatever the zone of the
// node is: one in a container, or one that says so nowhere but in its source.
func (s Stamp) InUTC() Stamp {
	switch s.Kind {
	case Local:
		s.Kind = Zoned
	case NoYear:
		s.Kind = UTCNoYear
	}
	return s
}
