package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/index/query"
)

// fileTexts reads the files of a folder as they are, by path.
func fileTexts(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		texts[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// grep returns file:line of the lines for which keep holds, by path.
func grep(texts map[string]string, keep func(file, line string) bool) []string {
	var out []string
	for file, text := range texts {
		n := 0
		for line := range strings.Lines(text) {
			n++
			if keep(file, strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")) {
				out = append(out, fmt.Sprintf("%s %06d", file, n))
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestSearch_grep compares searches in every bundle of testdata with a look at
// each line of its files, with and without a search index.
func TestSearch_grep(t *testing.T) {
	like := func(expr string) func(file, line string) bool {
		re := regexp.MustCompile(expr)
		return func(_, line string) bool { return re.MatchString(line) }
	}
	tests := []struct {
		query string
		regex bool
		keep  func(file, line string) bool
	}{
		{"error", false, like(`(?i)(^|\W)error($|\W)`)},
		{"conntrack full", false, func(_, l string) bool { return like(`(?i)\bconntrack\b`)("", l) && like(`(?i)\bfull\b`)("", l) }},
		{"nf_conn*", false, like(`(?i)\bnf_conn`)},
		{`"timed out"`, false, like(`(?i)timed out`)},
		{`"ailed to c"`, false, like(`(?i)ailed to c`)},
		{`kubelet.go*`, false, like(`(?i)\bkubelet\.go`)},
		{`/exit(Code|_status)[=:][0-9]/`, false, like(`exit(Code|_status)[=:][0-9]`)},
		{`/^\s*$/`, false, like(`^\s*$`)},
		{`IMDS|169\.254\.169\.254.*refused`, true, like(`IMDS|169\.254\.169\.254.*refused`)},
		{`.`, true, like(`.`)},
		{"", true, func(string, string) bool { return true }},
		{"imds OR eni", false, like(`(?i)\b(imds|eni)\b`)},
		{"kubelet -error", false, func(_, l string) bool { return like(`(?i)\bkubelet\b`)("", l) && !like(`(?i)\berror\b`)("", l) }},
		{"file:kubelet.log error", false, func(f, l string) bool {
			return strings.Contains(f, "kubelet.log") && like(`(?i)\berror\b`)("", l)
		}},
		{"NOT file:*.log 0", false, func(f, l string) bool { return !strings.HasSuffix(f, ".log") && like(`\b0\b`)("", l) }},
		{"zzz-nothing-has-this", false, func(string, string) bool { return false }},
	}
	for _, name := range scenarioNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, home := filepath.Join(scenarios, name), t.TempDir()
			texts := fileTexts(t, dir)
			r := analyzed(t, AnalyzeRequest{Input: dir, Home: home, NoIndex: true})
			for _, noBuild := range []bool{true, false} {
				for _, tt := range tests {
					req := SearchRequest{Home: home, Case: r.Case.ID, Query: tt.query, Regex: tt.regex, Limit: 1 << 20, NoBuild: noBuild}
					got, err := Search(t.Context(), req)
					if tt.query == "" {
						if _, ok := errors.AsType[*query.SyntaxError](err); !ok {
							t.Errorf("an empty query: %v, want a syntax error", err)
						}
						continue
					}
					if err != nil {
						t.Fatalf("%s: %v", tt.query, err)
					}
					want := grep(texts, tt.keep)
					if diff := cmp.Diff(want, hitPlaces(got)); diff != "" || got.Total != len(want) || got.Truncated {
						t.Errorf("%s, without index %v: %d of %d lines, truncated %v (-want +got):\n%s", tt.query, noBuild, len(got.Hits), got.Total, got.Truncated, diff)
					}
					checkTexts(t, got, texts)
				}
			}
		})
	}
}

func hitPlaces(r *SearchResult) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, fmt.Sprintf("%s %06d", h.File, h.Line))
	}
	slices.Sort(out)
	return out
}

