package analyze_test

import (
	"context"
	"fmt"
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
	f("needs: some/file", "needs: x\nlimits: {full: {value: 90, unit: percent}}", "no source")
	f("needs: some/file", "needs: x\n---\nid: state.other", "no title")
}

func TestFamily(t *testing.T) {
	const text = `id: state.a
title: A
severity: high
component: node
summary: Nothing.
needs: some/file
limits:
  full: {value: 90, unit: "%", source: nobody}
---
id: state.b
title: B
severity: low
component: node
summary: Nothing.
needs: some/file
`
	run := func(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
		return analyze.Verdict{Outcome: analyze.NoData, Note: fmt.Sprint(p.Limit("full"))}, nil
	}
	checks := analyze.Family([]byte(text), map[string]analyze.Run{"state.a": run, "state.b": run})
	if len(checks) != 2 || checks[0].ID != "state.a" || checks[1].Doc.Title != "B" {
		t.Fatalf("Family = %+v", checks)
	}
	p := &analyze.Pass{Check: checks[0]}
	if v, _ := checks[0].Run(t.Context(), p); v.Note != "90" {
		t.Errorf("Limit = %s, want that of the file", v.Note)
	}
	changed := *checks[0]
	changed.Limits = map[string]float64{"full": 70}
	p.Check = &changed
	if v, _ := changed.Run(t.Context(), p); v.Note != "70" {
		t.Errorf("Limit = %s, want that of the user", v.Note)
	}
	f := func(run map[string]analyze.Run, want string) {
		t.Helper()
		defer func() {
			if r := recover(); r == nil || !strings.Contains(r.(string), want) {
				t.Errorf("panic %v, want one with %q", r, want)
			}
		}()
		analyze.Family([]byte(text), run)
	}
	f(map[string]analyze.Run{"state.a": run}, "nothing runs state.b")
	f(map[string]analyze.Run{"state.a": run, "state.b": run, "state.c": run}, "2 documents for 3 checks")
}
