package index_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// A recorder is a Scanner that puts the blocks together again.
type recorder struct {
	files  map[string]*strings.Builder
	blocks []string // path, line, continued
}

func newRecorder() *recorder { return &recorder{files: map[string]*strings.Builder{}} }

func (r *recorder) Block(b *index.Block, text []byte) any { return string(text) }

func (r *recorder) Collect(b *index.Block, found any) {
	if r.files[b.File.Path] == nil {
		r.files[b.File.Path] = &strings.Builder{}
	}
	r.files[b.File.Path].WriteString(found.(string))
	r.blocks = append(r.blocks, fmt.Sprintf("%s:%d cont=%v", b.File.Path, b.Line, b.Cont))
}

func (r *recorder) texts() map[string]string {
	out := map[string]string{}
	for name, b := range r.files {
		out[name] = b.String()
	}
	return out
}

// open packs files into a tar and opens it.
func open(t *testing.T, files map[string]string) *bundle.Source {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, name := range sortedKeys(files) {
		h := &tar.Header{Name: "./" + name, Mode: 0o644, Size: int64(len(files[name])), ModTime: time.Unix(1795219200, 0)}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	file := filepath.Join(t.TempDir(), "eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9.tar")
	if err := os.WriteFile(file, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	src, err := bundle.Open(file, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func build(t *testing.T, files map[string]string, workers int) (*index.Case, *recorder) {
	t.Helper()
	r := newRecorder()
	c, err := index.Build(t.Context(), t.TempDir(), open(t, files), nil, r, &index.Options{Formats: all.Formats(), Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, r
}

// odd are texts that a log can be: without end, with NULs, with lines longer
// than a block, larger than several blocks.
func odd() map[string]string {
	rnd := rand.New(rand.NewPCG(9, 9))
	var big strings.Builder
	for i := 0; big.Len() < 5*index.BlockSize/2; i++ {
		fmt.Fprintf(&big, "Nov 21 00:20:%02d host kubelet[%d]: I1121 00:20:%02d.570766     464 kubelet.go:2627] %s\n", i%60, i, i%60, strings.Repeat("x", rnd.IntN(300)))
	}
	return map[string]string{
		"kubelet/kubelet.log":          big.String(),
		"var_log/messages":             strings.Repeat("y", 2*index.BlockSize+100) + "\nNov 21 00:20:10 host kernel: end\nno end",
		"var_log/empty":                "",
		"var_log/nuls":                 strings.Repeat("\x00", 5000) + "\n\n\r\n\xff\xfe\n",
		"kernel/dmesg.current":         "[    1.000000] one\n[    2.500000] two\n",
		"networking/iptables-save.txt": "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n",
		"system/procstat.txt":          "cpu  1 2 3\nbtime 1795219200\n",
	}
}

// TestBuild_conserves holds the promise that no byte is lost: what goes past
// the scanner, and what the store gives back, is what was in the bundle.
func TestBuild_conserves(t *testing.T) {
	files := odd()
	for _, workers := range []int{1, 4} {
		c, r := build(t, files, workers)
		want := map[string]string{}
		for name, text := range files {
			if text != "" {
				want[name] = text
			}
		}
		if diff := cmp.Diff(want, r.texts()); diff != "" {
			t.Fatalf("%d workers: the scanner saw other text (-want +got):\n%.2000s", workers, diff)
		}
		for _, f := range c.Files {
			text := files[f.Path]
			var got strings.Builder
			n := 0
			err := c.Lines(f, 1, 1<<30, func(num int, line []byte) bool {
				n++
				if num != n {
					t.Fatalf("%s: line %d is numbered %d", f.Path, n, num)
				}
				got.Write(line)
				got.WriteByte('\n')
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimSuffix(got.String(), "\n") != strings.TrimSuffix(text, "\n") {
				t.Errorf("%s: the store gives back other text", f.Path)
			}
			lines := strings.Count(text, "\n")
			if text != "" && !strings.HasSuffix(text, "\n") {
				lines++
			}
			if f.Lines != lines || f.Bytes != int64(len(text)) {
				t.Errorf("%s: %d lines, %d bytes, want %d, %d", f.Path, f.Lines, f.Bytes, lines, len(text))
			}
		}
	}
}

func TestBuild_notes(t *testing.T) {
	c, r := build(t, odd(), 2)
	messages := c.File("var_log/messages")
	if messages.Long != 1 {
		t.Errorf("lines longer than a block = %d, want 1", messages.Long)
	}
	dmesg := c.File("kernel/dmesg.current")
	want := parsers.Stamp{Kind: parsers.SinceBoot, Nano: 2.5e9}
	if dmesg.Format != "kernel" || dmesg.Last != want || dmesg.Unparsed != 0 {
		t.Errorf("dmesg: format %q, last %v, %d unparsed; want kernel, %v, 0", dmesg.Format, dmesg.Last, dmesg.Unparsed, want)
	}
	if nuls := c.File("var_log/nuls"); nuls.Format != "" {
		t.Errorf("a file of NULs is owned by %q", nuls.Format)
	}
	if len(c.Facts) != 2 || c.Facts[0].Err != nil || c.Facts[1].Err != nil {
		t.Errorf("facts = %v, want those of iptables-save.txt and procstat.txt", c.Facts)
	}
	if !slices.Contains(r.blocks, "var_log/messages:1 cont=true") {
		t.Errorf("no block continues line 1 of messages: %q", r.blocks)
	}
}

// TestReplay shows that the store gives the scanner what the bundle gave it.
func TestReplay(t *testing.T) {
	c, first := build(t, odd(), 2)
	facts := len(c.Facts)
	c.Close()
	again, err := index.Open(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	r := newRecorder()
	if err := again.Replay(t.Context(), r, &index.Options{Formats: all.Formats(), Workers: 3}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.blocks, r.blocks); diff != "" {
		t.Errorf("blocks of build and replay differ:\n%s", diff)
	}
	if diff := cmp.Diff(first.texts(), r.texts()); diff != "" {
		t.Errorf("texts of build and replay differ:\n%.2000s", diff)
	}
	if len(again.Facts) != facts {
		t.Errorf("%d facts, want %d", len(again.Facts), facts)
	}
	if diff := cmp.Diff(c.Files, again.Files); diff != "" {
		t.Errorf("files of build and replay differ:\n%s", diff)
	}
}

// TestBuild_partial keeps parts of one CRI line in one block.
func TestBuild_partial(t *testing.T) {
	var text strings.Builder
	part := "2026-11-21T00:01:45.1393721Z stdout P " + strings.Repeat("p", 16<<10) + "\n"
	for text.Len() < 2*index.BlockSize {
		text.WriteString(strings.Repeat(part, 9) + "2026-11-21T00:01:45.2Z stdout F end\n")
	}
	name := "var_log/coredns-5d78c9869d-abcde_kube-system_coredns-" + strings.Repeat("0a", 32) + ".log"
	_, r := build(t, map[string]string{name: text.String()}, 2)
	lines := strings.SplitAfter(text.String(), "\n")
	for _, b := range r.blocks[1:] {
		var n int
		fmt.Sscanf(b, name+":%d", &n)
		if !strings.HasSuffix(lines[n-2], " end\n") {
			t.Errorf("block %q starts within a line written in parts", b)
		}
	}
	if len(r.blocks) < 2 {
		t.Errorf("%d blocks: the test says nothing", len(r.blocks))
	}
}

func TestBuild_cancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := fmt.Errorf("stopped by the test")
	cancel(stop)
	_, err := index.Build(ctx, t.TempDir(), open(t, odd()), nil, newRecorder(), &index.Options{Formats: all.Formats()})
	if err != stop {
		t.Errorf("Build of a cancelled context = %v, want its cause", err)
	}
}

// TestBuild_decoder_panics makes an error about the file of a panic.
func TestBuild_decoder_panics(t *testing.T) {
	bad := &parsers.Format{Name: "bad", Files: []string{"x/*"}, Decode: func(string, []byte) (any, error) { panic("no") }}
	c, err := index.Build(t.Context(), t.TempDir(), open(t, map[string]string{"x/a": "text\n"}), nil, newRecorder(), &index.Options{Formats: []*parsers.Format{bad}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if len(c.Facts) != 1 || c.Facts[0].Err == nil || c.Files[0].Err == "" {
		t.Errorf("facts = %v, files = %v: want an error about x/a", c.Facts, c.Files[0])
	}
}

// A panicker cannot look at lines of one file.
type panicker struct{ *recorder }

func (p panicker) Block(b *index.Block, text []byte) any {
	if b.File.Path == "x/bad" {
		panic("no")
	}
	return p.recorder.Block(b, text)
}

func (p panicker) Collect(b *index.Block, found any) {
	if found != nil {
		p.recorder.Collect(b, found)
	}
}

// TestBuild_scanner_panics keeps the lines, and says that nobody looked at them.
func TestBuild_scanner_panics(t *testing.T) {
	files := map[string]string{"x/bad": "one\ntwo\n", "x/good": "three\n"}
	r := newRecorder()
	c, err := index.Build(t.Context(), t.TempDir(), open(t, files), nil, panicker{r}, &index.Options{Formats: all.Formats()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, want := c.File("x/bad").Err, "lines 1 to 3 could not be looked at: no"; got != want {
		t.Errorf("x/bad: error %q, want %q", got, want)
	}
	if diff := cmp.Diff(map[string]string{"x/good": "three\n"}, r.texts()); diff != "" {
		t.Errorf("the scanner saw (-want +got):\n%s", diff)
	}
	n := 0
	if err := c.Lines(c.File("x/bad"), 1, 100, func(int, []byte) bool { n++; return true }); err != nil || n != 2 {
		t.Errorf("%d lines of x/bad are kept, error %v", n, err)
	}
}

// TestBuild_snapshots_bounded decodes no more than is good for the memory, and
// the same when the case is read again.
func TestBuild_snapshots_bounded(t *testing.T) {
	var sizes []int
	format := &parsers.Format{Name: "size", Files: []string{"x/*"}, Decode: func(_ string, text []byte) (any, error) {
		sizes = append(sizes, len(text)>>20)
		return &struct{}{}, nil
	}}
	files := map[string]string{}
	for i, mib := range []int{28, 33, 28, 28, 4} {
		files[fmt.Sprintf("x/%d", i)] = strings.Repeat("one line of some text, 32 bytes\n", mib<<15)
	}
	opt := &index.Options{Formats: []*parsers.Format{format}, Workers: 1}
	c, err := index.Build(t.Context(), t.TempDir(), open(t, files), nil, newRecorder(), opt)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Replay(t.Context(), newRecorder(), opt); err != nil {
		t.Fatal(err)
	}
	want := []int{28, 28, 4}
	if diff := cmp.Diff(append(want, want...), sizes); diff != "" {
		t.Errorf("MiB decoded, twice (-want +got):\n%s", diff)
	}
	for path, want := range map[string]string{"x/1": "larger than 32 MiB", "x/3": "together with those before it, too large"} {
		if got := c.File(path).Err; !strings.Contains(got, want) {
			t.Errorf("%s: error %q, want %q", path, got, want)
		}
	}
}

// TestBuild_snapshots_pushed_out decodes what checks read behind dumps that none
// reads, and small files behind large ones.
func TestBuild_snapshots_pushed_out(t *testing.T) {
	f := func(aside bool, want []string, files ...int) {
		t.Helper()
		var got []string
		var mu sync.Mutex
		decode := func(file string, _ []byte) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, file)
			return &struct{}{}, nil
		}
		formats := []*parsers.Format{
			{Name: "dump", Files: []string{"a/*"}, Aside: aside, Decode: decode},
			{Name: "rules", Files: []string{"b/*"}, Decode: decode},
		}
		texts := map[string]string{"b/rules": strings.Repeat("-A KUBE-SERVICES -j KUBE-MARK-M\n", 20<<15), "b/small": "-A\n"}
		for i, mib := range files {
			texts[fmt.Sprintf("a/%d", i)] = strings.Repeat("goroutine 1 [select, 3 minutes]\n", mib<<15)
		}
		opt := &index.Options{Formats: formats, Workers: 1}
		c, err := index.Build(t.Context(), t.TempDir(), open(t, texts), nil, newRecorder(), opt)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("decoded by Build with dumps of %v MiB (-want +got):\n%s", files, diff)
		}
		facts, err := c.Snapshots(t.Context(), formats)
		if err != nil {
			t.Fatal(err)
		}
		got = nil
		for _, fact := range facts {
			got = append(got, fact.File.Path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("decoded by Snapshots with dumps of %v MiB (-want +got):\n%s", files, diff)
		}
	}
	f(true, []string{"a/1", "b/rules", "b/small"}, 31, 12, 31)
	f(true, []string{"a/0", "a/1", "a/4", "b/rules", "b/small"}, 8, 7, 2, 20, 1)
	f(false, []string{"a/0", "a/1", "b/small"}, 31, 20, 31)
}

// TestBuild_open_end has lists of which a command printed a part, and one from
// whoever takes the last line end off every file.
func TestBuild_open_end(t *testing.T) {
	decode := func(string, []byte) (any, error) { return &struct{}{}, nil }
	formats := []*parsers.Format{
		{Name: "list", Files: []string{"list/*"}, Rows: true, Decode: decode},
		{Name: "config", Files: []string{"config/*"}, Decode: decode},
	}
	f := func(texts map[string]string, want ...string) {
		t.Helper()
		dir := t.TempDir()
		if _, err := index.Build(t.Context(), dir, open(t, texts), nil, newRecorder(), &index.Options{Formats: formats}); err != nil {
			t.Fatal(err)
		}
		c, err := index.Open(dir) // it is kept
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var cut []string
		for _, f := range c.Files {
			if f.Cut() {
				cut = append(cut, f.Path)
			}
		}
		if !slices.Equal(cut, want) {
			t.Errorf("%q are cut, want %q", cut, want)
		}
	}
	f(map[string]string{"list/a": "x 1\nx 2\n", "list/b": "x 1\nx"}, "list/b")
	f(map[string]string{"list/a": "x 1\n", "list/b": "x 1", "list/c": "x 1", "config/d": "{}"})
	f(map[string]string{"list/a": "x 1\n", "config/b": "{}", "list/c": ""})
	f(map[string]string{"list/a": "x 1"})
	f(map[string]string{"list/a": "x 1\n", "list/b": strings.Repeat("x 1\n", 1<<20) + "x"}, "list/b")
}

func TestOpen_other_version(t *testing.T) {
	c, _ := build(t, map[string]string{"kubelet/kubelet.log": "a\n"}, 1)
	c.Close()
	file := filepath.Join(c.Dir, "case.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte(`"version": 3`), []byte(`"version": 99`), 1)
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := index.Open(c.Dir); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("Open of another version = %v", err)
	}
}

// TestOpen_damaged changes each digit and letter of the manifest: what opens is
// the same case.
func TestOpen_damaged(t *testing.T) {
	c, _ := build(t, map[string]string{"kubelet/kubelet.log": "a\n", "system/top.txt": "b\n"}, 1)
	c.Close()
	want := c.Files
	file := filepath.Join(c.Dir, "case.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	for i, b := range data {
		if b <= ' ' {
			continue
		}
		damaged := bytes.Clone(data)
		damaged[i] = b ^ 1
		if err := os.WriteFile(file, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := index.Open(c.Dir)
		if err != nil {
			continue
		}
		opened++
		if d := cmp.Diff(want, c.Files); d != "" {
			t.Errorf("byte %d changed (-want +got):\n%s", i, d)
		}
		c.Close()
	}
	if opened > 2 {
		t.Errorf("%d of %d damaged manifests are opened", opened, len(data))
	}
}

// TestBuildIndex makes the index of a case with the case, and later from its
// lines.
func TestBuildIndex(t *testing.T) {
	with, err := index.Build(t.Context(), t.TempDir(), open(t, odd()), nil, newRecorder(), &index.Options{Formats: all.Formats(), Index: true, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer with.Close()
	without, _ := build(t, odd(), 2)
	if !with.Indexed() || without.Indexed() {
		t.Errorf("indexed: %v, %v, want true, false", with.Indexed(), without.Indexed())
	}
	if err := without.BuildIndex(t.Context(), &index.Options{Workers: 3}); err != nil {
		t.Fatal(err)
	}
	if !without.Indexed() {
		t.Error("BuildIndex made no index")
	}
}