// checkTexts holds that hits show the lines that stand there.
func checkTexts(t *testing.T, r *SearchResult, texts map[string]string) {
	t.Helper()
	for _, h := range r.Hits {
		line := strings.TrimSuffix(strings.Split(texts[h.File], "\n")[h.Line-1], "\r")
		line = line[min(h.CutBefore, len(line)):]
		if line = line[:len(line)-h.CutAfter]; line != h.Text {
			t.Fatalf("%s:%d: text %q, want %q", h.File, h.Line, h.Text, line)
		}
	}
}

// searching is a case with the lines of one log and of a file that is not UTF-8.
// The lines of kubelet are from testdata/bundles/crashloop-oom.
func searching(t *testing.T, home string) (id string) {
	t.Helper()
	long := strings.Repeat("a ", 20_000) + "needle" + strings.Repeat(" z", 20_000)
	s := &sandbox{dir: t.TempDir()}
	p := s.pack(t)
	p.file("kubelet/kubelet.log", strings.Join([]string{
		`Nov 21 00:19:43 ip-10-0-12-34 kubelet[467]: I1121 00:19:43.418774     467 kubelet.go:2522] "SyncLoop ADD" source="api" pods=["default/api-1"]`,
		`Nov 21 00:19:44 ip-10-0-12-34 kubelet[467]: E1121 00:19:44.418774     467 pod_workers.go:1301] "Error syncing pod, skipping" err="needle 1"`,
		`Nov 21 00:19:45 ip-10-0-12-34 kubelet[467]: I1121 00:19:45.418774     467 kubelet.go:2522] "SyncLoop DELETE" source="api"`,
		`Nov 21 00:19:41 ip-10-0-12-34 kubelet[467]: W1121 00:19:41.418774     467 reflector.go:539] needle 2`,
		`a line without a header`,
		``,
	}, "\n"))
	p.file("system/odd.txt", "\xff\xfe needle \xc3\x28 needle\r\nbehind\x1b[31m")
	p.file("system/long.txt", "first\n"+long+"\n")
	return analyzed(t, AnalyzeRequest{Input: p.done(), Home: home}).Case.ID
}

