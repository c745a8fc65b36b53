package bundle_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"

	"github.com/eksleuth/eksleuth/parsers/bundle"
)

func readFile(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(name)
	check(tb, err)
	return b
}

// containers are the same bundle packed in every way that is read.
func containers(tb testing.TB) map[string][]byte {
	list := node(tb)
	t := tarOf(tb, list...)
	dot := tarOf(tb, append([]member{{name: "./", typ: tar.TypeDir}, {name: "./kernel/", typ: tar.TypeDir}}, under("./", list)...)...)
	half := len(t) / 2
	return map[string][]byte{
		"node.tar":            t,
		"node.tar.gz":         gz(tb, dot),
		"node.tgz":            append(gz(tb, t[:half]), gz(tb, t[half:])...), // two members
		"node.tar.zst":        zst(tb, t),
		"node.tar.xz":         xzed(tb, t),
		"blocks.tar.xz":       readFile(tb, "testdata/node.tar.xz"), // five blocks, by xz 5.4.1 --block-size=4096
		"node.tar.bz2":        readFile(tb, "testdata/node.tar.bz2"),
		"node.zip":            zipOf(tb, list...),
		"windows.zip":         zipOf(tb, backslashed(list)...),
		"twice.tar.gz":        gz(tb, gz(tb, t)),
		"folder.tar.gz":       gz(tb, tarOf(tb, under("eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9/", list)...)),
		"folders.zip":         zipOf(tb, under("case 17/from customer/logs/", list)...),
		"bundle-in-zip.zip":   zipOf(tb, member{name: "eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9.tar.gz", text: string(gz(tb, t))}),
		"zip-in-tar.tar":      tarOf(tb, member{name: "mail/node.zip", text: string(zipOf(tb, list...))}),
		"no-name-to-speak-of": gz(tb, t),
		"wrong-name.log":      zst(tb, t),
	}
}

