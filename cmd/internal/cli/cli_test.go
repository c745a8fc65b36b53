package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// A run is a program with operations of the test, and what it printed.
type run struct {
	program
	out, err bytes.Buffer
}

func newRun(o operations) *run {
	r := &run{}
	r.program = program{strings.NewReader(""), &r.out, &r.err, func(string) string { return "" }, o}
	return r
}

// analyzing is operations whose analyze answers by the name of the bundle.
func analyzing(t *testing.T, got *[]ops.AnalyzeRequest) operations {
	return operations{analyze: func(_ context.Context, req ops.AnalyzeRequest) (*analyze.Report, error) {
		*got = append(*got, req)
		switch req.Input {
		case "broken":
			return nil, fmt.Errorf("read: %w", bundle.ErrNotBundle)
		case "gone":
			return nil, ops.ErrNoCase
		}
		return &analyze.Report{
			Schema:   analyze.Schema,
			Findings: []analyze.Finding{{ID: "F-001", Severity: analyze.Severity(req.Input)}},
		}, nil
	}}
}

func TestExitCodes(t *testing.T) {
	f := func(args string, want int) {
		t.Helper()
		var got []ops.AnalyzeRequest
		r := newRun(analyzing(t, &got))
		if code := r.run(t.Context(), strings.Fields(args)); code != want {
			t.Errorf("%s: exit code %d, want %d; stderr %s", args, code, want, r.err.String())
		}
	}
	f("analyze high", 0)
	f("analyze high --fail-on critical", 0)
	f("analyze high --fail-on high", 1)
	f("analyze high --fail-on info", 1)
	f("analyze low critical low --fail-on high", 1)
	f("analyze broken", 3)
	f("analyze gone", 4)
	f("analyze broken high --fail-on low", 3)
	f("analyze high broken --fail-on low", 3)
	f("analyze high --fail-on bad", 2)
	f("analyze high --unknown", 2)
	f("nothing", 2)
	f("", 0)
}

// TestInterrupt ends a run in the middle of the first of two bundles.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	r := newRun(operations{analyze: func(ctx context.Context, _ ops.AnalyzeRequest) (*analyze.Report, error) {
		calls++
		cancel()
		return nil, fmt.Errorf("read: %w", context.Cause(ctx))
	}})
	if code := r.run(ctx, []string{"analyze", "a", "b"}); code != 130 || calls != 1 {
		t.Errorf("exit code %d after %d bundles, want 130 after 1", code, calls)
	}
	if want := "eksleuth: interrupted\n"; r.err.String() != want || r.out.Len() > 0 {
		t.Errorf("stderr %q, want %q; stdout %q", r.err.String(), want, r.out.String())
	}
}

func TestRequest(t *testing.T) {
	var got []ops.AnalyzeRequest
	r := newRun(analyzing(t, &got))
	args := "analyze low --with cli.go --with help.go --rules . --runbooks . --no-index --home /h --workers 3 " +
		"--max-entries 5 --max-entry-size 1KiB --max-size 2GB --max-ratio 7 --max-path 8 --max-nesting 9"
	if code := r.run(t.Context(), strings.Fields(args)); code != 0 {
		t.Fatalf("exit code %d: %s", code, r.err.String())
	}
	want := ops.AnalyzeRequest{
		Input: "low", Stdin: r.stdin, With: []string{"cli.go", "help.go"}, Home: "/h",
		Rules: []string{"."}, Runbooks: []string{"."}, NoIndex: true, Workers: 3, Version: version(),
		Limits: bundle.Limits{Entries: 5, EntryBytes: 1024, TotalBytes: 2e9, Ratio: 7, PathBytes: 8, Nesting: 9},
	}
	got[0].Notice = nil
	if fmt.Sprintf("%+v", got[0]) != fmt.Sprintf("%+v", want) {
		t.Errorf("request %+v\nwant    %+v", got[0], want)
	}
}