func search1(t *testing.T, req SearchRequest) *SearchResult {
	t.Helper()
	r, err := Search(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSearch(t *testing.T) {
	home := t.TempDir()
	id := searching(t, home)
	r := search1(t, SearchRequest{Home: home, Case: id, Query: "needle", Limit: 10, Before: 1, After: 1})
	if r.Total != 4 || len(r.Hits) != 4 || r.Truncated || r.Schema != SearchSchema {
		t.Fatalf("%d lines, %d hits, truncated %v, schema %s", r.Total, len(r.Hits), r.Truncated, r.Schema)
	}
	first := r.Hits[0]
	if first.ID != "S-1-2" || first.Case != id || first.Level != "error" || first.Time != "2026-11-21T00:19:44.418Z" {
		t.Errorf("hit %s of case %s, level %s, time %s", first.ID, first.Case, first.Level, first.Time)
	}
	if len(first.Before) != 1 || first.Before[0].N != 1 || len(first.After) != 1 || !strings.Contains(first.After[0].Text, "DELETE") {
		t.Errorf("context %v, %v", first.Before, first.After)
	}
	for _, h := range r.Hits {
		for _, s := range h.Spans {
			if h.Text[s[0]:s[1]] != "needle" {
				t.Errorf("%s: marked %q", h.ID, h.Text[s[0]:s[1]])
			}
		}
		if len(h.Spans) == 0 {
			t.Errorf("%s: nothing is marked", h.ID)
		}
	}
	long := r.Hits[2]
	if long.File != "system/long.txt" || len(long.Text) != maxLine || long.CutBefore == 0 || long.CutAfter == 0 || long.CutBefore+len(long.Text)+long.CutAfter != 80_006 {
		t.Errorf("long line: %d bytes of text, %d before, %d after", len(long.Text), long.CutBefore, long.CutAfter)
	}
	if r := search1(t, SearchRequest{Home: home, Case: id, Query: "needle", Limit: 2, Sort: ByTime}); r.Total != 4 || !r.Truncated || r.Hits[0].ID != "S-1-4" || r.Hits[1].ID != "S-1-2" {
		t.Errorf("by time: %+v", r)
	}
	if r := search1(t, SearchRequest{Home: home, Case: id, Query: "needle"}); r.Total != 4 || len(r.Hits) > 0 {
		t.Errorf("only counted: %+v", r)
	}
	want := &Facets{
		Files:      []Share{{"kubelet/kubelet.log", 2}, {"system/long.txt", 1}, {"system/odd.txt", 1}},
		Components: []Share{{"kubelet", 2}, {"node", 2}},
		Levels:     []Share{{"error", 1}, {"warn", 1}, {"", 2}},
		Hours:      []Share{{"2026-11-21T00:00:00Z", 2}},
	}
	if diff := cmp.Diff(want, search1(t, SearchRequest{Home: home, Case: id, Query: "needle", Facets: true}).Facets); diff != "" {
		t.Errorf("facets (-want +got):\n%s", diff)
	}
}

// TestSearch_json holds that spans mark the same words in the JSON text, in
// which bytes that are no UTF-8 stand as three others.
func TestSearch_json(t *testing.T) {
	home := t.TempDir()
	r := search1(t, SearchRequest{Home: home, Case: searching(t, home), Query: "needle file:odd.txt", Limit: 5})
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Hits []struct {
			Text  string
			Spans [][2]int
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	h := got.Hits[0]
	if want := "\ufffd\ufffd needle \ufffd( needle"; h.Text != want || len(h.Spans) != 2 {
		t.Fatalf("text %q, want %q; spans %v", h.Text, want, h.Spans)
	}
	for _, s := range h.Spans {
		if h.Text[s[0]:s[1]] != "needle" {
			t.Errorf("marked %q", h.Text[s[0]:s[1]])
		}
	}
}

// TestSearch_case asks for what depends on the case: its end, its findings.
func TestSearch_case(t *testing.T) {
	home := t.TempDir()
	r := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "imds-blocked"), Home: home})
	f := r.Finding("f-2")
	if f == nil || f.ID != "F-002" || r.Finding("F-999") != nil || r.Finding("2") != nil {
		t.Fatalf("finding f-2 is %v", f)
	}
	got := search1(t, SearchRequest{Home: home, Case: r.Case.ID, Query: "finding:F-2", Limit: 50})
	var want []string
	for _, e := range f.Evidence {
		want = append(want, fmt.Sprintf("%s %06d", e.File, e.Line))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, hitPlaces(got)); diff != "" {
		t.Errorf("lines of the finding (-want +got):\n%s", diff)
	}
	from, to := instant(f.FirstSeen).Add(-time.Minute), instant(f.LastSeen).Add(time.Minute)
	in := search1(t, SearchRequest{Home: home, Case: r.Case.ID, Query: "time:@F-002-1m..+1m", Limit: 1000})
	if in.Total == 0 {
		t.Error("no line around the finding")
	}
	for _, h := range in.Hits {
		if at := instant(h.Time); at.Before(from) || at.After(to.Add(time.Millisecond)) {
			t.Errorf("%s at %s is not between %s and %s", h.ID, h.Time, from, to)
		}
	}
	since := search1(t, SearchRequest{Home: home, Case: r.Case.ID, Query: "since:-1m", Limit: 1000})
	for _, h := range since.Hits {
		if instant(h.Time).Before(instant(r.Case.CollectedAt).Add(-time.Minute)) {
			t.Errorf("%s at %s is more than a minute before %s", h.ID, h.Time, r.Case.CollectedAt)
		}
	}
	if since.Total == 0 {
		t.Error("no line in the last minute")
	}
}

