// Package analyzetest tests state checks against small bundles.
//
// The cases of a check stand in testdata/*.txtar beside it: a sentence that
// says where the text is from, files under the path that they have in a
// bundle, and three sections that are no files:
//
//	-- case --   what is known of the case: lines "bundle: NAME", "instance_id: ...",
//	             "hostname: ...", "collector_version: ...", "collected_at: TIME",
//	             "booted_at: TIME", "os: ...", "broken: where the archive ends",
//	             "skipped: PATH REASON", "limit: CHECK NAME VALUE" as a user sets it
//	-- hits --   events of rules: lines "imds.http_401 var_log/x.log:12", with the entities
//	             of a mark behind, "unit=kubelet.service", and its time: "at=2026-11-21T01:12:40Z"
//	-- want --   what the check makes of it
//
// The test of a check is
//
//	func Test(t *testing.T) { analyzetest.Run(t, imdshop.Check) }
//
// or, of checks that share a folder,
//
//	func Test(t *testing.T) { analyzetest.RunFamily(t, conntrack.Checks) }
//
// and then each case says what all of them make of it, under their IDs.
// UPDATE_GOLDEN=1 go test rewrites the want sections. A line that txtar
// would take for the start of a section has a backslash before it.
package analyzetest

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/analyze/zone"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// Run tests a check against each txtar in testdata. There must be a case for
// each of found, clear and no-data.
func Run(t *testing.T, c *analyze.Check) {
	t.Helper()
	RunFamily(t, []*analyze.Check{c})
}

// RunFamily tests checks that share a folder. Of each there must be a case for
// each of found, clear and no-data.
func RunFamily(t *testing.T, checks []*analyze.Check) {
	t.Helper()
	seen := map[string][]analyze.Outcome{}
	Golden(t, "testdata", func(t *testing.T, ar *txtar.Archive) string { return run(t, checks, ar, seen) })
	for _, c := range checks {
		if c.ID != c.Doc.ID {
			t.Errorf("the check is %q, its check.yaml is about %q", c.ID, c.Doc.ID)
		}
		for _, o := range []analyze.Outcome{analyze.Found, analyze.Clear, analyze.NoData} {
			if !slices.Contains(seen[c.ID], o) {
				t.Errorf("%s has no case with outcome %s", c.ID, o)
			}
		}
		nothing(t, c)
	}
}

// nothing tests that an empty bundle is no proof of health, nor of a problem.
func nothing(t *testing.T, c *analyze.Check) {
	p := Pass(&txtar.Archive{})
	p.Check = c
	v, err := c.Run(t.Context(), p)
	if err != nil || v.Outcome != analyze.NoData || v.Note == "" {
		t.Errorf("an empty bundle gives %+v, %v; want no-data with a note", v, err)
	}
}

// run says what checks make of a case, and notes their outcomes.
func run(t *testing.T, checks []*analyze.Check, ar *txtar.Archive, seen map[string][]analyze.Outcome) string {
	p := Pass(ar)
	var got string
	limits := limitsOf(ar)
	for _, c := range checks {
		set := *c
		set.Limits = limits[c.ID]
		p.Check = &set
		v, err := c.Run(t.Context(), p)
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		valid(t, p, v)
		seen[c.ID] = append(seen[c.ID], v.Outcome)
		if len(checks) > 1 {
			got += "# " + c.ID + "\n"
		}
		got += render(p, v)
	}
	return got
}

// valid tests what every verdict must keep.
func valid(t *testing.T, p *analyze.Pass, v analyze.Verdict) {
	if (v.Outcome == analyze.Found) != (len(v.Matches) > 0) {
		t.Errorf("outcome %q with %d matches", v.Outcome, len(v.Matches))
	}
	if v.Outcome == analyze.NoData && v.Note == "" {
		t.Error("no-data without a note")
	}
	entities := map[string]bool{}
	for _, m := range v.Matches {
		if entities[m.Entity] {
			t.Errorf("two matches with entity %q", m.Entity)
		}
		entities[m.Entity] = true
		if len(m.At) == 0 || m.Summary == "" || m.Confidence < 0 || m.Confidence > 1 {
			t.Errorf("match %+v", m)
		}
		for _, at := range m.At {
			if f := p.File(at.File); f == nil || at.Line < 0 || at.Line > f.Lines {
				t.Errorf("evidence %v is not in the bundle", at)
			}
		}
	}
}

