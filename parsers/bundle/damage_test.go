package bundle_test

import (
	"archive/tar"
	"bytes"
	stdgzip "compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/google/go-cmp/cmp"
)

// salvageable is what the standard library gets out of a broken tar.gz: the
// texts, the last of them perhaps in part.
func salvageable(data []byte) map[string]string {
	files := map[string]string{}
	z, err := stdgzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return files
	}
	unpacked, _ := io.ReadAll(z)
	tr := tar.NewReader(bytes.NewReader(unpacked))
	for {
		h, err := tr.Next()
		if err != nil {
			return files
		}
		text, _ := io.ReadAll(tr)
		files[h.Name] = string(text)
	}
}

// salvaged compares what came out of a broken archive with what is in it. Our
// decoder may keep back the last letters before a break, as it does not know
// yet that no longer code begins with their bits.
func salvaged(tb testing.TB, what string, want, got map[string]string) {
	tb.Helper()
	missing := 0
	for p, text := range want {
		if !strings.HasPrefix(text, got[p]) {
			tb.Errorf("%s: %s is not what was packed", what, p)
		}
		missing += len(text) - len(got[p])
	}
	if len(got) != len(want) || missing > 4 {
		tb.Errorf("%s: %d files of %d, %d bytes missing", what, len(got), len(want), missing)
	}
}

// noisy makes a bundle that does not pack well, so that there are many places
// where it can break.
func noisy(tb testing.TB) []member {
	list := node(tb)
	src := rand.NewChaCha8([32]byte{1})
	for i := range list {
		b := make([]byte, 20_000)
		src.Read(b)
		list[i].text += string(b)
	}
	return list
}

func TestTruncated(t *testing.T) {
	data := gz(t, tarOf(t, noisy(t)...))
	for i := range 20 {
		cut := len(data) * (i + 1) / 21
		for _, from := range []string{"file", "stdin"} {
			var w walk
			if from == "file" {
				w = walkBytes(t, "b.tar.gz", data[:cut], nil)
			} else {
				w = walkPath(t, "-", inPieces(data[:cut]), nil)
			}
			want := salvageable(data[:cut])
			if len(want) == 0 {
				t.Fatalf("nothing is left at %d bytes: the test is wrong", cut)
			}
			salvaged(t, fmt.Sprintf("%s cut at %d", from, cut), want, w.files)
			if w.err != nil || w.broken == nil || !strings.Contains(w.broken.Error(), "cut off") {
				t.Errorf("%s cut at %d: Walk = %v, Broken = %v, want it to say so", from, cut, w.err, w.broken)
			}
			for j, p := range w.order[:len(w.order)-1] {
				if w.damaged[p] {
					t.Errorf("%s cut at %d: file %d is damaged, but is not the last", from, cut, j)
				}
			}
		}
	}
}

func TestBrokenSaysWhere(t *testing.T) {
	data := tarOf(t, member{name: "kernel/uname.txt", text: "Linux\n"}, member{name: "kubelet/kubelet.log", text: strings.Repeat("x", 5000)})
	f := func(cut int, want string) {
		t.Helper()
		w := walkBytes(t, "b.tar", data[:cut], nil)
		if w.broken == nil || w.broken.Error() != want {
			t.Errorf("cut at %d: Broken = %v, want %s", cut, w.broken, want)
		}
	}
	f(2000, "tar archive: cut off in kubelet/kubelet.log, after 2000 unpacked bytes")
	f(1300, "tar archive: cut off after kernel/uname.txt, after 1300 unpacked bytes")
	f(1024, "tar archive: the mark at the end is missing, so files may be missing too after kernel/uname.txt, after 1024 unpacked bytes")
	if w := walkBytes(t, "b.tar", data, nil); w.broken != nil {
		t.Errorf("whole: Broken = %v", w.broken)
	}
}

// A bit that fell over is either found or without effect.
func TestFlippedBytes(t *testing.T) {
	list := node(t)
	want := texts(list)
	plain := tarOf(t, list...)
	for name, data := range map[string][]byte{
		"b.tar.gz":  gz(t, plain),
		"b.tar.zst": zst(t, plain),
		"b.tar.xz":  readFile(t, "testdata/node.tar.xz"),
		"b.tar.bz2": readFile(t, "testdata/node.tar.bz2"),
	} {
		t.Run(name, func(t *testing.T) {
			for i := 0; i < len(data); i += 17 {
				bad := bytes.Clone(data)
				bad[i] ^= 1 << (i % 8)
				w := walkPath(t, "-", bytes.NewReader(bad), nil)
				if w.err != nil && !errors.Is(w.err, bundle.ErrNotBundle) {
					t.Fatalf("byte %d: Walk = %v", i, w.err)
				}
				if w.err == nil && w.broken == nil && len(w.skipped) == 0 {
					if d := cmp.Diff(want, w.files); d != "" {
						t.Fatalf("byte %d: not noticed (-want +got):\n%.500s", i, d)
					}
				}
			}
		})
	}
}

func TestFlippedTarHeader(t *testing.T) {
	data := tarOf(t, member{name: "kernel/uname.txt", text: "Linux\n"}, member{name: "kubelet/kubelet.log", text: "k"})
	data[1024] ^= 1 // the second name: its checksum does not fit now
	w := walkBytes(t, "b.tar.gz", gz(t, data), nil)
	if d := cmp.Diff(map[string]string{"kernel/uname.txt": "Linux\n"}, w.files); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	if w.broken == nil || !strings.Contains(w.broken.Error(), "corrupt header of an entry after kernel/uname.txt") {
		t.Errorf("Broken = %v", w.broken)
	}
}

