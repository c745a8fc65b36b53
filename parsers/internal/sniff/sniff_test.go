package sniff_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/internal/sniff"
)

func TestMost(t *testing.T) {
	f := func(in string, want bool) {
		t.Helper()
		known := func(line []byte) bool { return strings.HasPrefix(string(line), "ok") }
		if got := sniff.Most([]byte(in), known); got != want {
			t.Errorf("Most(%q) = %v, want %v", in, got, want)
		}
	}
	f("", false)
	f("\n\n", false)
	f("ok", true)
	f("no", false)
	f("ok\nno\n", false)
	f("no\nok\nok\n", true)
	f("no\r\n\r\nok\r\nok\r\n", true)
	f("ok\nno: cut by the end of hea", true)
	f("ok\nok cut by the end of hea", true)
	f(strings.Repeat("ok\n", 16)+strings.Repeat("no\n", 100), true)
}
