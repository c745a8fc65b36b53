package ops

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// odd are files whose bytes must survive: CRLF, NUL, no end of the last line,
// lines longer than a block of the store.
func odd() map[string]string {
	return map[string]string{
		"kubelet/kubelet.log":    "Nov 21 00:19:43 host kubelet[467]: a\nb\nc\n",
		"system/crlf.txt":        "a\r\nb\r\n\r\n",
		"system/nul.txt":         "a\x00b\n\x00\xff\xfe\n\n\x1b[31m",
		"system/noend.txt":       "one\ntwo",
		"system/lines.txt":       "\n\n\n",
		"system/empty.txt":       "",
		"system/long.txt":        "first\n" + strings.Repeat("0123456789", 350_000) + "\nlast\n",
		"system/many.txt":        manyLines(200_000),
		"var_log/a/kubelet.log":  "another\n",
		"var_log/odd:7":          "its name looks like a line\n",
		"var_log/F-001":          "its name looks like a finding\n",
		"var_log/messages-short": "x\n",
	}
}

func manyLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d of many\n", i+1)
	}
	return b.String()
}

// oddCase makes a case of odd.
func oddCase(t *testing.T, home string) string {
	t.Helper()
	s := &sandbox{dir: t.TempDir()}
	p := s.pack(t)
	for name, text := range odd() {
		p.file(name, text)
	}
	return analyzed(t, AnalyzeRequest{Input: p.done(), Home: home, NoIndex: true}).Case.ID
}

func read(t *testing.T, req ReadRequest) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := Read(t.Context(), req, &out); err != nil {
		t.Fatalf("read %s: %v", req.Place, err)
	}
	return out.String()
}

// TestRead_bytes holds that every file comes back as it was.
func TestRead_bytes(t *testing.T) {
	home := t.TempDir()
	id := oddCase(t, home)
	for name, want := range odd() {
		if got := read(t, ReadRequest{Home: home, Case: id, Place: name}); got != want {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(want))
		}
	}
	for _, name := range scenarioNames(t) {
		dir := filepath.Join(scenarios, name)
		id := analyzed(t, AnalyzeRequest{Input: dir, Home: home, NoIndex: true}).Case.ID
		for path, want := range fileTexts(t, dir) {
			if got := read(t, ReadRequest{Home: home, Case: id, Place: path}); got != want {
				t.Errorf("%s/%s: %d bytes, want %d", name, path, len(got), len(want))
			}
		}
	}
}

// TestRead_lines compares parts with those of the text, as sed -n A,Bp has them.
func TestRead_lines(t *testing.T) {
	home := t.TempDir()
	id := oddCase(t, home)
	for name, text := range odd() {
		lines := strings.SplitAfter(text, "\n")
		if lines[len(lines)-1] == "" {
			lines = lines[:len(lines)-1]
		}
		n := len(lines)
		for _, at := range [][2]int{{1, 1}, {2, 2}, {2, 3}, {1, n}, {n, n}, {n - 1, n}, {n / 2, n/2 + 3}, {1, n + 5}} {
			if at[0] < 1 || at[0] > n {
				continue
			}
			want := strings.Join(lines[at[0]-1:min(at[1], n)], "")
			req := ReadRequest{Home: home, Case: id, Place: name, Lines: &Range{From: int64(at[0]), To: int64(at[1])}}
			if got := read(t, req); got != want {
				t.Errorf("%s, lines %v: %.80q, want %.80q", name, at, got, want)
			}
			req.Lines = &Range{From: int64(at[0] - n - 1), ToEnd: true}
			if got, want := read(t, req), strings.Join(lines[at[0]-1:], ""); got != want {
				t.Errorf("%s, lines from %d: %.80q, want %.80q", name, req.Lines.From, got, want)
			}
		}
		for _, at := range [][2]int{{0, 1}, {0, len(text)}, {1, 4}, {len(text) - 3, len(text)}, {1 << 20, 1<<20 + 10}, {0, len(text) + 9}} {
			if at[0] < 0 || at[0] >= len(text) {
				continue
			}
			req := ReadRequest{Home: home, Case: id, Place: name, Bytes: &Range{From: int64(at[0]), To: int64(at[1])}}
			if got, want := read(t, req), text[at[0]:min(at[1], len(text))]; got != want {
				t.Errorf("%s, bytes %v: %.80q, want %.80q", name, at, got, want)
			}
		}
	}
}

