package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/analyze/score"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
	"github.com/eksleuth/eksleuth/cmd/internal/term"
)

const archiveHelp = `
ARCHIVE is a folder with bundles in it, at any depth: archives, unpacked
bundles, cases, or a corpus of log excerpts (a folder with index.tsv). It may
also be one bundle, the ID of a case, or @FILE: a file with one of these a
line, relative to the file. A bundle that cannot be read is told and does not
stop the others.
`

const regressHelp = archiveHelp + `
What is known of the bundle NAME.tar.gz stands beside it in NAME.truth.json:

  {"clean": true}
  {"expected": [{"rule": "kernel.task.hung", "file": "kernel/dmesg.current",
                 "line": 12}], "forbidden": ["kernel.oom.*"]}
  {"problems": [{"id": "disk-full", "root": true, "evidence":
                 [{"file": "storage/mounts.txt", "line_no": 36}]}]}

A finding above low is right when the label knows of it, or of its cause. With
"clean", "problems" or "max_other" a label is complete, and other findings
are false. What a label asks for and is not found is missed, or could not be
judged when the bundle has no data for it or is damaged. The likely root cause
has to be proved by a line of a "root" problem. An unpacked bundle may have
want.json in itself instead; README.md of testdata/bundles has examples.

With --state a run that was killed goes on where it stopped: what is known
of a bundle is used again while the bundle, its label, the rules and this
program are the same. Delete the file when it is not needed any more.

Examples:
  eksleuth regress cases/
  eksleuth regress cases/ --state run.state --format json -o run.json
  eksleuth regress accept cases/ --baseline baseline.json
  eksleuth regress cases/ --baseline baseline.json --rules our-rules
  eksleuth regress cases/ --min-precision 97% --min-recall 97% --format junit
  eksleuth regress @list.txt --labels truth/

Exit codes: 0 done; 1 worse than the baseline, or below --min-precision or
--min-recall; 2 wrong usage; 3 no bundle at all, or a label or result that
cannot be read or written; 130 interrupted.`

const acceptHelp = `
The archive is analyzed as regress does, the result takes the place of the
baseline, and the differences are printed. Without a baseline it is the
first one.

Examples:
  eksleuth regress accept cases/ --baseline baseline.json
  eksleuth regress accept cases/ --baseline baseline.json --state run.state`

func (p *program) regressCommand() *cli.Command {
	flags := concat(outputFlags(), archiveFlags(), []cli.Flag{
		&cli.StringFlag{Name: "baseline", Usage: "compare with the JSON result of an earlier run in `FILE`"},
		&cli.StringFlag{Name: "labels", Usage: "look for labels in `DIR` too"},
	})
	return &cli.Command{
		Name:        "regress",
		Usage:       "judge the findings of many bundles by what is known of them",
		ArgsUsage:   "ARCHIVE...",
		Description: regressHelp,
		Flags: concat(flags, []cli.Flag{
			&cli.StringFlag{Name: "min-precision", Usage: "end with exit code 1 when the precision is below `SHARE`, such as 97%"},
			&cli.StringFlag{Name: "min-recall", Usage: "end with exit code 1 when the recall is below `SHARE`"},
		}, limitFlags()),
		Action:   p.regress,
		Args:     true,
		HideHelp: true,
		Subcommands: []*cli.Command{{
			Name:        "accept",
			Usage:       "make what is found now the baseline",
			ArgsUsage:   "ARCHIVE...",
			Description: acceptHelp,
			Flags:       concat(flags, limitFlags()),
			Action:      p.accept,
		}},
	}
}

// archiveFlags are those of commands that analyze many bundles.
func archiveFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "all", Usage: "shorten no list, and name the rules without a mistake"},
		&cli.StringFlag{Name: "state", Usage: "note what is done in `FILE`, and go on from there"},
		&cli.BoolFlag{Name: "keep", Usage: "keep the cases; else only what came of them is kept"},
		homeFlag(),
		&cli.StringSliceFlag{Name: "rules", Usage: "use the rules in `DIR` too; may be repeated"},
		&cli.StringSliceFlag{Name: "runbooks", Usage: "use the runbooks in `DIR` too; may be repeated"},
		&cli.BoolFlag{Name: "no-beside", Usage: "read no files that lie beside the bundle and are about its node"},
		&cli.StringFlag{Name: "workers", Usage: "use `N` processors, not all"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print nothing but the result and errors"},
		&cli.BoolFlag{Name: "no-progress", Usage: "show no progress bar"},
	}
}

func (p *program) regress(c *cli.Context) error {
	precision, err := portion(c, "min-precision")
	if err != nil {
		return err
	}
	recall, err := portion(c, "min-recall")
	if err != nil {
		return err
	}
	baseline, err := readBaseline(c)
	if err != nil {
		return err
	}
	out, b, err := p.judged(c)
	if err != nil {
		return err
	}
	if baseline != nil {
		b.Baseline = b.Against(baseline)
	}
	if err := out.close(out.board(b)); err != nil {
		return err
	}
	return p.outcome(b, b.Below(precision, recall))
}

