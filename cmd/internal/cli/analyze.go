package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
	"github.com/eksleuth/eksleuth/cmd/internal/term"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

const analyzeHelp = `
BUNDLE is an archive of eks-log-collector (tar.gz, tgz, tar, tar.zst, tar.xz,
zip), a folder with its contents, a single log file, or - for standard input.
The ID of a case analyzes that case again.

With several bundles each is analyzed; one that cannot be read does not stop
the others. Then JSON is one document a line, and YAML has --- between them.

EXTRA is a file with more about the node: the output of aws ec2
describe-instances, aws ec2 describe-launch-template-versions or aws eks
describe-cluster, of kubectl get nodes, pods or events (-o json or yaml),
manifests of Cluster API, a capture of packets (pcap, pcapng, text of tcpdump)
or a log of the IMDS packet analyzer. Among the arguments a single file is an
EXTRA when an archive or folder is there too; --with names one in any case. It
is read with each bundle. The report says which instance, node or pod in it is
this node's, or that it is ambiguous.

Such files are also read when they lie beside the bundle (describe-instances*,
describe-cluster*, nodes*, pods*, events*.json or .yaml, *.pcap and the like)
and name this node; that is told. --no-beside leaves them alone.

Examples:
  eksleuth analyze eks_i-0123456789abcdef0_2026-11-20_0101-UTC_0.7.9.tar.gz
  eksleuth analyze --format json -o report.json bundle.tar.gz
  eksleuth analyze --fail-on high --quiet bundles/*.tar.gz
  aws ec2 describe-instances --instance-ids i-0123456789abcdef0 > instance.json
  kubectl get nodes,pods,events -A -o yaml > cluster.yaml
  eksleuth analyze bundle.tar.gz instance.json cluster.yaml
  eksleuth analyze bundle.tar.gz <(kubectl get nodes -o json)
  gzip -dc bundle.tar.gz | eksleuth analyze --with instance.json -

` + exitCodes

func (p *program) analyzeCommand() *cli.Command {
	return &cli.Command{
		Name:        "analyze",
		Usage:       "read a log bundle and say what is wrong",
		ArgsUsage:   "BUNDLE... [EXTRA...]",
		Description: analyzeHelp,
		Flags: concat(outputFlags(), showFlags(), []cli.Flag{
			&cli.StringFlag{Name: "fail-on", Usage: "end with exit code 1 when a finding has at least `SEVERITY`"},
			&cli.StringSliceFlag{Name: "with", Usage: "read `FILE` too, such as the output of aws ec2 describe-instances; may be repeated"},
			&cli.BoolFlag{Name: "no-beside", Usage: "read no files that lie beside the bundle and are about its node"},
			&cli.StringSliceFlag{Name: "rules", Usage: "use the rules in `DIR` too; may be repeated"},
			&cli.StringSliceFlag{Name: "runbooks", Usage: "use the runbooks in `DIR` too; may be repeated"},
			&cli.BoolFlag{Name: "no-index", Usage: "build no search index; the first search makes it"},
			homeFlag(),
			&cli.StringFlag{Name: "workers", Usage: "use `N` processors, not all"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print nothing but the result and errors"},
			&cli.BoolFlag{Name: "no-progress", Usage: "show no progress bar"},
		}, limitFlags()),
		Action: p.analyze,
	}
}

// showFlags choose what a report for people holds.
func showFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "severity", Usage: "show findings of at least `SEVERITY`; JSON and YAML are always whole"},
		&cli.BoolFlag{Name: "all", Usage: "shorten no list and show explained findings in full"},
	}
}

