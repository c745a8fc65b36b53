package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
)

// plural is "1 file", "2 files".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(int64(n)) + " " + many
}

// number writes thousands apart: 1,234,567.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Size writes a number of bytes as people read it: "4.2 MiB".
func Size(n int64) string {
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	if n < 1024 {
		return plural(int(n), "byte", "bytes")
	}
	f := float64(n) / 1024
	for len(units) > 1 && f >= 1024 {
		f, units = f/1024, units[1:]
	}
	return fmt.Sprintf("%.1f %s", f, units[0])
}

// percent writes a confidence.
func percent(f float64) string { return fmt.Sprintf("%.0f%%", f*100) }

// utc is instant with its zone.
func utc(s string) string {
	if s = instant(s); s == "" {
		return ""
	}
	return s + " UTC"
}

// instant writes a time of a report to the second; what is no time stays as it is.
func instant(s string) string {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return s
	}
	return t.UTC().Format(time.DateTime)
}

// period writes the first and last time of a finding and how sure they are.
func period(f *analyze.Finding) string {
	first, last := instant(cmp.Or(f.FirstSeen, f.LastSeen)), instant(f.LastSeen)
	if first == "" {
		return ""
	}
	return between(first, last) + " UTC" + sureness(f.TimeQuality)
}

// between is "2026-11-21 00:37:42 to 00:40:11"; one instant when last is none.
func between(first, last string) string {
	switch day := len(time.DateOnly); {
	case last == "" || last == first:
		return first
	case len(first) == len(last) && len(first) > day && first[:day] == last[:day]:
		return first + " to " + last[day+1:]
	}
	return first + " to " + last
}

// sureness says how a time was found, if the lines do not say it.
func sureness(q analyze.TimeQuality) string {
	switch q {
	case analyze.YearInferred:
		return " (year inferred)"
	case analyze.BootRelative:
		return " (counted from the boot)"
	}
	return ""
}

// severityCounts is "1 critical, 2 medium".
func severityCounts(findings []analyze.Finding) string {
	n := map[analyze.Severity]int{}
	for _, f := range findings {
		n[f.Severity]++
	}
	var parts []string
	for _, s := range []analyze.Severity{analyze.Critical, analyze.High, analyze.Medium, analyze.Low, analyze.Info} {
		if n[s] > 0 {
			parts = append(parts, number(int64(n[s]))+" "+string(s))
		}
	}
	return strings.Join(parts, ", ")
}

// safetyWords say what a colour of an action means.
func safetyWords(s analyze.Safety) (string, style) {
	switch s {
	case analyze.Green:
		return "green (only reads)", green
	case analyze.Yellow:
		return "yellow (can be undone)", yellow
	case analyze.Red:
		return "red (can break workloads)", red
	}
	return "not rated", plain
}

// brief joins the first few values, shortened, and counts the others.
func brief(values []string, most int) string {
	shown := values[:min(len(values), most)]
	out := make([]string, len(shown))
	for i, v := range shown {
		out[i] = clip(shortID(v), 100)
	}
	if rest := len(values) - len(shown); rest > 0 {
		out = append(out, fmt.Sprintf("and %s more", number(int64(rest))))
	}
	return strings.Join(out, ", ")
}

// shortID cuts the 64 digits of a container's ID to as many as crictl shows.
func shortID(s string) string {
	if len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" {
		return s[:13] + "..."
	}
	return s
}

// clip cuts text to one line of at most width columns.
func clip(s string, width int) string {
	s = Visible(s)
	if columns(s) <= width {
		return s
	}
	return prefix(s, max(width-3, 1)) + "..."
}

// join joins the parts that are not empty.
func join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

// prefixed is prefix+s, or nothing when there is no s.
func prefixed(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// withID puts an ID behind a title that is going to end a sentence.
func withID(title, id string) string {
	title = strings.TrimRight(title, ". ")
	if id == "" {
		return title
	}
	return title + " (" + id + ")"
}

// without returns the values that are not in drop.
func without(values, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return slices.Contains(drop, v) })
}

// reasonWords say why a match is no finding.
func reasonWords(reason string) string {
	switch reason {
	case "gate":
		return "below the threshold"
	case "explained":
		return "explained by a finding"
	case "not-applicable":
		return "not applicable"
	case "off":
		return "switched off"
	}
	return reason
}
