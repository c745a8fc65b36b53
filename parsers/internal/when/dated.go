package when

import "github.com/eksleuth/eksleuth/parsers"

// Dated gives a stamp without year and zone those of another stamp of the same
// line, which was written a little later: kubelet's own time inside a journal
// line, for example. It returns false when the two are more than a day apart,
// as no line waits so long.
func Dated(s, by parsers.Stamp, offset int64) (parsers.Stamp, bool) {
	if s.Kind != parsers.NoYear || by.Kind != parsers.Zoned {
		return s, false
	}
	base := newYear(parsers.NoYearBase) * day
	y := year((by.Nano + offset) / day)
	for _, y := range [...]int{y, y - 1, y + 1} {
		in := s.Nano - base
		if !leap(y) && in >= 59*day {
			if in < 60*day {
				continue // Feb 29
			}
			in -= day
		}
		t := newYear(y)*day + in - offset
		if d := t - by.Nano; -day <= d && d <= day && y <= lastYear {
			return parsers.Stamp{Kind: parsers.Zoned, Nano: t}, true
		}
	}
	return s, false
}

// year is the year of a day counted from 1970-01-01.
func year(days int64) int {
	y := firstYear + int(days/366)
	for newYear(y+1) <= days {
		y++
	}
	return y
}
