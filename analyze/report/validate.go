package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
)

// Validate writes the coverage of a report in full: which collector made the
// bundle, what became of each of its files, how far the logs reach, and what
// could not be judged.
func Validate(w io.Writer, r *analyze.Report, o Options) error {
	t := &terminal{page: newPage(w, o), r: r, o: o}
	c := &r.Coverage
	t.source()
	t.odd(c.Expected)
	t.spans(c.Logs)
	t.unread(c.Files)
	t.about(r.Findings)
	t.section("COULD NOT BE JUDGED", c.Missing)
	t.rest(c.Expected)
	return t.flush()
}

// source says what the bundle is and how much of it was read.
func (t *terminal) source() {
	c := &t.r.Coverage
	t.line(0, span{bold, t.r.Case.Bundle})
	m := &c.Collector
	if m.Name != "" {
		t.prose(2, plain, join(", ", "Made by "+join(" ", string(m.Name), m.Version), prefixed("on ", m.OS), prefixed("collected ", utc(t.r.Case.CollectedAt)))+".")
	}
	t.prose(2, plain, madeBy(c, ""))
	if m.Since != "" && m.Version == "" && m.Name == coverage.Script {
		t.prose(2, plain, fmt.Sprintf("Its files are those of a collector of %s or later.", m.Since))
	}
	t.prose(2, plain, readLine(c.Files))
	if n := c.Totals.Skipped; n > 0 {
		t.prose(2, plain, fmt.Sprintf("Not read: %s, %s.", plural(n, "file or rest of a file", "files or rests of files"), Size(c.Totals.SkippedBytes)))
	}
	if c.Broken != "" {
		t.labelled(2, 0, span{alarm, "damaged:"}, span{plain, c.Broken})
	}
}

// odd lists the expected files that are not as on a healthy node.
func (t *terminal) odd(files []coverage.Expected) {
	heading := false
	for _, s := range states {
		for _, e := range files {
			if e.State != s || e.Normal {
				continue
			}
			if !heading {
				t.heading("FILES THAT TELL LESS THAN THEY SHOULD")
				heading = true
			}
			t.labelled(2, 9, span{yellow, string(s)}, span{plain, e.Path})
			if e.Detail != "" {
				t.labelled(2, 9, span{plain, ""}, span{faint, clip(e.Detail, 300)})
			}
			if e.NeededFor != "" {
				t.labelled(2, 9, span{plain, ""}, span{plain, "needed for: " + e.NeededFor})
			}
		}
	}
}

// spans lists the logs with their times.
func (t *terminal) spans(logs []coverage.Log) {
	if len(logs) == 0 {
		return
	}
	t.heading("LOGS (UTC)")
	for _, l := range logs {
		t.line(2, span{cyan, l.Path})
		t.prose(4, plain, join(", ", when(&l), plural(l.Lines, "line", "lines"), silence(&l), beginWords(l.Begins),
			several(l.Rotated, "older file", "older files"), several(l.Nuls, "NUL byte", "NUL bytes")))
	}
}

// when says from when to when a log is.
func when(l *coverage.Log) string {
	if l.First == "" {
		return "its times cannot be told"
	}
	return between(instant(l.First), instant(l.Last)) + sureness(analyze.TimeQuality(l.Quality))
}

// several is plural, and nothing for none.
func several(n int, one, many string) string {
	if n == 0 {
		return ""
	}
	return plural(n, one, many)
}

// silence says how long a log was silent, if that is worth a word.
func silence(l *coverage.Log) string {
	if l.Silence == nil || l.Silence.Seconds < 60 {
		return ""
	}
	return fmt.Sprintf("silent for %s before line %s", (time.Duration(l.Silence.Seconds) * time.Second).String(), number(int64(l.Silence.Line)))
}

func beginWords(b coverage.Begin) string {
	switch b {
	case coverage.AtLimit:
		return "cut at the ten days that the collector asks for"
	case coverage.AtSize:
		return "cut at the size that the collector takes"
	case coverage.Dropped:
		return "its start after the boot is lost"
	}
	return ""
}

// unread lists what was not read or not understood of the files.
func (t *terminal) unread(files []analyze.CoveredFile) {
	var unparsed []string
	for _, f := range files {
		if f.Unparsed > 0 {
			unparsed = append(unparsed, fmt.Sprintf("%s: %s of %s", f.Path, number(int64(f.Unparsed)), plural(f.Lines, "line", "lines")))
		}
	}
	t.section("LINES WITHOUT THE FORM OF THEIR LOG", unparsed)
	t.section("NOT READ IN FULL", troubles(files))
}

// about lists the findings that are about the bundle.
func (t *terminal) about(findings []analyze.Finding) {
	heading := false
	for _, f := range Sorted(findings) {
		if !AboutBundle(&f) {
			continue
		}
		if !heading {
			t.heading("FINDINGS ABOUT THE BUNDLE")
			heading = true
		}
		t.title(2, &f)
		t.prose(9, plain, f.Summary)
	}
}

// AboutBundle reports whether a finding is about what the bundle shows, not
// about the node.
func AboutBundle(f *analyze.Finding) bool {
	return strings.HasPrefix(f.Rule, "bundle.") || strings.HasSuffix(f.Rule, ".log_gap")
}

// section writes a list below a heading, whole.
func (t *terminal) section(title string, items []string) {
	if len(items) == 0 {
		return
	}
	t.heading(title)
	for _, s := range items {
		t.item(2, plain, "", clip(s, 500))
	}
}

// rest names the files that are as they should be, in a few lines.
func (t *terminal) rest(files []coverage.Expected) {
	groups := []struct {
		title string
		is    func(*coverage.Expected) bool
	}{
		{"NOT THERE, WHICH DEPENDS ON THE NODE", func(e *coverage.Expected) bool { return e.State == coverage.Missing && e.Normal }},
		{"WITHOUT CONTENT, AS ON HEALTHY NODES", func(e *coverage.Expected) bool {
			return e.State != coverage.Missing && e.State != coverage.Present && e.Normal
		}},
		{"THERE", func(e *coverage.Expected) bool { return t.o.All && e.State == coverage.Present }},
	}
	for _, g := range groups {
		var names []string
		for i := range files {
			if g.is(&files[i]) {
				names = append(names, files[i].Path)
			}
		}
		if len(names) > 0 {
			t.heading(g.title)
			t.prose(2, plain, strings.Join(names, ", "))
		}
	}
}
