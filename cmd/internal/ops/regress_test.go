package ops

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/analyze/score"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// regressed is the JSON form of what Regress says.
func regressed(t *testing.T, req RegressRequest) string {
	t.Helper()
	return boardText(t, board(t, req))
}

func board(t *testing.T, req RegressRequest) *score.Board {
	t.Helper()
	b, err := Regress(t.Context(), req)
	if err != nil {
		t.Fatalf("Regress(%q): %v", req.Archives, err)
	}
	return b
}

func boardText(t *testing.T, b *score.Board) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.JSON(&out, b, true); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// fleet makes an archive of n bundles in folders: those of testdata/bundles in
// turn, each with an instance ID of its own, and their labels.
func fleet(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	names := scenarioNames(t)
	for i := range n {
		name := names[i%len(names)]
		id := fmt.Sprintf("i-%017x", i)
		base := filepath.Join(dir, fmt.Sprintf("2026-%02d", i%7), fmt.Sprintf("%s-%03d", name, i))
		put(t, base+".tar.gz", renamed(t, name, id))
		want, err := os.ReadFile(filepath.Join(scenarios, name, wantFile))
		if err != nil {
			t.Fatal(err)
		}
		if i%5 > 0 { // some without a label
			put(t, base+labelSuffix, string(want))
		}
	}
	return dir
}

