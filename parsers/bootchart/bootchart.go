// Package bootchart reads how long the last boot of a node took, and which
// units were slow, from the picture that systemd draws of it.
//
// The picture is XML and comes from an untrusted node, so nothing expands it:
// the reader looks for its text elements and takes what stands in them.
package bootchart

import (
	"bytes"
	"cmp"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of systemd-analyze plot.
var Format = &parsers.Format{
	Name: name,
	Doc:  "How long the boot took, systemd-analyze plot.",
	Files: []string{
		"system/systemd-analyze.svg",
		"bottlerocket-logs/systemd-analyze-plot.svg",
		"bottlerocket/logdog/*/systemd-analyze-plot.svg", "bottlerocket/logdog/*/bottlerocket-logs/systemd-analyze-plot.svg",
	},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "bootchart"

// maxSlowest, maxUnits and maxText bound what is kept and looked at.
const (
	maxSlowest = 50
	maxUnits   = 100_000
	maxText    = 2000
)

// A Chart is the file. A phase that was not there is 0: a virtual machine has
// neither firmware nor loader, and many nodes have no initrd.
type Chart struct {
	// Unfinished is the line that says that the boot was still going on;
	// then nothing else is known. 0 for a boot that ended.
	Unfinished int

	Firmware, Loader, Kernel, Initrd, Userspace, Total time.Duration

	Line   int    // that says these
	System string // system, host and kernel, as written

	Slowest []Unit // that took longest, the longest first
	Units   int    // that took any time
	Notes   rows.Notes
}

// A Unit was being started for some time.
type Unit struct {
	Name string
	Took time.Duration
	Line int
}

// Parse reads the file. What systemd-analyze says besides stands before the
// picture, or behind it.
//
//	<text x="20" y="50">Startup finished in 23.375s (kernel) + 2min 6.791s (userspace) = 2min 30.167s
//	graphical.target reached after 2min 4.376s in userspace.</text><text x="20" y="30">Debian GNU/Linux 12 ...</text>
//	  <text class="right" x="13381.384" y="2614.000">containerd.service (9.458s)</text>
//
// Written by src/analyze/analyze-plot.c of systemd.
func Parse(file string, text []byte) (*Chart, error) {
	c := &Chart{}
	c.prologue(text)
	for num, s := range texts(text) {
		c.text(num, s)
	}
	c.epilogue(text)
	if c.Line == 0 && c.Unfinished == 0 {
		return nil, c.Notes.Fail(name, file, "no time of the boot")
	}
	slices.SortStableFunc(c.Slowest, func(a, b Unit) int { return cmp.Compare(b.Took, a.Took) })
	c.Units = len(c.Slowest)
	c.Slowest = slices.Clone(c.Slowest[:min(len(c.Slowest), maxSlowest)])
	return c, nil
}

// prologue reads what stands before the picture.
func (c *Chart) prologue(text []byte) {
	for num, line := range rows.Lines(text) {
		if strings.HasPrefix(line, "<") {
			return
		}
		if strings.HasPrefix(line, "Bootup is not yet finished") {
			c.Unfinished = num
			continue
		}
		c.Notes.Add(num, line)
	}
}

// epilogue reads what stands behind the picture.
func (c *Chart) epilogue(text []byte) {
	const end = "</svg>"
	at := bytes.LastIndex(text, []byte(end))
	if at < 0 {
		return
	}
	at += len(end)
	before := bytes.Count(text[:at], []byte("\n"))
	for num, line := range rows.Filled(text[at:]) {
		c.Notes.Add(before+num, line)
	}
}

// texts yields the contents of the text elements and the lines they start in.
func texts(text []byte) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		line := 1
		for {
			_, rest, ok := cut(text, "<text", &line)
			if !ok {
				return
			}
			_, rest, ok = cut(rest, ">", &line)
			at := line
			content, after, ok2 := cut(rest, "</text>", &line)
			if !ok || !ok2 {
				return
			}
			if len(content) <= maxText && !yield(at, html.UnescapeString(string(content))) {
				return
			}
			text = after
		}
	}
}

// cut splits behind sep and counts the lines that it passes.
func cut(text []byte, sep string, line *int) (before, after []byte, ok bool) {
	before, after, ok = bytes.Cut(text, []byte(sep))
	if ok {
		*line += bytes.Count(before, []byte("\n"))
	}
	return before, after, ok
}

func (c *Chart) text(num int, s string) {
	if rest, ok := strings.CutPrefix(s, "Startup finished in "); ok && c.Line == 0 {
		c.phases(rest)
		c.Line = num
		return
	}
	if c.System == "" && strings.Contains(s, "(Linux ") {
		c.System = rows.Clip(s, 500)
		return
	}
	unit, took, ok := strings.Cut(strings.TrimSuffix(s, ")"), " (")
	if !ok || !strings.Contains(unit, ".") || strings.Contains(unit, " ") {
		return
	}
	if d, ok := span(took); ok && len(c.Slowest) < maxUnits {
		c.Slowest = append(c.Slowest, Unit{unit, d, num})
	}
}

// phases reads "23.375s (kernel) + 2min 6.791s (userspace) = 2min 30.167s" and
// what stands on the next line.
func (c *Chart) phases(s string) {
	s, _, _ = strings.Cut(s, "\n")
	s, total, _ := strings.Cut(s, "=")
	c.Total, _ = span(total)
	places := map[string]*time.Duration{"firmware": &c.Firmware, "loader": &c.Loader, "kernel": &c.Kernel,
		"initrd": &c.Initrd, "userspace": &c.Userspace}
	for part := range strings.SplitSeq(s, "+") {
		took, phase, _ := strings.Cut(part, "(")
		if place := places[strings.Trim(phase, ") ")]; place != nil {
			*place, _ = span(took)
		}
	}
	if total == "" { // there is one phase only
		c.Total = c.Firmware + c.Loader + c.Kernel + c.Initrd + c.Userspace
	}
}

// units of a span of time, as systemd writes them.
var units = map[string]time.Duration{
	"month": 2629800 * time.Second, "w": 7 * 24 * time.Hour, "d": 24 * time.Hour, "h": time.Hour,
	"min": time.Minute, "s": time.Second, "ms": time.Millisecond, "us": time.Microsecond,
}

// maxSpan is longer than any boot.
const maxSpan = 365 * 24 * time.Hour

// span reads "2min 6.791s".
func span(s string) (d time.Duration, ok bool) {
	for word := range strings.FieldsSeq(s) {
		number := strings.TrimRight(word, "abcdefghijklmnopqrstuvwxyz")
		unit := units[word[len(number):]]
		v, err := strconv.ParseFloat(number, 64)
		if unit == 0 || err != nil || !(v >= 0 && v*float64(unit) < float64(maxSpan-d)) {
			return 0, false
		}
		d, ok = d+time.Duration(v*float64(unit)+0.5), true
	}
	return d, ok
}
