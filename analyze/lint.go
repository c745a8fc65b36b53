package analyze

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eksleuth/eksleuth/index/literal"
)

// A RuleText is a file of rules that is looked at before it is used.
type RuleText struct {
	Name string
	Data []byte
}

// Lint returns what is wrong with files of rules that are to be used together,
// with the rules and checks that they are added to: the mistakes for which they
// would be refused, examples that do not do what they say, and names of rules
// that are not there.
func Lint(files []RuleText, base []*Rule, checks []*Check) []*Problem {
	l := &linter{defined: map[string]string{}}
	for _, file := range files {
		f := readRules(file.Name, file.Data)
		l.files = append(l.files, f)
		l.own = append(l.own, f.rules...)
	}
	l.all = Override(base, l.own)
	l.checks = checks
	for _, f := range l.files {
		for i, r := range f.rules {
			l.rule(f, r, f.nodes[i])
		}
	}
	var out []*Problem
	for _, f := range l.files {
		slices.SortStableFunc(f.problems, func(a, b *Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		out = append(out, f.problems...)
	}
	return out
}

type linter struct {
	files   []*ruleFile
	own     []*Rule // of the files
	all     []*Rule
	checks  []*Check
	defined map[string]string // place by id
}

// rule looks at what a rule has to do with others, and at its examples.
func (l *linter) rule(f *ruleFile, r *Rule, n *yaml.Node) {
	id := cmp.Or(child(n, "id"), n)
	if first := l.defined[r.ID]; first != "" && r.ID != "" {
		f.problem(id, r.ID, "already defined at %s", first)
	}
	l.defined[r.ID] = r.at
	if r.adjusts() {
		l.adjustment(f, r, n, id)
		return
	}
	if r.match == nil {
		return // it does not compile, which was said
	}
	for i, e := range r.Examples.Match {
		if !r.matches(e.Line) {
			f.problem(find(n, []any{"examples", "match", i}), r.ID, "the expression does not match this example%s", r.whyNot(e.Line))
		}
	}
	for i, e := range r.Examples.NoMatch {
		if r.matches(e.Line) {
			f.problem(find(n, []any{"examples", "no_match", i}), r.ID, "the expression matches this example, which it must not")
		}
	}
	l.names(f, r, n)
}

// names looks for the rules that a rule names.
func (l *linter) names(f *ruleFile, r *Rule, n *yaml.Node) {
	for _, id := range r.marks() {
		if !slices.ContainsFunc(l.all, func(x *Rule) bool { return x.ID == id && x.Mark }) {
			f.problem(scalar(child(n, "gate"), id), r.ID, "there is no mark %q", id)
		}
	}
	ids, _ := r.references()
	for _, id := range ids {
		if !slices.ContainsFunc(l.all, func(x *Rule) bool { return x.ID == id }) {
			f.problem(scalar(child(n, "gate"), id), r.ID, "there is no rule %q", id)
		}
	}
	for i, pattern := range r.YieldsTo {
		if !l.knows(pattern, false) {
			f.problem(find(n, []any{"yields_to", i}), r.ID, "no rule is called %q", pattern)
		}
	}
	for i, pattern := range r.Explains {
		pattern, _, _ = strings.Cut(pattern, "@")
		if !l.knows(pattern, true) {
			f.problem(find(n, []any{"explains", i}), r.ID, "no rule or check is called %q", pattern)
		}
	}
}

func (l *linter) knows(pattern string, checks bool) bool {
	return slices.ContainsFunc(l.all, func(r *Rule) bool { return IDGlob(pattern, r.ID) }) ||
		checks && slices.ContainsFunc(l.checks, func(c *Check) bool { return IDGlob(pattern, c.ID) })
}

// adjustment looks for what an item changes.
func (l *linter) adjustment(f *ruleFile, r *Rule, n, id *yaml.Node) {
	i := slices.IndexFunc(l.all, func(x *Rule) bool { return x.ID == r.ID && !x.adjusts() })
	j := slices.IndexFunc(l.checks, func(c *Check) bool { return c.ID == r.ID })
	switch {
	case i >= 0 && l.all[i].Mark:
		f.problem(id, r.ID, "it is a mark, which other rules need as it is")
	case i < 0 && j < 0:
		f.problem(id, r.ID, "there is no rule or check of this id to change; a rule of its own needs source and match")
	case j < 0 && len(r.Limits) > 0:
		f.problem(child(n, "limits"), r.ID, "it is a rule, only checks have limits")
	case j >= 0:
		for _, name := range slices.Sorted(maps.Keys(r.Limits)) {
			if _, ok := l.checks[j].Doc.Limits[name]; !ok {
				f.problem(child(n, "limits"), r.ID, "the check has no limit %q, it has %s", name, limitNames(l.checks[j].Doc))
			}
		}
	}
}

// scalar finds the first value that is equal to a text.
func scalar(n *yaml.Node, text string) *yaml.Node {
	if n == nil || n.Kind == yaml.ScalarNode {
		if n != nil && n.Value == text {
			return n
		}
		return nil
	}
	for _, c := range n.Content {
		if found := scalar(c, text); found != nil {
			return found
		}
	}
	return nil
}

// matches is the slow way: the expressions on one line.
func (r *Rule) matches(line string) bool {
	line = string(asText([]byte(line)))
	return r.match.MatchString(line) && (r.unless == nil || !r.unless.MatchString(line))
}

// whyNot says how much of a line the expression does match.
func (r *Rule) whyNot(line string) string {
	if r.match.MatchString(line) {
		return fmt.Sprintf(": unless matches %q", clip(r.unless.FindString(line), 60))
	}
	if i := r.missing(line); i >= 0 {
		return fmt.Sprintf(": it has none of %s", quotedList(r.required[i].Texts))
	}
	return ""
}

// missing is the position of the first clause of which a line has no text, -1
// if it has one of each.
func (r *Rule) missing(line string) int {
	return slices.IndexFunc(r.required, func(c literal.Clause) bool {
		return !slices.ContainsFunc(c.Texts, func(t string) bool {
			return strings.Contains(line, t) || c.Fold && strings.Contains(strings.ToLower(line), strings.ToLower(t))
		})
	})
}

func quotedList(texts []string) string {
	var out []string
	for _, t := range texts[:min(len(texts), maxNamed)] {
		out = append(out, fmt.Sprintf("%q", t))
	}
	if n := len(texts) - maxNamed; n > 0 {
		out = append(out, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(out, ", ")
}

// An Example is what a rule makes of one of its examples.
type Example struct {
	Rule     string            `json:"rule"`
	Wants    bool              `json:"wants"`   // it is one that must match
	Matches  bool              `json:"matches"` // it does
	Text     string            `json:"text"`
	Entities map[string]string `json:"entities"` // that the expression takes from it
}

// OK reports whether the example does what it must.
func (e *Example) OK() bool { return e.Wants == e.Matches }

// Try runs the examples of a rule.
func (r *Rule) Try() []Example {
	var out []Example
	if r.match == nil {
		return nil
	}
	for _, e := range r.Examples.Match {
		out = append(out, Example{Rule: r.ID, Wants: true, Matches: r.matches(e.Line), Text: e.Line, Entities: entitiesOf(r.match, e.Line)})
	}
	for _, e := range r.Examples.NoMatch {
		out = append(out, Example{Rule: r.ID, Matches: r.matches(e.Line), Text: e.Line})
	}
	return out
}

func entitiesOf(match *regexp.Regexp, line string) map[string]string {
	line = string(asText([]byte(line)))
	m := match.FindStringSubmatch(line)
	out := map[string]string{}
	for i, name := range match.SubexpNames() {
		if m != nil && name != "" && m[i] != "" {
			out[name] = cleanEntity(name, []byte(m[i]))
		}
	}
	return out
}