// renamed is an archive of a scenario, of a node with another instance ID.
func renamed(t *testing.T, name, id string) string {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	tw := tar.NewWriter(z)
	dir := os.DirFS(filepath.Join(scenarios, name))
	text, _ := fs.ReadFile(dir, "system/instance-id.txt") // one has none
	old := strings.TrimSpace(string(text))
	err = fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == wantFile {
			return err
		}
		text, err := fs.ReadFile(dir, path)
		if err != nil {
			return err
		}
		if old != "" {
			text = bytes.ReplaceAll(text, []byte(old), []byte(id))
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: path, Mode: 0o644, ModTime: time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC), Size: int64(len(text))}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		_, err = tw.Write(text)
		return err
	})
	if err = errors.Join(err, tw.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRegress_workers analyzes 200 bundles with several numbers of workers:
// the board is the same to the byte, and the memory stays in its bounds.
func TestRegress_workers(t *testing.T) {
	n := 200
	if raceEnabled || testing.Short() {
		n = 40
	}
	dir := fleet(t, n)
	req := RegressRequest{Archives: []string{dir}, Home: t.TempDir()}
	var first string
	for _, workers := range []int{1, 2, 4} {
		req.Workers = workers
		b := board(t, req)
		text := boardText(t, b)
		if first == "" {
			first = text
			if o := b.Overall; b.Bundles.Total != n || b.Bundles.Failed > 0 || o.False+o.Missed+b.Causes.Wrong > 0 || o.True == 0 || o.Held == 0 {
				t.Errorf("%+v %+v %+v", b.Bundles, b.Causes, b.Overall)
			}
		}
		if text != first {
			t.Errorf("%d workers (-1 +%d):\n%.2000s", workers, workers, cmp.Diff(first, text))
		}
	}
	if !raceEnabled {
		takes(t, childJob{Input: dir, Home: req.Home, FileSize: -1, State: filepath.Join(t.TempDir(), "run.state")}, 500<<20)
	}
	if left, _ := os.ReadDir(req.Home); len(left) > 0 {
		t.Errorf("%d entries are left in the home, as %s", len(left), left[0].Name())
	}
}

// takes fails when a process needs more memory, in bytes, than most for a job.
func takes(t *testing.T, job childJob, most int) {
	t.Helper()
	out, err := start(t, job).Output()
	if err != nil {
		t.Fatal(err)
	}
	took, err := strconv.Atoi(strings.TrimLeft(string(out), "."))
	if err != nil || took > most {
		t.Errorf("%d MiB of memory were taken, at most %d may be; %v", took>>20, most>>20, err)
	}
}

// TestRegress_killed kills a run ten times, each time after some more bundles,
// and lets the last one finish: the board is that of a run without a kill, and
// what was done is not done again.
func TestRegress_killed(t *testing.T) {
	const n, kills = 44, 10
	dir := fleet(t, n)
	scratch := t.TempDir() // a kill leaves what was not to be kept
	t.Setenv("TMPDIR", scratch)
	t.Setenv("TMP", scratch)
	want := regressed(t, RegressRequest{Archives: []string{dir}, Home: t.TempDir()})
	state := filepath.Join(t.TempDir(), "run.state")
	job := childJob{Input: dir, Home: t.TempDir(), FileSize: -1, State: state}
	dice := rand.New(rand.NewPCG(4, 6))
	done := 0
	for range kills {
		cmd := start(t, job)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The child writes a byte for each bundle that is done; those that were
		// done before come at once.
		after := done + 1 + dice.IntN(3)
		for i := 0; i < after; i++ {
			if n, err := out.Read(make([]byte, 1)); n != 1 {
				t.Fatalf("the child ended after %d of %d bundles: %v", i, after, err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() // its error is the kill
		if entries := entriesOf(t, state); entries < done {
			t.Fatalf("the state has %d entries, there were %d before", entries, done)
		} else {
			done = entries
		}
	}
	if done < kills || done >= n {
		t.Fatalf("%d of %d bundles are done after %d kills: the test says little", done, n, kills)
	}
	// A kill in the middle of a write.
	text, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	put(t, state, string(text[:len(text)-100]))
	if got := regressed(t, RegressRequest{Archives: []string{dir}, Home: t.TempDir(), State: state}); got != want {
		t.Errorf("after the kills (-want +got):\n%.2000s", cmp.Diff(want, got))
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("%d folders of killed runs are left behind", len(left))
	}
	if entries := entriesOf(t, state); entries != n {
		t.Errorf("%d results were kept, want one for each of %d bundles: some were made twice", entries, n)
	}
}

// entriesOf counts the lines of a journal that are whole.
func entriesOf(t *testing.T, state string) (n int) {
	t.Helper()
	text, err := os.ReadFile(state)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasSuffix(line, "\n") && parseEntry([]byte(line)) != nil {
			n++
		}
	}
	return n
}

// TestRegress_state holds what makes a result of an earlier run useless.
func TestRegress_state(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a.tar.gz"), renamed(t, "crashloop-oom", "i-0aaaaaaaaaaaaaaaa"))
	put(t, filepath.Join(dir, "b.tar.gz"), renamed(t, "healthy", "i-0bbbbbbbbbbbbbbbb"))
	put(t, filepath.Join(dir, "c.tar.gz"), "no archive")
	state := filepath.Join(t.TempDir(), "run.state")
	req := RegressRequest{Archives: []string{dir}, Home: t.TempDir(), State: state, Version: "v1", Workers: 1}
	before := 0
	f := func(what string, made int) {
		t.Helper()
		fresh := req
		fresh.State = ""
		if d := cmp.Diff(regressed(t, fresh), regressed(t, req)); d != "" {
			t.Errorf("%s: with the state the board differs:\n%s", what, d)
		}
		now := entriesOf(t, state)
		if now-before != made {
			t.Errorf("%s: %d results were made, want %d", what, now-before, made)
		}
		before = now
	}
	f("the first run", 3)
	f("the same again", 0)
	put(t, filepath.Join(dir, "a.truth.json"), `{"clean": true}`)
	f("a label", 1)
	put(t, filepath.Join(dir, "b.tar.gz"), renamed(t, "disk-pressure", "i-0bbbbbbbbbbbbbbbb"))
	f("another content", 1)
	req.Version = "v2"
	f("another version", 3)
	rules := t.TempDir()
	put(t, filepath.Join(rules, "team.yaml"), teamRule)
	req.Rules = []string{rules}
	f("more rules", 3)
	req.Limits = bundle.Limits{Entries: 5}
	f("a limit", 3)
	put(t, filepath.Join(dir, "a.truth.json"), `{"clean": `)
	f("a label that cannot be read", 0)
	for range 3 { // a damaged line in the middle, and no end of the last
		text, err := os.ReadFile(state)
		if err != nil {
			t.Fatal(err)
		}
		i := bytes.LastIndexByte(text[:len(text)-1], '\n') + 20
		text[i] ^= 1
		put(t, state, string(text)+"8f1c02d7 {\"key\"")
		before = entriesOf(t, state)
		f("a damaged state", 1)
	}
}

const teamRule = `
- id: team.kubelet.flag
  title: kubelet writes a flag
  severity: low
  component: kubelet
  source: [kubelet]
  match: 'FLAG: --node-ip'
  summary: A flag.
`

// TestRegress_archive finds the bundles of all kinds of archives.
func TestRegress_archive(t *testing.T) {
	dir, home := t.TempDir(), t.TempDir()
	at := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	tgz := renamed(t, "healthy", "i-0aaaaaaaaaaaaaaaa")
	put(t, at("networking", "node.tar.gz"), tgz) // named as a folder of bundles is
	put(t, at("networking", "node.truth.json"), `{"clean": true}`)
	put(t, at("networking", "notes.md"), "no bundle")
	put(t, at("x", "y", "upload"), tgz) // told by its first bytes
	put(t, at("x", "broken.tar.gz"), "no archive")
	put(t, at("x", "cut.tar.gz"), tgz[:len(tgz)/2])
	put(t, at("x", "empty.zip"), "")
	put(t, at("x", "nodes.json.gz"), tgz) // not opened: its name says that it is no bundle
	put(t, at("unpacked", "kubelet", "kubelet.log"), kubeletStart)
	put(t, at("unpacked", "var_log", "old.tar.gz"), tgz) // a part of the bundle
	put(t, at("logs-only", "kubelet.log"), kubeletStart)
	put(t, at("logs-only.truth.json"), `{"expected": ["kernel.panic"]}`)
	put(t, at("excerpts", "index.tsv"), "# excerpt\tkind\tbundle path\trequired findings\n"+
		"panic.log\tfailing\tkernel/dmesg.current\tkernel.panic\nfine.log\tbenign\tkubelet/kubelet.log\tnone\n"+
		"gone.log\tbenign\tkubelet/kubelet.log\tnone\nodd.log\tbenign\tsomewhere\tnone\nout.log\tbenign\t../../out.log\tnone\n")
	put(t, at("excerpts", "panic.log"), "# source: a node\n# expect: kernel.panic\n[  512.031415] Kernel panic - not syncing: Fatal exception\n")
	for _, name := range []string{"fine.log", "odd.log", "out.log"} {
		put(t, at("excerpts", name), kubeletStart)
	}
	want := []string{
		"excerpts/panic met", "excerpts/fine", "excerpts/gone error", "excerpts/odd error", "excerpts/out error",
		"logs-only indeterminate", "networking/node.tar.gz", "unpacked", "x/broken.tar.gz error", "x/cut.tar.gz broken", "x/empty.zip error",
		"x/y/upload",
	}
	f := func(what string, want []string, archives ...string) *score.Board {
		t.Helper()
		b := board(t, RegressRequest{Archives: archives, Home: home})
		var got []string
		for _, r := range b.Results {
			got = append(got, r.Bundle+states(r))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
		return b
	}
	b := f("a folder", want, dir)
	if got := boardText(t, b); strings.Contains(got, dir) || strings.Contains(got, os.TempDir()) {
		t.Errorf("a path of this machine is in the board: %s", got)
	}
	if got := b.Bundles; got.Failed != 5 || got.Damaged != 1 || got.Clean != 5 || got.CleanQuiet != 2 {
		t.Errorf("%+v", got)
	}
	f("an unpacked bundle", []string{"unpacked"}, at("unpacked"))
	f("a bundle", []string{"node.tar.gz"}, at("networking", "node.tar.gz"))
	f("a bundle twice", []string{"networking/node.tar.gz", "node.tar.gz/node.tar.gz", "networking/node.tar.gz (2)"},
		at("networking"), at("networking", "node.tar.gz"), at("networking"))

	r := analyzed(t, AnalyzeRequest{Input: at("networking", "node.tar.gz"), Home: home})
	before := files(t, home)
	put(t, at("list.txt"), "# two\n\nnetworking/node.tar.gz\nx\n"+r.Case.ID+"\n")
	put(t, at(r.Case.ID+labelSuffix), `{"expected": ["kernel.panic"]}`)
	f("a list", []string{"networking/node.tar.gz", "x/broken.tar.gz error", "x/cut.tar.gz broken", "x/empty.zip error", "x/y/upload", r.Case.ID + " missed"}, "@"+at("list.txt"))
	f("an instance", []string{r.Case.ID}, r.Case.InstanceID)
	f("the home", []string{r.Case.ID}, home)
	if d := cmp.Diff(before, files(t, home)); d != "" {
		t.Errorf("the case was changed:\n%.2000s", d)
	}

	for _, a := range []string{at("gone"), at("networking", "notes"), "@" + at("gone"), "i-0ccccccccccccccccc"} {
		if b, err := Regress(t.Context(), RegressRequest{Archives: []string{a}, Home: home}); err == nil {
			t.Errorf("%s: %+v", a, b.Bundles)
		}
	}
	if _, err := Regress(t.Context(), RegressRequest{Archives: []string{t.TempDir()}, Home: home}); !errors.Is(err, bundle.ErrNotBundle) {
		t.Errorf("an empty folder: %v, want ErrNotBundle", err)
	}
}

const kubeletStart = `Nov 21 00:19:43 ip-10-0-12-34.us-west-2.compute.internal kubelet[467]: I1121 00:19:43.418774     467 kubelet.go:2522] "SyncLoop ADD" source="api" pods=["default/api-lsklndvtp-njqjs"]
`

// states is what became of a bundle and of what its label asks for.
func states(r *score.Result) string {
	s := ""
	if r.Error != "" {
		s += " error"
	}
	if r.Broken != "" {
		s += " broken"
	}
	for _, w := range r.Wants {
		s += " " + string(w.State)
	}
	return s
}

// TestRegress_labels holds where labels are found, and that one that cannot be
// read does not stop anything.
func TestRegress_labels(t *testing.T) {
	dir, labels := t.TempDir(), t.TempDir()
	tgz := renamed(t, "healthy", "i-0aaaaaaaaaaaaaaaa")
	for _, name := range []string{"a.tar.gz", "b.tgz", "c.tar.gz", "d.tar.gz", "e.tar.gz"} {
		put(t, filepath.Join(dir, name), tgz)
	}
	put(t, filepath.Join(dir, "a.tar.gz"+labelSuffix), `{"clean": true}`)
	put(t, filepath.Join(dir, "b"+labelSuffix), `{"clean": true}`)
	put(t, filepath.Join(labels, "c"+labelSuffix), `{"forbidden": ["*"]}`)
	put(t, filepath.Join(dir, "d"+labelSuffix), strings.Repeat(`{"x":`, 1000))
	var got []string
	req := RegressRequest{Archives: []string{dir}, Labels: labels, Home: t.TempDir()}
	for _, r := range board(t, req).Results {
		got = append(got, fmt.Sprintf("%s labelled=%t clean=%t error=%t", r.Bundle, r.Labelled, r.Clean, r.LabelError != ""))
	}
	want := []string{
		"a.tar.gz labelled=true clean=true error=false",
		"b.tgz labelled=true clean=true error=false",
		"c.tar.gz labelled=true clean=false error=false",
		"d.tar.gz labelled=false clean=false error=true",
		"e.tar.gz labelled=false clean=false error=false",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("labels (-want +got):\n%s", d)
	}
	req.Blind = true
	if b := board(t, req); b.Bundles.Labelled+b.Bundles.Labels > 0 {
		t.Errorf("without labels: %+v", b.Bundles)
	}
}

// TestRegress_keep holds that cases are kept only when that is asked for, and
// that one bundle under two names is a result for each.
func TestRegress_keep(t *testing.T) {
	dir, home := t.TempDir(), t.TempDir()
	tgz := renamed(t, "healthy", "i-0aaaaaaaaaaaaaaaa")
	put(t, filepath.Join(dir, "a.tar.gz"), tgz)
	put(t, filepath.Join(dir, "b.tar.gz"), tgz)
	without := regressed(t, RegressRequest{Archives: []string{dir}, Home: home})
	if left, _ := os.ReadDir(home); len(left) > 0 {
		t.Errorf("%d entries are left in the home", len(left))
	}
	if d := cmp.Diff(without, regressed(t, RegressRequest{Archives: []string{dir}, Home: home, Keep: true})); d != "" {
		t.Errorf("with --keep:\n%s", d)
	}
	onlyCase(t, home)
}

// TestRegress_interrupted ends a run in the middle.
func TestRegress_interrupted(t *testing.T) {
	dir := fleet(t, 10)
	ctx, cancel := context.WithCancel(t.Context())
	state := filepath.Join(t.TempDir(), "state")
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	t.Setenv("TMP", scratch)
	var seen []int
	_, err := Regress(ctx, RegressRequest{Archives: []string{dir}, Home: t.TempDir(), State: state, Progress: func(done, total int, r *score.Result) {
		seen = append(seen, done)
		if done == 3 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if len(seen) < 3 || len(seen) == 10 || !slices.IsSorted(seen) || entriesOf(t, state) < len(seen) {
		t.Errorf("progress %v with %d results kept", seen, entriesOf(t, state))
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("%d entries are left behind", len(left))
	}
}

// scoreboard is what the rules reach over testdata; README.md shows a part.
const scoreboard = "../../../testdata/scoreboard.txt"

// TestScoreboard judges all bundles and excerpts of testdata and compares with
// the golden scoreboard.
func TestScoreboard(t *testing.T) {
	b := board(t, RegressRequest{Archives: []string{"../../../testdata"}, Home: t.TempDir()})
	var got bytes.Buffer
	if err := report.Scoreboard(&got, b, report.Options{Width: 80, All: true}); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(scoreboard, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(scoreboard)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("%s differs (-want +got); make regress shows it, UPDATE_GOLDEN=1 rewrites it:\n%s", scoreboard, d)
	}
	if b.Bundles.Clean != b.Bundles.CleanQuiet || b.Bundles.Clean == 0 {
		t.Errorf("%d of %d healthy nodes are without a false finding", b.Bundles.CleanQuiet, b.Bundles.Clean)
	}
	inReadme(t, got.String())
}

// inReadme holds that README.md shows the first part of the scoreboard.
func inReadme(t *testing.T, board string) {
	t.Helper()
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(board, "\n\n")
	head = "    " + strings.ReplaceAll(head, "\n", "\n    ") + "\n"
	const begin, end = "<!-- scoreboard: make regress -->\n", "<!-- end of scoreboard -->\n"
	before, rest, ok := strings.Cut(string(text), begin)
	shown, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("README.md has no part between %q and %q", begin, end)
	}
	if os.Getenv("UPDATE_GOLDEN") != "" && strings.Trim(shown, "\n") != strings.Trim(head, "\n") {
		put(t, "../../../README.md", before+begin+"\n"+head+"\n"+end+after)
		shown = head
	}
	if d := cmp.Diff(strings.Trim(head, "\n"), strings.Trim(shown, "\n")); d != "" {
		t.Errorf("the scoreboard of README.md differs (-want +got); UPDATE_GOLDEN=1 rewrites it:\n%s", d)
	}
}