func TestRead_places(t *testing.T) {
	home := t.TempDir()
	id := oddCase(t, home)
	f := func(place string, around int, want string) {
		t.Helper()
		if got := read(t, ReadRequest{Home: home, Case: id, Place: place, Around: around}); got != want {
			t.Errorf("%s: %q, want %q", place, got, want)
		}
	}
	f("kubelet/kubelet.log:2", 0, "b\n")
	f("kubelet/kubelet.log:2-3", 0, "b\nc\n")
	f("kubelet/kubelet.log:-1", 0, "c\n")
	f("kubelet/kubelet.log:-2--1", 0, "b\nc\n")
	f("kubelet/kubelet.log:3", 1, "b\nc\n")
	f("many.txt:100000", 1, "line 99999 of many\nline 100000 of many\nline 100001 of many\n")
	f("noend.txt:2", 0, "two")
	f("noend.txt:1", 5, "one\ntwo")
	f("ines.txt", 0, "\n\n\n")
	f("odd:7", 0, "its name looks like a line\n")
	f("var_log/F-001", 0, "its name looks like a finding\n")
	f("a/kubelet.log", 0, "another\n")

	no := func(place string, want ...string) {
		t.Helper()
		var out bytes.Buffer
		_, err := Read(t.Context(), ReadRequest{Home: home, Case: id, Place: place}, &out)
		if !errors.Is(err, ErrNoPlace) || out.Len() > 0 {
			t.Fatalf("%s: error %v and %d bytes, want ErrNoPlace", place, err, out.Len())
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v does not say %s", place, err, w)
			}
		}
	}
	no("kubelet.log", `"kubelet/kubelet.log"`, `"var_log/a/kubelet.log"`)
	no("gone.log", "gone.log")
	no("kubelet/kubelet.log:4", "has 3 lines")
	no("kubelet/kubelet.log:99999999999999999999", "has 3 lines")
	no("empty.txt:1", "has 0 lines")
	no("F-999", "no finding F-999")
	no("S-99-1", "12 files")
	no("S-0-1")
	no("S-1-99999999999999999999")
	if _, err := Read(t.Context(), ReadRequest{Home: home, Case: "i-0gone", Place: "a"}, &bytes.Buffer{}); !errors.Is(err, ErrNoCase) {
		t.Errorf("unknown case: %v", err)
	}
}

// TestRead_wrong asks for parts that no file has, and for the same thing twice.
func TestRead_wrong(t *testing.T) {
	home := t.TempDir()
	id := oddCase(t, home)
	f := func(req ReadRequest, want string) {
		t.Helper()
		req.Home, req.Case = home, id
		var out bytes.Buffer
		_, err := Read(t.Context(), req, &out)
		if _, ok := errors.AsType[*UserError](err); !ok || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%s, lines %v, bytes %v: error %v and %d bytes, want a UserError with %q", req.Place, req.Lines, req.Bytes, err, out.Len(), want)
		}
	}
	const log = "kubelet/kubelet.log" // 3 lines, 41 bytes
	lines := func(from, to int64) ReadRequest { return ReadRequest{Place: log, Lines: &Range{From: from, To: to}} }
	part := func(from, to int64) ReadRequest { return ReadRequest{Place: log, Bytes: &Range{From: from, To: to}} }
	f(ReadRequest{Place: log + ":0"}, "counted from 1")
	f(ReadRequest{Place: log + ":3-2"}, "lines 3:2: the second number must not be smaller")
	f(ReadRequest{Place: log + ":-1--2"}, "lines -1:-2: the second number")
	f(ReadRequest{Place: log + ":-99999999"}, "lines -99999999: that is nothing, kubelet/kubelet.log has only 3")
	f(ReadRequest{Place: log + ":-99999999999999999999"}, "that is nothing")
	f(lines(5, 4), "second number") // also behind the end
	f(lines(3, -2), "lines 3:-2: that is nothing, kubelet/kubelet.log has only 3")
	f(lines(-9, -4), "that is nothing")
	f(part(5, 3), "bytes 5:3: the second number must be larger")
	f(part(5, 5), "must be larger")
	f(part(99, 98), "must be larger")
	f(part(0, 0), "must be larger")
	f(part(-3, -5), "must be larger")
	f(part(20, -21), "bytes 20:-21: that is nothing, kubelet/kubelet.log has only 41")
	f(part(-3, 2), "that is nothing")
	f(part(-99, -50), "that is nothing")
	f(part(0, -41), "that is nothing")
	one := &Range{From: 1, To: 2}
	f(ReadRequest{Place: log + ":3", Lines: one}, "names a line already")
	f(ReadRequest{Place: log + ":3", Bytes: one}, "names a line already")
	f(ReadRequest{Place: "S-1-1", Lines: one}, "names a line already")
	f(ReadRequest{Place: log, Around: 3}, "--around needs a line, and kubelet/kubelet.log names none")
	f(ReadRequest{Place: log, Bytes: one, Around: 3}, "--around needs a line")
}