func TestSearch_errors(t *testing.T) {
	home := t.TempDir()
	id := searching(t, home)
	if _, err := Search(t.Context(), SearchRequest{Home: home, Case: "i-0gone", Query: "a"}); !errors.Is(err, ErrNoCase) {
		t.Errorf("unknown case: %v", err)
	}
	_, err := Search(t.Context(), SearchRequest{Home: home, Case: id, Query: "finding:F-999"})
	if se, ok := errors.AsType[*query.SyntaxError](err); !ok || !errors.Is(err, query.ErrNoFinding) || se.Col != 9 || !strings.HasSuffix(se.Msg, "in case "+id) {
		t.Errorf("unknown finding: %v", err)
	}
	for _, q := range []string{"(a", `"a`, "/(/", "level:loud", "since:noon"} {
		if _, err := Search(t.Context(), SearchRequest{Home: home, Case: id, Query: q}); err == nil {
			t.Errorf("%s: no error", q)
		} else if _, ok := errors.AsType[*query.SyntaxError](err); !ok {
			t.Errorf("%s: %v is no syntax error", q, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Search(ctx, SearchRequest{Home: home, Case: id, Query: "a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestSearch_unread holds that a search which ran out of time says so.
func TestSearch_unread(t *testing.T) {
	home := t.TempDir()
	r := search1(t, SearchRequest{Home: home, Case: searching(t, home), Query: "needle", Limit: 9, Timeout: time.Nanosecond})
	if r.Unread == 0 || !r.Truncated || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "--timeout") {
		t.Errorf("unread %d, truncated %v, notes %q", r.Unread, r.Truncated, r.Notes)
	}
}

// TestSearch_index searches a case without an index: it is made, once.
func TestSearch_index(t *testing.T) {
	home := t.TempDir()
	r := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "healthy"), Home: home, NoIndex: true})
	c, err := index.Open(filepath.Join(home, r.Case.ID))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	req := SearchRequest{Home: home, Case: r.Case.ID, Query: "kubelet", NoBuild: true}
	if search1(t, req); c.Indexed() {
		t.Fatal("there is an index")
	}
	killed := filepath.Join(home, r.Case.ID, ".new-1") // by a build that was killed
	if err := os.Mkdir(killed, 0o755); err != nil {
		t.Fatal(err)
	}
	told := make(chan int64, 1000)
	req.NoBuild, req.Progress = false, func(done, _ int64) { told <- done }
	if search1(t, req); !c.Indexed() || len(told) == 0 {
		t.Errorf("index %v, progress told %d times", c.Indexed(), len(told))
	}
	if _, err := os.Stat(killed); err == nil {
		t.Error("the rest of a killed build is still there")
	}
	n := len(told)
	if search1(t, req); len(told) != n {
		t.Error("the index was made again")
	}
	r = analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "healthy-boot"), Home: home})
	if c, err := index.Open(filepath.Join(home, r.Case.ID)); err != nil || !c.Indexed() {
		t.Errorf("analyze made no index: %v", err)
	} else {
		c.Close()
	}
}

