package cri

import (
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestJoin uses lines as containerd writes them when a container writes more
// than 16 KiB without a line end; the texts are shortened.
func TestJoin(t *testing.T) {
	f := func(in, want string, wantLines ...int) {
		t.Helper()
		got, lines := join([]byte(in))
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("join (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(wantLines, lines); diff != "" {
			t.Errorf("lines of join (-want +got):\n%s", diff)
		}
	}
	out := func(tag, text string) string { return "2026-11-21T00:01:45.1393721Z stdout " + tag + " " + text + "\n" }
	err := func(tag, text string) string { return "2026-11-21T00:01:46.1Z stderr " + tag + " " + text + "\n" }
	f(out("F", "one")+err("F", "two"), "")
	f(out("F", "one")+out("P", "pan")+out("P", "ic:")+out("F", " x")+out("F", "end"),
		out("F", "one")+out("P", "panic: x")+out("F", "end"), 0, 1, 4)
	f(out("P", "a")+err("P", "1")+out("F", "b")+err("F", "2"), out("P", "ab")+err("P", "12"), 0, 1)
	f(out("P", "never ends"), out("P", "never ends"), 0)
	f("no format P\n"+out("P", "a")+"\n"+out("F", "b"), "no format P\n"+out("P", "ab")+"\n", 0, 1, 2)
}

func TestJoin_keeps_its_input(t *testing.T) {
	in := "2026-11-21T00:01:45.1Z stdout P a\n2026-11-21T00:01:45.2Z stdout F b\nnext\n"
	text := []byte(in)
	join(text)
	if string(text) != in {
		t.Errorf("join changed its input to %q", text)
	}
	if joined, _ := join([]byte(strings.Repeat("x", 100))); joined != nil {
		t.Errorf("join of text without parts = %q, want nil", joined)
	}
}

// TestJoin_many_parts copies each part some times at most, not once for each
// part behind it.
func TestJoin_many_parts(t *testing.T) {
	part := "2026-11-21T00:01:45.139372Z stderr P " + strings.Repeat("a", 37) + "\n"
	text := []byte(strings.Repeat(part, 1<<20/len(part)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	joined, lines := join(text)
	runtime.ReadMemStats(&after)
	if n := strings.Count(string(joined), "a"); len(lines) != 1 || n != 37*(1<<20/len(part)) {
		t.Errorf("join of 1 MiB of parts: %d lines, %d bytes of text", len(lines), n)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 20<<20 {
		t.Errorf("join of 1 MiB takes %d MiB", got>>20)
	}
}