// TestRead_beyond reads parts that go on where the file does not.
func TestRead_beyond(t *testing.T) {
	home := t.TempDir()
	id := oddCase(t, home)
	f := func(req ReadRequest, want, note string) {
		t.Helper()
		req.Home, req.Case = home, id
		var out bytes.Buffer
		got, err := Read(t.Context(), req, &out)
		if err != nil || out.String() != want || got != note {
			t.Errorf("%s, lines %v, bytes %v: %q, note %q, %v; want %q, note %q", req.Place, req.Lines, req.Bytes, out.String(), got, err, want, note)
		}
	}
	const end = "system/noend.txt" // "one\ntwo"
	lines := func(from, to int64, toEnd bool) ReadRequest {
		return ReadRequest{Place: end, Lines: &Range{from, to, toEnd}}
	}
	part := func(from, to int64, toEnd bool) ReadRequest {
		return ReadRequest{Place: end, Bytes: &Range{from, to, toEnd}}
	}
	f(lines(2, 9, false), "two", "lines 2:9: system/noend.txt has only 2")
	f(lines(-5, -2, false), "one\n", "lines -5:-2: system/noend.txt has only 2")
	f(lines(2, math.MaxInt64, false), "two", "lines 2:9223372036854775807: system/noend.txt has only 2")
	f(lines(math.MinInt64, 0, true), "one\ntwo", "") // the last so many
	f(lines(1, 2, false), "one\ntwo", "")
	f(part(5, 9, false), "wo", "bytes 5:9: system/noend.txt has only 7")
	f(part(-9, 2, false), "on", "bytes -9:2: system/noend.txt has only 7")
	f(part(math.MinInt64, 0, true), "one\ntwo", "")
	f(part(5, 7, false), "wo", "")
	f(ReadRequest{Place: end + ":2-99999999999999999999"}, "two", "lines 2:9223372036854775807: system/noend.txt has only 2")
	f(ReadRequest{Place: end + ":2", Around: math.MaxInt}, "one\ntwo", "")
	f(ReadRequest{Place: "system/empty.txt", Lines: &Range{From: -5, ToEnd: true}}, "", "")
	f(ReadRequest{Place: "system/empty.txt", Bytes: &Range{From: -5, ToEnd: true}}, "", "")
	for _, req := range []ReadRequest{lines(3, 4, false), lines(3, 0, true), part(7, 8, false), part(7, 0, true)} {
		req.Home, req.Case = home, id
		if _, err := Read(t.Context(), req, &bytes.Buffer{}); !errors.Is(err, ErrNoPlace) {
			t.Errorf("lines %v, bytes %v: %v, want ErrNoPlace", req.Lines, req.Bytes, err)
		}
	}
}

// TestRead_ids reads findings and hits by their IDs.
func TestRead_ids(t *testing.T) {
	home := t.TempDir()
	r := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, "imds-blocked"), Home: home})
	texts := fileTexts(t, filepath.Join(scenarios, "imds-blocked"))
	lineAt := func(file string, n int) string { return strings.SplitAfter(texts[file], "\n")[n-1] }
	read1 := 0
	for _, f := range r.Findings {
		if len(f.Evidence) == 0 || f.Evidence[0].Line == 0 {
			continue
		}
		e := f.Evidence[0]
		got := read(t, ReadRequest{Home: home, Case: r.Case.ID, Place: strings.ToLower(f.ID)})
		if diff := cmp.Diff(lineAt(e.File, e.Line), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.ID, diff)
		}
		read1++
	}
	found := search1(t, SearchRequest{Home: home, Case: r.Case.ID, Query: "imds OR kubelet", Limit: 200})
	for _, h := range found.Hits {
		if got, want := read(t, ReadRequest{Home: home, Case: r.Case.ID, Place: h.ID}), lineAt(h.File, h.Line); got != want {
			t.Errorf("%s: %q, want %q", h.ID, got, want)
		}
	}
	if read1 == 0 || len(found.Hits) == 0 {
		t.Errorf("%d findings and %d hits were read", read1, len(found.Hits))
	}
}
