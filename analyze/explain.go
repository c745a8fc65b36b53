package analyze

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// slack is how much later than a symptom's end its cause may be seen first:
// clocks of different logs differ by seconds, and causes are polled for.
const slack = time.Minute

// explain links symptoms to the findings that cause them.
func (w *writer) explain() {
	byRule := map[string][]*draft{}
	for _, d := range w.drafts {
		byRule[d.Rule] = append(byRule[d.Rule], d)
	}
	rules := slices.Sorted(maps.Keys(byRule)) // which of two that explain each other wins must not change
	for _, cause := range w.drafts {
		for _, rule := range rules {
			if !cause.mentions(rule) {
				continue
			}
			for _, symptom := range byRule[rule] {
				if cause != symptom && cause.claims(symptom) && cause.before(symptom) && !cause.elsewhere(symptom) && !symptom.leadsTo(cause) {
					symptom.causes = append(symptom.causes, cause)
				}
			}
		}
	}
}

// mentions reports whether d may explain findings of a rule.
func (d *draft) mentions(rule string) bool {
	return slices.ContainsFunc(d.explains, func(pattern string) bool {
		pattern, _, _ = strings.Cut(pattern, "@")
		return IDGlob(pattern, rule)
	})
}

// claims reports that the rule of d names the symptom: by its id, or, where
// only some entities follow from the cause, by "id@entity". Both are patterns
// of path.Match.
func (d *draft) claims(symptom *draft) bool {
	return slices.ContainsFunc(d.explains, func(pattern string) bool {
		rule, entity, only := strings.Cut(pattern, "@")
		return IDGlob(rule, symptom.Rule) && (!only || IDGlob(entity, symptom.entity))
	})
}

// before reports that the cause was not first seen after the symptom had
// ended. State checks have no time: they held when the bundle was made.
func (d *draft) before(symptom *draft) bool {
	first, err1 := time.Parse(time.RFC3339, d.FirstSeen)
	last, err2 := time.Parse(time.RFC3339, symptom.LastSeen)
	return err1 != nil || err2 != nil || !first.After(last.Add(slack))
}

// elsewhere reports that the two are about different things: both are scoped
// to an entity (a pod, a device), and they share none. A cause of the whole
// node, and a symptom of it, may be linked with anything, unless the symptom
// names pods and the cause is about another one.
func (d *draft) elsewhere(symptom *draft) bool {
	if !scoped(d.group) || !scoped(symptom.group) {
		return d.ofOthers(symptom)
	}
	if d.group == symptom.group {
		return !sameThing(d.entity, symptom.entity)
	}
	for _, name := range EntityNames {
		for _, a := range d.Entities[name] {
			if slices.ContainsFunc(symptom.Entities[name], func(b string) bool { return sameThing(a, b) }) {
				return false
			}
		}
	}
	return true
}

// scoped reports whether findings of a rule with this group are each about one
// thing. An error is no thing: it says what happened, not to what.
func scoped(group string) bool { return group != "" && group != "error" }

// sameThing compares entities: a pod is written with and without its
// namespace, a partition (nvme1n1p1) is part of its disk (nvme1n1).
func sameThing(a, b string) bool {
	a, b = a[strings.LastIndexByte(a, '/')+1:], b[strings.LastIndexByte(b, '/')+1:]
	if len(a) > len(b) {
		a, b = b, a
	}
	rest, ok := strings.CutPrefix(b, a)
	return ok && a != "" && (rest == "" || partition.MatchString(rest))
}

var partition = regexp.MustCompile(`^p\d{1,3}$`)

// leadsTo reports that to is explained, through others, by d.
func (d *draft) leadsTo(to *draft) bool {
	seen := map[*draft]bool{to: true}
	for todo := []*draft{to}; len(todo) > 0; {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, c := range last.causes {
			if c == d {
				return true
			}
			if !seen[c] {
				seen[c] = true
				todo = append(todo, c)
			}
		}
	}
	return false
}