func limitFlags() []cli.Flag {
	d := bundle.Defaults
	limit := func(name, usage string, standard any) cli.Flag {
		return &cli.StringFlag{Name: name, Usage: fmt.Sprintf("%s (default: %v)", usage, standard)}
	}
	return []cli.Flag{
		limit("max-entries", "read at most `N` files and folders", d.Entries),
		limit("max-entry-size", "cut a file after `SIZE`", iec(d.EntryBytes)),
		limit("max-size", "stop after `SIZE` unpacked bytes", iec(d.TotalBytes)),
		limit("max-ratio", "stop when the bundle unpacks to more than `N` times its size", d.Ratio),
		limit("max-path", "leave out files whose path is longer than `N` bytes", d.PathBytes),
		limit("max-nesting", "open archives inside archives `N` deep", d.Nesting),
	}
}

// iec writes a default as --max-size reads it: 8GiB.
func iec(n int64) string {
	return strings.Replace(strings.Replace(report.Size(n), ".0 ", "", 1), " ", "", 1)
}

func (p *program) analyze(c *cli.Context) error {
	req, inputs, err := p.request(c)
	if err != nil {
		return err
	}
	failOn, err := choice(c, "fail-on")
	if err != nil {
		return err
	}
	out, err := p.openReport(c)
	if err != nil {
		return err
	}
	a := &analysis{program: p, out: out, inputs: inputs, failOn: analyze.Severity(failOn), quiet: c.Bool("quiet")}
	a.bar = !c.Bool("quiet") && !c.Bool("no-progress") && term.Is(p.stderr)
	return a.run(c.Context, req)
}

// openReport is open with the flags of showFlags.
func (p *program) openReport(c *cli.Context) (*output, error) {
	severity, err := choice(c, "severity")
	if err != nil {
		return nil, err
	}
	out, err := p.open(c)
	if err != nil {
		return nil, err
	}
	out.layout.Severity = analyze.Severity(severity)
	out.layout.All = c.Bool("all")
	out.layout.Home = c.String("home")
	return out, nil
}

// request reads the flags and arguments that say what to analyze and how.
func (p *program) request(c *cli.Context) (req ops.AnalyzeRequest, bundles []string, err error) {
	req = ops.AnalyzeRequest{
		Stdin: p.stdin, Home: c.String("home"), Version: version(), NoIndex: c.Bool("no-index"), NoBeside: c.Bool("no-beside"),
		With: c.StringSlice("with"), Rules: c.StringSlice("rules"), Runbooks: c.StringSlice("runbooks"),
	}
	if err := checkInputs(c.Args().Slice()); err != nil {
		return req, nil, err
	}
	if err := errors.Join(exist("with", req.With), exist("rules", req.Rules), exist("runbooks", req.Runbooks)); err != nil {
		return req, nil, err
	}
	bundles, extra := ops.Inputs(c.Args().Slice())
	req.With = append(req.With, extra...)
	if pipe := firstPipe(req.With); pipe != "" && len(bundles) > 1 {
		return req, nil, usagef("%s can be read only once, not with each of %d bundles", quoted(pipe), len(bundles))
	}
	if req.Workers, err = positive(c, "workers"); err != nil {
		return req, nil, err
	}
	req.Limits, err = limits(c)
	return req, bundles, err
}

