package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
)

const rulesHelp = `
A rule is a pattern on log lines, a check is code that looks at the state of
the node. PATTERN knows * and ?; without one, all are listed.

Rules of your own are YAML files in a folder: one that --rules names, or
"rules" beside the cases, which is always in force. A rule with the id of
another replaces it. Of a rule or check in the binary the severity can be
changed, or it can be switched off; what it matches is then listed as held back:

  - {id: kubelet.pleg.unhealthy, severity: low}
  - {id: state.disk.nodefs_avail, off: true}

Examples:
  eksleuth rules list
  eksleuth rules list 'kubelet.*' --severity high
  eksleuth rules show kubelet.pleg.unhealthy
  eksleuth rules lint our-rules/
  eksleuth rules why-not kernel.oom.global i-0123456789abcdef0`

const rulesListHelp = `
PATTERN knows * and ?. --cost measures the expression of each rule on a case,
or on a bundle, with one processor; the share is that of a pass over the lines.

Examples:
  eksleuth rules list --component cni --severity high
  eksleuth rules list --text "too many open files"
  eksleuth rules list --source kubelet
  eksleuth rules list --cost i-0123456789abcdef0`

const rulesShowHelp = `
Markdown (--format md) is a page about the rule: what it means, what to do,
the expression with its examples, and the rules that it has to do with.
An example says where it is from: the issue, excerpt or bundle in which it was
seen, or else the source file that writes such a line.

Examples:
  eksleuth rules show kubelet.pleg.unhealthy
  eksleuth rules show kubelet.pleg.unhealthy --format md -o pleg.md`

func (p *program) rulesCommand() *cli.Command {
	set := concat(outputFlags(), packFlags())
	list := concat(set, []cli.Flag{
		&cli.StringFlag{Name: "severity", Usage: "only rules of at least `SEVERITY`"},
		&cli.StringFlag{Name: "component", Usage: "only rules about `NAME`"},
		&cli.StringFlag{Name: "source", Usage: "only rules that read the log `NAME`, such as kubelet or pod:coredns"},
		&cli.StringFlag{Name: "text", Usage: "only rules that have `TEXT` in id, title, summary or expression"},
		&cli.StringFlag{Name: "cost", Usage: "measure the rules on `CASE`, which may be a bundle"},
	})
	return &cli.Command{
		Name:        "rules",
		Usage:       "list the rules and checks, show, test and explain them",
		ArgsUsage:   "list|show|lint|test|why|why-not",
		Description: rulesHelp,
		Flags:       list,
		HideHelp:    true,
		Action:      p.listRules,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list rules and checks", ArgsUsage: "[PATTERN]",
				Description: rulesListHelp, Flags: list, Action: p.listRules,
			},
			{
				Name: "show", Usage: "show all of one rule or check", ArgsUsage: "ID",
				Description: rulesShowHelp, Flags: set, Action: p.showRule,
			},
			p.lintCommand(),
			p.testCommand(),
			p.whyCommand("why", "say why a rule is a finding in a case"),
			p.whyCommand("why-not", "say why a rule is no finding in a case"),
		},
	}
}

// packFlags say which rules there are.
func packFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "rules", Usage: "use the rules in `DIR` too; may be repeated"},
		homeFlag(),
	}
}

// userPacks reads packFlags.
func userPacks(c *cli.Context) (home string, packs []string, err error) {
	packs = c.StringSlice("rules")
	return c.String("home"), packs, exist("rules", packs)
}

// rulesHash names the rules and checks in force, as reports do.
func rulesHash() (string, error) {
	engine, err := (&ops.AnalyzeRequest{}).Engine()
	if err != nil {
		return "", err
	}
	return engine.Hash(), nil
}

// userRules is ruleSet with the folders that flags name.
func userRules(c *cli.Context) ([]ruleDocument, error) {
	home, packs, err := userPacks(c)
	if err != nil {
		return nil, err
	}
	return ruleSet(home, packs)
}

