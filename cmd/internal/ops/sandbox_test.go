package ops

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// A sandbox is a folder in which one input is analyzed, and watched for what
// must not happen there.
type sandbox struct {
	dir  string
	home string
}

func newSandbox(t *testing.T) *sandbox {
	dir := t.TempDir()
	return &sandbox{dir: dir, home: filepath.Join(dir, "home")}
}

// file writes an input.
func (s *sandbox) file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// An outcome is how an analysis ended.
type outcome struct {
	report         *analyze.Report
	err            error
	terminal, json string
	peak           uint64        // bytes of heap, live and not yet collected
	took, worked   time.Duration // by the clock; of the processors
}

// How long one analysis may take: much of the processors' time, and so long by
// the clock, for a machine that has other work, that only one that hangs does.
const (
	maxWork  = 40 * time.Second
	patience = 5 * time.Minute
)

// analyze runs the whole program on an input and tests what must hold for any.
func (s *sandbox) analyze(t *testing.T, req AnalyzeRequest) *outcome {
	t.Helper()
	before := s.tree(t)
	req.Home = cmp.Or(req.Home, s.home)
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, fmt.Errorf("not done after %s", patience))
	defer cancel()
	o := &outcome{}
	start, worked := time.Now(), processorTime()
	o.peak = heapPeak(func() { o.report, o.err = Analyze(ctx, req); o.write(t) })
	o.took, o.worked = time.Since(start), processorTime()-worked
	if ctx.Err() != nil || o.worked > maxWork {
		t.Errorf("Analyze took too long, %s of the processors: %v", o.worked, o.err)
	}
	if got := s.tree(t); !slices.Equal(before, got) {
		t.Errorf("files outside of the home: %q, before %q", got, before)
	}
	s.checkHome(t, o)
	o.check(t)
	return o
}

// tree lists what is in the sandbox beside the home, and in the folder of the test.
func (s *sandbox) tree(t *testing.T) []string {
	t.Helper()
	var all []string
	walk := func(dir string) {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && path == s.home {
				return fs.SkipDir
			}
			all = append(all, path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	walk(s.dir)
	walk(".")
	return all
}

// checkHome tests that nothing but whole cases is left.
func (s *sandbox) checkHome(t *testing.T, o *outcome) {
	t.Helper()
	entries, err := os.ReadDir(s.home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	cases := 0
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), ".new-"):
			t.Errorf("a draft is left: %s", e.Name())
		case e.IsDir():
			cases++
		}
	}
	refs, err := Cases(t.Context(), s.home)
	if err != nil || len(refs) != cases {
		t.Errorf("Cases = %d cases, %v; there are %d folders", len(refs), err, cases)
	}
	if o.report == nil && cases > 0 {
		t.Errorf("%d cases without a report", cases)
	}
}

// write runs the writers over the report.
func (o *outcome) write(t *testing.T) {
	if o.report == nil {
		return
	}
	var text, doc bytes.Buffer
	if err := report.Terminal(&text, o.report, report.Options{All: true}); err != nil {
		t.Errorf("Terminal: %v", err)
	}
	if err := report.JSON(&doc, o.report, true); err != nil {
		t.Errorf("JSON: %v", err)
	}
	o.terminal, o.json = text.String(), doc.String()
}

// check tests what must hold for any input.
func (o *outcome) check(t *testing.T) {
	t.Helper()
	if o.report == nil {
		if o.err == nil || !plainText(o.err.Error()) {
			t.Errorf("Analyze = nil, %q; want an error that can be printed", o.err)
		}
		return
	}
	if o.err != nil {
		t.Errorf("Analyze = a report and %v", o.err)
	}
	if !plainText(o.terminal) {
		t.Error("the terminal gets control characters")
	}
	if !json.Valid([]byte(o.json)) || !plainText(o.json) {
		t.Error("the JSON form is not valid, or has control characters")
	}
	for _, c := range o.report.Checks {
		if c.Outcome == analyze.Failed {
			t.Errorf("check %s failed: %s", c.ID, c.Error)
		}
	}
}

// plainText reports whether s can be printed on a terminal as it is.
func plainText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
}

// notBundle tests that there was nothing to analyze, and why.
func (o *outcome) notBundle(t *testing.T, why string) {
	t.Helper()
	if !errors.Is(o.err, bundle.ErrNotBundle) || !strings.Contains(fmt.Sprint(o.err), why) {
		t.Errorf("Analyze = %v, want %v with %q", o.err, bundle.ErrNotBundle, why)
	}
}