// firstPipe returns a file that can be read only once, "" for none.
func firstPipe(names []string) string {
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

func checkInputs(inputs []string) error {
	if len(inputs) == 0 {
		return usagef("analyze needs a bundle, such as eks_i-0123456789abcdef0_2026-11-20_0101-UTC_0.7.9.tar.gz")
	}
	stdin := 0
	for _, in := range inputs {
		switch in {
		case "":
			return usagef("analyze got an empty name of a bundle")
		case "-":
			stdin++
		}
	}
	if stdin > 1 {
		return usagef("standard input (-) can be read only once")
	}
	return nil
}

// exist checks files and folders that the user named, before the long work.
func exist(flag string, names []string) error {
	for _, name := range names {
		if _, err := os.Stat(name); err != nil {
			return usagef("--%s %s: there is no such file or folder", flag, quoted(name))
		}
	}
	return nil
}

func limits(c *cli.Context) (l bundle.Limits, err error) {
	number := func(name string) (n int) {
		if err == nil {
			n, err = positive(c, name)
		}
		return n
	}
	bytes := func(name string) (n int64) {
		if err == nil {
			n, err = size(c, name)
		}
		return n
	}
	l = bundle.Limits{
		Entries:    number("max-entries"),
		EntryBytes: bytes("max-entry-size"),
		TotalBytes: bytes("max-size"),
		Ratio:      int64(number("max-ratio")),
		PathBytes:  number("max-path"),
		Nesting:    number("max-nesting"),
	}
	return l, err
}

// An analysis is one run of analyze over its bundles.
type analysis struct {
	*program
	out    *output
	inputs []string
	failOn analyze.Severity
	bar    bool
	quiet  bool
	notes  []string // that are no errors

	written int
	code    int
}

// run analyzes each bundle. Its error says only the exit code: what went wrong
// with a bundle was told when it happened.
func (a *analysis) run(ctx context.Context, req ops.AnalyzeRequest) error {
	for i, input := range a.inputs {
		req.Input = input
		r, err := a.one(ctx, req, i)
		a.tell()
		if ctx.Err() != nil {
			return a.out.close(context.Cause(ctx))
		}
		if err != nil {
			a.complain(fmt.Errorf("%s: %w", input, err))
			a.worse(exitCode(err))
			continue
		}
		if err := a.write(r); err != nil {
			return a.out.close(fmt.Errorf("write the result: %w", err))
		}
	}
	return a.end()
}

// end keeps what was written, even if it is not all that was asked for.
func (a *analysis) end() error {
	var nothing error
	if a.written == 0 {
		nothing = &exit{code: a.code}
	}
	if err := a.out.close(nothing); err != nil {
		return err
	}
	if a.code != exitDone {
		return &exit{code: a.code}
	}
	return nil
}

// worse raises the exit code.
func (a *analysis) worse(code int) { a.code = max(a.code, code) }

func (a *analysis) one(ctx context.Context, req ops.AnalyzeRequest, i int) (*analyze.Report, error) {
	if a.bar {
		label := filepath.Base(req.Input)
		if req.Input == "-" {
			label = "standard input"
		}
		if len(a.inputs) > 1 {
			label = fmt.Sprintf("%d/%d %s", i+1, len(a.inputs), label)
		}
		report, done := term.Progress(a.stderr, reportLabel(label))
		defer done()
		req.Progress = report
	}
	req.Notice = func(text string) { a.notes = append(a.notes, text) }
	r, err := a.ops.analyze(ctx, req)
	if err == nil {
		a.useless(r)
	}
	return r, err
}

// useless notes which further files say nothing of the node.
func (a *analysis) useless(r *analyze.Report) {
	for _, in := range r.Coverage.Side {
		if name, ok := strings.CutPrefix(in.Path, "extra/"); ok && in.Match == side.None {
			a.notes = append(a.notes, name+": "+in.Detail)
		}
	}
}

// tell writes what was noted during an analysis, when its bar is gone.
func (a *analysis) tell() {
	for _, text := range a.notes {
		if !a.quiet {
			fmt.Fprintf(a.stderr, "eksleuth: %s\n", report.Visible(text))
		}
	}
	a.notes = nil
}

// reportLabel makes the name of a bundle fit beside a bar.
func reportLabel(s string) string {
	r := []rune(report.Visible(s))
	return string(r[:min(len(r), 40)])
}

func (a *analysis) write(r *analyze.Report) error {
	if a.failOn != "" && report.Worst(r.Findings).Rank() >= a.failOn.Rank() {
		a.worse(exitFindings)
	}
	a.written++
	several := len(a.inputs) > 1
	switch {
	case a.out.format == "json":
		return report.JSON(a.out.w, r, !several)
	case a.out.format == "yaml" && several:
		fmt.Fprintln(a.out.w, "---")
	case a.out.format == "table" && a.written > 1:
		fmt.Fprintf(a.out.w, "\n%s\n\n", strings.Repeat("=", a.out.layout.Width))
	}
	return a.out.report(r)
}
