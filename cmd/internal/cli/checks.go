package cli

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/area/network"
	"github.com/eksleuth/eksleuth/analyze/checks/area/storage"
	"github.com/eksleuth/eksleuth/analyze/report"
)

const checksHelp = `
A check is code that looks at the state of the node: at decoded files, at what
several files say of one thing, at what is missing. Rules on the lines of logs
are listed by eksleuth rules. With a case, each check has its outcome:

  found    there is a problem: findings have its proof
  clear    what it looks at is there, and shows no problem
  no-data  what it looks at is not in the bundle, or does not tell
  failed   it could not finish

Severity and limits can be changed, and a check can be switched off, in a file
of rules: see eksleuth rules --help.

Examples:
  eksleuth checks list --id 'state.iptables.*'
  eksleuth checks list i-0123456789abcdef0 --outcome no-data
  eksleuth checks show state.disk.nodefs_avail i-0123456789abcdef0`

const checksListHelp = `
Without a case, what checks look for, with the group that they are in: a section
of network or storage, else the component. With one, how they ended: what was
found first. The note says what was looked at, or what was missing.

Examples:
  eksleuth checks list --component cni --severity high
  eksleuth checks list i-0123456789abcdef0
  eksleuth checks list i-0123456789abcdef0 --outcome found --format json`

const checksShowHelp = `
What the check looks for and needs, its severity, its limits and who uses them,
what to do, and in which sections of network and storage it stands; with a case,
how it ended too.

Examples:
  eksleuth checks show state.conntrack.table_near_full
  eksleuth checks show state.conntrack.table_near_full i-0123456789abcdef0
  eksleuth checks show state.conntrack.table_near_full --format md -o table.md`

func (p *program) checksCommand() *cli.Command {
	set := concat(outputFlags(), packFlags())
	list := concat(set, []cli.Flag{
		&cli.StringFlag{Name: "id", Usage: "only checks whose ID matches `PATTERN`"},
		&cli.StringFlag{Name: "severity", Usage: "only checks of at least `SEVERITY`"},
		&cli.StringFlag{Name: "component", Usage: "only checks about `NAME`"},
		&cli.StringFlag{Name: "outcome", Usage: "with a case, only checks that ended as `OUTCOME`"},
	})
	return &cli.Command{
		Name:        "checks",
		Usage:       "list the checks of the state and how they ended, or show one",
		ArgsUsage:   "list|show",
		Description: checksHelp,
		Flags:       list,
		HideHelp:    true,
		Action:      p.listChecks,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list checks, with a case their outcomes", ArgsUsage: "[CASE]",
				Description: checksListHelp, Flags: list, Action: p.listChecks,
			},
			{
				Name: "show", Usage: "show all of one check, with a case its outcome", ArgsUsage: "ID [CASE]",
				Description: checksShowHelp, Flags: set, Action: p.showCheck,
			},
		},
	}
}

// A checkDocument is what checks prints of one check: what rules prints, where it
// stands, and how it ended in a case.
type checkDocument struct {
	ruleDocument
	Sections []string        `json:"sections"` // "network/iptables"
	Outcome  *outcomeOfCheck `json:"outcome,omitempty"`
}

// An outcomeOfCheck is how a check ended in a case.
type outcomeOfCheck struct {
	Outcome  analyze.Outcome `json:"outcome"`
	Note     string          `json:"note,omitempty"` // what was looked at, or what was missing
	Error    string          `json:"error,omitempty"`
	Findings []string        `json:"findings"` // IDs
	At       []area.Place    `json:"at"`       // of the findings
}

// A checksDocument is what checks list prints as JSON and YAML.
type checksDocument struct {
	Schema string          `json:"schema"`
	Case   string          `json:"case,omitempty"`
	Checks []checkDocument `json:"checks"`
}

// checkSet is all checks in force, by ID.
func checkSet(c *cli.Context) ([]checkDocument, error) {
	docs, err := userRules(c)
	if err != nil {
		return nil, err
	}
	var out []checkDocument
	for _, d := range docs {
		if d.Kind == "check" {
			out = append(out, checkDocument{ruleDocument: d, Sections: sectionsOf(d.ID)})
		}
	}
	return out, nil
}

// sectionsOf are the sections of network and storage that a check stands in.
func sectionsOf(id string) []string {
	out := []string{}
	for _, a := range []*area.Area{network.Area, storage.Area} {
		for i := range a.Sections {
			if a.Sections[i].About(id) {
				out = append(out, a.Name+"/"+a.Sections[i].Name)
			}
		}
	}
	return out
}

// ended adds how the checks ended in a case. Those that are newer than its report
// have no outcome.
func (p *program) ended(c *cli.Context, ref string, docs []checkDocument) (*analyze.Report, error) {
	r, err := p.ops.report(c.Context, c.String("home"), ref)
	if err != nil {
		return nil, aboutCases(err)
	}
	states := map[string]*outcomeOfCheck{}
	for _, s := range r.Checks {
		states[s.ID] = &outcomeOfCheck{Outcome: s.Outcome, Note: s.Note, Error: s.Error, Findings: []string{}, At: []area.Place{}}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if o := states[f.Rule]; o != nil {
			o.Findings = append(o.Findings, f.ID)
			for _, e := range f.Evidence {
				o.At = append(o.At, area.Place{File: e.File, Line: e.Line})
			}
		}
	}
	for i := range docs {
		docs[i].Outcome = states[docs[i].ID]
	}
	return r, nil
}