// distance is the longest way through causes from a symptom to root; 0 when
// there is none. In its order no symptom comes before what causes it. known
// holds what was found before; causes make no circles.
func (d *draft) distance(root *draft, known map[*draft]int) int {
	if n, ok := known[d]; ok {
		return n
	}
	longest := 0
	for _, c := range d.causes {
		if c == root {
			longest = max(longest, 1)
		} else if n := c.distance(root, known); n > 0 {
			longest = max(longest, n+1)
		}
	}
	known[d] = longest
	return longest
}

// maxHypotheses is how many likely root causes a report names.
const maxHypotheses = 5

// hypotheses names the findings that others follow from, and those of weight
// that nothing explains, as likely root causes.
func (w *writer) hypotheses() {
	var roots []*draft
	for _, d := range w.drafts {
		if len(d.causes) == 0 && d.Severity.Rank() >= Medium.Rank() {
			roots = append(roots, d)
		}
	}
	follow := map[*draft][]*draft{}
	for _, root := range roots {
		for _, d := range w.drafts {
			if d != root && root.leadsTo(d) {
				follow[root] = append(follow[root], d)
			}
		}
	}
	slices.SortStableFunc(roots, func(a, b *draft) int {
		return cmp.Or(
			weight(b, follow[b])-weight(a, follow[a]),
			cmp.Compare(b.Confidence, a.Confidence),
			cmp.Compare(a.ID, b.ID),
		)
	})
	for i, root := range roots[:min(len(roots), maxHypotheses)] {
		h := w.hypothesis(root, follow[root])
		h.ID = fmt.Sprintf("H-%02d", i+1)
		w.report.Hypotheses = append(w.report.Hypotheses, h)
	}
}

// weight ranks root causes: by severity, a point for each symptom explained.
func weight(d *draft, follow []*draft) int {
	n := 4 * d.Severity.Rank()
	for _, f := range follow {
		if f.Severity.Rank() >= Medium.Rank() {
			n += 2
		}
	}
	return n
}

func (w *writer) hypothesis(root *draft, follow []*draft) Hypothesis {
	depth := map[*draft]int{}
	for _, f := range follow {
		f.distance(root, depth)
	}
	slices.SortStableFunc(follow, func(a, b *draft) int {
		return cmp.Or(depth[a]-depth[b], cmp.Compare(a.FirstSeen, b.FirstSeen), cmp.Compare(a.ID, b.ID))
	})
	h := Hypothesis{Title: root.Title, Runbook: root.Runbook, Chain: []string{root.ID}, For: []string{root.ID}}
	explained := map[*draft]bool{root: true}
	for _, f := range follow {
		h.Chain = append(h.Chain, f.ID)
		h.For = append(h.For, f.ID)
		explained[f] = true
	}
	var open []string
	weighty, covered := 0, 0
	for _, d := range w.drafts {
		if d.Severity.Rank() < Medium.Rank() {
			continue
		}
		weighty++
		if explained[d] {
			covered++
		} else if d.Severity.Rank() >= root.Severity.Rank() {
			open = append(open, d.ID)
		}
	}
	if len(open) > 0 {
		h.Against = append(h.Against, "does not explain "+strings.Join(open, ", "))
	}
	if s := w.staleness(root); s != "" {
		h.Against = append(h.Against, s)
	}
	if len(root.ContradictedBy) > 0 {
		h.Against = append(h.Against, root.ID+" is contradicted by "+strings.Join(root.ContradictedBy, ", "))
	}
	if root.Confidence < 0.7 {
		h.Against = append(h.Against, "the evidence of "+root.ID+" is indirect")
	}
	share := float64(covered) / float64(max(weighty, 1))
	h.Confidence = float64(int(100*root.Confidence*(0.5+0.5*share)+0.5)) / 100
	return h
}

// staleFor is how long before the collection a problem must have been seen
// last for that to speak against it.
const staleFor = time.Hour

func (w *writer) staleness(d *draft) string {
	last, err := time.Parse(time.RFC3339, d.LastSeen)
	if err != nil || w.clock.Collected.IsZero() {
		return ""
	}
	age := w.clock.Collected.Sub(last)
	if age < staleFor {
		return ""
	}
	return fmt.Sprintf("%s was last seen %s before the bundle was made", d.ID, age.Round(time.Minute))
}
