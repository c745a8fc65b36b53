package parsers_test

import (
	"path"
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
)

// Matches says what path.Match says of any of the patterns.
func FuzzMatches(f *testing.F) {
	for _, g := range []string{"a/b", "a/*", "*", "a/[b-c]", "a/\\*", "a?b", "", "a/b*", "[", "a["} {
		for _, name := range []string{"a/b", "a/bc", "a", "", "a/*", "axb", "b"} {
			f.Add(g, name)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		format := &parsers.Format{Files: []string{pattern}}
		want, _ := path.Match(pattern, name)
		if got := format.Matches(name); got != want {
			t.Errorf("pattern %q matches %q: %v, want %v", pattern, name, got, want)
		}
	})
}
