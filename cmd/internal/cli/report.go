package cli

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
)

const reportHelp = `
CASE is the ID of a case (see eksleuth cases), the start of one, an instance
ID (its newest case), or the path of the bundle. The report is the one of the
last analysis; nothing is read or judged again.

Examples:
  eksleuth report i-0123456789abcdef0
  eksleuth report i-0123456789abcdef0 --format json -o report.json
  eksleuth report --schema > report.schema.json`

func (p *program) reportCommand() *cli.Command {
	return &cli.Command{
		Name:        "report",
		Usage:       "print the last report of a case again",
		ArgsUsage:   "CASE",
		Description: reportHelp,
		Flags: concat(outputFlags(), showFlags(), []cli.Flag{
			homeFlag(),
			&cli.BoolFlag{Name: "schema", Usage: "print the JSON Schema of reports"},
		}),
		Action: p.report,
	}
}

func (p *program) report(c *cli.Context) error {
	if c.Bool("schema") {
		return p.schema(c)
	}
	r, err := p.lastReport(c)
	if err != nil {
		return err
	}
	out, err := p.openReport(c)
	if err != nil {
		return err
	}
	return out.close(out.report(r))
}

func (p *program) schema(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	return out.close(report.Schema(out.w))
}

// lastReport returns the report of the case that the argument names.
func (p *program) lastReport(c *cli.Context) (*analyze.Report, error) {
	ref, err := oneArgument(c, "a case")
	if err != nil {
		return nil, err
	}
	r, err := p.ops.report(c.Context, c.String("home"), ref)
	return r, aboutCases(err)
}

// aboutCases adds to the error of a case that does not exist where cases are from.
func aboutCases(err error) error {
	if errors.Is(err, ops.ErrNoCase) {
		return fmt.Errorf("%w (eksleuth cases lists them; eksleuth analyze makes one)", err)
	}
	return err
}

// report writes a report in the format of the output.
func (o *output) report(r *analyze.Report) error {
	if o.format == "table" {
		return report.Terminal(o.w, r, o.layout)
	}
	return o.document(r)
}
