package cli

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
)

// A ruleDocument is what rules prints of one rule or check.
type ruleDocument struct {
	ID         string            `json:"id"`
	Kind       string            `json:"kind"` // rule or check
	Severity   analyze.Severity  `json:"severity"`
	Component  string            `json:"component"`
	Title      string            `json:"title"`
	Summary    string            `json:"summary"`
	Defined    string            `json:"defined"` // file and line; "" for a check in the binary
	Changed    string            `json:"changed"` // where the user changed severity or off
	Off        bool              `json:"off"`
	Mark       bool              `json:"mark"` // a landmark that other rules use; makes no finding
	Source     []string          `json:"source"`
	Match      string            `json:"match"`
	Unless     string            `json:"unless"`
	Group      string            `json:"group"`
	Gate       any               `json:"gate"` // as in the file, empty keys left out
	Milder     any               `json:"milder"`
	Block      any               `json:"block"`
	Applies    map[string]string `json:"applies"`
	FixedIn    map[string]string `json:"fixed_in"`
	YieldsTo   []string          `json:"yields_to"`
	Needs      string            `json:"needs"`
	Limits     []limitDocument   `json:"limits"`
	Explains   []string          `json:"explains"`
	Doubts     []string          `json:"contradicts"`
	Runbook    string            `json:"runbook"`
	Confidence float64           `json:"confidence"` // 0 means 0.8
	Actions    []analyze.Action  `json:"actions"`
	References []string          `json:"references"`
	Examples   ruleExamples      `json:"examples"`
}

// A limitDocument is a number that a check compares with.
type limitDocument struct {
	Name string `json:"name"`
	analyze.Limit
	Default float64 `json:"default"` // the value before the user changed it
}

type ruleExamples struct {
	Match   []analyze.ExampleLine `json:"match"`
	NoMatch []analyze.ExampleLine `json:"no_match"`
}

// A rulesDocument is what rules list prints as JSON and YAML.
type rulesDocument struct {
	Schema string         `json:"schema"`
	Rules  []ruleDocument `json:"rules"`
}

// ruleSet is all rules and checks in force, by ID.
func ruleSet(home string, packs []string) ([]ruleDocument, error) {
	rules, checks, err := ops.Rules(home, packs, nil)
	if err != nil {
		return nil, err
	}
	var docs []ruleDocument
	for _, r := range rules {
		docs = append(docs, documentOf(r))
	}
	for _, c := range checks {
		d := c.Doc
		doc := ruleDocument{
			ID: c.ID, Kind: "check", Severity: d.Severity, Component: d.Component, Title: d.Title, Summary: d.Summary,
			Changed: c.ChangedAt, Off: c.Off, Needs: d.Needs, Explains: d.Explains, Doubts: d.Contradicts, Runbook: d.Runbook,
			Confidence: d.Confidence, Actions: d.Actions, References: d.References, Limits: limitsOf(c),
		}
		if c.Severity != "" {
			doc.Severity = c.Severity
		}
		docs = append(docs, doc)
	}
	slices.SortStableFunc(docs, func(a, b ruleDocument) int { return strings.Compare(a.ID, b.ID) })
	return docs, nil
}

// limitsOf are the limits of a check by name.
func limitsOf(c *analyze.Check) []limitDocument {
	var out []limitDocument
	for _, name := range slices.Sorted(maps.Keys(c.Doc.Limits)) {
		l := limitDocument{Name: name, Limit: c.Doc.Limits[name], Default: c.Doc.Limits[name].Value}
		if v, ok := c.Limits[name]; ok {
			l.Value = v
		}
		out = append(out, l)
	}
	return out
}

