package bundle_test

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
)

// header is a tar header for size bytes, which the caller brings.
func header(tb testing.TB, name string, size int64) []byte {
	tb.Helper()
	var b bytes.Buffer
	check(tb, tar.NewWriter(&b).WriteHeader(&tar.Header{Name: name, Size: size, Typeflag: tar.TypeReg}))
	return b.Bytes()
}

// zeros is a gzip stream of n MiB of zeros, in members of 1 MiB.
func zeros(tb testing.TB, n int) []byte {
	tb.Helper()
	return bytes.Repeat(packed(tb, make([]byte, 1<<20), func(w io.Writer) (io.WriteCloser, error) {
		return gzip.NewWriterLevel(w, gzip.BestCompression)
	}), n)
}

// drained walks an input and keeps no text. It returns the bytes of each file.
func drained(tb testing.TB, stdin io.Reader, limits *bundle.Limits) (sizes map[string]int64, s *bundle.Source, err error) {
	tb.Helper()
	s, err = bundle.Open("-", stdin, limits)
	check(tb, err)
	sizes = map[string]int64{}
	err = s.Walk(tb.Context(), func(f bundle.File) error {
		n, err := io.Copy(io.Discard, f.R)
		sizes[f.Path] = n
		return err
	})
	return sizes, s, err
}

func TestBomb(t *testing.T) {
	const gib = 1 << 30
	in := append(gz(t, header(t, "kubelet/kubelet.log", gib)), zeros(t, gib>>20)...)
	sizes, s, err := drained(t, bytes.NewReader(in), nil)
	if err != nil || s.Broken() != nil {
		t.Errorf("Walk = %v, Broken %v", err, s.Broken())
	}
	if n := sizes["kubelet/kubelet.log"]; n < 60<<20 || n > 70<<20 {
		t.Errorf("%d bytes came out, want about 64 MiB", n)
	}
	if len(s.Skipped()) != 1 || !strings.Contains(s.Skipped()[0].Reason, "more than 400 times its size") {
		t.Errorf("Skipped = %v", s.Skipped())
	}
	if sum, _ := s.Sum(); sum == "" {
		t.Error("no sum after a limit")
	}

	// A bomb in a file of a sound archive ends this file, not the archive.
	in = tarOf(t, member{name: "gpu/bomb.gz", text: string(zeros(t, 200))}, member{name: "kubelet/kubelet.log", text: "k"})
	sizes, s, err = drained(t, bytes.NewReader(in), nil)
	if err != nil || sizes["gpu/bomb.gz"] > 70<<20 || sizes["kubelet/kubelet.log"] != 1 {
		t.Errorf("Walk = %v, sizes %v", err, sizes)
	}
	if len(s.Skipped()) != 1 || s.Skipped()[0].Path != "gpu/bomb.gz" {
		t.Errorf("Skipped = %v", s.Skipped())
	}
}

func TestZipBombs(t *testing.T) {
	big := strings.Repeat("\x00", 100<<20)
	_, s, err := drained(t, bytes.NewReader(zipOf(t, member{name: "kubelet/a", text: big}, member{name: "kubelet/b", text: "b"})), nil)
	if err != nil || len(s.Skipped()) != 1 || !strings.Contains(s.Skipped()[0].Reason, "times its size") {
		t.Errorf("Walk = %v, Skipped %v", err, s.Skipped())
	}

	// The directory may name the same data many times.
	one := zipOf(t, member{name: "kubelet/a", text: big[:30<<20]})
	dir := bytes.LastIndex(one, []byte("PK\x01\x02"))
	end := bytes.LastIndex(one, []byte("PK\x05\x06"))
	many := append(bytes.Clone(one[:dir]), bytes.Repeat(one[dir:end], 50)...)
	tail := bytes.Clone(one[end:])
	tail[8], tail[10] = 50, 50
	size := len(many) - dir
	copy(tail[12:], []byte{byte(size), byte(size >> 8), byte(size >> 16), 0})
	sizes, s, err := drained(t, bytes.NewReader(append(many, tail...)), nil)
	var total int64
	for _, n := range sizes {
		total += n
	}
	if err != nil || s.Broken() != nil || total < 60<<20 || total > 70<<20 || len(s.Skipped()) != 1 {
		t.Errorf("Walk = %v, Broken %v, %d bytes, Skipped %v", err, s.Broken(), total, s.Skipped())
	}
}

