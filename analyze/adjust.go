package analyze

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// adjusts reports whether r is no rule of its own, but changes one, or a check:
//
//   - {id: kubelet.pleg.unhealthy, severity: low}
//   - {id: state.disk.usage, off: true}
//   - {id: state.disk.usage, limits: {full: 95}}
func (r *Rule) adjusts() bool {
	return r.Match == "" && len(r.Source) == 0 && (r.Off || r.Severity != "" || len(r.Limits) > 0)
}

// checkAdjustment returns what is wrong with a rule that only changes another.
func (r *Rule) checkAdjustment() []problem {
	var p problems
	p.at("id")
	p.unless(ruleID.MatchString(r.ID), "the id is not of the form area.thing.what")
	p.at("severity")
	p.unless(r.Severity == "" || r.Severity.Rank() > 0, "severity %q is none of critical, high, medium, low, info", r.Severity)
	p.at()
	only := Rule{ID: r.ID, Severity: r.Severity, Off: r.Off, Limits: r.Limits, at: r.at}
	p.unless(reflect.DeepEqual(*r, only), "without match and source it can only change severity, off and limits of another rule")
	return p.all
}

// Override returns base with the rules of user added; a rule of the same id is
// replaced. One that only changes another changes a copy of it, or stays until
// [New] gives it to a check.
func Override(base, user []*Rule) []*Rule {
	out := slices.Clone(base)
	for _, u := range user {
		i := slices.IndexFunc(out, func(r *Rule) bool { return r.ID == u.ID })
		switch {
		case i < 0:
			out = append(out, u)
		case u.adjusts():
			out[i] = out[i].adjusted(u)
		default:
			out[i] = u
		}
	}
	return out
}

// adjusted is a copy of r with what by changes.
func (r *Rule) adjusted(by *Rule) *Rule {
	c := *r
	if by.Severity != "" {
		c.Severity = by.Severity
	}
	c.Off = by.Off
	c.Limits = by.Limits
	c.changedAt = by.at
	return &c
}

// Adjust returns the rules that are rules, and the checks with what the others
// change of them.
func Adjust(rules []*Rule, checks []*Check) ([]*Rule, []*Check, error) {
	checks = slices.Clone(checks)
	var own []*Rule
	var errs []error
	for _, r := range rules {
		if !r.adjusts() {
			own = append(own, r)
			if len(r.Limits) > 0 {
				errs = append(errs, fmt.Errorf("%s: %q is a rule, only checks have limits", cmp.Or(r.changedAt, r.at), r.ID))
			}
			if r.Mark && r.changedAt != "" {
				errs = append(errs, fmt.Errorf("%s: %q is a mark, which other rules need as it is", r.changedAt, r.ID))
			}
			continue
		}
		i := slices.IndexFunc(checks, func(c *Check) bool { return c.ID == r.ID })
		if i < 0 {
			errs = append(errs, fmt.Errorf("%s: there is no rule or check %q to change", r.at, r.ID))
			continue
		}
		c := *checks[i]
		if r.Severity != "" {
			c.Severity = r.Severity
		}
		for name := range r.Limits {
			if _, ok := c.Doc.Limits[name]; !ok {
				errs = append(errs, fmt.Errorf("%s: %s has no limit %q, it has %s", r.at, r.ID, name, limitNames(c.Doc)))
			}
		}
		c.Limits = r.Limits
		c.Off, c.ChangedAt = r.Off, r.at
		checks[i] = &c
	}
	return own, checks, errors.Join(errs...)
}

func limitNames(d *Doc) string {
	return cmp.Or(strings.Join(slices.Sorted(maps.Keys(d.Limits)), ", "), "none")
}

// DefinedAt is the file and line of the rule.
func (r *Rule) DefinedAt() string { return r.at }

// ChangedAt is the file and line where the user changed its severity or
// switched it off, "" for nowhere.
func (r *Rule) ChangedAt() string { return r.changedAt }
