package columns_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/internal/columns"
)

func TestParseHead(t *testing.T) {
	f := func(row string, gap int, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, columns.ParseHead(row, gap).Names); diff != "" {
			t.Errorf("ParseHead(%q, %d) (-want +got):\n%s", row, gap, diff)
		}
	}
	f("TASK    PID     STATUS    ", 1, "TASK", "PID", "STATUS")
	f("NAME LABELS ", 1, "NAME", "LABELS")
	f("CONTAINER ID   IMAGE     CREATED", 2, "CONTAINER ID", "IMAGE", "CREATED")
	f("  ID  NAME", 2, "ID", "NAME")
	f("   ", 1)
	f("", 2)
}

func TestCells(t *testing.T) {
	head := columns.ParseHead("REF        SIZE      LABELS  ", 1)
	f := func(row string, want ...string) {
		t.Helper()
		got, ok := head.Cells(row)
		if ok != (want != nil) {
			t.Errorf("Cells(%q) is a row: %v, want %v", row, ok, want != nil)
		}
		if diff := cmp.Diff(want, got); ok && diff != "" {
			t.Errorf("Cells(%q) (-want +got):\n%s", row, diff)
		}
	}
	f("pause      1.4 MiB   a=b,c=d", "pause", "1.4 MiB", "a=b,c=d")
	f("pause      1.4 MiB   a=b c=d  ", "pause", "1.4 MiB", "a=b c=d")
	f("pause                -", "pause", "", "-")
	f("pause", "pause", "", "")
	f("pause      ", "pause", "", "")
	f("пауза:été  1.4 MiB   -", "пауза:été", "1.4 MiB", "-")
	f("\xff\xfe         1.4 MiB   -", "\xff\xfe", "1.4 MiB", "-")
	f("a-very-long-name 1.4 MiB -")
	f("")
}

func TestNoHead(t *testing.T) {
	for _, row := range []string{"", "a b"} {
		if cells, ok := (columns.Head{}).Cells(row); ok {
			t.Errorf("Cells(%q) = %q without a head", row, cells)
		}
	}
}

func TestParseHead_many(t *testing.T) {
	h := columns.ParseHead(strings.Repeat("A ", 100_000), 1)
	if n := len(h.Names); n > 1000 {
		t.Errorf("%d columns, want a bound", n)
	}
	if cells, ok := h.Cells("x y z"); !ok || cells[0] != "x" || cells[2] != "z" {
		t.Errorf("the cells of a row are %.100q, %t", cells, ok)
	}
}
