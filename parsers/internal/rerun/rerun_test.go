package rerun_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/internal/rerun"
)

func TestSections(t *testing.T) {
	// The names are letters, the wanted ones numbered by their place in the file.
	f := func(file, want string, repeats int) {
		t.Helper()
		var s rerun.Sections[rune]
		var kept string
		for _, name := range file {
			kept = kept[s.Add(name, len(kept)):] + string(name)
		}
		if kept != want || s.Repeats() != repeats {
			t.Errorf("of %q is left %q, Repeats() = %d, want %q, %d", file, kept, s.Repeats(), want, repeats)
		}
	}
	f("", "", 0)
	f("abc", "abc", 0)
	f("abcabc", "abc", 1)
	f("abcabcabc", "abc", 2)
	f("abcac", "ac", 1)     // b is gone
	f("abcaxbc", "axbc", 1) // x is new
	f("bcabc", "abc", 1)    // a is new, and stands before what the first run had
	f("abca", "bca", 1)     // the second run was stopped: the first one's rest is all there is
	f("abxab", "xab", 1)    // x could be new in the second run
	f("abcxcy", "xcy", 1)   // a and b are gone, x and y are new
}
