package cli

import (
	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/analyze/report"
)

const nodeHelp = `
CASE is the ID of a case (see eksleuth cases), the start of one, an instance
ID (its newest case), or the path of the bundle.

Each value stands beside the file and line that says it. "but" is another value
that an older or less trusted place tells, for instance the version of before
an upgrade. What the bundle does not tell is listed at the end.

DAEMONS says of each daemon that a node can have whether it was alive: by what
systemd, the processes, the sockets, the containers and its log say. Two of
them are needed to call it alive, or dead.

LIMITS says how much of what the node may have is in use, and what happens when
that runs out. "?" is what no file tells.

Examples:
  eksleuth node i-0123456789abcdef0
  eksleuth node i-0123456789abcdef0 --format json
  eksleuth read i-0123456789abcdef0 kubelet/config.json:43`

func (p *program) nodeCommand() *cli.Command {
	return &cli.Command{
		Name:        "node",
		Usage:       "print who the node is, each fact with its source",
		ArgsUsage:   "CASE",
		Description: nodeHelp,
		Flags:       concat(outputFlags(), []cli.Flag{homeFlag()}),
		Action:      p.node,
	}
}

// A nodeDocument is what node prints as JSON and YAML.
type nodeDocument struct {
	Schema      string           `json:"schema"`
	Case        string           `json:"case"`
	Bundle      string           `json:"bundle"`
	CollectedAt string           `json:"collected_at"`
	Attributes  []node.Attribute `json:"attributes"`
	Unknown     []string         `json:"unknown"`
	Daemons     []area.Daemon    `json:"daemons"`
	Limits      []ledger.Entry   `json:"limits"`
}

// nodeSchema is the name of the form of a nodeDocument.
const nodeSchema = "eksleuth.node/v1"

func (p *program) node(c *cli.Context) error {
	r, err := p.lastReport(c)
	if err != nil {
		return err
	}
	daemons, err := p.ops.daemons(c.Context, c.String("home"), c.Args().First())
	if err != nil {
		return aboutCases(err)
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format == "table" {
		return out.close(nodeTable(out, r, daemons))
	}
	return out.close(out.document(newNodeDocument(r, daemons)))
}

func nodeTable(out *output, r *analyze.Report, daemons []area.Daemon) error {
	if err := report.Node(out.w, &r.Case, out.layout); err != nil {
		return err
	}
	if err := report.Daemons(out.w, daemons, out.layout); err != nil {
		return err
	}
	return report.Limits(out.w, r.Limits, out.layout)
}

func newNodeDocument(r *analyze.Report, daemons []area.Daemon) *nodeDocument {
	c := &r.Case
	doc := &nodeDocument{Daemons: daemons, Limits: r.Limits, Schema: nodeSchema, Case: c.ID, Bundle: c.Bundle, CollectedAt: c.CollectedAt, Attributes: []node.Attribute{}, Unknown: []string{}}
	if c.Card != nil {
		doc.Attributes, doc.Unknown = c.Card.Attributes, c.Card.Unknown
	}
	return doc
}