// render writes a verdict.
func render(p *analyze.Pass, v analyze.Verdict) string {
	var b strings.Builder
	line := func(key, format string, args ...any) {
		if s := fmt.Sprintf(format, args...); s != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, s)
		}
	}
	line("outcome", "%s", v.Outcome)
	line("note", "%s", v.Note)
	if v.Silent && v.Outcome == analyze.NoData {
		line("silent", "%v", v.Silent)
	}
	for _, m := range v.Matches {
		b.WriteByte('\n')
		line("entity", "%s", m.Entity)
		line("severity", "%s", m.Severity)
		line("kind", "%s", m.Kind)
		if m.Confidence > 0 {
			line("confidence", "%.2f", m.Confidence)
		}
		line("summary", "%s", m.Summary)
		for _, at := range m.At {
			line("at", "%s", strings.TrimRight(at.String()+" "+strings.Join(strings.Fields(p.Line(at)), " "), " "))
		}
		for _, a := range m.Actions {
			line("action", "%s: %s", a.Safety, a.Text)
		}
		line("explains", "%s", strings.Join(m.Explains, " "))
		line("contradicts", "%s", strings.Join(m.Contradicts, " "))
	}
	return b.String()
}

// sections of an archive that are no files of the bundle.
var sections = []string{"case", "hits", "want"}

// Pass builds a pass over the files of an archive with the formats in force.
func Pass(ar *txtar.Archive) *analyze.Pass {
	p := &analyze.Pass{Case: &analyze.CaseInfo{}}
	var c caseSection
	texts := map[string][]byte{}
	hits := map[string][]analyze.Hit{}
	for _, f := range ar.Files {
		switch {
		case f.Name == "case":
			c.read(string(f.Data))
		case f.Name == "hits":
			readHits(hits, string(f.Data))
		case !slices.Contains(sections, f.Name):
			texts[f.Name] = unescaped(f.Data)
		}
	}
	p.Case, p.Broken, p.Skips, p.Clock = &c.info, c.broken, c.skips, c.clock
	formats := all.Formats()
	for name := range texts {
		p.Files = append(p.Files, &index.File{Path: name})
	}
	slices.SortFunc(p.Files, func(a, b *index.File) int { return strings.Compare(a.Path, b.Path) })
	for i, f := range p.Files {
		f.Num = i
		p.Facts = append(p.Facts, decode(formats, f, texts[f.Path])...)
	}
	p.Lines = func(f *index.File, from int, visit func(int, []byte) bool) error {
		n := 0
		for line := range bytes.Lines(texts[f.Path]) {
			if n++; n >= from && !visit(n, bytes.TrimSuffix(line, []byte("\n"))) {
				break
			}
		}
		return nil
	}
	_, named, _ := bundle.Info(c.info.Bundle)
	z := zone.Find(&zone.Bundle{Files: p.Files, Facts: p.Facts, Lines: p.Lines, Collected: named})
	p.Clock.Zone, p.Clock.ZoneKnown = z.Offset()
	p.Audit = coverage.Of(&coverage.Input{
		Name: c.info.Bundle, Broken: c.broken, OS: c.info.Node.OS, Files: p.Files, Skips: c.skips, Clock: p.Clock,
	})
	p.Hits = func(rule string) []analyze.Hit { return hits[rule] }
	p.Line = func(at parsers.Pos) string {
		lines := strings.Split(string(texts[at.File]), "\n")
		if at.Line < 1 || at.Line > len(lines) {
			return ""
		}
		return strings.TrimSuffix(lines[at.Line-1], "\r")
	}
	return p
}

// unescaped takes away the backslash before what txtar would take for the start
// of a section.
func unescaped(text []byte) []byte {
	if bytes.HasPrefix(text, []byte(`\-- `)) {
		text = text[1:]
	}
	return bytes.ReplaceAll(text, []byte("\n\\-- "), []byte("\n-- "))
}