// A sparse file of a tar has holes: 1 TiB of zeros in 1 KiB.
func TestSparseBomb(t *testing.T) {
	const real = "1099511627776"
	pax := func(kv ...string) string {
		var b strings.Builder
		for i := 0; i < len(kv); i += 2 {
			rec := fmt.Sprintf(" %s=%s\n", kv[i], kv[i+1])
			n := len(rec) + 2
			fmt.Fprintf(&b, "%d%s", n, rec)
		}
		return b.String()
	}
	records := pax("GNU.sparse.major", "0", "GNU.sparse.minor", "1", "GNU.sparse.name", "kubelet/holes",
		"GNU.sparse.size", real, "GNU.sparse.numblocks", "1", "GNU.sparse.map", real+",0")
	var in []byte
	h := header(t, "PaxHeaders/holes", int64(len(records)))
	h[156] = 'x'
	in = append(in, sealed(h)...)
	in = append(in, records...)
	in = append(in, make([]byte, -len(records)&511)...)
	in = append(in, header(t, "kubelet/holes", 0)...)
	in = append(in, tarOf(t, member{name: "kubelet/after", text: "a"})...)
	sizes, s, err := drained(t, bytes.NewReader(in), nil)
	if n := sizes["kubelet/holes"]; err != nil || n < 60<<20 || n > 70<<20 {
		t.Errorf("Walk = %v, %d bytes; want about 64 MiB", err, n)
	}
	if len(s.Skipped()) != 1 || !strings.Contains(s.Skipped()[0].Reason, "times its size") {
		t.Errorf("Skipped = %v", s.Skipped())
	}
}

// sealed gives a tar header the checksum of its bytes.
func sealed(h []byte) []byte {
	copy(h[148:156], "        ")
	sum := 0
	for _, c := range h[:512] {
		sum += int(c)
	}
	copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

func TestManyEntries(t *testing.T) {
	const n = 200_000
	entries := func() io.Reader {
		r, w := io.Pipe()
		go func() {
			z := gzip.NewWriter(w)
			tw := tar.NewWriter(z)
			for i := range n {
				tw.WriteHeader(&tar.Header{Name: fmt.Sprintf("kubelet/%d.log", i), Typeflag: tar.TypeReg})
			}
			tw.Close()
			z.Close()
			w.Close()
		}()
		return r
	}
	sizes, s, err := drained(t, entries(), nil)
	if err != nil || len(sizes) != bundle.Defaults.Entries {
		t.Errorf("Walk = %v, %d files, want %d", err, len(sizes), bundle.Defaults.Entries)
	}
	if len(s.Skipped()) != 1 || !strings.Contains(s.Skipped()[0].Reason, "more than 100000 entries") {
		t.Errorf("Skipped = %v", s.Skipped())
	}
	sizes, s, err = drained(t, entries(), &bundle.Limits{Entries: n})
	if err != nil || len(sizes) != n || len(s.Skipped()) > 0 {
		t.Errorf("with a higher limit: Walk = %v, %d files, skipped %v", err, len(sizes), s.Skipped())
	}
}

// A directory of a zip with a million names must not be kept in memory.
func TestZipDirectoryLimit(t *testing.T) {
	one := zipOf(t, member{name: "kubelet/a", text: "a"})
	dir, end := bytes.LastIndex(one, []byte("PK\x01\x02")), bytes.LastIndex(one, []byte("PK\x05\x06"))
	in := append(bytes.Clone(one[:dir]), bytes.Repeat(one[dir:end], 1<<16)...)
	in = append(in, one[end:]...)
	in[len(in)-14], in[len(in)-12] = 0, 0 // 65,536 entries, modulo 65,536
	sizes, s, err := drained(t, bytes.NewReader(in), &bundle.Limits{Entries: 100})
	if err != nil || s.Broken() == nil || len(sizes) != 1 {
		t.Errorf("Walk = %v, Broken %v, %d files; want the one that stands there", err, s.Broken(), len(sizes))
	}
}

type repeated struct{ text string }

func (r repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], r.text)
	}
	return n, nil
}

