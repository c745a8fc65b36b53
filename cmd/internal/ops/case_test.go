package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/report"
)

// A stamped file is its content and when it was written.
type stamped struct {
	Text string
	At   time.Time
}

// files are the files below a folder, locks left out.
func files(t *testing.T, dir string) map[string]stamped {
	t.Helper()
	all := map[string]stamped{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".lock-") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		all[name] = stamped{string(text), info.ModTime()}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// jsonOf is what a user gets to see of a report.
func jsonOf(t *testing.T, r *analyze.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.JSON(&b, r, true); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// onlyCase returns the one case of a home, which must be whole.
func onlyCase(t *testing.T, home string) CaseRef {
	t.Helper()
	refs, err := Cases(t.Context(), home)
	if err != nil || len(refs) != 1 || refs[0].Err != nil {
		t.Fatalf("Cases = %+v, %v; want one that can be read", refs, err)
	}
	entries, err := os.ReadDir(home)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".new-") {
			t.Errorf("a draft is left: %s", e.Name())
		}
	}
	return refs[0]
}

func TestAnalyze_again(t *testing.T) {
	archive := packed(t, "imds-blocked")
	data, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(scenarios, "imds-blocked")
	stdin := func() AnalyzeRequest { return AnalyzeRequest{Input: "-", Stdin: bytes.NewReader(data)} }
	file := func() AnalyzeRequest { return AnalyzeRequest{Input: archive} }
	dir := func() AnalyzeRequest { return AnalyzeRequest{Input: folder} }
	f := func(name string, inputs ...func() AnalyzeRequest) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			var first string
			var before map[string]stamped
			for i, in := range inputs {
				req := in()
				req.Home = home
				r := analyzed(t, req)
				onlyCase(t, home)
				if i == 0 {
					first, before = jsonOf(t, r), files(t, home)
					continue
				}
				if d := cmp.Diff(first, jsonOf(t, r)); d != "" {
					t.Errorf("analysis %d (-first +this):\n%s", i+1, d)
				}
				if d := cmp.Diff(before, files(t, home)); d != "" {
					t.Errorf("analysis %d wrote to the case:\n%.2000s", i+1, d)
				}
			}
		})
	}
	f("file", file, file)
	f("folder", dir, dir)
	f("stdin", stdin, stdin)
	f("file_then_stdin", file, stdin, file)
	f("stdin_then_file", stdin, file)
}