// readBaseline reads the file that --baseline names; nil when it is not set.
func readBaseline(c *cli.Context) (*score.Board, error) {
	if !c.IsSet("baseline") {
		return nil, nil
	}
	text, err := os.ReadFile(c.String("baseline"))
	if err != nil {
		return nil, usagef("--baseline: %w", err)
	}
	b, err := score.ParseBoard(text)
	if err != nil {
		return nil, usagef("--baseline %s: %w", quoted(c.String("baseline")), err)
	}
	return b, nil
}

// judged analyzes the archives. A result that cannot be written is told before
// that.
func (p *program) judged(c *cli.Context) (*output, *score.Board, error) {
	req, err := p.archiveRequest(c)
	if err != nil {
		return nil, nil, err
	}
	out, err := p.open(c)
	if err != nil {
		return nil, nil, err
	}
	out.layout.All = c.Bool("all")
	done := p.follow(c, &req)
	b, err := p.ops.regress(c.Context, req)
	done()
	if err != nil {
		if c.Context.Err() != nil && req.State != "" {
			fmt.Fprintf(p.stderr, "eksleuth: the same command goes on where it stopped, with what is in %s\n", report.Visible(req.State))
		}
		return nil, nil, out.close(err)
	}
	return out, b, nil
}

// archiveRequest reads the arguments and flags that say what to analyze and how.
func (p *program) archiveRequest(c *cli.Context) (req ops.RegressRequest, err error) {
	req = ops.RegressRequest{
		Archives: c.Args().Slice(), Labels: c.String("labels"), State: c.String("state"), Keep: c.Bool("keep"), Home: c.String("home"),
		Rules: c.StringSlice("rules"), Runbooks: c.StringSlice("runbooks"), NoBeside: c.Bool("no-beside"), Version: version(),
		Blind: c.Command.Name == "batch",
	}
	if len(req.Archives) == 0 {
		return req, usagef("%s needs an archive: a folder with bundles, such as cases/", fullName(c))
	}
	for _, a := range req.Archives {
		if a == "" || a == "@" {
			return req, usagef("%s got an empty name of an archive", fullName(c))
		}
	}
	if err := errors.Join(exist("rules", req.Rules), exist("runbooks", req.Runbooks)); err != nil {
		return req, err
	}
	if c.IsSet("labels") {
		if err := exist("labels", []string{req.Labels}); err != nil {
			return req, err
		}
	}
	if req.Workers, err = positive(c, "workers"); err != nil {
		return req, err
	}
	req.Limits, err = limits(c)
	return req, err
}

// follow shows how many bundles are done while that takes long, and tells of
// those that cannot be read.
func (p *program) follow(c *cli.Context, req *ops.RegressRequest) (done func()) {
	step, done := func(int64, int64) {}, func() {}
	if !c.Bool("quiet") && !c.Bool("no-progress") && term.Is(p.stderr) {
		step, done = term.Count(p.stderr, "bundles")
	}
	req.Progress = func(n, total int, _ *score.Result) { step(int64(n), int64(total)) }
	return done
}

// outcome tells what went wrong, and with which exit code that ends.
func (p *program) outcome(b *score.Board, below []score.Shortfall) error {
	code := exitDone
	for _, s := range below {
		got := "there was nothing to count"
		if s.Got != nil {
			got = fmt.Sprintf("it is %.4g", *s.Got)
		}
		fmt.Fprintf(p.stderr, "eksleuth: the %s is below %.4g: %s\n", s.Name, s.Want, got)
		code = exitFindings
	}
	if b.Baseline != nil && b.Baseline.Regressions > 0 {
		fmt.Fprintf(p.stderr, "eksleuth: %d of the differences are regressions (eksleuth regress accept takes them as they are)\n", b.Baseline.Regressions)
		code = exitFindings
	}
	if err := p.unread(b); err != nil {
		return err
	}
	if code != exitDone {
		return &exit{code: code}
	}
	return nil
}

// unread tells of labels that cannot be read, and of an archive none of whose
// bundles can.
func (p *program) unread(b *score.Board) error {
	for _, r := range b.Results {
		if r.LabelError != "" {
			fmt.Fprintf(p.stderr, "eksleuth: the label of %s: %s\n", report.Visible(r.Bundle), report.Visible(r.LabelError))
		}
	}
	if n := b.Bundles; n.Labels > 0 || n.Failed == n.Total {
		return &exit{code: exitInput}
	}
	return nil
}

func (p *program) accept(c *cli.Context) error {
	file := c.String("baseline")
	if file == "" {
		return usagef("regress accept needs --baseline FILE")
	}
	old, err := readBaseline(c)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, b, err := p.judged(c)
	if err != nil {
		return err
	}
	baseline := &output{target: file}
	if err := baseline.create(); err != nil {
		return out.close(err)
	}
	if err := baseline.close(report.JSON(baseline.w, b, true)); err != nil {
		return out.close(fmt.Errorf("write the baseline: %w", err))
	}
	b.Baseline = b.Against(cmp.Or(old, &score.Board{}))
	if err := out.close(out.board(b)); err != nil {
		return err
	}
	return p.unread(b)
}

// board writes a board in the format of the output.
func (o *output) board(b *score.Board) error {
	switch o.format {
	case "table":
		return report.Scoreboard(o.w, b, o.layout)
	case "junit":
		return report.JUnit(o.w, b)
	case "markdown":
		return report.ScoreMarkdown(o.w, b)
	}
	return o.document(b)
}
