package cli

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/report"
)

const findingsHelp = `
CASE is the ID of a case (see eksleuth cases), the start of one, an instance
ID (its newest case), or the path of the bundle. A finding that another one
explains is listed with the ID of that one.

Patterns know * and ?. --entity looks at the names in a finding, with or
without their kind: "pod=kube-system/*", "eni-*". A finding without times
counts as seen when the bundle was collected.

Examples:
  eksleuth findings i-0123456789abcdef0
  eksleuth findings i-0123456789abcdef0 --severity high --component kubelet
  eksleuth findings i-0123456789abcdef0 --rule 'cni.*' --since 2026-11-21
  eksleuth findings i-0123456789abcdef0 --id F-001 --context 5`

func (p *program) findingsCommand() *cli.Command {
	return &cli.Command{
		Name:        "findings",
		Aliases:     []string{"errors"},
		Usage:       "list the findings of a case, or show one with its proof",
		ArgsUsage:   "CASE",
		Description: findingsHelp,
		Flags: concat(outputFlags(), []cli.Flag{
			&cli.StringFlag{Name: "id", Usage: "show the finding `ID` with the lines around its proof"},
			&cli.StringFlag{Name: "context", Usage: "with --id, show `N` lines before and after (default: 2)"},
			&cli.StringFlag{Name: "severity", Usage: "only findings of at least `SEVERITY`"},
			&cli.StringFlag{Name: "component", Usage: "only findings about `NAME`"},
			&cli.StringFlag{Name: "rule", Usage: "only findings of rules that match `PATTERN`"},
			&cli.StringFlag{Name: "entity", Usage: "only findings that name something that matches `PATTERN`"},
			&cli.StringFlag{Name: "since", Usage: "only findings seen at or after `TIME`: 2026-11-21 or RFC 3339"},
			&cli.StringFlag{Name: "until", Usage: "only findings seen at or before `TIME`"},
			&cli.BoolFlag{Name: "all", Usage: "what matched without being a finding, too"},
			homeFlag(),
		}),
		Action: p.findings,
	}
}

// A findingsDocument is what findings prints as JSON and YAML.
type findingsDocument struct {
	Schema     string               `json:"schema"`
	Case       string               `json:"case"`
	Findings   []analyze.Finding    `json:"findings"`
	Suppressed []analyze.Suppressed `json:"suppressed"` // empty without --all
}

func (p *program) findings(c *cli.Context) error {
	keep, err := filter(c)
	if err != nil {
		return err
	}
	around, err := contextLines(c)
	if err != nil {
		return err
	}
	r, err := p.lastReport(c)
	if err != nil {
		return err
	}
	if c.IsSet("id") {
		return p.finding(c, r, around)
	}
	return p.list(c, r, keep)
}

