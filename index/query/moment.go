package query

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A moment is a point in time as a query writes it.
type moment struct {
	// One of these is what it counts from: an instant, the end of the case,
	// or the first time of a finding.
	at      time.Time
	end     bool
	finding string

	offset time.Duration
	unit   time.Duration // how much time it names: a day, a minute, a second
}

// layouts are the ways to write an instant, and how much time each names. A
// time without a zone is UTC.
var layouts = []struct {
	layout string
	unit   time.Duration
}{
	{"2006-01-02", 24 * time.Hour},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02 15:04", time.Minute},
	{"2006-01-02T15:04Z07:00", time.Minute},
	{"2006-01-02T15:04:05", time.Second}, // a fraction is read as well
	{"2006-01-02 15:04:05", time.Second},
	{"2006-01-02T15:04:05Z07:00", time.Second},
	{"2006-01-02 15:04:05Z07:00", time.Second},
}

var errMoment = errors.New("not a time: write 2026-11-21, 2026-11-21T00:37, 2026-11-21T00:37:49Z, -2h or @F-001-5m")

func checkMoment(value string) (string, error) {
	_, err := parseMoment(value)
	return value, err
}

func checkSpan(value string) (string, error) {
	_, err := parseSpan(value)
	return value, err
}

func parseMoment(s string) (moment, error) {
	if s == "" {
		return moment{}, errMoment
	}
	switch s[0] {
	case '@':
		return parseAround(s[1:])
	case '-':
		d, err := parseOffset(s)
		return moment{end: true, offset: d}, err
	}
	for _, l := range layouts {
		t, err := time.Parse(l.layout, s)
		if err == nil {
			return moment{at: t, unit: unitOf(s, l.unit)}, nil
		}
	}
	return moment{}, errMoment
}

// unitOf returns how much time a text with the unit names, less if there is a
// fraction of a second in it.
func unitOf(s string, unit time.Duration) time.Duration {
	_, fraction, ok := strings.Cut(s, ".")
	if !ok {
		return unit
	}
	for i := 0; i < len(fraction) && '0' <= fraction[i] && fraction[i] <= '9' && unit > 1; i++ {
		unit /= 10
	}
	return unit
}

// parseAround reads what stands behind the @ of "@F-003-5m".
func parseAround(s string) (moment, error) {
	end := len(s)
	if i := strings.IndexAny(s[min(2, len(s)):], "+-"); i >= 0 {
		end = i + 2
	}
	m := moment{finding: s[:end]}
	if !isFinding(m.finding) {
		return m, fmt.Errorf("%q is not the ID of a finding, such as F-001", m.finding)
	}
	if end == len(s) {
		return m, nil
	}
	var err error
	m.offset, err = parseOffset(s[end:])
	return m, err
}

// parseOffset reads "-5m", "+1h30m" or "-2d".
func parseOffset(s string) (time.Duration, error) {
	sign, rest := s[:1], s[1:]
	days := 0
	if text, behind, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return 0, errMoment
		}
		days, rest = int(n), behind
	}
	var d time.Duration
	if rest != "" || days == 0 {
		var err error
		if d, err = time.ParseDuration(rest); err != nil || strings.ContainsAny(rest, "+-") {
			return 0, errMoment
		}
	}
	if days > maxDays || d > maxDays*24*time.Hour {
		return 0, fmt.Errorf("an offset of more than %d days", maxDays)
	}
	d += time.Duration(days) * 24 * time.Hour
	if sign == "-" {
		d = -d
	}
	return d, nil
}

// maxDays keeps the sum of two offsets, of two parts each, from overflow.
const maxDays = 20_000

// A span is the value of time: a moment, or two with ".." between, of which one
// may be missing.
type span struct {
	from, to *moment
}

func parseSpan(s string) (span, error) {
	left, right, isRange := strings.Cut(s, "..")
	if !isRange {
		m, err := parseMoment(s)
		return span{&m, &m}, err
	}
	if left == "" && right == "" {
		return span{}, errMoment
	}
	var sp span
	if left != "" {
		m, err := parseMoment(left)
		if err != nil {
			return span{}, err
		}
		sp.from = &m
	}
	if right != "" {
		m, err := parseEnd(right, sp.from)
		if err != nil {
			return span{}, err
		}
		sp.to = &m
	}
	return sp, nil
}

// parseEnd reads the second moment of a span. +1m counts from what the first
// one counts from: the finding, the instant, or, as nothing stands behind the
// end of the case, from the first moment itself.
func parseEnd(s string, from *moment) (moment, error) {
	relative := s[0] == '+' || s[0] == '-' && from != nil && from.finding != ""
	if !relative {
		return parseMoment(s)
	}
	if from == nil {
		return moment{}, errors.New("a time before the .. is missing: + counts from it")
	}
	d, err := parseOffset(s)
	m := moment{at: from.at, end: from.end, finding: from.finding, offset: d}
	if from.end {
		m.offset += from.offset
	}
	return m, err
}

// findingUnit is how exact the times of findings are: the rest is cut off.
const findingUnit = time.Millisecond

// resolve returns where the time named by m begins, and where it is over.
func (m *moment) resolve(env *Env) (from, to time.Time, err error) {
	from, unit := m.at, max(m.unit, 1)
	switch {
	case m.end:
		from = env.End
	case m.finding != "":
		unit = findingUnit
		if from, _, _, err = env.finding(m.finding); err != nil {
			return from, to, err
		}
	}
	if from.IsZero() {
		return from, to, fmt.Errorf("%w: of %s", ErrNoTime, m.what())
	}
	from = from.Add(m.offset)
	return from, from.Add(unit), nil
}

var errBackward = errors.New("the second time is before the first one")

func (m *moment) what() string {
	if m.finding != "" {
		return m.finding
	}
	return "the end of the case"
}

func (s span) resolve(env *Env) (Expr, error) {
	var b Between
	var err error
	if s.from != nil {
		if b.From, b.To, err = s.from.resolve(env); err != nil {
			return nil, err
		}
	}
	switch {
	case s.to == nil:
		b.To = time.Time{}
	case s.to != s.from:
		_, b.To, err = s.to.resolve(env)
	case s.to.finding != "" && s.to.offset == 0: // the whole of it
		_, last, _, _ := env.finding(s.to.finding)
		if !last.Before(b.From) {
			b.To = last.Add(findingUnit)
		}
	}
	if err == nil && !b.To.IsZero() && !b.To.After(b.From) {
		err = errBackward
	}
	return b, err
}