// decode finds the format of a file and reads its fact, as the indexer does.
func decode(formats []*parsers.Format, f *index.File, text []byte) []index.Fact {
	f.Bytes = int64(len(text))
	f.Lines = bytes.Count(text, []byte("\n"))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		f.Lines++
	}
	format := parsers.Detect(formats, f.Path, text[:min(len(text), parsers.SniffLen)])
	f.Refusal = parsers.Refused(text)
	if format == nil {
		return nil
	}
	f.Format = format.Name
	if f.Bytes == 0 {
		return nil
	}
	if f.Refusal != nil && format.Decode != nil {
		return []index.Fact{{File: f, Err: f.Refusal}}
	}
	if format.Decode == nil {
		stamps(format, f, text)
		return nil
	}
	v, err := format.Decode(f.Path, text)
	if err != nil {
		f.Err = err.Error()
		return []index.Fact{{File: f, Err: err}}
	}
	return []index.Fact{{File: f, Value: v}}
}

// stamps notes the times of a log and the lines without its form, as the indexer does.
func stamps(format *parsers.Format, f *index.File, text []byte) {
	n := 0
	var at parsers.Stamp
	for line := range bytes.Lines(text) {
		n++
		h := format.Header(bytes.TrimSuffix(line, []byte("\n")))
		s := h.Stamp
		if !h.OK {
			f.Unparsed++
		}
		if s.Kind == parsers.NoStamp {
			continue
		}
		if f.First.Kind == parsers.NoStamp {
			f.First = s
		}
		f.Last = s
		at = f.Gap.Step(at, s, n)
	}
}

// A caseSection is what the section case says.
type caseSection struct {
	info   analyze.CaseInfo
	limits map[string]map[string]float64 // by check and name
	clock  timeline.Clock
	broken string
	skips  []index.Skip
}

func (c *caseSection) read(text string) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "bundle":
			c.info.Bundle = value
		case "instance_id":
			c.info.InstanceID = value
		case "hostname":
			c.info.Node.Hostname = value
		case "os":
			c.info.Node.OS = value
		case "collector_version":
			c.info.CollectorVersion = value
		case "collected_at":
			c.info.CollectedAt = value
			c.clock.Collected = instant(value)
		case "booted_at":
			c.info.Node.BootedAt = value
			c.clock.Boot = instant(value)
		case "broken":
			c.broken = value
		case "limit":
			c.limit(value)
		case "skipped":
			path, reason, _ := strings.Cut(value, " ")
			c.skips = append(c.skips, index.Skip{Path: path, Bytes: -1, Reason: reason})
		default:
			panic("unknown key in section case: " + key)
		}
	}
}

// limit reads "state.conntrack.dns_unreplied lookups 5".
func (c *caseSection) limit(text string) {
	var id, name string
	var value float64
	if _, err := fmt.Sscan(text, &id, &name, &value); err != nil {
		panic("limit: " + err.Error())
	}
	if c.limits == nil {
		c.limits = map[string]map[string]float64{}
	}
	if c.limits[id] == nil {
		c.limits[id] = map[string]float64{}
	}
	c.limits[id][name] = value
}

// limitsOf are the limits of a case, by check.
func limitsOf(ar *txtar.Archive) map[string]map[string]float64 {
	var c caseSection
	for _, f := range ar.Files {
		if f.Name == "case" {
			c.read(string(f.Data))
		}
	}
	return c.limits
}

func instant(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return at
}

func readHits(hits map[string][]analyze.Hit, text string) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 {
			panic("section hits has a line that is not RULE FILE:LINE: " + line)
		}
		file, num, _ := strings.Cut(f[1], ":")
		n, err := strconv.Atoi(num)
		if err != nil {
			panic(err)
		}
		hit := analyze.Hit{Pos: parsers.Pos{File: file, Line: n}, Entities: map[string]string{}}
		for _, entity := range f[2:] {
			name, value, _ := strings.Cut(entity, "=")
			if name == "at" {
				hit.At = instant(value)
				continue
			}
			hit.Entities[name] = value
		}
		hits[f[0]] = append(hits[f[0]], hit)
	}
}