func TestTruncatedZip(t *testing.T) {
	list := noisy(t)
	data := zipOf(t, list...)
	want := texts(list)
	for i := range 20 {
		cut := len(data) * (i + 1) / 21
		for _, from := range []string{"file", "stdin"} {
			var w walk
			if from == "file" {
				w = walkBytes(t, "b.zip", data[:cut], nil)
			} else {
				w = walkPath(t, "-", inPieces(data[:cut]), nil)
			}
			if w.err != nil || w.broken == nil {
				t.Errorf("cut at %d: err %v, Broken %v", cut, w.err, w.broken)
			}
			unpacked := 0
			for j, p := range w.order {
				last := j == len(w.order)-1
				if got := w.files[p]; got != want[p] && !(last && w.damaged[p] && strings.HasPrefix(want[p], got)) {
					t.Errorf("cut at %d: %s is wrong", cut, p)
				}
				unpacked += len(w.files[p])
			}
			if unpacked < cut-cut/10-2000 { // random bytes do not pack: they are most of the archive
				t.Errorf("cut at %d: only %d bytes came out", cut, unpacked)
			}
		}
	}
}

func TestZipWithWrongSizes(t *testing.T) {
	text := strings.Repeat("a line of a log\n", 100)
	data := zipOf(t, member{name: "kubelet/a.log", text: text}, member{name: "kubelet/b.log", text: text})
	dir := bytes.Index(data, []byte("PK\x01\x02"))
	f := func(offset int, size uint32) {
		t.Helper()
		bad := bytes.Clone(data)
		binary.LittleEndian.PutUint32(bad[dir+offset:], size)
		w := walkBytes(t, "b.zip", bad, nil)
		if w.err != nil || w.broken == nil || !w.damaged["kubelet/a.log"] {
			t.Errorf("size %d at %d: err %v, Broken %v, damaged %v", size, offset, w.err, w.broken, w.damaged)
		}
		if w.files["kubelet/b.log"] != text {
			t.Errorf("size %d at %d: the sound file after it is lost", size, offset)
		}
	}
	const packedSize, unpackedSize, localOffset = 20, 24, 42
	f(unpackedSize, 10)
	f(unpackedSize, 1<<31)
	f(packedSize, 10)
	f(localOffset, 1<<30)
}

func TestDamagedMemberOfSoundArchive(t *testing.T) {
	text := strings.Repeat("*** /usr/bin/nvidia-smi -q\n", 1000)
	g := gz(t, []byte(text))
	w := walkBytes(t, "b.tar.gz", gz(t, tarOf(t,
		member{name: "gpu/nvidia-bug-report.log.gz", text: string(g[:len(g)/2])},
		member{name: "gpu/not.gz", text: "\x1f\x8b\x08\xff"},
		member{name: "kubelet/kubelet.log", text: "k"},
	)), nil)
	if w.err != nil || w.broken != nil {
		t.Errorf("err %v, Broken %v; the archive is sound", w.err, w.broken)
	}
	got := w.files["gpu/nvidia-bug-report.log.gz"]
	if len(got) == 0 || !strings.HasPrefix(text, got) || !w.damaged["gpu/nvidia-bug-report.log.gz"] {
		t.Errorf("%d bytes of the damaged file, damaged %v", len(got), w.damaged)
	}
	if w.files["kubelet/kubelet.log"] != "k" || w.damaged["kubelet/kubelet.log"] {
		t.Error("the file after it is lost")
	}
	if r := w.reasons(); !strings.Contains(r["gpu/nvidia-bug-report.log.gz"], "cut off") || !strings.Contains(r["gpu/not.gz"], "gzip data") {
		t.Errorf("skipped %v", r)
	}
}

func TestDamagedBundleInSoundArchive(t *testing.T) {
	list := noisy(t)
	inner := gz(t, tarOf(t, list...))
	inner = inner[:len(inner)/2]
	w := walkBytes(t, "mail.zip", zipOf(t, member{name: "eks_i-07c3d9ab1e4f301ef_2026-11-21_0020-UTC_0.7.9.tar.gz", text: string(inner)}), nil)
	salvaged(t, "zip", salvageable(inner), w.files)
	if w.broken == nil || !strings.Contains(w.broken.Error(), "gzip data: cut off in ") {
		t.Errorf("Broken = %v", w.broken)
	}
}

func TestDataAfterTheEnd(t *testing.T) {
	one, two := tarOf(t, member{name: "kubelet/a", text: "a"}), tarOf(t, member{name: "kubelet/b", text: "b"})
	w := walkBytes(t, "b.tar.gz", gz(t, append(one, two...)), nil)
	if r := w.reasons()["b.tar.gz"]; !strings.Contains(r, "after the end of the tar archive") || len(w.files) != 1 {
		t.Errorf("skipped %v, %d files", w.skipped, len(w.files))
	}
	w = walkBytes(t, "b.tar.gz", append(gz(t, one), make([]byte, 512)...), nil)
	want := []bundle.Skip{{Path: "b.tar.gz", Bytes: 512, Reason: "bytes after the end of the gzip data"}}
	if d := cmp.Diff(want, w.skipped); d != "" || w.broken != nil {
		t.Errorf("Broken %v, skipped (-want +got):\n%s", w.broken, d)
	}
}

func TestReadError(t *testing.T) {
	data := gz(t, tarOf(t, noisy(t)...))
	oops := errors.New("input/output error")
	in := io.MultiReader(bytes.NewReader(data[:len(data)/2]), iotest.ErrReader(oops))
	w := walkPath(t, "-", in, nil)
	salvaged(t, "stdin", salvageable(data[:len(data)/2]), w.files)
	if w.err != nil || !errors.Is(w.broken, oops) || w.sum != "" {
		t.Errorf("Broken = %v, sum %q; want the error of the read, no sum", w.broken, w.sum)
	}
}
