package report

import (
	"strings"
	"testing"
)

func TestExcerpt(t *testing.T) {
	f := func(text, mark string, width int, want string) {
		t.Helper()
		e := Excerpt{Text: text}
		if i := strings.Index(text, mark); i >= 0 && mark != "" {
			e.Marks = [][2]int{{i, i + len(mark)}}
		}
		got := e.Line(width, false)
		if got != want {
			t.Errorf("%q marked %q in %d columns: %q, want %q", text, mark, width, got, want)
		}
		if width > 0 && columns(got) > width {
			t.Errorf("%q takes %d columns, want at most %d", got, columns(got), width)
		}
	}
	f("eni-0abc is attached", "eni", 20, "eni-0abc is attached")
	f("eni-0abc is attached", "eni", 0, "eni-0abc is attached")
	f("eni-0abc is attached", "eni", 12, "eni-0abc i…")
	f("eni-0abc is attached", "", 12, "eni-0abc i…")
	f("eni-0abc is attached", "attached", 14, "… is attached")
	f("eni-0abc is attached to the node", "attached", 16, "… is attached t…")
	f("tabs\tand \x1b[31mred", "red", 0, `tabs and \x1b[31mred`)
	f("世界世界 eni 世界世界", "eni", 12, "…界 eni 世…")
	f("a very long mark", "very long mark", 9, "a very …")
	f("\xff\xfe bytes", "bytes", 0, `\xff\xfe bytes`)
	f("", "", 10, "")
}

func TestExcerpt_color(t *testing.T) {
	e := Excerpt{Text: "an eni and an eni", Marks: [][2]int{{3, 6}, {14, 17}}, Before: true, After: true}
	const on, off = "\x1b[1;31m", "\x1b[0m"
	if got, want := e.Line(0, true), "…an "+on+"eni"+off+" and an "+on+"eni"+off+"…"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// Escapes of the text are written out, those of the paint are not.
	e = Excerpt{Text: "\x1b[2Jeni", Marks: [][2]int{{0, 7}}}
	if got, want := e.Line(0, true), on+`\x1b[2Jeni`+off; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestColumn(t *testing.T) {
	f := func(s string, width int, want string) {
		t.Helper()
		if got := Column(s, width); got != want {
			t.Errorf("Column(%q, %d) = %q, want %q", s, width, got, want)
		}
	}
	f("kubelet", 9, "kubelet  ")
	f("kubelet", 7, "kubelet")
	f("var_log/kubelet.log", 12, "…kubelet.log")
	f("世界世界", 6, "…世界 ")
}