// TestSearch_damagedIndex cuts the files of an index: it is made anew, and where
// that cannot be done every line is read.
func TestSearch_damagedIndex(t *testing.T) {
	home := t.TempDir()
	id := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "healthy"), Home: home}).Case.ID
	dir := filepath.Join(home, id)
	req := SearchRequest{Home: home, Case: id, Query: "kubelet", Limit: 1000}
	want := search1(t, req)
	damage := func() map[string]stamped {
		t.Helper()
		cut := 0
		for name := range files(t, dir) {
			if strings.HasPrefix(filepath.ToSlash(name), "words/") {
				if err := os.Truncate(filepath.Join(dir, name), 10); err != nil {
					t.Fatal(err)
				}
				cut++
			}
		}
		if cut == 0 {
			t.Fatal("there is no index")
		}
		return files(t, dir)
	}
	f := func(what string, req SearchRequest, note string) {
		t.Helper()
		got := search1(t, req)
		if note == "" && len(got.Notes) > 0 || note != "" && (len(got.Notes) != 1 || !strings.Contains(got.Notes[0], note)) {
			t.Errorf("%s: notes %q, want one with %q", what, got.Notes, note)
		}
		got.Notes = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	noBuild := req
	noBuild.NoBuild = true
	damaged := damage()
	f("not to be written to", noBuild, "every line was read: the search index is damaged")
	lock := filepath.Join(home, ".lock-"+id)
	if err := errors.Join(os.Remove(lock), os.Mkdir(lock, 0o700)); err != nil {
		t.Fatal(err)
	}
	f("cannot be locked", req, "and none could be made: open ")
	if diff := cmp.Diff(damaged, files(t, dir)); diff != "" {
		t.Errorf("the case was changed:\n%.1000s", diff)
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	f("made anew", req, "")
	f("with the new one", noBuild, "")
	damage()
	f("made anew again", req, "")
}

// TestSearch_damagedLines holds that damaged lines are told, and do not cost the
// index, which is sound.
func TestSearch_damagedLines(t *testing.T) {
	home := t.TempDir()
	id := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "healthy"), Home: home}).Case.ID
	dir := filepath.Join(home, id)
	lines := filepath.Join(dir, "lines.zst")
	info, err := os.Stat(lines)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lines, make([]byte, info.Size()), 0o600); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	for _, noBuild := range []bool{false, true} {
		r, err := Search(t.Context(), SearchRequest{Home: home, Case: id, Query: "kubelet", Limit: 9, NoBuild: noBuild})
		if !isUnreadable(err) || errors.Is(err, index.ErrIndex) {
			t.Errorf("Search = %+v, %v; want an error of the lines", r, err)
		}
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("the case was changed:\n%.1000s", diff)
	}
	if err := os.RemoveAll(filepath.Join(dir, "words")); err != nil {
		t.Fatal(err)
	}
	if r, err := Search(t.Context(), SearchRequest{Home: home, Case: id, Query: "kubelet"}); !isUnreadable(err) {
		t.Errorf("Search without index = %+v, %v; want an error of the lines", r, err)
	}
}

// TestSearch_locked ends a search that waits for the lock of its case, to make
// the index.
func TestSearch_locked(t *testing.T) {
	home := t.TempDir()
	id := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "healthy"), Home: home, NoIndex: true}).Case.ID
	unlock, err := index.Home(home).Lock(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	f := func(what string, call func(ctx context.Context) error) {
		t.Helper()
		stop := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() { done <- call(ctx) }()
		cancel(stop)
		if err := <-done; !errors.Is(err, stop) {
			t.Errorf("%s = %v, want the cause of its end", what, err)
		}
	}
	f("Search", func(ctx context.Context) error {
		_, err := Search(ctx, SearchRequest{Home: home, Case: id, Query: "kubelet"})
		return err
	})
	f("SearchAll", func(ctx context.Context) error {
		_, err := SearchAll(ctx, SearchRequest{Home: home, Query: "kubelet"})
		return err
	})
	f("Analyze", func(ctx context.Context) error {
		_, err := Analyze(ctx, AnalyzeRequest{Input: id, Home: home, Version: "another"})
		return err
	})
	f("RemoveCase", func(ctx context.Context) error { return RemoveCase(ctx, home, id) })
}

