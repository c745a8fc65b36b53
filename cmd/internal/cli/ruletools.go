package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
)

const lintHelp = `
FILE is a file of rules, or a folder with *.yaml. Files that are given together
may name each other's rules. Each mistake is told with its line and column: what
would make analyze refuse the file, examples that do not do what they say,
and names of rules that are not there.

Examples:
  eksleuth rules lint team.yaml
  eksleuth rules lint our-rules/ --format json

Exit codes: 0 no mistake; 1 mistakes; 2 wrong usage, or no such file.`

const testHelp = `
The examples of each rule are tried. With BUNDLE, a case or the path of a
bundle, the rules are added to those in the binary and followed through it:
what their lines come to, and what the gate says. Nothing is kept of a bundle
that was not analyzed before.

Examples:
  eksleuth rules test team.yaml
  eksleuth rules test team.yaml i-0123456789abcdef0
  eksleuth rules test team.yaml bundle.tar.gz --all

Exit codes: 0 done; 1 an example does not do what it says; 2 wrong usage, or
a file that is no rules; 3 no bundle; 4 no such case.`

const whyHelp = `
CASE is the ID of a case, the start of one, an instance ID (its newest case) or
the path of a bundle; nothing is kept of one that was not analyzed before.

It says how far the lines of the logs come: which have the texts that a match
needs, which match the expression, which unless takes away, which are of another
program or belong to another rule; then what the gate wants and what there
is, whether the rule applies to the node, and what decided. Of a check it says
what the check says.

Examples:
  eksleuth rules why kubelet.pleg.unhealthy i-0123456789abcdef0
  eksleuth rules why-not kernel.oom.global bundle.tar.gz
  eksleuth rules why-not team.rule bundle.tar.gz --rules our-rules --all`

func (p *program) lintCommand() *cli.Command {
	return &cli.Command{
		Name: "lint", Usage: "look for mistakes in files of rules", ArgsUsage: "FILE...",
		Description: lintHelp, Flags: concat(outputFlags(), packFlags()), Action: p.lintRules,
	}
}

func (p *program) testCommand() *cli.Command {
	return &cli.Command{
		Name: "test", Usage: "run the examples of rules, and the rules on a bundle", ArgsUsage: "FILE [BUNDLE]",
		Description: testHelp, Action: p.testRules,
		Flags: concat(outputFlags(), packFlags(), []cli.Flag{allFlag()}),
	}
}

func (p *program) whyCommand(name, usage string) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "ID CASE",
		Description: whyHelp, Action: p.why,
		Flags: concat(outputFlags(), packFlags(), []cli.Flag{allFlag()}),
	}
}

func allFlag() cli.Flag { return &cli.BoolFlag{Name: "all", Usage: "shorten no list and no line"} }

// A lintDocument is what rules lint prints as JSON and YAML.
type lintDocument struct {
	Schema   string             `json:"schema"`
	Files    int                `json:"files"`
	Problems []*analyze.Problem `json:"problems"`
}

func (p *program) lintRules(c *cli.Context) error {
	if c.NArg() == 0 {
		return usagef("lint needs a file of rules")
	}
	home, packs, err := userPacks(c)
	if err != nil {
		return err
	}
	texts, err := ops.RuleTexts(c.Args().Slice())
	if err != nil {
		return err
	}
	rules, checks, err := ops.Rules(home, packs, nil)
	if err != nil {
		return err
	}
	doc := lintDocument{"eksleuth.lint/v1", len(texts), analyze.Lint(texts, rules, checks)}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format != "table" {
		err = out.document(doc)
	} else {
		err = lintTable(out.w, &doc)
	}
	if err = out.close(err); err == nil && len(doc.Problems) > 0 {
		err = &exit{code: exitFindings}
	}
	return err
}