// says tests that the report was made and has each of some texts for people.
func (o *outcome) says(t *testing.T, texts ...string) {
	t.Helper()
	if o.report == nil {
		t.Fatalf("no report: %v", o.err)
	}
	flat := strings.Join(strings.Fields(o.terminal), " ")
	for _, s := range texts {
		if !strings.Contains(flat, s) {
			t.Errorf("the report does not say %q:\n%.6000s", s, o.terminal)
		}
	}
}

// within tests the memory that an analysis had in use. With what waits to be
// collected that is twice as much: 200 MiB are the 400 MB of any bundle.
func (o *outcome) within(t *testing.T, mib uint64) {
	t.Helper()
	t.Logf("%.1f s, %.1f s of the processors, %d MiB of heap", o.took.Seconds(), o.worked.Seconds(), o.peak>>20)
	if o.peak > mib<<20 && !raceEnabled {
		t.Errorf("%d MiB of the heap were in use, want at most %d", o.peak>>20, mib)
	}
}

// finding returns the finding of a rule; nil if there is none.
func (o *outcome) finding(rule string) *analyze.Finding {
	if o.report == nil {
		return nil
	}
	i := slices.IndexFunc(o.report.Findings, func(f analyze.Finding) bool { return f.Rule == rule })
	if i < 0 {
		return nil
	}
	return &o.report.Findings[i]
}

// file returns what the report says of a file; nil if it does not name it.
func (o *outcome) file(path string) *analyze.CoveredFile {
	if o.report == nil {
		return nil
	}
	i := slices.IndexFunc(o.report.Coverage.Files, func(f analyze.CoveredFile) bool { return f.Path == path })
	if i < 0 {
		return nil
	}
	return &o.report.Coverage.Files[i]
}

// skipped returns why files were left out, by path.
func (o *outcome) skipped() map[string]string {
	m := map[string]string{}
	if o.report != nil {
		for _, f := range o.report.Coverage.Files {
			if f.Skipped != "" {
				m[f.Path] = f.Skipped
			}
		}
	}
	return m
}

// heapPeak runs f and returns how much more of the heap was in use meanwhile, as
// the collector of garbage found it each time it ran. What waits to be collected
// does not count: that is as much again at most, and how much is luck.
func heapPeak(f func()) (peak uint64) {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	read := func() uint64 {
		metrics.Read(live)
		return live[0].Value.Uint64()
	}
	base := read()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			now := read()
			peak = max(peak, now-min(base, now))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(stop)
	<-done
	return peak
}

// A packer writes a tar.gz, entry by entry, to a file.
type packer struct {
	t    *testing.T
	f    *os.File
	z    *gzip.Writer
	tw   *tar.Writer
	path string
}

// pack begins a bundle with the name that the collector gives.
func (s *sandbox) pack(t *testing.T) *packer {
	t.Helper()
	p := &packer{t: t, path: filepath.Join(s.dir, "eks_i-07c3d9ab1e4f301ef_2026-11-21_0101-UTC_0.7.9.tar.gz")}
	var err error
	if p.f, err = os.Create(p.path); err != nil {
		t.Fatal(err)
	}
	if p.z, err = gzip.NewWriterLevel(p.f, gzip.BestSpeed); err != nil {
		t.Fatal(err)
	}
	p.tw = tar.NewWriter(p.z)
	return p
}

func (p *packer) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

var packedAt = time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)

// entry adds an entry of any kind.
func (p *packer) entry(h *tar.Header, r io.Reader) {
	p.t.Helper()
	if h.ModTime.IsZero() {
		h.ModTime = packedAt
	}
	h.Mode = 0o644
	p.check(p.tw.WriteHeader(h))
	if r != nil {
		_, err := io.Copy(p.tw, r)
		p.check(err)
	}
}

// file adds a file.
func (p *packer) file(name, text string) { p.stream(name, int64(len(text)), strings.NewReader(text)) }

// stream adds a file of so many bytes of r.
func (p *packer) stream(name string, size int64, r io.Reader) {
	p.t.Helper()
	p.entry(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size}, io.LimitReader(r, size))
}

// healthy adds the files of a scenario without problems.
func (p *packer) healthy() {
	p.t.Helper()
	p.check(addFolder(p.t.Context(), p.tw, os.DirFS(filepath.Join(scenarios, "healthy"))))
}

// done ends the archive and returns its path.
func (p *packer) done() string {
	p.t.Helper()
	p.check(errors.Join(p.tw.Close(), p.z.Close(), p.f.Close()))
	return p.path
}

// endless repeats a text.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(b []byte) (n int, err error) {
	for n < len(b) {
		k := copy(b[n:], e.text[e.at:])
		n += k
		e.at = (e.at + k) % len(e.text)
	}
	return n, nil
}

// repeated is about size bytes of a text.
func repeated(text string, size int) string { return strings.Repeat(text, size/len(text)) }
