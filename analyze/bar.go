package analyze

import (
	"errors"
	"fmt"
)

// A bar keeps what a rule matched from becoming findings, whatever the gate says.
type bar struct{ reason, detail string }

// bar returns what bars a rule on this node, and notes it in its state.
func (w *writer) bar(r *compiledRule, state *CheckState) bar {
	if r.Off {
		detail := switchedOff(r.at, r.changedAt)
		state.Outcome, state.Note = NoData, detail
		return bar{"off", detail}
	}
	why, doubt := notApplicable(r.applications(w.report.Case.Card))
	if state.Outcome != NoData {
		state.Note = doubt
		if why != "" {
			state.Note = "does not apply: " + why
		}
	}
	if why == "" {
		return bar{}
	}
	return bar{"not-applicable", why}
}

// hold bars a ruling.
func (b bar) hold(v ruling) ruling {
	if b.reason == "" {
		return v
	}
	v.fires, v.reason, v.detail = false, b.reason, b.detail
	return v
}

func switchedOff(at, changedAt string) string {
	if changedAt != "" {
		at = changedAt
	}
	return "switched off in " + at
}

// switchedOff lists what a check found that the user switched off.
func (w *writer) switchedOff(c *Check, state *CheckState, matches []Match) {
	detail := switchedOff("", c.ChangedAt)
	if state.Outcome != Failed {
		state.Outcome, state.Note = NoData, detail
	}
	if len(matches) == 0 {
		return
	}
	s := Suppressed{Rule: c.ID, Reason: "off", Detail: detail}
	for _, m := range matches {
		s.add(m.Entity, max(m.Count, 1), places(m.At))
	}
	s.name()
	w.report.Suppressed = append(w.report.Suppressed, s)
}

// uncertain reports rules that others yield to although they are not about
// every node: there the line would be nobody's.
func uncertain(rules []*Rule) error {
	var errs []error
	for _, r := range rules {
		for _, to := range rules {
			if r != to && len(to.Applies) > 0 && matchesAnyID(r.YieldsTo, to.ID) {
				errs = append(errs, fmt.Errorf("%s: rule %q yields to %q, which does not apply to every node", r.at, r.ID, to.ID))
			}
		}
	}
	return errors.Join(errs...)
}

func matchesAnyID(patterns []string, id string) bool {
	for _, p := range patterns {
		if IDGlob(p, id) {
			return true
		}
	}
	return false
}