func lintTable(w io.Writer, doc *lintDocument) error {
	var errs []error
	for _, problem := range doc.Problems {
		_, err := fmt.Fprintln(w, report.Visible(problem.Error()))
		errs = append(errs, err)
	}
	if len(doc.Problems) == 0 {
		_, err := fmt.Fprintf(w, "files: %d, mistakes: 0\n", doc.Files)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// A testDocument is what rules test prints as JSON and YAML.
type testDocument struct {
	Schema   string             `json:"schema"`
	Examples []analyze.Example  `json:"examples"`
	Case     string             `json:"case"` // "" without BUNDLE
	Accounts []*analyze.Account `json:"accounts"`
}

func (p *program) testRules(c *cli.Context) error {
	if c.NArg() < 1 || c.NArg() > 2 || c.Args().Get(0) == "" {
		return usagef("test needs a file of rules, and maybe a case or bundle")
	}
	home, packs, err := userPacks(c)
	if err != nil {
		return err
	}
	files := []string{c.Args().Get(0)}
	texts, err := ops.RuleTexts(files)
	if err != nil {
		return err
	}
	rules, err := analyze.ParseRules(texts)
	if err != nil {
		return &ops.UserError{Err: err}
	}
	doc := testDocument{Schema: "eksleuth.ruletest/v1"}
	var ids []string
	for _, r := range rules {
		ids = append(ids, r.ID)
		doc.Examples = append(doc.Examples, r.Try()...)
	}
	if c.NArg() == 2 {
		req := ops.RuleRequest{IDs: ids, Files: files}
		req.Home, req.Rules, req.Input, req.Version = home, packs, c.Args().Get(1), version()
		accounts, err := p.ops.why(c.Context, req)
		if err != nil {
			return aboutCases(err)
		}
		doc.Case, doc.Accounts = accounts.Case, accounts.Accounts
	}
	return p.writeTest(c, &doc, ids)
}

func (p *program) writeTest(c *cli.Context, doc *testDocument, ids []string) error {
	out, err := p.open(c)
	if err != nil {
		return err
	}
	out.layout.All = c.Bool("all")
	if out.format != "table" {
		err = out.document(doc)
	} else {
		err = testTable(out, doc, ids)
	}
	if err = out.close(err); err != nil {
		return err
	}
	for _, e := range doc.Examples {
		if !e.OK() {
			return &exit{code: exitFindings}
		}
	}
	return nil
}

// testTable writes a line for each rule, below it the examples that fail, and
// then what the rules make of the case.
func testTable(out *output, doc *testDocument, ids []string) error {
	var errs []error
	say := func(format string, args ...any) {
		_, err := fmt.Fprintf(out.w, format+"\n", args...)
		errs = append(errs, err)
	}
	for _, id := range ids {
		good, bad := 0, 0
		var failed []string
		for _, e := range doc.Examples {
			switch {
			case e.Rule != id:
			case e.OK():
				good++
			default:
				bad++
				failed = append(failed, map[bool]string{true: "does not match: ", false: "must not match: "}[e.Wants]+e.Text)
			}
		}
		switch {
		case bad > 0:
			say("FAIL  %s: %d of %d examples", report.Visible(id), bad, good+bad)
		case good == 0:
			say("-     %s: no examples", report.Visible(id))
		default:
			say("ok    %s: %d examples", report.Visible(id), good)
		}
		for _, f := range failed {
			say("      %s", report.Visible(f))
		}
	}
	for _, a := range doc.Accounts {
		say("")
		errs = append(errs, report.Account(out.w, a, out.layout))
	}
	return errors.Join(errs...)
}

// A whyDocument is what rules why prints as JSON and YAML.
type whyDocument struct {
	Schema string `json:"schema"`
	Case   string `json:"case"`
	*analyze.Account
}

func (p *program) why(c *cli.Context) error {
	if c.NArg() != 2 || c.Args().Get(0) == "" || c.Args().Get(1) == "" {
		return usagef("%s needs the ID of a rule or check, and a case", fullName(c))
	}
	home, packs, err := userPacks(c)
	if err != nil {
		return err
	}
	id := c.Args().Get(0)
	req := ops.RuleRequest{IDs: []string{id}}
	req.Home, req.Rules, req.Input, req.Version = home, packs, c.Args().Get(1), version()
	accounts, err := p.ops.why(c.Context, req)
	if errors.Is(err, ops.ErrNoRule) {
		docs, listErr := ruleSet(home, packs)
		return cmp.Or(listErr, noRule(id, docs))
	}
	if err != nil {
		return aboutCases(err)
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	out.layout.All = c.Bool("all")
	a := accounts.Accounts[0]
	if out.format != "table" {
		return out.close(out.document(whyDocument{"eksleuth.why/v1", accounts.Case, a}))
	}
	return out.close(report.Account(out.w, a, out.layout))
}

// A costDocument is what rules list --cost prints as JSON and YAML.
type costDocument struct {
	Schema string `json:"schema"`
	*ops.CostTable
}

// listCosts measures the rules that were asked for.
func (p *program) listCosts(c *cli.Context, docs []ruleDocument) error {
	home, packs, err := userPacks(c)
	if err != nil {
		return err
	}
	var req ops.RuleRequest
	req.Home, req.Rules, req.Input, req.Version = home, packs, c.String("cost"), version()
	table, err := p.ops.costs(c.Context, req)
	if err != nil {
		return aboutCases(err)
	}
	wanted := map[string]bool{}
	for _, d := range docs {
		wanted[d.ID] = true
	}
	var costs []analyze.Cost
	for _, cost := range table.Costs {
		if wanted[cost.Rule] {
			costs = append(costs, cost)
		}
	}
	table.Costs = costs
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format != "table" {
		return out.close(out.document(costDocument{"eksleuth.costs/v1", table}))
	}
	return out.close(costTable(out.w, table))
}

func costTable(w io.Writer, t *ops.CostTable) error {
	wide := len("ID")
	var sum time.Duration
	for _, c := range t.Costs {
		wide = max(wide, len(c.Rule))
		sum += c.Time
	}
	share := func(d time.Duration) float64 { return 100 * float64(d) / float64(max(t.Pass, 1)) }
	var b strings.Builder
	fmt.Fprintf(&b, "A pass over %s takes %s with one processor: %.1f %% of it are these\nexpressions, %.1f %% all that the rules do. Rules that were tried on no line are\nnot listed.\n\n",
		report.Size(t.Bytes), t.Pass.Round(time.Millisecond), share(sum), share(t.Scan))
	fmt.Fprintf(&b, "%-*s   SHARE       TIME      LINES\n", wide, "ID")
	for _, c := range t.Costs {
		fmt.Fprintf(&b, "%-*s  %5.2f %%  %9s  %9d\n", wide, report.Visible(c.Rule), 100*c.Share, c.Time.Round(time.Microsecond), c.Tried)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
