package analyze

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// runChecks runs the state checks on the facts of the case.
func (w *writer) runChecks(ctx context.Context) error {
	facts, files := index.ByPath(w.c.Facts), filesByPath(w.c.Files)
	for _, check := range w.engine.checks {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		pass := &Pass{
			Check: check, Case: &w.report.Case, Facts: facts, Files: files, Hits: w.hits, Line: w.line, Lines: w.lines,
			Audit: w.audit, Broken: w.c.Broken, Skips: w.c.Skips, Clock: w.clock,
		}
		verdict, err := run(ctx, pass)
		state := CheckState{ID: check.ID, Outcome: verdict.Outcome, Note: verdict.Note}
		switch {
		case err != nil:
			state.Outcome, state.Error = Failed, err.Error()
		case verdict.Outcome == NoData && check.Doc.Needs != "":
			why := "no " + check.Doc.Needs
			if verdict.Silent {
				why = verdict.Note
			}
			w.needs = append(w.needs, fmt.Sprintf("%s: %s", why, unjudged(check.Doc)))
		}
		if check.Off {
			w.switchedOff(check, &state, verdict.Matches)
			verdict.Matches = nil
		}
		w.report.Checks = append(w.report.Checks, state)
		for _, m := range verdict.Matches {
			w.drafts = append(w.drafts, w.draftCheck(check, m))
		}
	}
	return nil
}

// run runs one check; a panic in it is its failure, not ours.
func run(ctx context.Context, p *Pass) (v Verdict, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = Verdict{}, fmt.Errorf("stopped: %v", r)
		}
	}()
	v, err = p.Check.Run(ctx, p)
	if err != nil {
		return Verdict{}, err
	}
	for _, m := range v.Matches {
		if len(m.At) == 0 {
			return Verdict{}, fmt.Errorf("a match without evidence")
		}
	}
	if (v.Outcome == Found) != (len(v.Matches) > 0) {
		return Verdict{}, fmt.Errorf("outcome %q with %d matches", v.Outcome, len(v.Matches))
	}
	return v, nil
}

// unjudged says what a check that had no data leaves open.
func unjudged(d *Doc) string {
	return fmt.Sprintf("cannot tell whether %s", lowerFirst(d.Title))
}

// upperFirst begins a sentence. What is written small everywhere stays so:
// kubelet, kube-proxy, resolv.conf, maxPods.
func upperFirst(s string) string {
	word, _, _ := strings.Cut(s, " ")
	word = strings.TrimSuffix(word, "'s")
	if s == "" || s[0] < 'a' || s[0] > 'z' || slices.Contains(smallNames, word) || strings.ContainsFunc(word, notSmall) {
		return s
	}
	return string(s[0]+'A'-'a') + s[1:]
}

// smallNames are programs whose names look like words.
var smallNames = []string{"kubelet", "containerd", "ipamd", "runc", "coredns", "chronyd", "nodeadm", "iptables", "systemd", "crun", "df", "ip"}

func notSmall(r rune) bool { return (r < 'a' || r > 'z') && r != ',' }

func lowerFirst(s string) string {
	if len(s) > 1 && 'A' <= s[0] && s[0] <= 'Z' && !('A' <= s[1] && s[1] <= 'Z') {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}

// hits are the events of a rule, for checks that look for corroboration.
func (w *writer) hits(rule string) []Hit {
	var out []Hit
	for n, r := range w.engine.rules {
		if r.ID != rule {
			continue
		}
		for _, g := range w.scan.matches[n].order {
			shared := g.shared()
			for i := range g.events {
				h := Hit{Pos: g.events[i].pos(), At: g.events[i].at, Entities: shared}
				if r.keep {
					h.Entities = named(r.names, g.events[i].entities)
				}
				out = append(out, h)
			}
		}
	}
	slices.SortFunc(out, func(a, b Hit) int { return comparePos(a.Pos, b.Pos) })
	return out
}

// shared are the entities that have one value in a group.
func (g *group) shared() map[string]string {
	entities := map[string]string{}
	for name, values := range g.entities {
		if len(values) == 1 {
			entities[name] = g.values(name)[0]
		}
	}
	return entities
}

// named are the values of one line by their names.
func named(names, values []string) map[string]string {
	entities := map[string]string{}
	for i, v := range values {
		if v != "" {
			entities[names[i]] = v
		}
	}
	return entities
}

func (w *writer) line(pos parsers.Pos) string {
	texts, err := w.c.Texts([]parsers.Pos{pos}, maxText)
	if err != nil {
		return ""
	}
	return texts[pos]
}

func (w *writer) lines(f *index.File, from int, visit func(n int, line []byte) bool) error {
	return w.c.Lines(f, from, maxText, visit)
}

func (w *writer) draftCheck(c *Check, m Match) *draft {
	d := &draft{
		explains: slices.Concat(c.Doc.Explains, m.Explains), contradicts: slices.Concat(c.Doc.Contradicts, m.Contradicts), entity: m.Entity,
	}
	d.Finding = Finding{
		Rule: c.ID, Kind: cmp.Or(m.Kind, FromState), Scope: nodeScope, Severity: cmp.Or(c.Severity, m.Severity, c.Doc.Severity),
		Confidence: cmp.Or(m.Confidence, c.Doc.Confidence, defaultConfidence), Component: c.Doc.Component,
		Title: upperFirst(c.Doc.Title), Summary: upperFirst(cmp.Or(m.Summary, c.Doc.Summary)), Count: max(m.Count, 1),
		TimeQuality: NoTime, Runbook: c.Doc.Runbook, Actions: c.Doc.Actions, References: c.Doc.References,
		Entities: m.Entities, Evidence: places(m.At),
	}
	if m.Entity != "" {
		d.Title += ": " + m.Entity
	}
	if m.Actions != nil {
		d.Actions = m.Actions
	}
	if m.Summary != "" && c.Doc.Summary != "" {
		d.Summary = strings.TrimRight(upperFirst(m.Summary), ".") + ". " + upperFirst(c.Doc.Summary)
	}
	return d
}