// userRules is a folder with rules of a user.
func userRules(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ids are the IDs of findings by what they are about.
func ids(r *analyze.Report) map[string]string {
	m := map[string]string{}
	for _, f := range r.Findings {
		m[f.Fingerprint] = f.ID
	}
	return m
}

func TestAnalyze_otherRules(t *testing.T) {
	archive, home := packed(t, "crashloop-oom"), t.TempDir()
	first := analyzed(t, AnalyzeRequest{Input: archive, Home: home})
	if len(first.Findings) < 2 {
		t.Fatalf("%d findings: the test says little", len(first.Findings))
	}
	if err := os.Remove(archive); err != nil {
		t.Fatal(err)
	}
	again := func(rules ...string) *analyze.Report {
		t.Helper()
		return analyzed(t, AnalyzeRequest{Input: first.Case.ID, Home: home, Rules: rules})
	}

	added := userRules(t, `
- id: aaa.user.critical
  title: sorts before all others
  severity: critical
  component: node
  source: [kubelet]
  match: 'kubelet'
`)
	more := again(added)
	want := ids(first)
	for fingerprint, id := range ids(more) {
		if want[fingerprint] == "" {
			if next := fmt.Sprintf("F-%03d", len(first.Findings)+1); id != next {
				t.Errorf("the new finding is %s, want %s", id, next)
			}
			delete(want, fingerprint)
		} else if id != want[fingerprint] {
			t.Errorf("%s became %s", want[fingerprint], id)
		}
	}
	if len(more.Findings) != len(first.Findings)+1 {
		t.Errorf("%d findings with one rule more, %d before", len(more.Findings), len(first.Findings))
	}

	milder := first.Findings[0]
	rules, err := analyze.Rules()
	if err != nil {
		t.Fatal(err)
	}
	rule := rules[slices.IndexFunc(rules, func(r *analyze.Rule) bool { return r.ID == milder.Rule })]
	override := userRules(t, fmt.Sprintf("- {id: %s, title: mine, severity: info, component: node, source: [%s], match: %q, group: %q}",
		rule.ID, strings.Join(rule.Source, ", "), rule.Match, rule.Group))
	other := again(override)
	i := slices.IndexFunc(other.Findings, func(f analyze.Finding) bool { return f.Fingerprint == milder.Fingerprint })
	if i < 0 || other.Findings[i].ID != milder.ID || other.Findings[i].Severity != analyze.Info {
		t.Errorf("the finding of the rule that was replaced is gone, renumbered or still %s: %s", milder.Severity, fateOf(other, milder.Rule))
	}

	if d := cmp.Diff(jsonOf(t, first), jsonOf(t, again())); d != "" {
		t.Errorf("back at the old rules (-first +now):\n%s", d)
	}
	if got := again(added); !cmp.Equal(ids(more), ids(got)) {
		t.Errorf("the new rule again: %v, want %v", ids(got), ids(more))
	}
}

func TestAnalyze_with(t *testing.T) {
	archive, home := packed(t, "healthy"), t.TempDir()
	with := filepath.Join(t.TempDir(), "describe-instances.json")
	// The shape of the AWS CLI's own output; the scenario hop-limit-1 has a whole one.
	err := os.WriteFile(with, []byte(`{"Reservations": [{"Instances": [{"InstanceId": "i-07c3d9ab1e4f301ef",
"MetadataOptions": {"State": "applied", "HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "disabled"}}]}]}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	alone := analyzed(t, AnalyzeRequest{Input: archive, Home: home})
	both := analyzed(t, AnalyzeRequest{Input: archive, Home: home, With: []string{with}})
	again := analyzed(t, AnalyzeRequest{Input: archive, Home: home, With: []string{with}})
	const endpoint = "state.imds.endpoint_disabled"
	has := func(r *analyze.Report) bool {
		return slices.ContainsFunc(r.Findings, func(f analyze.Finding) bool {
			return f.Rule == endpoint && f.Evidence[0].File == "extra/describe-instances.json"
		})
	}
	if has(alone) || !has(both) {
		t.Errorf("the finding of the file: %v without it, %v with it; %s", has(alone), has(both), fateOf(both, endpoint))
	}
	if alone.Case.ID == both.Case.ID || both.Case.ID != again.Case.ID {
		t.Errorf("cases %s without the file, %s and %s with it", alone.Case.ID, both.Case.ID, again.Case.ID)
	}
	if refs, err := Cases(t.Context(), home); err != nil || len(refs) != 2 {
		t.Errorf("Cases = %+v, %v; want two", refs, err)
	}
}

func TestAnalyze_atOnce(t *testing.T) {
	archive, home := packed(t, "imds-blocked"), t.TempDir()
	var wg sync.WaitGroup
	reports := make([]*analyze.Report, 4)
	for i := range reports {
		wg.Go(func() {
			var err error
			if reports[i], err = Analyze(t.Context(), AnalyzeRequest{Input: archive, Home: home, Workers: 1}); err != nil {
				t.Error(err)
			}
		})
	}
	var out [2]bytes.Buffer
	for i := range out {
		wg.Go(func() {
			cmd := start(t, childJob{Input: archive, Home: home, FileSize: -1})
			cmd.Stdout, cmd.Stderr = &out[i], &out[i]
			if err := cmd.Run(); err != nil {
				t.Errorf("process %d: %v: %s", i, err, &out[i])
			}
		})
	}
	wg.Wait()
	id := onlyCase(t, home).ID
	for i, r := range reports {
		if r != nil && jsonOf(t, r) != jsonOf(t, reports[0]) {
			t.Errorf("report %d differs", i)
		}
	}
	for i := range out {
		if out[i].String() != id {
			t.Errorf("process %d made case %q, want %q", i, &out[i], id)
		}
	}
}

// TestAnalyze_killed kills the program while it reads: the case is absent or
// whole, and the next run makes it.
func TestAnalyze_killed(t *testing.T) {
	text := plainTar(t, "imds-blocked")
	want := analyzed(t, AnalyzeRequest{Input: "-", Stdin: bytes.NewReader(text), Home: t.TempDir()})
	for i := range 20 {
		t.Run(fmt.Sprintf("after_%d_of_18", i), func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			cmd := start(t, childJob{Input: "-", Home: home, FileSize: -1})
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// The last two have all of the input, and are killed while they write.
			if _, err := in.Write(text[:len(text)*min(i, 18)/18]); err != nil {
				t.Error(err)
			}
			if i >= 18 {
				in.Close()
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			cmd.Wait()
			if refs, err := Cases(t.Context(), home); err != nil || len(refs) > 1 || len(refs) == 1 && refs[0].Err != nil {
				t.Errorf("Cases = %+v, %v; want none, or one that can be read", refs, err)
			}
			r := analyzed(t, AnalyzeRequest{Input: "-", Stdin: bytes.NewReader(text), Home: home})
			sameReport(t, "after the kill", want, r)
		})
	}
}

// TestSearch_killed kills a search while it makes the index: then and later every
// line is found, and the next build removes what is left.
func TestSearch_killed(t *testing.T) {
	home := t.TempDir()
	id := wordyCase(t, home)
	dir := filepath.Join(home, id)
	req := SearchRequest{Home: home, Case: id, Query: "needle", Limit: 1000}
	noBuild := req
	noBuild.NoBuild = true
	want := search1(t, noBuild)
	if want.Total == 0 {
		t.Fatal("there is nothing to be found")
	}
	// A moment is so many looks at the folder after the draft was seen.
	moments := looks(t, start(t, childJob{Input: id, Home: home, FileSize: -1, Query: "needle"}), dir, -1)
	rnd := rand.New(rand.NewPCG(31, 32))
	left := 0
	for i := range 20 {
		if err := os.RemoveAll(filepath.Join(dir, "words")); err != nil {
			t.Fatal(err)
		}
		at := rnd.IntN(moments + 1)
		looks(t, start(t, childJob{Input: id, Home: home, FileSize: -1, Query: "needle"}), dir, at)
		draft, _ := building(t, dir)
		if draft {
			left++
		}
		for _, req := range []SearchRequest{noBuild, req} {
			if diff := cmp.Diff(want, search1(t, req)); diff != "" {
				t.Errorf("kill %d, after look %d of %d, without build %v (-want +got):\n%s", i, at, moments, req.NoBuild, diff)
			}
		}
		if draft, built := building(t, dir); draft || !built {
			t.Errorf("kill %d, after look %d of %d: a draft is left: %v, there is an index: %v", i, at, moments, draft, built)
		}
	}
	if left == 0 {
		t.Error("no kill came while the index was made: the test says little")
	}
}

// looks runs a child that makes the index of the case in dir, kills it after so
// many looks at the folder while the index is made, and returns how many there
// were; with -1 the child is left to end.
func looks(t *testing.T, cmd *exec.Cmd, dir string, kill int) (n int) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for draft := false; kill < 0 || n < kill || !draft; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("the child ended with %v: %s", err, &out)
			}
			return n
		default:
		}
		if draft, _ = building(t, dir); draft {
			n++
		}
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	<-ended
	return n
}

// building reports whether a case has the draft of an index, and an index.
func building(t *testing.T, dir string) (draft, built bool) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		draft = draft || e.IsDir() && strings.HasPrefix(e.Name(), ".new-")
		built = built || e.Name() == "words"
	}
	return draft, built
}

// wordyCase is a case without an index, which takes a while to make.
func wordyCase(t *testing.T, home string) (id string) {
	t.Helper()
	s := &sandbox{dir: t.TempDir()}
	p := s.pack(t)
	rnd := rand.New(rand.NewPCG(33, 34))
	for i := range 4 {
		var b strings.Builder
		for b.Len() < 300<<10 {
			fmt.Fprintf(&b, "eni-%x lease of %x\n", rnd.IntN(5000), rnd.IntN(5000))
			if rnd.IntN(1000) == 0 {
				b.WriteString("a needle\n")
			}
		}
		p.file(fmt.Sprintf("system/%d.txt", i), b.String())
	}
	return analyzed(t, AnalyzeRequest{Input: p.done(), Home: home, NoIndex: true}).Case.ID
}

// plainTar is a scenario as an archive that is not packed.
func plainTar(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(packed(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := newGunzip(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnalyze_fullDisk(t *testing.T) {
	if !canLimitFiles {
		t.Skip("this system cannot limit the size of files")
	}
	archive := packed(t, "imds-blocked")
	whole := t.TempDir()
	analyzed(t, AnalyzeRequest{Input: archive, Home: whole, Version: "old"})
	before := files(t, whole)
	// The files of the search index have other sizes in each run; those of the lines do not.
	lines := len(before[caseFile(before, "lines.zst")].Text)
	for _, size := range []int{0, 1, 100, 4096, 10_000, lines - 1} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			run := func(home, version string) {
				cmd := start(t, childJob{Input: archive, Home: home, Version: version, FileSize: size})
				out, err := cmd.CombinedOutput()
				if err == nil || !strings.Contains(string(out), "too large") {
					t.Errorf("it ended with %v: %s; want what the system said", err, out)
				}
			}
			home := t.TempDir()
			run(home, "old")
			if entries, err := os.ReadDir(home); err != nil || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() }) {
				t.Errorf("left in the home: %v, %v", entries, err)
			}
			report := caseFile(before, "report.json")
			if size >= len(before[report].Text) {
				return // only the lines are larger, and they are there
			}
			run(whole, "new")
			if d := cmp.Diff(before[report], files(t, whole)[report]); d != "" {
				t.Errorf("the report of the old version is gone:\n%.1000s", d)
			}
			onlyCase(t, whole)
		})
	}
}

// caseFile is the name of a file of the one case among files.
func caseFile(files map[string]stamped, base string) string {
	for name := range files {
		if filepath.Base(name) == base {
			return name
		}
	}
	return ""
}

func TestAnalyze_home(t *testing.T) {
	archive := packed(t, "healthy")
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(home, want string) {
		t.Helper()
		r, err := Analyze(t.Context(), AnalyzeRequest{Input: archive, Home: home})
		if r != nil || err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "--home or EKSLEUTH_HOME") {
			t.Errorf("home %s: %v, want an error with %q that names it and the way to another", home, err, want)
		}
	}
	f(file, "not a directory")
	f(filepath.Join(file, "below"), "not a directory")
	if os.Geteuid() > 0 { // to root and to Windows the mode of a folder says nothing
		locked := filepath.Join(dir, "locked")
		if err := os.Mkdir(locked, 0o500); err != nil {
			t.Fatal(err)
		}
		f(locked, "permission denied")
	}
}

// TestCases_broken lists the cases beside one that cannot be read, names it, and
// makes it anew from its bundle, with the IDs that it had.
func TestCases_broken(t *testing.T) {
	archive, home := packed(t, "imds-blocked"), t.TempDir()
	other := analyzed(t, AnalyzeRequest{Input: packed(t, "healthy"), Home: home})
	added := userRules(t, "- {id: aaa.user.rule, title: x, severity: low, component: node, source: [kubelet], match: 'kubelet'}")
	first := analyzed(t, AnalyzeRequest{Input: archive, Home: home, Rules: []string{added}})
	want := jsonOf(t, analyzed(t, AnalyzeRequest{Input: archive, Home: home}))
	dir := filepath.Join(home, first.Case.ID)
	f := func(name string, spoil func() error, listed bool) {
		t.Run(name, func(t *testing.T) {
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			refs, err := Cases(t.Context(), home)
			if err != nil || len(refs) != 2 {
				t.Fatalf("Cases = %+v, %v; want both", refs, err)
			}
			for _, ref := range refs {
				if broken := ref.Err != nil; broken != (ref.ID == first.Case.ID && !listed) {
					t.Errorf("Cases says of %s: %v", ref.ID, ref.Err)
				}
			}
			if _, err := Analyze(t.Context(), AnalyzeRequest{Input: first.Case.ID, Home: home, Version: "x"}); err == nil || !strings.Contains(err.Error(), "analyze its bundle again") {
				t.Errorf("Analyze of the case = %v, want what to do", err)
			}
			r := analyzed(t, AnalyzeRequest{Input: archive, Home: home})
			if d := cmp.Diff(want, jsonOf(t, r)); d != "" {
				t.Errorf("the case made anew (-before +now):\n%s", d)
			}
			if refs, err = Cases(t.Context(), home); err != nil || len(refs) != 2 || refs[0].Err != nil || refs[1].Err != nil {
				t.Errorf("Cases = %+v, %v; want both, repaired", refs, err)
			}
		})
	}
	both := func(names ...string) func() error {
		return func() (err error) {
			for _, name := range names {
				err = errors.Join(err, os.Truncate(filepath.Join(dir, name), 3))
			}
			return err
		}
	}
	f("report_and_manifest", both("report.json", "case.json"), false)
	f("report_and_lines", both("report.json", "lines.zst"), false)
	f("manifest_of_another_version", func() error {
		file := filepath.Join(dir, "case.json")
		text, err := os.ReadFile(file)
		text = bytes.Replace(text, []byte(`"version": `), []byte(`"version": 9`), 1)
		return errors.Join(err, os.WriteFile(file, text, 0o600), os.Truncate(filepath.Join(dir, "report.json"), 0))
	}, false)
	if got := analyzed(t, AnalyzeRequest{Input: other.Case.ID, Home: home}); jsonOf(t, got) != jsonOf(t, other) {
		t.Error("the other case changed")
	}
}

// TestCases_damaged damages each file of a case in several places. What reads the
// case answers as before, or says that the bundle mends it, and so it is.
func TestCases_damaged(t *testing.T) {
	archive, home := packed(t, "imds-blocked"), t.TempDir()
	id := analyzed(t, AnalyzeRequest{Input: archive, Home: home}).Case.ID
	calls := map[string]func() (any, error){
		"report": func() (any, error) { return Report(t.Context(), home, id) },
		"context": func() (any, error) {
			return Context(t.Context(), home, id, analyze.Evidence{File: "networking/iptables-save.txt", Line: 33}, 2, 2)
		},
		"search": func() (any, error) {
			return Search(t.Context(), SearchRequest{Home: home, Case: id, Query: "finding:F-001 OR imds", Limit: 100, Facets: true})
		},
		"search by time": func() (any, error) {
			return Search(t.Context(), SearchRequest{Home: home, Case: id, Query: "since:-10m", Limit: 100})
		},
		"entity": func() (any, error) {
			return Entity(t.Context(), EntityRequest{Home: home, Case: id, Name: "kube-system/aws-node-qqvv9"})
		},
		"daemons": func() (any, error) { return Daemons(t.Context(), home, id) },
		"why": func() (any, error) {
			return Why(t.Context(), RuleRequest{AnalyzeRequest: AnalyzeRequest{Input: id, Home: home}, IDs: []string{"kubelet.housekeeping_slow"}})
		},
		"read": func() (any, error) {
			var b bytes.Buffer
			_, err := Read(t.Context(), ReadRequest{Home: home, Case: id, Place: "kubelet/kubelet.log"}, &b)
			return b.String(), err
		},
		"read part": func() (any, error) {
			var b bytes.Buffer
			_, err := Read(t.Context(), ReadRequest{Home: home, Case: id, Place: "F-001", Around: 3}, &b)
			return b.String(), err
		},
	}
	answer := func(name string) (string, error) {
		v, err := calls[name]()
		if err != nil {
			return "", err
		}
		text, err := json.Marshal(v)
		return string(text), err
	}
	want := map[string]string{}
	for name := range calls {
		text, err := answer(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want[name] = text
	}
	f := func(name string, damage func(text []byte) []byte) {
		t.Helper()
		file := filepath.Join(home, id, name)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, damage(bytes.Clone(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		for call := range calls {
			got, err := answer(call)
			if err == nil && got != want[call] {
				t.Errorf("%s: %s gives another answer and no error", name, call)
			} else if err != nil && !isUnreadable(err) {
				t.Errorf("%s: %s = %v, want what to do", name, call, err)
			}
		}
		analyzed(t, AnalyzeRequest{Input: archive, Home: home})
		for _, call := range []string{"report", "search", "read part"} {
			if got, err := answer(call); err != nil || got != want[call] {
				t.Errorf("%s: the bundle was analyzed again, and %s is %v, or another answer", name, call, err)
			}
		}
	}
	// A digit for another leaves numbers numbers and texts texts.
	digit := func(share int) func(text []byte) []byte {
		return func(text []byte) []byte {
			at := len(text) * share / 100
			at += bytes.IndexAny(text[at:], "0123456789")
			text[at] = '0' + (text[at]-'0'+1)%10
			return text
		}
	}
	for _, name := range []string{"case.json", "blocks.json", "report.json", "ledger.json"} {
		f(name, func(text []byte) []byte { return text[:len(text)/2] })
		f(name, digit(60))
	}
	f("blocks.json", func([]byte) []byte { return []byte("[]") })
	f("report.json", func(text []byte) []byte { return bytes.Replace(text, []byte("169.254"), []byte("169.255"), 1) })
	f("report.json", func(text []byte) []byte {
		return bytes.Replace(text, []byte(`"collected_at":"2026`), []byte(`"collected_at":"2016`), 1)
	})
	f("lines.zst", func(text []byte) []byte { return text[:len(text)/2] })
	f("lines.zst", func(text []byte) []byte { text[len(text)/3] ^= 1; return text })
}

func TestRemoveCase(t *testing.T) {
	home := t.TempDir()
	a := analyzed(t, AnalyzeRequest{Input: packed(t, "imds-blocked"), Home: home}).Case.ID
	b := analyzed(t, AnalyzeRequest{Input: packed(t, "healthy"), Home: home}).Case.ID
	common := 0
	for a[common] == b[common] {
		common++
	}
	for _, ref := range []string{a[:common], "nothing", "..", ""} {
		if err := RemoveCase(t.Context(), home, ref); !errors.Is(err, ErrNoCase) {
			t.Errorf("RemoveCase(%q) = %v, want %v", ref, err, ErrNoCase)
		}
	}
	if err := RemoveCase(t.Context(), home, a[:common+1]); err != nil {
		t.Error(err)
	}
	if ref := onlyCase(t, home); ref.ID != b {
		t.Errorf("left is %s, want %s", ref.ID, b)
	}
	if err := RemoveCase(t.Context(), home, a); !errors.Is(err, ErrNoCase) {
		t.Errorf("removed again: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Cases(ctx, home); !errors.Is(err, context.Canceled) {
		t.Errorf("Cases of a cancelled context = %v", err)
	}
}
