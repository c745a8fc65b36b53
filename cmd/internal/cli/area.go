package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/area/network"
	"github.com/eksleuth/eksleuth/analyze/checks/area/storage"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
)

const areaHelp = `
CASE is the ID of a case (see eksleuth cases), the start of one, an instance
ID (its newest case), or the path of the bundle.

Each section has the state as the files of the bundle tell it, every value with
its file and line; the daemons that it depends on; what checks of the state and
rules on logs found, then what they found in order; and what could not be told
or judged, for want of which file. Logs are not read again: what they told
stands in the report of the last analysis.

JSON has sections[] with name, facts[] (label, value, unit, at[]), tables[]
(title, columns[], rows[]), daemons[], checks[] (id, outcome, finding, note,
at[]), findings[] of rules on logs, and not_judged[] (what, why). Sizes are in
bytes, and at[] has file and line.
`

func (p *program) networkCommand() *cli.Command {
	return p.areaCommand(network.Area, "print the state of the network of the node, and what is wrong", `
Examples:
  eksleuth network i-0123456789abcdef0
  eksleuth network i-0123456789abcdef0 --sections ipamd,eni
  eksleuth network i-0123456789abcdef0 --sections iptables --format json`)
}

func (p *program) storageCommand() *cli.Command {
	return p.areaCommand(storage.Area, "print the state of the storage of the node, and what is wrong", `
Examples:
  eksleuth storage i-0123456789abcdef0
  eksleuth storage i-0123456789abcdef0 --sections disk,images --all
  eksleuth storage i-0123456789abcdef0 --format json -o storage.json`)
}

func (p *program) areaCommand(a *area.Area, usage, examples string) *cli.Command {
	return &cli.Command{
		Name:        a.Name,
		Usage:       usage,
		ArgsUsage:   "CASE",
		Description: areaHelp + sectionList(a) + examples,
		Flags: concat(outputFlags(), []cli.Flag{
			&cli.StringFlag{Name: "sections", Usage: "only these `SECTIONS`, with commas between"},
			&cli.BoolFlag{Name: "all", Usage: "all rows of long tables"},
			homeFlag(),
		}),
		Action: func(c *cli.Context) error { return p.area(c, a) },
	}
}

// sectionList is the part of the help that says what the sections are about.
func sectionList(a *area.Area) string {
	var b strings.Builder
	b.WriteString("\nSections:\n")
	for _, s := range a.Sections {
		fmt.Fprintf(&b, "  %-11s %s\n", s.Name, s.Title)
	}
	return b.String()
}

func (p *program) area(c *cli.Context, a *area.Area) error {
	ref, err := oneArgument(c, "a case")
	if err != nil {
		return err
	}
	names, err := sections(c, a)
	if err != nil {
		return err
	}
	v, err := p.ops.area(c.Context, ops.AreaRequest{Home: c.String("home"), Case: ref, Area: a, Sections: names})
	if err != nil {
		return aboutCases(err)
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	out.layout.All = c.Bool("all")
	if out.format != "table" {
		return out.close(out.document(v))
	}
	return out.close(report.Area(out.w, v, out.layout))
}

// sections reads --sections.
func sections(c *cli.Context, a *area.Area) ([]string, error) {
	if !c.IsSet("sections") {
		return nil, nil
	}
	var names []string
	for word := range strings.SplitSeq(c.String("sections"), ",") {
		name := strings.ToLower(strings.TrimSpace(word))
		if !slices.Contains(a.Names(), name) {
			return nil, usagef("--sections %s: it must be of %s%s", quoted(word), strings.Join(a.Names(), ", "), didYouMean(name, a.Names(), ""))
		}
		names = append(names, name)
	}
	return names, nil
}