func (p *program) listChecks(c *cli.Context) error {
	if c.NArg() > 1 {
		return usagef("%s takes one argument, but got %s as well", fullName(c), quoted(c.Args().Get(1)))
	}
	keep, err := checkFilter(c)
	if err != nil {
		return err
	}
	docs, err := checkSet(c)
	if err != nil {
		return err
	}
	doc := checksDocument{Schema: "eksleuth.checks/v1"}
	if c.Args().Present() {
		r, err := p.ended(c, c.Args().First(), docs)
		if err != nil {
			return err
		}
		doc.Case = r.Case.ID
		slices.SortStableFunc(docs, func(a, b checkDocument) int { return cmp.Compare(outcomeRank(&a), outcomeRank(&b)) })
	}
	doc.Checks = slices.DeleteFunc(docs, func(d checkDocument) bool { return !keep(&d) })
	out, err := p.open(c)
	if err != nil {
		return err
	}
	switch {
	case out.format != "table":
		return out.close(out.document(doc))
	case len(doc.Checks) == 0:
		fmt.Fprintln(p.stderr, "No checks match.")
		return out.close(nil)
	case doc.Case != "":
		return out.close(report.Outcomes(out.w, outcomeRows(doc.Checks), out.layout))
	}
	var rules []ruleDocument
	groups := map[string]string{}
	for _, d := range doc.Checks {
		rules = append(rules, d.ruleDocument)
		groups[d.ID] = cmp.Or(strings.Join(d.Sections[:min(len(d.Sections), 1)], ""), d.Component)
	}
	return out.close(ruleTable(out, rules, func(id string) string { return groups[id] }))
}

// outcomes are in the order in which they are listed.
var outcomes = []string{string(analyze.Found), string(analyze.Failed), string(analyze.NoData), string(analyze.Clear)}

func outcomeRank(d *checkDocument) int {
	if d.Outcome == nil {
		return len(outcomes)
	}
	return slices.Index(outcomes, string(d.Outcome.Outcome))
}

// checkFilter reads the flags that choose checks.
func checkFilter(c *cli.Context) (func(*checkDocument) bool, error) {
	id, err := glob(c, "id")
	if err != nil {
		return nil, err
	}
	severity, err := choice(c, "severity")
	if err != nil {
		return nil, err
	}
	component, err := choice(c, "component")
	if err != nil {
		return nil, err
	}
	outcome, err := choice(c, "outcome")
	if err != nil {
		return nil, err
	}
	if outcome != "" && !c.Args().Present() {
		return nil, usagef("--outcome needs a case: eksleuth checks list CASE --outcome %s", outcome)
	}
	return func(d *checkDocument) bool {
		return (id == "" || matches(id, d.ID)) &&
			d.Severity.Rank() >= analyze.Severity(severity).Rank() &&
			(component == "" || d.Component == component) &&
			(outcome == "" || d.Outcome != nil && string(d.Outcome.Outcome) == outcome)
	}, nil
}

func outcomeRows(docs []checkDocument) (rows []report.Outcome) {
	for _, d := range docs {
		row := report.Outcome{ID: d.ID, Title: d.Title, Severity: d.Severity, Outcome: "-", Note: "it is newer than the report of the case"}
		if o := d.Outcome; o != nil {
			row.Outcome, row.Findings, row.Note = o.Outcome, o.Findings, cmp.Or(o.Error, o.Note)
			if o.Outcome == analyze.NoData && o.Note == "" && d.Needs != "" {
				row.Note = "no " + d.Needs
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (p *program) showCheck(c *cli.Context) error {
	id := c.Args().First()
	if c.NArg() < 1 || c.NArg() > 2 || id == "" {
		return usagef("show needs the ID of a check, and takes a case")
	}
	docs, err := checkSet(c)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(docs, func(d checkDocument) bool { return d.ID == id })
	if i < 0 {
		return p.noCheck(c, id, docs)
	}
	if c.NArg() == 2 {
		if _, err := p.ended(c, c.Args().Get(1), docs[i:i+1]); err != nil {
			return err
		}
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	switch out.format {
	case "md":
		all, err := userRules(c)
		if err != nil {
			return out.close(err)
		}
		return out.close(rulePage(out.w, &docs[i].ruleDocument, all))
	case "table":
		return out.close(report.Outline(out.w, docs[i]))
	}
	return out.close(out.document(docs[i]))
}

// noCheck is the error about an ID that is no check's; it may be a rule's.
func (p *program) noCheck(c *cli.Context, id string, docs []checkDocument) error {
	all, err := userRules(c)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(d ruleDocument) bool { return d.ID == id }) {
		return &exit{exitNoSuchID, fmt.Errorf("%s is a rule on logs: eksleuth rules show %s", id, id)}
	}
	var ids []string
	for _, d := range docs {
		ids = append(ids, d.ID)
	}
	hint := didYouMean(id, ids, "")
	if base := path.Base(id); hint == "" && !strings.HasPrefix(base, "state.") {
		hint = didYouMean("state."+base, ids, "")
	}
	return &exit{exitNoSuchID, fmt.Errorf("no check %q%s", id, hint)}
}
