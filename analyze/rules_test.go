package analyze

import (
	"testing"
)

// TestRules_examples runs each rule over its own examples.
func TestRules_examples(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		if len(r.Examples.Match) == 0 {
			t.Errorf("%s: rule %q has no example that matches", r.at, r.ID)
		}
		if len(r.Examples.NoMatch) == 0 && !r.Mark {
			t.Errorf("%s: rule %q has no example that must not match", r.at, r.ID)
		}
		for _, line := range r.Examples.Match {
			if !r.matches(line) {
				t.Errorf("%s: rule %q does not match its example %q", r.at, r.ID, line)
			}
		}
		for _, line := range r.Examples.NoMatch {
			if r.matches(line) {
				t.Errorf("%s: rule %q matches %q, which it must not", r.at, r.ID, line)
			}
		}
	}
}
