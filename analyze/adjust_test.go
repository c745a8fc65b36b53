package analyze_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
)

const adjustable = `
- id: team.thing.seen
  title: A thing
  severity: high
  component: node
  source: [kubelet]
  match: thing
  summary: Nothing.
`

// adjusted are the rule and the check of a team with what text changes.
func adjusted(t *testing.T, text string) (*analyze.Rule, *analyze.Check, error) {
	t.Helper()
	base, err := analyze.ParseRules([]analyze.RuleText{{Name: "base.yaml", Data: []byte(adjustable)}})
	if err != nil {
		t.Fatal(err)
	}
	user, err := analyze.ParseRules([]analyze.RuleText{{Name: "user.yaml", Data: []byte(text)}})
	if err != nil {
		return nil, nil, err
	}
	doc := &analyze.Doc{ID: "state.thing", Severity: analyze.Medium, Limits: map[string]analyze.Limit{"full": {Value: 90}}}
	rules, checks, err := analyze.Adjust(analyze.Override(base, user), []*analyze.Check{{ID: doc.ID, Doc: doc}})
	if err != nil {
		return nil, nil, err
	}
	if len(rules) != 1 || base[0].Off || base[0].Severity != analyze.High || doc.Limits["full"].Value != 90 {
		t.Errorf("%d rules; the first one was changed to %+v", len(rules), base[0])
	}
	return rules[0], checks[0], nil
}

func TestAdjust(t *testing.T) {
	r, c, err := adjusted(t, `
- {id: team.thing.seen, severity: low}
- {id: state.thing, severity: info, off: true, limits: {full: 70}}`)
	if err != nil {
		t.Fatal(err)
	}
	if r.Severity != analyze.Low || r.Off || r.ChangedAt() != "user.yaml:2" || r.Match != "thing" {
		t.Errorf("rule %+v, changed at %s", r, r.ChangedAt())
	}
	p := &analyze.Pass{Check: c}
	if c.Severity != analyze.Info || !c.Off || p.Limit("full") != 70 || c.ChangedAt != "user.yaml:3" {
		t.Errorf("check %+v, limit %v", c, p.Limit("full"))
	}
	if r, _, err := adjusted(t, `[{id: team.thing.seen, off: true}]`); err != nil || !r.Off || r.Severity != analyze.High {
		t.Errorf("switched off: %+v, %v", r, err)
	}
}

func TestAdjust_errors(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, _, err := adjusted(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", text, err, want)
		}
	}
	f(`[{id: team.gone, off: true}]`, `user.yaml:1: there is no rule or check "team.gone" to change`)
	f(`[{id: team.thing.seen, severity: bad}]`, `severity "bad" is none of`)
	f(`[{id: team.thing.seen, off: true, title: other}]`, "without match and source it can only change")
	f(`[{id: team.thing.seen, limits: {full: 3}}]`, `"team.thing.seen" is a rule, only checks have limits`)
	f(`[{id: state.thing, limits: {ful: 3}}]`, `state.thing has no limit "ful", it has full`)
	f(`[{id: state.thing, limits: {full: high}}]`, "user.yaml:1")
	f(strings.Replace(adjustable, "match: thing", "match: thing\n  limits: {full: 1}", 1), "only checks have limits")
}
