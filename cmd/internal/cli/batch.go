package cli

import (
	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/analyze/score"
)

const batchHelp = archiveHelp + `
The table says which nodes are sick, and of how many nodes each rule tells.
With --format jsonl there is a line for each bundle: its node, how many
findings it has of each severity, the worst one, and the likely root cause;
--lines writes these to a file besides the table.

With --state a run that was killed goes on where it stopped.

Examples:
  eksleuth batch uploads/
  eksleuth batch uploads/ --format jsonl -o fleet.jsonl
  eksleuth batch uploads/ --lines fleet.jsonl --state fleet.state
  eksleuth batch uploads/2026-11-2* --keep

Exit codes: 0 done; 2 wrong usage; 3 no bundle at all, or the result cannot be
written; 130 interrupted.`

func (p *program) batchCommand() *cli.Command {
	return &cli.Command{
		Name:        "batch",
		Usage:       "analyze many bundles and sum up how their nodes are",
		ArgsUsage:   "ARCHIVE...",
		Description: batchHelp,
		Flags: concat(outputFlags(), archiveFlags(), []cli.Flag{
			&cli.StringFlag{Name: "lines", Usage: "write a line of JSON for each bundle to `FILE` as well"},
		}, limitFlags()),
		Action: p.batch,
	}
}

// A batchDocument is what batch prints as JSON and YAML.
type batchDocument struct {
	Schema  string             `json:"schema"`
	Bundles []report.FleetLine `json:"bundles"`
}

func (p *program) batch(c *cli.Context) error {
	lines := &output{target: c.String("lines")}
	if c.IsSet("lines") {
		if err := lines.create(); err != nil {
			return err
		}
	}
	out, b, err := p.judged(c)
	if err != nil {
		return lines.close(err)
	}
	fleet := report.Fleet(b)
	if lines.file != nil {
		if err := lines.close(report.FleetLines(lines.w, fleet)); err != nil {
			return out.close(err)
		}
	}
	if err := out.close(out.fleet(b, fleet)); err != nil {
		return err
	}
	return p.unread(b)
}

func (o *output) fleet(b *score.Board, lines []report.FleetLine) error {
	switch o.format {
	case "table":
		return report.FleetTable(o.w, b, o.layout)
	case "jsonl":
		return report.FleetLines(o.w, lines)
	}
	return o.document(batchDocument{Schema: "eksleuth.batch/v1", Bundles: lines})
}