func (p *program) listRules(c *cli.Context) error {
	pattern, err := rulePattern(c)
	if err != nil {
		return err
	}
	keep, err := ruleFilter(c)
	if err != nil {
		return err
	}
	docs, err := userRules(c)
	if err != nil {
		return err
	}
	docs = slices.DeleteFunc(docs, func(d ruleDocument) bool { return !matches(pattern, d.ID) })
	if len(docs) == 0 && pattern != "*" {
		return &exit{exitNoSuchID, fmt.Errorf("no rule or check matches %q", pattern)}
	}
	docs = slices.DeleteFunc(docs, func(d ruleDocument) bool { return !keep(&d) })
	if c.IsSet("cost") {
		return p.listCosts(c, docs)
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format != "table" {
		return out.close(out.document(rulesDocument{"eksleuth.rules/v1", docs}))
	}
	if len(docs) == 0 {
		fmt.Fprintln(p.stderr, "No rules match.")
		return out.close(nil)
	}
	return out.close(ruleTable(out, docs, nil))
}

func rulePattern(c *cli.Context) (string, error) {
	if c.NArg() == 0 {
		return "*", nil
	}
	pattern, err := oneArgument(c, "a pattern")
	if err == nil && !validGlob(pattern) {
		err = usagef("the pattern %s has an open bracket or ends in a backslash", quoted(pattern))
	}
	return pattern, err
}

// ruleFilter reads the flags that choose rules.
func ruleFilter(c *cli.Context) (func(*ruleDocument) bool, error) {
	severity, err := choice(c, "severity")
	if err != nil {
		return nil, err
	}
	component, err := choice(c, "component")
	if err != nil {
		return nil, err
	}
	source, text := c.String("source"), strings.ToLower(c.String("text"))
	if c.IsSet("source") && !analyze.KnownSource(source) {
		var known []string
		for _, s := range analyze.Sources {
			known = append(known, s.Name)
		}
		return nil, usagef("--source %s: it must be one of %s, or pod:NAME%s", quoted(source), strings.Join(known, ", "), didYouMean(source, known, ""))
	}
	return func(d *ruleDocument) bool {
		return d.Severity.Rank() >= analyze.Severity(severity).Rank() &&
			(component == "" || d.Component == component) &&
			(source == "" || slices.Contains(d.Source, source)) &&
			strings.Contains(strings.ToLower(strings.Join([]string{d.ID, d.Title, d.Summary, d.Match}, "\n")), text)
	}, nil
}

// ruleTable writes a line for each rule, with the group that it is in unless group
// is nil.
func ruleTable(out *output, docs []ruleDocument, group func(id string) string) error {
	head := []string{"ID", "SEVERITY", "GROUP", "TITLE"}
	if group == nil {
		head = []string{"ID", "SEVERITY", "TITLE"}
	}
	rows := [][]string{head}
	for _, d := range docs {
		severity := cmp.Or(string(d.Severity), "-")
		switch {
		case d.Mark:
			severity = "mark"
		case d.Off:
			severity = "off"
		}
		row := []string{report.Visible(d.ID), severity}
		if group != nil {
			row = append(row, group(d.ID))
		}
		rows = append(rows, append(row, report.Visible(d.Title)))
	}
	return out.table(rows, 1)
}

func (p *program) showRule(c *cli.Context) error {
	id, err := oneArgument(c, "the ID of a rule or check")
	if err != nil {
		return err
	}
	docs, err := userRules(c)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(docs, func(d ruleDocument) bool { return d.ID == id })
	if i < 0 {
		return noRule(id, docs)
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	switch out.format {
	case "md":
		return out.close(rulePage(out.w, &docs[i], docs))
	case "table":
		return out.close(report.Outline(out.w, docs[i]))
	}
	return out.close(out.document(docs[i]))
}

// noRule is the error about an ID that is none, with the one that was meant.
func noRule(id string, docs []ruleDocument) error {
	var ids []string
	for _, d := range docs {
		ids = append(ids, d.ID)
	}
	return &exit{exitNoSuchID, fmt.Errorf("no rule or check %q%s", id, didYouMean(id, ids, ""))}
}