func (p *program) list(c *cli.Context, r *analyze.Report, keep func(*analyze.Report, *analyze.Finding) bool) error {
	doc := findingsDocument{Schema: "eksleuth.findings/v1", Case: r.Case.ID}
	for _, f := range report.Sorted(r.Findings) {
		if keep(r, &f) {
			doc.Findings = append(doc.Findings, f)
		}
	}
	if c.Bool("all") {
		doc.Suppressed = r.Suppressed
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format != "table" {
		return out.close(out.document(doc))
	}
	if len(doc.Findings) == 0 {
		fmt.Fprintln(p.stderr, "No findings match.")
	}
	err = report.List(out.w, doc.Findings, out.layout)
	if err == nil && len(doc.Suppressed) > 0 {
		err = report.SuppressedList(out.w, doc.Suppressed, out.layout)
	}
	return out.close(err)
}

// filter reads the flags that choose findings.
func filter(c *cli.Context) (func(*analyze.Report, *analyze.Finding) bool, error) {
	severity, err := choice(c, "severity")
	if err != nil {
		return nil, err
	}
	rule, err := glob(c, "rule")
	if err != nil {
		return nil, err
	}
	entity, err := glob(c, "entity")
	if err != nil {
		return nil, err
	}
	since, err := moment(c, "since", false)
	if err != nil {
		return nil, err
	}
	until, err := moment(c, "until", true)
	if err != nil {
		return nil, err
	}
	component, err := choice(c, "component")
	if err != nil {
		return nil, err
	}
	return func(r *analyze.Report, f *analyze.Finding) bool {
		return f.Severity.Rank() >= analyze.Severity(severity).Rank() &&
			(component == "" || f.Component == component) &&
			(rule == "" || matches(rule, f.Rule)) &&
			(entity == "" || hasEntity(f, entity)) &&
			seenIn(f, r.Case.CollectedAt, since, until)
	}, nil
}

// matches is path.Match in which * also stands for a slash, as names of pods
// have one.
func matches(pattern, s string) bool {
	noSlash := strings.NewReplacer("/", "\x00")
	ok, _ := path.Match(noSlash.Replace(pattern), noSlash.Replace(s))
	return ok
}

func hasEntity(f *analyze.Finding, pattern string) bool {
	for kind, values := range f.Entities {
		for _, v := range values {
			if matches(pattern, v) || matches(pattern, kind+"="+v) {
				return true
			}
		}
	}
	return false
}

// seenIn reports whether the time of a finding touches a period; a zero bound
// is open.
func seenIn(f *analyze.Finding, collected string, since, until time.Time) bool {
	first, last := f.FirstSeen, f.LastSeen
	if first == "" && last == "" {
		first, last = collected, collected
	}
	if last == "" {
		last = first
	}
	if first == "" {
		first = last
	}
	from, err1 := time.Parse(time.RFC3339Nano, first)
	to, err2 := time.Parse(time.RFC3339Nano, last)
	if err1 != nil || err2 != nil {
		return since.IsZero() && until.IsZero()
	}
	return (since.IsZero() || !to.Before(since)) && (until.IsZero() || !from.After(until))
}

// contextLines reads --context.
func contextLines(c *cli.Context) (int, error) {
	if !c.IsSet("context") {
		return 2, nil
	}
	if c.String("context") == "0" {
		return 0, nil
	}
	return positive(c, "context")
}

// A findingDocument is what findings --id prints as JSON and YAML.
type findingDocument struct {
	Schema  string           `json:"schema"`
	Case    string           `json:"case"`
	Finding *analyze.Finding `json:"finding"`
	Proof   []report.Proof   `json:"proof"`
}

// finding shows one finding among the lines around its proof.
func (p *program) finding(c *cli.Context, r *analyze.Report, around int) error {
	f, err := byID(r, c.String("id"))
	if err != nil {
		return err
	}
	proofs, err := p.proofs(c, f, around)
	if err != nil {
		return err
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format == "table" {
		return out.close(report.Detail(out.w, f, proofs, out.layout))
	}
	return out.close(out.document(findingDocument{"eksleuth.finding/v1", r.Case.ID, f, proofs}))
}

func byID(r *analyze.Report, id string) (*analyze.Finding, error) {
	if f := r.Finding(id); f != nil {
		return f, nil
	}
	return nil, &exit{exitNoSuchID, fmt.Errorf("case %s has no finding %q", r.Case.ID, id)}
}

func (p *program) proofs(c *cli.Context, f *analyze.Finding, around int) ([]report.Proof, error) {
	var proofs []report.Proof
	for _, e := range f.Evidence {
		proof := report.Proof{Evidence: e}
		if e.Line > 0 {
			lines, err := p.ops.context(c.Context, c.String("home"), c.Args().First(), e, around, around)
			if err != nil {
				return nil, fmt.Errorf("lines around %s:%d: %w", e.File, e.Line, err)
			}
			for _, l := range lines {
				proof.Lines = append(proof.Lines, report.Line{N: l.N, Text: l.Text})
			}
		}
		proofs = append(proofs, proof)
	}
	return proofs, nil
}
