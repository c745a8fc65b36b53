package cli

import (
	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/report"
)

const validateHelp = `
CASE is the ID of a case (see eksleuth cases), the start of one, an instance
ID (its newest case), or the path of the bundle.

The files of the bundle are compared with those that its collector writes on a
node with this operating system. A file can be missing, empty, hold the error
of its command (refused), make no sense (undecoded), be cut, or have been left
out (skipped); which of these a healthy node has too is known. Of each log the
first and last time is told, the longest silence, and why it begins where it
does. What a file would have told of stands beside it.

Examples:
  eksleuth validate i-0123456789abcdef0
  eksleuth validate i-0123456789abcdef0 --all
  eksleuth validate eks_i-0123456789abcdef0_2026-11-20_0101-UTC_0.7.9.tar.gz
  eksleuth validate i-0123456789abcdef0 --format json -o coverage.json`

func (p *program) validateCommand() *cli.Command {
	return &cli.Command{
		Name:        "validate",
		Usage:       "say what a bundle lacks: files, times, lines",
		ArgsUsage:   "CASE",
		Description: validateHelp,
		Flags: concat(outputFlags(), []cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "name the files that are as they should be, too"},
			homeFlag(),
		}),
		Action: p.validate,
	}
}

// A validateDocument is what validate prints as JSON and YAML.
type validateDocument struct {
	Schema      string            `json:"schema"`
	Case        string            `json:"case"`
	Bundle      string            `json:"bundle"`
	CollectedAt string            `json:"collected_at"`
	Coverage    *analyze.Coverage `json:"coverage"`
	Findings    []analyze.Finding `json:"findings"` // about the bundle
}

func (p *program) validate(c *cli.Context) error {
	r, err := p.lastReport(c)
	if err != nil {
		return err
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	out.layout.All = c.Bool("all")
	if out.format == "table" {
		return out.close(report.Validate(out.w, r, out.layout))
	}
	doc := validateDocument{
		Schema: "eksleuth.validate/v1", Case: r.Case.ID, Bundle: r.Case.Bundle, CollectedAt: r.Case.CollectedAt,
		Coverage: &r.Coverage, Findings: []analyze.Finding{},
	}
	for _, f := range report.Sorted(r.Findings) {
		if report.AboutBundle(&f) {
			doc.Findings = append(doc.Findings, f)
		}
	}
	return out.close(out.document(doc))
}
