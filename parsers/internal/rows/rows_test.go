package rows_test

import (
	"errors"
	"iter"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

func TestLines(t *testing.T) {
	var got []string
	for num, line := range rows.Lines([]byte("a\r\n\nb\x00 c")) {
		got = append(got, strings.Repeat("+", num)+line)
	}
	if diff := cmp.Diff([]string{"+a", "++", "+++b\x00 c"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFilled(t *testing.T) {
	var got []string
	for num, line := range rows.Filled([]byte("a\r\n\n \t\nb \n\r\n")) {
		got = append(got, strings.Repeat("+", num)+line)
	}
	if diff := cmp.Diff([]string{"+a", "++++b "}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLines_long(t *testing.T) {
	long := strings.Repeat("x", 2*rows.MaxLine)
	for name, lines := range map[string]iter.Seq2[int, string]{
		"Lines":  rows.Lines([]byte(long + "\r\nnext\n")),
		"Filled": rows.Filled([]byte(long + "\r\nnext\n")),
	} {
		got := map[int]string{}
		maps.Insert(got, lines)
		if diff := cmp.Diff(map[int]string{1: long[:rows.MaxLine], 2: "next"}, got); diff != "" {
			t.Errorf("%s of a long line (-want +got):\n%.300s", name, diff)
		}
	}
}

func TestSplit(t *testing.T) {
	f := func(s string, n int, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, rows.Split(s, n)); diff != "" {
			t.Errorf("Split(%q, %d) (-want +got):\n%s", s, n, diff)
		}
	}
	f("root  2\t0:00  \\_ [rcu gp]", 4, "root", "2", "0:00", " \\_ [rcu gp]")
	f("  a b", 2, "a", "b")
	f("a b ", 3, "a", "b")
	f("a", 3, "a")
	f("a ", 2, "a")
	f("", 3)
	f(" a b", 1, " a b")
	f("", 1)
}

func TestWords(t *testing.T) {
	w := rows.Words{Rest: " tcp \t  6 [UNREPLIED] "}
	for _, want := range []string{"tcp", "6", "[UNREPLIED]", "", ""} {
		if ahead := w.Peek(); ahead != want {
			t.Errorf("Peek() = %q, want %q", ahead, want)
		}
		if got := w.Next(); got != want {
			t.Errorf("Next() = %q, want %q", got, want)
		}
	}
}

func TestNotes(t *testing.T) {
	var n rows.Notes
	n.Add(1, "  ")
	if err := n.Fail("fstab", "storage/fstab.txt", "no rows"); err.Error() != "storage/fstab.txt: fstab: no rows" {
		t.Errorf("the error of an empty file is %q", err)
	}
	for i := range 1000 {
		n.Add(i+2, strings.Repeat("x", 1000))
	}
	if len(n) > 100 || len(n[0].Text) > 400 || n[0].Line != 2 {
		t.Errorf("%d notes, the first has %d bytes of line %d", len(n), len(n[0].Text), n[0].Line)
	}
	err := n[:1].Fail("fstab", "storage/fstab.txt", "no rows")
	if p, ok := errors.AsType[*parsers.ParseError](err); !ok || p.Pos.Line != 2 || !strings.Contains(err.Error(), `no rows: "xxx`) {
		t.Errorf("the error of a file with notes is %v", err)
	}
}