func TestSearchAll(t *testing.T) {
	home := t.TempDir()
	var ids []string
	each := map[string]int{}
	for _, name := range []string{"crashloop-oom", "imds-blocked", "healthy", "al2-boot", "conntrack-full", "fs-error"} {
		id := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, name), Home: home}).Case.ID
		ids = append(ids, id)
		each[id] = search1(t, SearchRequest{Home: home, Case: id, Query: "kubelet"}).Total
	}
	slices.Sort(ids)
	if err := os.WriteFile(filepath.Join(home, ids[1], "case.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := SearchAll(t.Context(), SearchRequest{Home: home, Query: "kubelet", Limit: 1 << 20, Facets: true})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for i, c := range r.Cases {
		if c.Case != ids[i] || (c.Err != nil) != (i == 1) {
			t.Fatalf("case %d is %s (%v), want %s", i, c.Case, c.Err, ids[i])
		}
		if i != 1 && c.Total != each[c.Case] {
			t.Errorf("case %s: %d lines, want %d", c.Case, c.Total, each[c.Case])
		}
		sum += c.Total
	}
	if r.Total != sum || len(r.Hits) != sum || len(r.Cases) != len(ids) || !r.Truncated {
		t.Errorf("%d lines and %d hits in %d cases, truncated %v; want %d lines of %d", r.Total, len(r.Hits), len(r.Cases), r.Truncated, sum, len(ids))
	}
	if !slices.IsSortedFunc(r.Hits, func(a, b Hit) int { return strings.Compare(a.Case, b.Case) }) {
		t.Error("the hits are not grouped by case")
	}
	inFacets := 0
	for _, f := range r.Facets.Files {
		inFacets += f.Count
	}
	if inFacets != sum {
		t.Errorf("facets count %d lines, want %d", inFacets, sum)
	}
	one, err1 := SearchAll(t.Context(), SearchRequest{Home: home, Query: "kubelet", Limit: 7, Workers: 1})
	many, err2 := SearchAll(t.Context(), SearchRequest{Home: home, Query: "kubelet", Limit: 7, Workers: 8})
	if err := errors.Join(err1, err2); err != nil || len(one.Hits) != 7 || one.Total != sum {
		t.Fatalf("limit 7: %v", err)
	}
	if a, b := marshal(t, one), marshal(t, many); !bytes.Equal(a, b) {
		t.Errorf("one worker:\n%s\neight:\n%s", a, b)
	}
}

// TestSearchAll_byTime holds that the order of time is over all cases, and the
// limit behind it.
func TestSearchAll_byTime(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"crashloop-oom", "imds-blocked", "healthy", "conntrack-full"} {
		analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, name), Home: home})
	}
	search := func(req SearchRequest) *SearchResult {
		t.Helper()
		req.Home, req.Query = home, "kubelet OR tcp"
		r, err := SearchAll(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	key := func(h Hit) string {
		at := "none"
		if h.Time != "" {
			at = h.At.UTC().Format("2006-01-02T15:04:05.000000000")
		}
		return fmt.Sprintf("%s %s %s %09d", at, h.Case, h.File, h.Line)
	}
	keys := func(hits []Hit) (out []string) {
		for _, h := range hits {
			out = append(out, key(h))
		}
		return out
	}
	want := keys(search(SearchRequest{Limit: 1 << 20}).Hits)
	slices.Sort(want)
	changes := 0
	for i := range want[1:] {
		if strings.Fields(want[i])[1] != strings.Fields(want[i+1])[1] {
			changes++
		}
	}
	if changes < 20 || !strings.HasPrefix(want[len(want)-1], "none") {
		t.Fatalf("the cases change %d times and the last line is %s: the test says little", changes, want[len(want)-1])
	}
	for _, limit := range []int{1 << 20, len(want) - 1, 100, 7, 1, 0} {
		for _, workers := range []int{1, 8} {
			r := search(SearchRequest{Limit: limit, Sort: ByTime, Workers: workers})
			if diff := cmp.Diff(want[:min(limit, len(want))], keys(r.Hits), cmpopts.EquateEmpty()); diff != "" || r.Total != len(want) {
				t.Errorf("limit %d, %d workers: of %d lines, want %d (-want +got):\n%.2000s", limit, workers, r.Total, len(want), diff)
			}
		}
	}
}

// TestSearchAll_errors holds that the error of a case does not name it again.
func TestSearchAll_errors(t *testing.T) {
	home := t.TempDir()
	broken := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "healthy"), Home: home}).Case.ID
	analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "imds-blocked"), Home: home})
	if err := os.WriteFile(filepath.Join(home, broken, "case.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := SearchAll(t.Context(), SearchRequest{Home: home, Query: "a finding:F-999"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Cases {
		want := "column 11: no such finding: F-999"
		if c.Case == broken {
			want = "cannot be read, analyze its bundle again: read "
		}
		if c.Err == nil || !strings.HasPrefix(c.Error, want) {
			t.Errorf("case %s: %q, want %q", c.Case, c.Error, want)
		}
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
