// Package when reads the times that log lines start with.
//
// Each reader takes bytes that begin with a time and returns it with the number
// of bytes it is written in; 0 means that there is no such time here. Nothing is
// allocated. A date that no calendar has (month 13, Feb 30) is no time, nor is
// one that does not fit a [parsers.Stamp].
package when

import "github.com/eksleuth/eksleuth/parsers"

const (
	second = int64(1e9)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// Years that nanoseconds in an int64 can count, from 1970 on.
const (
	firstYear = 1970
	lastYear  = 2261
)

// A clock is a time of day being read: h, m and s are checked, nano is the
// fraction, and n is how many bytes all of it takes.
type clock struct {
	nano int64 // since midnight
	n    int
}

// readClock reads "00:19:43" and a fraction of any length behind a point or a
// comma; digits after the ninth are skipped. n is 0 when there is none.
func readClock(b []byte) clock {
	if len(b) < 8 || b[2] != ':' || b[5] != ':' {
		return clock{}
	}
	h, m, s := two(b, 0), two(b, 3), two(b, 6)
	if uint(h) > 23 || uint(m) > 59 || uint(s) > 59 {
		return clock{}
	}
	nano := int64(h)*hour + int64(m)*minute + int64(s)*second
	frac, n := fraction(b[8:])
	return clock{nano + frac, 8 + n}
}

// fraction reads ".405489" or ",123" as nanoseconds; n is 0 when b starts with
// anything else.
func fraction(b []byte) (nano int64, n int) {
	if len(b) < 2 || (b[0] != '.' && b[0] != ',') || !digit(b[1]) {
		return 0, 0
	}
	unit := second / 10
	for n = 1; n < len(b) && digit(b[n]); n++ {
		nano += int64(b[n]-'0') * unit
		unit /= 10
	}
	return nano, n
}

// two reads the two digits at b[i:]; a negative number means they are not there.
func two(b []byte, i int) int {
	x, y := b[i]-'0', b[i+1]-'0'
	if x > 9 || y > 9 {
		return -1
	}
	return int(x)*10 + int(y)
}

// four reads the four digits at b[i:], or a negative number.
func four(b []byte, i int) int {
	x, y := two(b, i), two(b, i+2)
	if x < 0 || y < 0 {
		return -1
	}
	return x*100 + y
}

func digit(c byte) bool { return c-'0' <= 9 }

// month reads "Jan"..."Dec" at the start of b as 1..12; 0 is none of them.
func month(b []byte) int {
	if len(b) < 3 {
		return 0
	}
	switch uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) {
	case 'J'<<16 | 'a'<<8 | 'n':
		return 1
	case 'F'<<16 | 'e'<<8 | 'b':
		return 2
	case 'M'<<16 | 'a'<<8 | 'r':
		return 3
	case 'A'<<16 | 'p'<<8 | 'r':
		return 4
	case 'M'<<16 | 'a'<<8 | 'y':
		return 5
	case 'J'<<16 | 'u'<<8 | 'n':
		return 6
	case 'J'<<16 | 'u'<<8 | 'l':
		return 7
	case 'A'<<16 | 'u'<<8 | 'g':
		return 8
	case 'S'<<16 | 'e'<<8 | 'p':
		return 9
	case 'O'<<16 | 'c'<<8 | 't':
		return 10
	case 'N'<<16 | 'o'<<8 | 'v':
		return 11
	case 'D'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return 0
}

// yearDays is how many days of a common year pass before each month.
var yearDays = [...]int64{0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// newYear is the number of days from 1970-01-01 to the first day of a year.
func newYear(y int) int64 {
	p := int64(y - 1)
	return (p*365 + p/4 - p/100 + p/400) - 719162
}

// days is the number of days from 1970-01-01 to a date, or false when the
// calendar has no such date or a Stamp cannot hold it.
func days(y, m, d int) (int64, bool) {
	if y < firstYear || y > lastYear || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	n := int(yearDays[m+1] - yearDays[m])
	if m == 2 && leap(y) {
		n = 29
	}
	if d > n {
		return 0, false
	}
	t := newYear(y) + yearDays[m] + int64(d-1)
	if m > 2 && leap(y) {
		t++
	}
	return t, true
}

// noYear puts a date without a year in the year of such stamps.
func noYear(m, d int, c clock) (parsers.Stamp, bool) {
	t, ok := days(parsers.NoYearBase, m, d)
	return parsers.Stamp{Kind: parsers.NoYear, Nano: t*day + c.nano}, ok
}
