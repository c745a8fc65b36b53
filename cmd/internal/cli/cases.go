package cli

import (
	"cmp"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
)

const casesHelp = `
A case is what eksleuth keeps of a bundle: its lines and its last report.
Without a further word the cases are listed, the newest first.

Examples:
  eksleuth cases
  eksleuth cases list --format json
  eksleuth cases rm i-0123456789abcdef0-20261120`

func (p *program) casesCommand() *cli.Command {
	flags := concat(outputFlags(), []cli.Flag{homeFlag()})
	return &cli.Command{
		Name:        "cases",
		Usage:       "list or remove the bundles that were analyzed",
		ArgsUsage:   "[list|rm]",
		Description: casesHelp,
		Flags:       flags,
		Action:      p.listCases,
		HideHelp:    true,
		Subcommands: []*cli.Command{
			{
				Name:   "list",
				Usage:  "list the cases",
				Flags:  flags,
				Action: p.listCases,
			},
			{
				Name:        "rm",
				Usage:       "remove cases; the bundles stay where they are",
				ArgsUsage:   "CASE...",
				Description: "CASE is the ID of a case, the start of one, an instance ID (its newest\ncase), or the path of the bundle.",
				Flags:       []cli.Flag{homeFlag()},
				Action:      p.removeCases,
			},
		},
	}
}

// A casesDocument is what cases list prints as JSON and YAML.
type casesDocument struct {
	Schema string     `json:"schema"`
	Cases  []caseLine `json:"cases"`
}

type caseLine struct {
	ID          string `json:"id"`
	InstanceID  string `json:"instance_id"`
	Bundle      string `json:"bundle"`
	CollectedAt string `json:"collected_at"`
	Bytes       int64  `json:"bytes"` // on disk
	Files       int    `json:"files"`
	Findings    int    `json:"findings"`
	Worst       string `json:"worst"` // the highest severity; "" for none
	Error       string `json:"error"` // why the case cannot be read; "" when it can
}

func (p *program) listCases(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	cases, err := p.ops.cases(c.Context, c.String("home"))
	if err != nil {
		return err
	}
	doc := casesDocument{Schema: "eksleuth.cases/v1"}
	for _, r := range cases {
		doc.Cases = append(doc.Cases, line(r))
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format != "table" {
		return out.close(out.document(doc))
	}
	return out.close(p.caseTable(out, doc.Cases))
}

func line(r ops.CaseRef) caseLine {
	l := caseLine{r.ID, r.InstanceID, r.Bundle, r.CollectedAt, r.Bytes, r.Files, r.Findings, string(r.Worst), ""}
	if r.Err != nil {
		l.Error = r.Err.Error()
	}
	return l
}

const noCases = "There are no cases yet: eksleuth analyze BUNDLE makes one."

// caseTable writes a line for each case.
func (p *program) caseTable(out *output, cases []caseLine) error {
	if len(cases) == 0 {
		fmt.Fprintln(p.stderr, noCases)
		return nil
	}
	rows := [][]string{{"CASE", "COLLECTED", "FINDINGS", "WORST", "SIZE", "BUNDLE"}}
	for _, c := range cases {
		day, clock := c.CollectedAt, ""
		if len(day) > len("2006-01-02T15:04") {
			day, clock = day[:10], " "+day[11:16]
		}
		findings := fmt.Sprint(c.Findings)
		if c.Error != "" {
			findings = "?"
			p.complain(fmt.Errorf("case %s cannot be read: %s", c.ID, c.Error))
		}
		rows = append(rows, []string{report.Visible(c.ID), report.Visible(cmp.Or(day+clock, "-")), findings, cmp.Or(c.Worst, "-"), report.Size(c.Bytes), report.Visible(cmp.Or(c.Bundle, "-"))})
	}
	return out.table(rows, len(rows[0])-1)
}

func (p *program) removeCases(c *cli.Context) error {
	if !c.Args().Present() {
		return usagef("cases rm needs a case")
	}
	for _, ref := range c.Args().Slice() {
		if ref == "" {
			return usagef("cases rm got an empty word for a case")
		}
		if err := p.ops.removeCase(c.Context, c.String("home"), ref); err != nil {
			return fmt.Errorf("remove %s: %w", ref, aboutCases(err))
		}
	}
	return nil
}
