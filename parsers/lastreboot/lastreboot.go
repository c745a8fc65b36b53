// Package lastreboot reads when a node was booted.
package lastreboot

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of last reboot.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "The boots of a node, last reboot.",
	Files:  []string{"system/last_reboot.txt"},
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "lastreboot"

// maxBoots bounds what is kept.
const maxBoots = 10_000

// A History is the file. Its times are those of the node's zone, with UTC
// written on them.
type History struct {
	Boots []Boot    // the newest first
	Since time.Time // when the record of boots begins; zero if not said
	Notes rows.Notes
}

// A Boot is a row.
type Boot struct {
	Kernel string // the first 16 characters of its version
	// Start has whole minutes. Its year is found by the day of the week and
	// the boots before it; the time is zero when no year fits.
	Start time.Time
	Text  string // as written: "Sat Nov 21 00:09"
	// Down is whether a shutdown was recorded before the next boot; an older
	// boot without one crashed, lost its power or was killed by the
	// hypervisor. The newest boot was going on.
	Down bool
	// Lasted is until a shutdown as last sees it; 0 for "still running".
	// Without a shutdown it is too long: until that of a later boot or, in
	// old versions of last, until the collection.
	Lasted time.Duration
	Line   int
}

// Parse reads the output.
//
//	reboot   system boot  4.14.355-280.713 Tue Feb  3 12:58   still running
//	reboot   system boot  4.14.355-280.713 Tue Jan 27 12:46 - 13:31 (7+00:45)
//	reboot   system boot  4.14.355-280.713 Mon Jan 26 21:55 - 02:00  (04:04)
//
//	wtmp begins Mon Jan 26 21:55:10 2026
//
// Written by login-utils/last.c of util-linux.
func Parse(file string, text []byte) (*History, error) {
	h := &History{}
	found := false
	for num, line := range rows.Filled(text) {
		switch m := bootForm.FindStringSubmatch(line); {
		case m != nil:
			h.boot(num, m)
		case strings.Contains(line, " begins ") && h.begin(line):
			found = true
		default:
			h.Notes.Add(num, line)
		}
	}
	if !found && len(h.Boots) == 0 {
		return nil, h.Notes.Fail(name, file, "no boots")
	}
	h.years()
	h.crashes()
	return h, nil
}

var (
	bootForm   = regexp.MustCompile(`^reboot +system boot +(\S*) +((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d(?::\d\d)?(?: \d{4})?) +(.*?) *$`)
	lastedForm = regexp.MustCompile(`\((?:(\d{1,5})\+)?(\d{1,2}):(\d{2})\)`)
)

func (h *History) boot(num int, m []string) {
	if len(h.Boots) == maxBoots {
		return
	}
	b := Boot{Kernel: m[1], Text: m[2], Line: num}
	if l := lastedForm.FindStringSubmatch(m[3]); l != nil && !strings.Contains(m[3], "crash") {
		b.Down = true
		b.Lasted = 24*time.Hour*count(l[1]) + time.Hour*count(l[2]) + time.Minute*count(l[3])
	}
	h.Boots = append(h.Boots, b)
}

// count reads a number that is empty when its part was not there.
func count(s string) time.Duration {
	n, _ := strconv.Atoi(s)
	return time.Duration(n)
}

// begin reads "wtmp begins Sat Nov 21 00:09:07 2026".
func (h *History) begin(s string) bool {
	_, stamp, _ := strings.Cut(s, " begins ")
	t, err := time.Parse("Mon Jan 2 15:04:05 2006", strings.Join(strings.Fields(stamp), " "))
	if err == nil {
		h.Since = t
	}
	return err == nil
}

// maxYears is for how many years a record of boots may have none.
const maxYears = 28

// years dates the boots, from the oldest on: each is in the first year whose
// day of the week fits and that does not lie before the boot below it. A day
// is allowed for clocks that were set back.
func (h *History) years() {
	if h.Since.IsZero() {
		return
	}
	after := h.Since
	for i := len(h.Boots) - 1; i >= 0; i-- {
		b := &h.Boots[i]
		if b.Start = date(b.Text, after.Add(-24*time.Hour)); !b.Start.IsZero() {
			after = b.Start
		}
	}
}

// crashes finds the boots that ended before their shutdown: that is one of a
// later boot.
func (h *History) crashes() {
	for i := range h.Boots {
		b := &h.Boots[i]
		if i == 0 {
			b.Down = false
			continue
		}
		next := h.Boots[i-1].Start
		if !b.Start.IsZero() && !next.IsZero() && b.Start.Add(b.Lasted).After(next.Add(time.Minute)) {
			b.Down = false
		}
	}
}

// date reads "Sat Nov 21 00:09" as a time that is not before another.
func date(text string, from time.Time) time.Time {
	f := strings.Fields(text)
	if len(f) > 4 {
		t, _ := time.Parse("Mon Jan 2 15:04:05 2006", strings.Join(f, " "))
		return t
	}
	for year := from.Year(); year <= from.Year()+maxYears; year++ {
		t, err := time.Parse("Jan 2 15:04 2006", strings.Join(f[1:], " ")+" "+strconv.Itoa(year))
		if err == nil && !t.Before(from) && t.Weekday().String()[:3] == f[0] {
			return t
		}
	}
	return time.Time{}
}
