package ops

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/timeline"
)

// TestZone analyzes bundles as they are, and as nodes with other clocks on their
// walls would have written them: nothing but texts may differ.
func TestZone(t *testing.T) {
	for _, name := range []string{"healthy", "healthy-boot", "cooldown-then-exhausted", "crashloop-oom"} {
		for _, zone := range []time.Duration{9 * time.Hour, -3*time.Hour - 30*time.Minute} {
			t.Run(name+timeline.ZoneName(zone), func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), name)
				moved(t, filepath.Join(scenarios, name), dir, zone)
				utc := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, name), Home: t.TempDir(), NoIndex: true})
				local := analyzed(t, AnalyzeRequest{Input: dir, Home: t.TempDir(), NoIndex: true})
				if got := local.Case.Clock(); got.Zone != zone || !got.ZoneKnown {
					t.Errorf("the zone is %v, known %v; want %v", got.Zone, got.ZoneKnown, zone)
				}
				if d := cmp.Diff(timed(t, utc), timed(t, local)); d != "" {
					t.Errorf("-UTC +local:\n%s", d)
				}
			})
		}
	}
}

// timed is what of a report must not depend on the zone.
func timed(t *testing.T, r *analyze.Report) string {
	t.Helper()
	r.Case.ID, r.Case.SHA256, r.Case.Card = "", "", nil
	text, err := json.MarshalIndent(map[string]any{
		"case": r.Case, "missing": r.Coverage.Missing, "logs": r.Coverage.Logs, "checks": r.Checks,
		"findings": r.Findings, "suppressed": r.Suppressed, "hypotheses": r.Hypotheses,
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return dated.ReplaceAllString(string(text), `"text": ""`)
}

// dated is the text of a line that begins with a time.
var dated = regexp.MustCompile(`"text": "(\[?[A-Z][a-z]{2} [A-Z \d]|\d{4}-\d\d-\d\dT).*"`)

// A clock is a form in which the programs of a node write the time of its clock.
type clock struct {
	files  string // pattern of their folders or files
	at     *regexp.Regexp
	layout string
}

// clocks are the forms, by the files that have them.
var clocks = []clock{
	{journals, regexp.MustCompile(`^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d`), time.Stamp},
	{journals, regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00`), "2006-01-02T15:04:05.999999-07:00"},
	{journals, regexp.MustCompile(`[]a-z]: [IWEF](\d{4} \d\d:\d\d:\d\d\.\d{6}) `), "0102 15:04:05.000000"},
	{journals, regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \+0000 UTC`), "2006-01-02 15:04:05.999999999 -0700 MST"},
	{journals, regexp.MustCompile(`time="(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z)"`), time.RFC3339Nano},
	{`^var_log/(.*_.*/|[^/]*_[^/]*\.log$)`, regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z) std`), time.RFC3339Nano},
	{`^kernel/dmesg\.human`, regexp.MustCompile(`^\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})\]`), time.ANSIC},
	{`tables-save\.txt$`, regexp.MustCompile(` on ([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$`), time.ANSIC},
	{`^system/last_reboot`, regexp.MustCompile(`([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d)( |$)`), "Mon Jan _2 15:04"},
	{`^system/last_reboot`, regexp.MustCompile(`wtmp begins ([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$`), time.ANSIC},
}

const journals = `^(kubelet/kubelet\.log|containerd/containerd-log\.txt|sandbox-image/|nodeadm/|docker/docker\.log|var_log/(messages|cron|syslog))`

// moved writes a bundle as a node of another zone would have.
func moved(t *testing.T, from, to string, zone time.Duration) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(from), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		file := filepath.Join(to, filepath.FromSlash(path.Dir(name)))
		if err := os.MkdirAll(file, 0o777); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(file, path.Base(name)), []byte(inZone(t, name, string(text), zone)), 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inZone writes the times of a file anew, each line by itself.
func inZone(t *testing.T, name, text string, zone time.Duration) string {
	var b strings.Builder
	place := time.FixedZone("", int(zone/time.Second))
	for line := range strings.Lines(text) {
		line, end, _ := strings.Cut(line, "\n")
		for _, c := range clocks {
			if regexp.MustCompile(c.files).MatchString(name) {
				line = c.move(t, line, place)
			}
		}
		b.WriteString(line)
		if end != "" || strings.HasSuffix(text, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func (c *clock) move(t *testing.T, line string, place *time.Location) string {
	var b strings.Builder
	done := 0
	for _, m := range c.at.FindAllStringSubmatchIndex(line, -1) {
		from, to := m[0], m[1]
		if len(m) > 2 {
			from, to = m[2], m[3]
		}
		at, err := time.Parse("2006 "+c.layout, "2026 "+line[from:to])
		if err != nil {
			at, err = time.Parse(c.layout, line[from:to])
		}
		if err != nil {
			t.Fatalf("%q: %v", line[from:to], err)
		}
		b.WriteString(line[done:from])
		b.WriteString(at.In(place).Format(c.layout))
		done = to
	}
	return b.String() + line[done:]
}

// TestZone_doubt analyzes nodes whose zone is not the same everywhere: nothing
// is moved by a guess, and the report says what may be off.
func TestZone_doubt(t *testing.T) {
	const begin = "Oct 25 %s host containerd[418]: time=%q level=info msg=\"ImageUpdate event\"\n"
	f := func(name, want string, lines ...string) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), name)
		file := filepath.Join(dir, "containerd", "containerd-log.txt")
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for i := 0; i < len(lines); i += 2 {
			fmt.Fprintf(&text, begin, lines[i], lines[i+1])
		}
		if err := os.WriteFile(file, []byte(text.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		r := analyzed(t, AnalyzeRequest{Input: dir, Home: t.TempDir(), NoIndex: true})
		for _, m := range r.Coverage.Missing {
			if strings.HasPrefix(m, "the time zone") {
				if m != want {
					t.Errorf("%s: the report says %q, want %q", name, m, want)
				}
				return
			}
		}
		t.Errorf("%s: the report does not say %q", name, want)
	}
	f("summer-ends", "the time zone of the node was UTC+02:00 at 2026-10-25T00:59:59.031Z (containerd/containerd-log.txt:2) and UTC+01:00 from 2026-10-25T01:00:00.031Z (containerd/containerd-log.txt:3): cannot tell to better than 1 hour when lines without a zone before that were written",
		"01:59:58", "2026-10-24T23:59:58.031Z", "02:59:59", "2026-10-25T00:59:59.031Z", "02:00:00", "2026-10-25T01:00:00.031Z", "03:10:00", "2026-10-25T02:10:00.031Z")
	f("two-clocks", "the time zone of the node is UTC by containerd/containerd-log.txt:4 and UTC+09:00 by containerd/containerd-log.txt:3: cannot tell to better than 9 hours when lines without a zone were written; it was taken for UTC",
		"09:00:00", "2026-10-25T00:00:00.031Z", "00:00:01", "2026-10-25T00:00:01.031Z", "09:00:02", "2026-10-25T00:00:02.031Z", "00:00:03", "2026-10-25T00:00:03.031Z")
}

// TestZone_search asks for the last minutes of a node: its own time of day does
// not matter.
func TestZone_search(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "healthy")
	moved(t, filepath.Join(scenarios, "healthy"), dir, 9*time.Hour)
	f := func(input string) []string {
		t.Helper()
		home := t.TempDir()
		r := analyzed(t, AnalyzeRequest{Input: input, Home: home, NoIndex: true})
		return hitPlaces(search1(t, SearchRequest{Home: home, Case: r.Case.ID, Query: "since:-2m", Limit: 10_000, NoBuild: true}))
	}
	utc, local := f(filepath.Join(scenarios, "healthy")), f(dir)
	if d := cmp.Diff(utc, local); d != "" || len(utc) == 0 {
		t.Errorf("%d lines of the last minutes (-UTC +local):\n%s", len(utc), d)
	}
}
