package analyze_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
)

func TestMustDoc(t *testing.T) {
	const good = `id: state.test
title: A test
severity: high
component: node
summary: Nothing.
needs: some/file
actions:
  - {text: Look, safety: green}
`
	d := analyze.MustDoc([]byte(good))
	if d.ID != "state.test" || d.Severity != analyze.High || len(d.Actions) != 1 {
		t.Errorf("MustDoc = %+v", d)
	}
	f := func(old, new, want string) {
		t.Helper()
		defer func() {
			if r := recover(); r == nil || !strings.Contains(r.(string), want) {
				t.Errorf("with %q for %q: panic %v, want one with %q", new, old, r, want)
			}
		}()
		analyze.MustDoc([]byte(strings.Replace(good, old, new, 1)))
	}
	f("needs:", "need:", "not found")
	f("severity: high", "severity: bad", "severity")
	f("summary: Nothing.", "summary:", "no summary")
	f("safety: green", "safety: blue", "safety")
	f("needs: some/file", "confidence: 7\nneeds: x", "confidence")
}