func documentOf(r *analyze.Rule) ruleDocument {
	return ruleDocument{
		ID: r.ID, Kind: "rule", Severity: r.Severity, Component: r.Component, Title: r.Title, Summary: r.Summary,
		Defined: r.DefinedAt(), Changed: r.ChangedAt(), Off: r.Off, Mark: r.Mark, Source: r.Source, Match: r.Match, Unless: r.Unless,
		Group: r.Group, Gate: asWritten(r.Gate), Milder: asWritten(r.Milder), Block: asWritten(r.Block),
		Applies: r.Applies, FixedIn: r.FixedIn, YieldsTo: r.YieldsTo, Explains: r.Explains, Runbook: r.Runbook,
		Confidence: r.Confidence, Actions: r.Actions, References: r.References,
		Examples: ruleExamples{r.Examples.Match, r.Examples.NoMatch},
	}
}

// asWritten is a part of a rule as it stands in its file: under the names of
// the YAML keys, without what is not set. It is nil for nothing.
func asWritten(v any) any {
	text, err := yaml.Marshal(v)
	if err != nil {
		return nil
	}
	var out any
	if err := yaml.Unmarshal(text, &out); err != nil {
		return nil
	}
	return trimmed(out)
}

// trimmed leaves out what is empty.
func trimmed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if x = trimmed(x); x != nil {
				out[k] = x
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case []any:
		var out []any
		for _, x := range v {
			if x = trimmed(x); x != nil {
				out = append(out, x)
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case string:
		if v == "" {
			return nil
		}
	case int:
		if v == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

// rulePage writes a page about a rule in Markdown. all are the rules that it
// may have to do with.
func rulePage(w io.Writer, d *ruleDocument, all []ruleDocument) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %s\n\n%s\n\n", d.ID, prose(d.Title))
	pageFacts(b, d)
	if d.Summary != "" {
		fmt.Fprintf(b, "## What it means\n\n%s\n\n", prose(strings.Join(strings.Fields(d.Summary), " ")))
	}
	if len(d.Actions) > 0 {
		fmt.Fprint(b, "## What to do\n\n")
		for _, a := range d.Actions {
			fmt.Fprintf(b, "- **%s** %s\n", a.Safety, prose(strings.Join(strings.Fields(a.Text), " ")))
		}
		b.WriteByte('\n')
	}
	if d.Kind == "rule" {
		pageMatch(b, d)
	} else if d.Needs != "" {
		fmt.Fprintf(b, "## What it looks at\n\nIt cannot be judged without: %s.\n\n", prose(d.Needs))
	}
	pageLimits(b, d)
	pageRelated(b, d, all)
	if len(d.References) > 0 {
		fmt.Fprint(b, "## Where it is from\n\n")
		for _, r := range d.References {
			fmt.Fprintf(b, "- %s\n", prose(r))
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// pageFacts writes the short facts as a table.
func pageFacts(b *bufio.Writer, d *ruleDocument) {
	fmt.Fprint(b, "| | |\n|---|---|\n")
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "| %s | %s |\n", name, cell(value))
		}
	}
	row("kind", map[bool]string{true: "mark", false: d.Kind}[d.Mark])
	row("severity", string(d.Severity))
	if d.Off {
		row("off", "yes")
	}
	row("component", d.Component)
	row("logs", strings.Join(d.Source, ", "))
	row("about each", strings.ReplaceAll(d.Group, "+", " and "))
	row("applies to", pairs(d.Applies))
	row("fixed in", pairs(d.FixedIn))
	row("runbook", d.Runbook)
	row("defined in", d.Defined)
	row("changed in", d.Changed)
	b.WriteByte('\n')
}

// pageLimits writes the numbers that the check compares with.
func pageLimits(b *bufio.Writer, d *ruleDocument) {
	if len(d.Limits) == 0 {
		return
	}
	fmt.Fprint(b, "## Limits\n\n| name | value | from |\n|---|---|---|\n")
	for _, l := range d.Limits {
		value := limitValue(l.Value) + " " + l.Unit
		if l.Value != l.Default {
			value += " (changed from " + limitValue(l.Default) + ")"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", l.Name, cell(value), cell(l.Source))
	}
	b.WriteByte('\n')
}

func limitValue(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// cell makes text that stays in its cell of a table.
func cell(s string) string { return strings.ReplaceAll(prose(s), "|", `\|`) }

func pairs(m map[string]string) string {
	var out []string
	for k, v := range m {
		out = append(out, k+" "+v)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// pageMatch writes the expressions, the gate and the examples.
func pageMatch(b *bufio.Writer, d *ruleDocument) {
	fmt.Fprint(b, "## Lines that match\n\n")
	fence(b, "", d.Match)
	if d.Unless != "" {
		fmt.Fprint(b, "but not those that match\n\n")
		fence(b, "", d.Unless)
	}
	for _, part := range []struct {
		title string
		value any
	}{{"When they are a finding", d.Gate}, {"When it is milder", d.Milder}, {"Lines around it", d.Block}} {
		if part.value != nil {
			text, err := yaml.Marshal(part.value)
			if err == nil {
				fmt.Fprintf(b, "## %s\n\n", part.title)
				fence(b, "yaml", string(text))
			}
		}
	}
	if len(d.Examples.Match) > 0 {
		fmt.Fprint(b, "## Examples\n\n")
		examples(b, d.Examples.Match)
	}
	if len(d.Examples.NoMatch) > 0 {
		fmt.Fprint(b, "Lines that look alike and do not match:\n\n")
		examples(b, d.Examples.NoMatch)
	}
}

// examples writes lines, and below those of one origin where they are from.
func examples(b *bufio.Writer, all []analyze.ExampleLine) {
	for first := 0; first < len(all); {
		end := first
		var lines []string
		for ; end < len(all) && all[end].From == all[first].From; end++ {
			lines = append(lines, all[end].Line)
		}
		fence(b, "", strings.Join(lines, "\n"))
		if from := all[first].From; from != "" {
			fmt.Fprintf(b, "From %s\n\n", prose(from))
		}
		first = end
	}
}

// fence writes text as it is. Its fence is longer than any in the text.
func fence(b *bufio.Writer, language, text string) {
	marks := "```"
	for strings.Contains(text, marks) {
		marks += "`"
	}
	fmt.Fprintf(b, "%s%s\n", marks, language)
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		fmt.Fprintf(b, "%s\n", report.Visible(strings.TrimRight(line, "\n")))
	}
	fmt.Fprintf(b, "%s\n\n", marks)
}

// pageRelated names the rules that this one has to do with, in both directions.
func pageRelated(b *bufio.Writer, d *ruleDocument, all []ruleDocument) {
	related := []struct {
		title string
		ids   []string
	}{
		{"Explains", named(all, d.Explains)},
		{"Explained by", naming(all, d, func(x *ruleDocument) []string { return x.Explains })},
		{"Contradicts", named(all, d.Doubts)},
		{"Contradicted by", naming(all, d, func(x *ruleDocument) []string { return x.Doubts })},
		{"Leaves lines to", named(all, d.YieldsTo)},
		{"Takes lines from", naming(all, d, func(x *ruleDocument) []string { return x.YieldsTo })},
	}
	for _, r := range related {
		if len(r.ids) == 0 {
			continue
		}
		fmt.Fprintf(b, "## %s\n\n", r.title)
		for _, id := range r.ids {
			fmt.Fprintf(b, "- [%s](%s.md)\n", id, id)
		}
		b.WriteByte('\n')
	}
}

// named are the rules that patterns mean.
func named(all []ruleDocument, patterns []string) (ids []string) {
	for _, x := range all {
		if means(patterns, x.ID) {
			ids = append(ids, x.ID)
		}
	}
	return ids
}

// naming are the rules that mean d.
func naming(all []ruleDocument, d *ruleDocument, patterns func(*ruleDocument) []string) (ids []string) {
	for _, x := range all {
		if x.ID != d.ID && means(patterns(&x), d.ID) {
			ids = append(ids, x.ID)
		}
	}
	return ids
}

func means(patterns []string, id string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		p, _, _ = strings.Cut(p, "@")
		return analyze.IDGlob(p, id)
	})
}

var markdown = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "#", `\#`)

// prose makes text that Markdown takes for nothing else.
func prose(s string) string { return markdown.Replace(report.Visible(s)) }
