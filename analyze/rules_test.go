package analyze

import (
	"slices"
	"strings"
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
		for _, e := range r.Examples.Match {
			line := e.Line
			if !r.matches(line) {
				t.Errorf("%s: rule %q does not match its example %q", r.at, r.ID, line)
			}
		}
		for _, e := range r.Examples.NoMatch {
			line := e.Line
			if r.matches(line) {
				t.Errorf("%s: rule %q matches %q, which it must not", r.at, r.ID, line)
			}
		}
	}
}

// TestRules_search tries every rule on the examples of all rules, alone and one
// behind another: where a match can begin makes no difference.
func TestRules_search(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	for _, r := range rules {
		for _, e := range slices.Concat(r.Examples.Match, r.Examples.NoMatch) {
			lines = append(lines, []byte(e.Line))
		}
	}
	for i := 0; i < len(lines)-1; i += 8 {
		lines = append(lines, slices.Concat(lines[i], lines[i+1]))
	}
	hits, late := 0, 0
	for n, r := range rules {
		c := compile(n, r)
		for _, line := range lines {
			if !c.worthTrying(line) {
				continue
			}
			got := c.search(line)
			want := r.match.FindSubmatchIndex(line)
			if r.unless != nil && r.unless.Match(line) {
				want = nil
			}
			if c.names == nil && want != nil {
				want = whole
			}
			if !slices.Equal(got, want) {
				t.Fatalf("rule %q in %q: %v, want %v", r.ID, line, got, want)
			}
			if got != nil {
				hits++
			}
			if begin(c.starts, line) > 0 {
				late++
			}
		}
	}
	if hits < 1000 || late < 1000 {
		t.Errorf("%d hits, %d searches that began later: the test says little", hits, late)
	}
}

// TestRules_origin reads examples that stand as plain text and with their origin.
func TestRules_origin(t *testing.T) {
	rule := func(examples string) ([]*Rule, error) {
		return parseRules("test.yaml", []byte("[{id: test.origin, title: t, severity: low, component: node, source: [kernel], match: ' made ', examples: {match: "+examples+"}}]"))
	}
	rules, err := rule(`[a made b, {line: c made d, from: linux mm/slub.c}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []ExampleLine{{"a made b", ""}, {"c made d", "linux mm/slub.c"}}
	if got := rules[0].Examples.Match; !slices.Equal(got, want) {
		t.Errorf("examples %q, want %q", got, want)
	}
	for examples, want := range map[string]string{
		`[{line: a made b, form: x}]`: `unknown key "form"`,
		`[{from: x}]`:                 "an example without a line",
		`[[a made b]]`:                "a map is wanted here",
	} {
		if _, err := rule(examples); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("examples %s: error %v, want %q", examples, err, want)
		}
	}
}
