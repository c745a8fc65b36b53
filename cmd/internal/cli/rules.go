package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
)

const rulesHelp = `
A rule is a pattern on log lines, a check is code that looks at the state of
the node. PATTERN knows * and ?; without one, all are listed.

Examples:
  eksleuth rules list
  eksleuth rules list 'kubelet.*'
  eksleuth rules show kubelet.pleg.unhealthy`

func (p *program) rulesCommand() *cli.Command {
	flags := concat(outputFlags(), []cli.Flag{
		&cli.StringSliceFlag{Name: "rules", Usage: "add the rules in `DIR`; may be repeated"},
	})
	return &cli.Command{
		Name:        "rules",
		Usage:       "list the rules and checks, or show one",
		ArgsUsage:   "list|show",
		Description: rulesHelp,
		Flags:       flags,
		HideHelp:    true,
		Action:      p.listRules,
		Subcommands: []*cli.Command{
			{
				Name:      "list",
				Usage:     "list rules and checks",
				ArgsUsage: "[PATTERN]",
				Flags:     flags,
				Action:    p.listRules,
			},
			{
				Name:      "show",
				Usage:     "show one rule or check",
				ArgsUsage: "ID",
				Flags:     flags,
				Action:    p.showRule,
			},
		},
	}
}

// A ruleDocument is what rules prints of one rule or check.
type ruleDocument struct {
	ID         string           `json:"id"`
	Kind       string           `json:"kind"` // rule or check
	Severity   analyze.Severity `json:"severity"`
	Component  string           `json:"component"`
	Title      string           `json:"title"`
	Summary    string           `json:"summary"`
	Mark       bool             `json:"mark"` // a landmark that other rules use; makes no finding
	Source     []string         `json:"source"`
	Match      string           `json:"match"`
	Unless     string           `json:"unless"`
	Needs      string           `json:"needs"`
	Explains   []string         `json:"explains"`
	Runbook    string           `json:"runbook"`
	Actions    []analyze.Action `json:"actions"`
	References []string         `json:"references"`
}

// A rulesDocument is what rules list prints as JSON and YAML.
type rulesDocument struct {
	Schema string         `json:"schema"`
	Rules  []ruleDocument `json:"rules"`
}

// ruleSet is all rules and checks, by ID.
func ruleSet(folders []string) ([]ruleDocument, error) {
	rules, err := allRules(folders)
	if err != nil {
		return nil, err
	}
	var docs []ruleDocument
	for _, r := range rules {
		docs = append(docs, ruleDocument{
			r.ID, "rule", r.Severity, r.Component, r.Title, r.Summary, r.Mark,
			r.Source, r.Match, r.Unless, "", r.Explains, r.Runbook, r.Actions, r.References,
		})
	}
	for _, c := range checks.All() {
		d := c.Doc
		docs = append(docs, ruleDocument{
			c.ID, "check", d.Severity, d.Component, d.Title, d.Summary, false,
			nil, "", "", d.Needs, d.Explains, d.Runbook, d.Actions, d.References,
		})
	}
	slices.SortStableFunc(docs, func(a, b ruleDocument) int { return strings.Compare(a.ID, b.ID) })
	return docs, nil
}

// allRules are the rules in the binary with those of the user.
func allRules(folders []string) ([]*analyze.Rule, error) {
	rules, err := analyze.Rules()
	if err != nil {
		return nil, err
	}
	for _, dir := range folders {
		user, err := analyze.LoadRules(os.DirFS(dir))
		if err != nil {
			return nil, &ops.UserError{Err: fmt.Errorf("%s: %w", dir, err)}
		}
		rules = analyze.Override(rules, user)
	}
	return rules, nil
}

// rulesHash names the rules and checks in the binary, as reports do.
func rulesHash() (string, error) {
	engine, err := (&ops.AnalyzeRequest{}).Engine()
	if err != nil {
		return "", err
	}
	return engine.Hash(), nil
}

// userRules is ruleSet with the folders that --rules names.
func userRules(c *cli.Context) ([]ruleDocument, error) {
	folders := c.StringSlice("rules")
	if err := exist("rules", folders); err != nil {
		return nil, err
	}
	return ruleSet(folders)
}

func (p *program) listRules(c *cli.Context) error {
	pattern, err := rulePattern(c)
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
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format != "table" {
		return out.close(out.document(rulesDocument{"eksleuth.rules/v1", docs}))
	}
	return out.close(ruleTable(out.w, docs))
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

// ruleTable writes a line for each rule.
func ruleTable(w io.Writer, docs []ruleDocument) error {
	wide := len("ID")
	for _, d := range docs {
		wide = max(wide, len(d.ID))
	}
	var errs []error
	row := func(id, severity, title string) {
		_, err := fmt.Fprintf(w, "%-*s  %-8s  %s\n", wide, report.Visible(id), severity, report.Visible(title))
		errs = append(errs, err)
	}
	row("ID", "SEVERITY", "TITLE")
	for _, d := range docs {
		severity := cmp.Or(string(d.Severity), "-")
		if d.Mark {
			severity = "mark"
		}
		row(d.ID, severity, d.Title)
	}
	return errors.Join(errs...)
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
		var ids []string
		for _, d := range docs {
			ids = append(ids, d.ID)
		}
		return &exit{exitNoSuchID, fmt.Errorf("no rule or check %q%s", id, didYouMean(id, ids, ""))}
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format == "table" {
		out.format = "yaml" // reads well as it is
	}
	return out.close(out.document(docs[i]))
}