// TestWriteFails holds that a full disk is told.
func TestWriteFails(t *testing.T) {
	var got []ops.AnalyzeRequest
	r := newRun(analyzing(t, &got))
	r.stdout = full{}
	for _, format := range []string{"table", "json", "yaml"} {
		r.err.Reset()
		if code := r.run(t.Context(), []string{"analyze", "low", "--format", format}); code != 3 {
			t.Errorf("%s: exit code %d, want 3", format, code)
		}
		if want := "eksleuth: write the result: disk is full\n"; r.err.String() != want {
			t.Errorf("%s: stderr %q, want %q", format, r.err.String(), want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

func TestArrange(t *testing.T) {
	app := newRun(operations{}).app()
	f := func(in, want string) {
		t.Helper()
		c, err := arrange(app, strings.Fields(in))
		got := strings.Join(c.args, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("arrange(%s) = %s, want %s", in, got, want)
		}
	}
	f("analyze a b", "analyze -- a b")
	f("analyze a --format json b", "analyze --format json -- a b")
	f("analyze a -o x --no-index b", "analyze -o x --no-index -- a b")
	f("analyze --format=json a", "analyze --format=json -- a")
	f("analyze -- --format", "analyze -- --format")
	f("analyze -", "analyze -- -")
	f("--home h analyze a", "analyze --home h -- a")
	f("cases --home h rm x", "cases rm --home h -- x")
	f("errors x", "findings -- x")
	f("analyze --with -- a", "analyze --with -- -- a")
	f("report rm", "report -- rm")
	f("--fail-on high cases", "unknown flag of cases: --fail-on")
	f("analyze a --home", "--home needs a value")
}

func TestDidYouMean(t *testing.T) {
	f := func(word, want string) {
		t.Helper()
		if got := didYouMean(word, []string{"analyze", "findings", "cases", "report"}, ""); got != want {
			t.Errorf("didYouMean(%s) = %q, want %q", word, got, want)
		}
	}
	f("analyse", "; did you mean analyze?")
	f("finding", "; did you mean findings?")
	f("find", "; did you mean findings?")
	f("rep", "; did you mean report?")
	f("re", "")
	f("repotr", "; did you mean report?")
	f("delete", "")
	f("", "")
}

func TestParseSize(t *testing.T) {
	f := func(in string, want int64) {
		t.Helper()
		got, ok := parseSize(in)
		if got != want || ok != (want > 0) {
			t.Errorf("parseSize(%q) = %d, %t, want %d", in, got, ok, want)
		}
	}
	f("1024", 1024)
	f("8GiB", 8<<30)
	f("8g", 8<<30)
	f("500MB", 500e6)
	f("1.5 KiB", 1536)
	f("7 b", 7)
	f("0", 0)
	f("-1", 0)
	f("0.5", 0)
	f("NaN", 0)
	f("Inf", 0)
	f("1e30", 0)
	f("GiB", 0)
	f("5XB", 0)
	f("5bk", 0)
	f("", 0)
}

// idInHelp is the ID of a rule or check, as examples have it.
var idInHelp = regexp.MustCompile(`\b(?:state|kernel|kubelet)\.[a-z0-9_]+\.[a-z0-9_]+\b`)

// TestHelp holds that each command has a help with examples or words of its
// own, that fits 80 columns, whose flags mean the same everywhere, and whose
// rules exist.
func TestHelp(t *testing.T) {
	app := newRun(operations{}).app()
	docs, err := ruleSet(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	value := map[string]bool{}
	var check func(commands []*cli.Command)
	check = func(commands []*cli.Command) {
		for _, c := range commands {
			var out bytes.Buffer
			if err := help(&out, app, c); err != nil {
				t.Fatal(err)
			}
			fits(t, c.Name, out.String())
			for _, id := range idInHelp.FindAllString(out.String(), -1) {
				if !slices.ContainsFunc(docs, func(d ruleDocument) bool { return d.ID == id }) {
					t.Errorf("the help of %s names %s, which does not exist", c.Name, id)
				}
			}
			for _, f := range c.Flags {
				name := f.Names()[0]
				if takes, ok := value[name]; ok && takes != takesValue(f) {
					t.Errorf("--%s of %s takes a value here and none elsewhere", name, c.Name)
				}
				value[name] = takesValue(f)
				if !strings.Contains(out.String(), "--"+name) {
					t.Errorf("the help of %s lacks --%s", c.Name, name)
				}
			}
			check(c.Subcommands)
		}
	}
	check(app.Commands)
	var out bytes.Buffer
	if err := help(&out, app, nil); err != nil {
		t.Fatal(err)
	}
	fits(t, "eksleuth", out.String())
}

func fits(t *testing.T, name, help string) {
	t.Helper()
	for line := range strings.Lines(help) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) > 80 || strings.HasSuffix(line, " ") || strings.Contains(line, "\t") {
			t.Errorf("help of %s: %d columns: %q", name, len(line), line)
		}
	}
}

func TestSeenIn(t *testing.T) {
	app := newRun(operations{report: func(context.Context, string, string) (*analyze.Report, error) {
		return &analyze.Report{
			Case: analyze.CaseInfo{CollectedAt: "2026-11-21T00:39:00.000Z"},
			Findings: []analyze.Finding{
				{ID: "F-001", FirstSeen: "2026-11-20T10:00:00.000Z", LastSeen: "2026-11-20T12:00:00.000Z"},
				{ID: "F-002", FirstSeen: "2026-11-19T10:00:00.000Z"},
				{ID: "F-003"}, // from a snapshot
			},
		}, nil
	}})
	f := func(flags string, want ...string) {
		t.Helper()
		app.out.Reset()
		if code := app.run(t.Context(), append([]string{"findings", "x"}, strings.Fields(flags)...)); code != 0 {
			t.Fatalf("%s: exit code %d: %s", flags, code, app.err.String())
		}
		var got []string
		for line := range strings.Lines(app.out.String()) {
			if id, _, _ := strings.Cut(line, " "); strings.HasPrefix(id, "F-") {
				got = append(got, id)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", flags, diff)
		}
	}
	f("", "F-001", "F-002", "F-003")
	f("--since 2026-11-20", "F-001", "F-003")
	f("--since 2026-11-20T11:00:00Z --until 2026-11-20T11:30:00Z", "F-001")
	f("--since 2026-11-20T12:00:01Z", "F-003")
	f("--until 2026-11-19", "F-002")
	f("--until 2026-11-20T11:00:00+02:00", "F-002")
}