func TestLongLineInBoundedMemory(t *testing.T) {
	const size = 100 << 20
	in := io.MultiReader(bytes.NewReader(header(t, "ipamd/ipamd.log", size)),
		io.LimitReader(repeated{`{"level":"info"}`}, size), bytes.NewReader(make([]byte, 1024)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sizes, s, err := drained(t, in, nil)
	runtime.ReadMemStats(&after)
	if err != nil || s.Broken() != nil || sizes["ipamd/ipamd.log"] != size {
		t.Errorf("Walk = %v, Broken %v, sizes %v", err, s.Broken(), sizes)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d bytes were allocated on the way", used)
	}
}

func TestEntryBytes(t *testing.T) {
	ten := strings.Repeat("0123456789", 1)
	limits := &bundle.Limits{EntryBytes: 10}
	for name, data := range map[string][]byte{
		"b.tar.gz": gz(t, tarOf(t, member{name: "kubelet/a", text: ten}, member{name: "kubelet/b", text: ten + "more"}, member{name: "kubelet/c.gz", text: string(gz(t, []byte(ten+"more")))}, member{name: "kubelet/d", text: "d"})),
		"b.zip":    zipOf(t, member{name: "kubelet/a", text: ten}, member{name: "kubelet/b", text: ten + "more"}, member{name: "kubelet/c.gz", text: string(gz(t, []byte(ten+"more")))}, member{name: "kubelet/d", text: "d"}),
	} {
		w := walkBytes(t, name, data, limits)
		if d := cmp.Diff(map[string]string{"kubelet/a": ten, "kubelet/b": ten, "kubelet/c.gz": ten, "kubelet/d": "d"}, w.files); d != "" || w.broken != nil {
			t.Errorf("%s: Broken %v (-want +got):\n%s", name, w.broken, d)
		}
		want := []bundle.Skip{{Path: "kubelet/b", Bytes: 4, Reason: "cut after 10 bytes"}, {Path: "kubelet/c.gz", Bytes: -1, Reason: "cut after 10 bytes"}}
		if d := cmp.Diff(want, w.skipped); d != "" {
			t.Errorf("%s: skipped (-want +got):\n%s", name, d)
		}
	}
}

func TestTotalBytes(t *testing.T) {
	list := noisy(t)
	want := texts(list)
	for name, data := range containers(t) {
		whole := walkBytes(t, name, data, nil)
		size := 0
		for _, text := range whole.files {
			size += len(text)
		}
		w := walkBytes(t, name, data, &bundle.Limits{TotalBytes: int64(size) / 2})
		got := 0
		for p, text := range w.files {
			got += len(text)
			if w.damaged[p] || !strings.HasPrefix(want[p], text) {
				t.Errorf("%s: %s is wrong", name, p)
			}
		}
		if w.err != nil && !errors.Is(w.err, bundle.ErrNotBundle) || w.broken != nil || got > size/2 {
			t.Errorf("%s: Walk = %v, Broken %v, %d bytes of at most %d", name, w.err, w.broken, got, size/2)
		}
		if w.err == nil && (len(w.skipped) != 1 || !strings.Contains(w.skipped[0].Reason, "the rest of the input was not read")) {
			t.Errorf("%s: skipped %v", name, w.skipped)
		}
	}
}

func TestPathBytes(t *testing.T) {
	long := "kubelet/" + strings.Repeat("x", 100_000)
	w := walkBytes(t, "b.tar", tarOf(t, member{name: long}, member{name: "kubelet/ok"}), nil)
	if d := cmp.Diff([]string{"kubelet/ok"}, w.paths()); d != "" || len(w.skipped) != 1 {
		t.Fatalf("skipped %d (-want +got):\n%s", len(w.skipped), d)
	}
	if s := w.skipped[0]; s.Reason != "path of 100008 bytes is over the limit of 1024" || len(s.Path) > 300 {
		t.Errorf("Skip with a path of %d bytes: %s", len(s.Path), s.Reason)
	}
	w = walkBytes(t, "b.tar", tarOf(t, member{name: "kubelet/12345678"}, member{name: "kubelet/ok"}), &bundle.Limits{PathBytes: 12})
	if d := cmp.Diff(map[string]string{"kubelet/12345678": "path of 16 bytes is over the limit of 12"}, w.reasons()); d != "" {
		t.Errorf("skipped (-want +got):\n%s", d)
	}
}

func TestNesting(t *testing.T) {
	data := tarOf(t, member{name: "a", text: "deep"})
	for i := range 4 {
		data = gz(t, tarOf(t, member{name: fmt.Sprintf("%d.tgz", i), text: string(data)}, member{name: "beside", text: "b"}))
	}
	w := walkBytes(t, "b.tgz", data, nil)
	if d := cmp.Diff([]string{"3.tgz/2.tgz/1.tgz/beside", "3.tgz/2.tgz/beside", "3.tgz/beside", "beside"}, w.paths()); d != "" {
		t.Errorf("paths (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]string{"3.tgz/2.tgz/1.tgz/0.tgz": "archives are nested more than 3 deep"}, w.reasons()); d != "" {
		t.Errorf("skipped (-want +got):\n%s", d)
	}
	if w := walkBytes(t, "b.tgz", data, &bundle.Limits{Nesting: 4}); w.files["3.tgz/2.tgz/1.tgz/0.tgz/a"] != "deep" {
		t.Errorf("with a higher limit: %v", w.paths())
	}
	data = []byte("x")
	for range 6 {
		data = gz(t, data)
	}
	if w := walkBytes(t, "b.gz", data, nil); !errors.Is(w.err, bundle.ErrNotBundle) || !strings.Contains(w.err.Error(), "nested") {
		t.Errorf("six layers of gzip: Walk = %v", w.err)
	}
}

// A block of an xz file may ask for a dictionary of 4 GiB.
func TestXzDictionaryLimit(t *testing.T) {
	data := bytes.Clone(readFile(t, "testdata/kubelet.log.xz"))
	// Stream header 12 bytes, block header: size, flags, filter id, 1, dictionary.
	at := bytes.Index(data[12:], []byte{0x21, 1}) + 12 + 2
	data[at] = 40
	end := 12 + (int(data[12])+1)*4
	crc := crc32Of(data[12 : end-4])
	copy(data[end-4:], crc)
	w := walkBytes(t, "kubelet.log.xz", data, nil)
	if !errors.Is(w.err, bundle.ErrNotBundle) || !strings.Contains(w.err.Error(), "memory") {
		t.Errorf("Walk = %v, want a word about memory", w.err)
	}
}

func crc32Of(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(b))
}

// A zip that cannot be read in place is held in memory, up to a limit.
func TestLargeZipFromStdin(t *testing.T) {
	if testing.Short() {
		t.Skip("holds 256 MiB")
	}
	in := io.MultiReader(strings.NewReader("PK\x03\x04"), io.LimitReader(repeated{"x"}, 257<<20))
	_, _, err := drained(t, in, nil)
	if !errors.Is(err, bundle.ErrNotBundle) || !strings.Contains(err.Error(), "at most 256 MiB") {
		t.Errorf("Walk = %v, want a word about the size", err)
	}
}