func backslashed(list []member) []member {
	out := under("", list)
	for i := range out {
		out[i].name = strings.ReplaceAll(out[i].name, "/", `\`)
	}
	return out
}

func TestContainers(t *testing.T) {
	want := texts(node(t))
	for name, data := range containers(t) {
		t.Run(name, func(t *testing.T) {
			for _, from := range []string{"file", "stdin"} {
				w := walkBytes(t, name, data, nil)
				if from == "stdin" {
					w = walkPath(t, "-", inPieces(data), nil)
				}
				if w.err != nil || w.broken != nil || len(w.skipped) > 0 {
					t.Errorf("%s: err %v, broken %v, skipped %v", from, w.err, w.broken, w.skipped)
				}
				if d := cmp.Diff(want, w.files); d != "" {
					t.Errorf("%s (-want +got):\n%s", from, d)
				}
				sum := sha256.Sum256(data)
				if w.sum != hex.EncodeToString(sum[:]) {
					t.Errorf("%s: sum %s, want %x", from, w.sum, sum)
				}
			}
		})
	}
}

// inPieces gives data in pieces of odd sizes, as a pipe does.
func inPieces(data []byte) io.Reader {
	var parts []io.Reader
	for n := 1; len(data) > 0; n = n*2 + 1 {
		n := min(n, len(data))
		parts, data = append(parts, bytes.NewReader(data[:n])), data[n:]
	}
	return io.MultiReader(parts...)
}

func TestOrderSizeAndTime(t *testing.T) {
	list := node(t)
	s := open(t, "node.tar.gz", gz(t, tarOf(t, list...)), nil)
	i := 0
	check(t, s.Walk(t.Context(), func(f bundle.File) error {
		if want := list[i]; f.Path != want.name || f.Size != int64(len(want.text)) || !f.ModTime.Equal(collected) {
			t.Errorf("file %d = %s, %d bytes, %v; want %s, %d, %v", i, f.Path, f.Size, f.ModTime, want.name, len(want.text), collected)
		}
		i++
		return nil
	}))
	if i != len(list) {
		t.Errorf("%d files, want %d", i, len(list))
	}
}

func open(tb testing.TB, name string, data []byte, limits *bundle.Limits) *bundle.Source {
	tb.Helper()
	p := filepath.Join(tb.TempDir(), name)
	check(tb, os.WriteFile(p, data, 0o600))
	s, err := bundle.Open(p, nil, limits)
	check(tb, err)
	tb.Cleanup(func() { s.Close() })
	return s
}

func TestProgressAndSumBeforeWalk(t *testing.T) {
	data := gz(t, tarOf(t, node(t)...))
	s := open(t, "node.tar.gz", data, nil)
	sum, err := s.Sum()
	check(t, err)
	if want := fmt.Sprintf("%x", sha256.Sum256(data)); sum != want {
		t.Errorf("Sum before Walk = %s, want %s", sum, want)
	}
	if done, total := s.Progress(); done != 0 || total != int64(len(data)) {
		t.Errorf("Progress before Walk = %d of %d, want 0 of %d", done, total, len(data))
	}
	for range 2 { // a file can be walked again
		check(t, s.Walk(t.Context(), func(bundle.File) error { return nil }))
		if done, _ := s.Progress(); done != int64(len(data)) {
			t.Errorf("Progress after Walk = %d, want %d", done, len(data))
		}
	}
	in, err := bundle.Open("-", bytes.NewReader(data), nil)
	check(t, err)
	if sum, _ := in.Sum(); sum != "" || in.Name() != "-" {
		t.Errorf("stdin: Sum before Walk = %q, Name %q; want none and -", sum, in.Name())
	}
}

func TestMembersAreUnpacked(t *testing.T) {
	logText := texts(node(t))["kubelet/kubelet.log"]
	raw := []byte(logText)
	two := append(gz(t, raw[:1000]), gz(t, raw[1000:])...)
	w := walkBytes(t, "b.tar", tarOf(t,
		member{name: "ipamd/ipamd.log.1.gz", text: string(two)},
		member{name: "var_log/a.zst", text: string(zst(t, raw))},
		member{name: "var_log/b.xz", text: string(readFile(t, "testdata/kubelet.log.xz"))}, // two streams, sha256 and crc32
		member{name: "gpu/nvidia-bug-report.log.gz", text: string(append(gz(t, raw), "garbage"...))},
		member{name: "gpu/empty.gz", text: string(gz(t, nil))},
	), nil)
	want := map[string]string{
		"ipamd/ipamd.log.1.gz": logText, "var_log/a.zst": logText, "var_log/b.xz": logText,
		"gpu/nvidia-bug-report.log.gz": logText, "gpu/empty.gz": "",
	}
	if d := cmp.Diff(want, w.files); d != "" {
		t.Errorf("texts (-want +got):\n%s", d)
	}
	for p, n := range w.sizes {
		if n != -1 || w.damaged[p] {
			t.Errorf("%s: size %d, damaged %v; want -1, false", p, n, w.damaged[p])
		}
	}
	skips := []bundle.Skip{{Path: "gpu/nvidia-bug-report.log.gz", Bytes: 7, Reason: "bytes after the end of the gzip data"}}
	if d := cmp.Diff(skips, w.skipped); d != "" || w.broken != nil {
		t.Errorf("broken %v, skipped (-want +got):\n%s", w.broken, d)
	}
}

func TestNestedArchiveInBundle(t *testing.T) {
	// The node monitoring agent puts the output of Bottlerocket's logdog in
	// its bundle as it is.
	logdog := gz(t, tarOf(t, member{name: "bottlerocket-logs/journalctl.log", text: "journal\n"}, member{name: "bottlerocket-logs/kubelet/x", text: "x\n"}))
	w := walkBytes(t, "log__us-west-2__i-07c3d9ab1e4f301ef__1795219200.tar.gz", gz(t, tarOf(t,
		member{name: "kubelet/kubelet.log", text: "k\n"},
		member{name: "bottlerocket/logdog/bottlerocket-logs.tar.gz", text: string(logdog)},
	)), nil)
	want := map[string]string{
		"kubelet/kubelet.log": "k\n",
		"bottlerocket/logdog/bottlerocket-logs.tar.gz/bottlerocket-logs/journalctl.log": "journal\n",
		"bottlerocket/logdog/bottlerocket-logs.tar.gz/bottlerocket-logs/kubelet/x":      "x\n",
	}
	if d := cmp.Diff(want, w.files); d != "" || len(w.skipped) > 0 {
		t.Errorf("skipped %v, files (-want +got):\n%s", w.skipped, d)
	}
	alone := walkBytes(t, "bottlerocket-logs.tar.gz", logdog, nil)
	if d := cmp.Diff([]string{"bottlerocket-logs/journalctl.log", "bottlerocket-logs/kubelet/x"}, alone.paths()); d != "" {
		t.Errorf("logdog alone (-want +got):\n%s", d)
	}
}

func TestRoot(t *testing.T) {
	const a, b = "eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9", "eks_i-07c3d9ab1e4f5063d_2026-11-21_0035-UTC_0.7.9"
	inner := func(text string) string {
		return string(gz(t, tarOf(t, member{name: "./kubelet/kubelet.log", text: text}, member{name: "./top.txt", text: text})))
	}
	cases := map[string]struct {
		in      []member
		want    []string
		skipped map[string]string
		bundle  string
	}{
		"flat": {
			in:   []member{{name: "notes.txt"}, {name: "./kubelet/kubelet.log"}},
			want: []string{"kubelet/kubelet.log", "notes.txt"}, bundle: "in.tar",
		},
		"folder": {
			in:   []member{{name: a + "/kubelet/kubelet.log"}, {name: a + "/top.txt"}, {name: "beside.txt"}},
			want: []string{"beside.txt", "kubelet/kubelet.log", "top.txt"}, bundle: a,
		},
		"folder_known_by_its_folders": {
			in:   []member{{name: "x/kubelet/", typ: tar.TypeDir}, {name: "x/top.txt"}},
			want: []string{"top.txt"}, bundle: "in.tar",
		},
		"known_folder_as_a_file": {
			in:   []member{{name: "a/b/system"}, {name: "docker"}},
			want: []string{"a/b/system", "docker"}, bundle: "in.tar",
		},
		"too_deep": {
			in:   []member{{name: "1/2/3/4/5/kubelet/kubelet.log"}},
			want: []string{"1/2/3/4/5/kubelet/kubelet.log"}, bundle: "in.tar",
		},
		"two_folders": {
			in:      []member{{name: a + "/kubelet/kubelet.log"}, {name: b + "/kubelet/kubelet.log"}},
			want:    []string{"kubelet/kubelet.log"},
			skipped: map[string]string{b + "/kubelet/kubelet.log": "belongs to another bundle: " + b + "; analyze it on its own"},
			bundle:  a,
		},
		"two_archives": {
			in:      []member{{name: "readme.txt"}, {name: a + ".tar.gz", text: inner("a")}, {name: b + ".tar.gz", text: inner("b")}},
			want:    []string{"kubelet/kubelet.log", "readme.txt", "top.txt"},
			skipped: map[string]string{b + ".tar.gz": "belongs to another bundle: " + b + ".tar.gz; analyze it on its own"},
			bundle:  a + ".tar.gz",
		},
		"two_archives_without_names": {
			in:      []member{{name: "1.tgz", text: inner("a")}, {name: "2.tgz", text: string(gz(t, tarOf(t, member{name: "cni/x"})))}},
			want:    []string{"kubelet/kubelet.log", "top.txt"},
			skipped: map[string]string{"2.tgz/cni/x": "belongs to another bundle: 2.tgz; analyze it on its own"},
			bundle:  "in.tar",
		},
		"archive_beside_its_content": {
			in:      []member{{name: "kubelet/kubelet.log"}, {name: a + ".tar.gz", text: inner("a")}},
			want:    []string{"kubelet/kubelet.log"},
			skipped: map[string]string{a + ".tar.gz": "belongs to another bundle: " + a + ".tar.gz; analyze it on its own"},
			bundle:  "in.tar",
		},
		"archive_in_a_folder_in_an_archive": {
			in:   []member{{name: "case/" + a + ".tar.gz", text: string(gz(t, tarOf(t, member{name: a + "/cni/x"})))}},
			want: []string{"cni/x"}, bundle: a,
		},
		"no_bundle_folder": {
			in:   []member{{name: "logs/a.log"}, {name: "logs/b.log"}},
			want: []string{"logs/a.log", "logs/b.log"}, bundle: "in.tar",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := walkBytes(t, "in.tar", tarOf(t, c.in...), nil)
			if d := cmp.Diff(c.want, w.paths()); d != "" || w.err != nil {
				t.Errorf("err %v, paths (-want +got):\n%s", w.err, d)
			}
			if c.skipped == nil {
				c.skipped = map[string]string{}
			}
			if d := cmp.Diff(c.skipped, w.reasons()); d != "" {
				t.Errorf("skipped (-want +got):\n%s", d)
			}
			if w.name != c.bundle {
				t.Errorf("BundleName = %q, want %q", w.name, c.bundle)
			}
		})
	}
}

func TestNames(t *testing.T) {
	w := walkBytes(t, "in.tar", tarOf(t,
		member{name: "/kubelet/abs.log"},
		member{name: "//kubelet/abs2.log"},
		member{name: `\kubelet\abs3.log`},
		member{name: "../up.log"},
		member{name: "kubelet/../../up.log"},
		member{name: `kubelet\..\..\up2.log`},
		member{name: `C:\kubelet\drive.log`},
		member{name: "./D:/kubelet/drive.log"},
		member{name: "./kubelet//./two.log"},
		member{name: "kubelet/esc\x1b[31m\u202e\xff\n.log"},
		member{name: "kubelet/größe.log"},
		member{name: "kubelet/._kubelet.log"},
		member{name: "__MACOSX/kubelet/kubelet.log"},
		member{name: "kubelet/.DS_Store"},
		member{name: "kubelet/..hidden"},
	), nil)
	want := []string{"kubelet/..hidden", "kubelet/esc%1B[31m%E2%80%AE%FF%0A.log", "kubelet/größe.log", "kubelet/two.log"}
	if d := cmp.Diff(want, w.paths()); d != "" {
		t.Errorf("paths (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]string{
		"/kubelet/abs.log":             "absolute path",
		"//kubelet/abs2.log":           "absolute path",
		"/kubelet/abs3.log":            "absolute path",
		"../up.log":                    `".." in path`,
		"kubelet/../../up.log":         `".." in path`,
		"kubelet/../../up2.log":        `".." in path`,
		"C:/kubelet/drive.log":         "absolute path",
		"D:/kubelet/drive.log":         "absolute path",
		"kubelet/._kubelet.log":        "macOS metadata",
		"kubelet/.DS_Store":            "macOS metadata",
		"__MACOSX/kubelet/kubelet.log": "macOS metadata",
	}, w.reasons()); d != "" {
		t.Errorf("skipped (-want +got):\n%s", d)
	}
}

func TestDuplicates(t *testing.T) {
	w := walkBytes(t, "in.tar", tarOf(t,
		member{name: "kubelet/kubelet.log", text: "1"},
		member{name: "./kubelet/kubelet.log", text: "2"},
		member{name: "kubelet/kubelet.log (2)", text: "own"},
		member{name: "kubelet/kubelet.log", text: "3"},
	), nil)
	want := map[string]string{
		"kubelet/kubelet.log": "1", "kubelet/kubelet.log (2)": "2",
		"kubelet/kubelet.log (2) (2)": "own", "kubelet/kubelet.log (3)": "3",
	}
	if d := cmp.Diff(want, w.files); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

func TestLinksAndDevicesInTar(t *testing.T) {
	w := walkBytes(t, "in.tar", tarOf(t,
		member{name: "kubelet/shadow", typ: tar.TypeSymlink, link: "/etc/passwd"},
		member{name: "kubelet/hard", typ: tar.TypeLink, link: "../../etc/\x1bpasswd"},
		member{name: "kubelet/zero", typ: tar.TypeChar},
		member{name: "kubelet/disk", typ: tar.TypeBlock},
		member{name: "kubelet/pipe", typ: tar.TypeFifo},
		member{name: "kubelet/shadow", text: "a file of the link's name"},
	), nil)
	if d := cmp.Diff(map[string]string{"kubelet/shadow": "a file of the link's name"}, w.files); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]string{
		"kubelet/shadow": "symbolic link to /etc/passwd, not followed",
		"kubelet/hard":   "hard link to ../../etc/%1Bpasswd, not followed",
		"kubelet/zero":   "device", "kubelet/disk": "device", "kubelet/pipe": "named pipe",
	}, w.reasons()); d != "" {
		t.Errorf("skipped (-want +got):\n%s", d)
	}
}

func TestSingleFile(t *testing.T) {
	logText := texts(node(t))["kubelet/kubelet.log"]
	nuls := strings.Repeat("\x00", 106_083) + logText // so a real ipamd.log started
	f := func(name, data, want string) {
		t.Helper()
		w := walkBytes(t, name, []byte(data), nil)
		if d := cmp.Diff(map[string]string{name: want}, w.files); d != "" || w.err != nil || w.broken != nil {
			t.Errorf("%s: err %v, broken %v (-want +got):\n%.300s", name, w.err, w.broken, d)
		}
	}
	f("kubelet.log", logText, logText)
	f("kubelet.log.gz", string(gz(t, []byte(logText))), logText)
	f("kubelet.log.gz", logText, logText) // browsers unpack what they download
	f("kubelet.log.zst", string(zst(t, []byte(logText))), logText)
	f("kubelet.log.xz", string(readFile(t, "testdata/kubelet.log.xz")), logText)
	f("ipamd.log", nuls, nuls)
	f("short", "x", "x")

	w := walkPath(t, "-", strings.NewReader(logText), nil)
	if d := cmp.Diff(map[string]string{"stdin": logText}, w.files); d != "" || w.err != nil {
		t.Errorf("stdin: err %v (-want +got):\n%s", w.err, d)
	}
}

func TestNotBundle(t *testing.T) {
	text := texts(node(t))["kubelet/kubelet.log"]
	garbage := make([]byte, 5000)
	for i := range garbage {
		garbage[i] = byte(i * i >> 3)
	}
	f := func(name, data, why string) {
		t.Helper()
		w := walkBytes(t, name, []byte(data), nil)
		if !errors.Is(w.err, bundle.ErrNotBundle) || !strings.Contains(w.err.Error(), why) || len(w.files) > 0 {
			t.Errorf("%s: Walk = %v, %d files; want ErrNotBundle with %q", name, w.err, len(w.files), why)
		}
	}
	f("empty.tar.gz", "", "empty")
	f("empty.log.gz", string(gz(t, nil)), "empty")
	for _, name := range []string{"b.tar.gz", "b.tgz", "b.tar", "b.tar.xz", "b.zip", "B.ZIP"} {
		f(name, text, "its content is not a")
	}
	f("b.zst", text, "its content is not zstd data")
	f("b.xz", text, "its content is not xz data")
	f("b.tar.gz", string(gz(t, []byte(text))), "its content is not a tar archive")
	f("core", string(garbage), "no text and no archive")
	f("zeros", strings.Repeat("\x00", 3<<20), "only NUL bytes")
	f("b.tar.gz", string(gz(t, tarOf(t, node(t)...))[:20]), "cut off")
	f("b.tar.gz", "\x1f\x8b\x08\xff\xff\xff\xff", "gzip data")
	f("b.tar", string(tarOf(t, member{name: "/etc/passwd", text: "x"})), "/etc/passwd: absolute path")
	f("b.tar", string(tarOf(t, member{name: "kubelet/", typ: tar.TypeDir})), "no files in it")
	f("b.zip", string(zipOf(t)), "no files in it")
}

func TestOpenErrors(t *testing.T) {
	if _, err := bundle.Open(filepath.Join(t.TempDir(), "none.tar.gz"), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of nothing = %v, want ErrNotExist", err)
	}
	if _, err := bundle.Open("-", nil, nil); err == nil {
		t.Error("Open of stdin without stdin gave no error")
	}
}

func TestWalkErrors(t *testing.T) {
	data := gz(t, tarOf(t, node(t)...))
	oops := errors.New("disk full")
	calls := 0
	s := open(t, "b.tar.gz", data, nil)
	if err := s.Walk(t.Context(), func(bundle.File) error { calls++; return oops }); err != oops || calls != 1 {
		t.Errorf("Walk = %v after %d calls, want the error of the first", err, calls)
	}
	why := errors.New("the user had enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := s.Walk(ctx, func(f bundle.File) error {
		cancel(why)
		io.Copy(io.Discard, f.R)
		return nil
	})
	if err != why {
		t.Errorf("cancelled Walk = %v, want the cause", err)
	}
	var late io.Reader
	check(t, s.Walk(t.Context(), func(f bundle.File) error { late = f.R; return nil }))
	if _, err := late.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("read after the turn = %v, want an error", err)
	}
	in, err := bundle.Open("-", bytes.NewReader(data), nil)
	check(t, err)
	check(t, in.Walk(t.Context(), func(bundle.File) error { return nil }))
	if err := in.Walk(t.Context(), func(bundle.File) error { return nil }); err == nil {
		t.Error("a stream was walked twice")
	}
}

// A pipe whose writer went to sleep must not keep a cancelled walk alive.
func TestStalledStdin(t *testing.T) {
	data := gz(t, tarOf(t, node(t)...))
	for _, sent := range []int{0, len(data) / 2} {
		r, wr := io.Pipe()
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("^C")
		go func() {
			wr.Write(data[:sent])
			cancel(why)
		}()
		s, err := bundle.Open("-", r, nil)
		check(t, err)
		if err := s.Walk(ctx, func(f bundle.File) error { _, err := io.Copy(io.Discard, f.R); return err }); err != why {
			t.Errorf("after %d bytes: Walk = %v, want the cause", sent, err)
		}
		wr.Close()
	}
}

func TestInfo(t *testing.T) {
	f := func(name, id string, at time.Time, version string) {
		t.Helper()
		gotID, gotAt, gotVersion := bundle.Info(name)
		if gotID != id || !gotAt.Equal(at) || gotVersion != version {
			t.Errorf("Info(%q) = %q, %v, %q; want %q, %v, %q", name, gotID, gotAt, gotVersion, id, at, version)
		}
	}
	date := func(h, m int) time.Time { return time.Date(2026, 11, 21, h, m, 0, 0, time.UTC) }
	const id = "i-07c3d9ab1e4f301ef"
	f("eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9.tar.gz", id, date(0, 20), "0.7.9")
	f("/tmp/x/eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9 (1).tar.gz", id, date(0, 20), "0.7.9")
	f(`C:\Users\me\eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9`, id, date(0, 20), "0.7.9")
	f("eks__2026-11-21_0039-UTC_0.7.9.tar.gz", "", date(0, 39), "0.7.9")
	f("eks_i-07c3d9ab1e4f301ef_0.6.0.tar.gz", id, time.Time{}, "0.6.0")
	f("eks_i-07c3d9ab1e4f301ef_2026-13-41_0020-UTC_0.7.9.tar.gz", id, time.Time{}, "0.7.9")
	f("log__us-west-2__i-07c3d9ab1e4f301ef__2026-11-21T00:20:00Z.tar.gz", id, date(0, 20), "")
	f("log__us-west-2__ip-10-0-12-34.us-west-2.compute.internal__1795220400.tar.gz", "", date(0, 20), "")
	f("i-07c3d9ab1e4f301ef-logs.tar.gz", id, time.Time{}, "")
	f("healthy-1.tar.gz", "", time.Time{}, "")
	f("eks_notes.txt", "", time.Time{}, "")
	f("", "", time.Time{}, "")
}

// TestUTF16 reads what Windows PowerShell 5 makes of "aws ... > instance.json".
func TestUTF16(t *testing.T) {
	want := "{\r\n    \"InstanceId\": \"i-07c3d9ab1e4f301ef\", \"Name\": \"n\u00f6de\"\r\n}\r\n"
	for _, order := range []unicode.Endianness{unicode.LittleEndian, unicode.BigEndian} {
		text, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(want)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "instance.json")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		src, err := bundle.Open(name, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		var got []byte
		err = src.Walk(t.Context(), func(f bundle.File) (err error) {
			got, err = io.ReadAll(f.R)
			return err
		})
		if err != nil || string(got) != want {
			t.Errorf("Walk gives %q, %v, want %q", got, err, want)
		}
	}
}
