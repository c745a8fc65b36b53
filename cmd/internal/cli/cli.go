// Package cli is the command line of eksleuth. Each command has a file: it
// turns flags into a request, makes one call into package ops and hands the
// result to one writer. Results go to stdout, everything else to stderr.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/analyze/score"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
	"github.com/eksleuth/eksleuth/index/query"
)

// The exit codes.
const (
	exitDone        = 0
	exitFindings    = 1 // findings at or above --fail-on
	exitUsage       = 2
	exitInput       = 3 // the input is no bundle, or cannot be read
	exitNoSuchID    = 4
	exitInterrupted = 130
)

// A program is one run of the command line.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	ops            operations
}

// operations are the functions of package ops that the commands call; a test
// puts its own in their place.
type operations struct {
	analyze    func(context.Context, ops.AnalyzeRequest) (*analyze.Report, error)
	cases      func(ctx context.Context, home string) ([]ops.CaseRef, error)
	removeCase func(ctx context.Context, home, ref string) error
	report     func(ctx context.Context, home, ref string) (*analyze.Report, error)
	context    func(ctx context.Context, home, ref string, ev analyze.Evidence, before, after int) ([]ops.NumberedLine, error)
	search     func(context.Context, ops.SearchRequest) (*ops.SearchResult, error)
	searchAll  func(context.Context, ops.SearchRequest) (*ops.SearchResult, error)
	read       func(context.Context, ops.ReadRequest, io.Writer) (note string, err error)
	entity     func(context.Context, ops.EntityRequest) (*ops.EntityResult, error)
	area       func(context.Context, ops.AreaRequest) (*area.View, error)
	daemons    func(ctx context.Context, home, ref string) ([]area.Daemon, error)
	why        func(context.Context, ops.RuleRequest) (*ops.Accounts, error)
	costs      func(context.Context, ops.RuleRequest) (*ops.CostTable, error)
	regress    func(context.Context, ops.RegressRequest) (*score.Board, error)
}

// Main runs the command that args name (without the name of the program) and
// returns the exit code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin, stdout, stderr, os.Getenv, operations{
		ops.Analyze, ops.Cases, ops.RemoveCase, ops.Report, ops.Context, ops.Search, ops.SearchAll, ops.Read, ops.Entity,
		ops.Area, ops.Daemons, ops.Why, ops.Costs,
		ops.Regress,
	}}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	err := p.dispatch(ctx, args)
	if err == nil {
		return exitDone
	}
	p.complain(err)
	return exitCode(err)
}

// dispatch finds the command, prints its help or runs it.
func (p *program) dispatch(ctx context.Context, args []string) error {
	app := p.app()
	if len(args) > 0 && args[0] == completeCommand {
		return p.complete(ctx, app, args[1:])
	}
	call, err := arrange(app, args)
	if err != nil {
		return err
	}
	if call.help {
		return help(p.stdout, app, call.command)
	}
	return app.RunContext(ctx, append([]string{app.Name}, call.args...))
}

// app is the table of commands.
func (p *program) app() *cli.App {
	return &cli.App{
		Name:  "eksleuth",
		Usage: "read the log bundle of an EKS node and say what is wrong, with proof",
		Commands: []*cli.Command{
			p.analyzeCommand(),
			p.findingsCommand(),
			p.nodeCommand(),
			p.networkCommand(),
			p.storageCommand(),
			p.validateCommand(),
			p.entityCommand(),
			p.searchCommand(),
			p.readCommand(),
			p.reportCommand(),
			p.casesCommand(),
			p.regressCommand(),
			p.batchCommand(),
			p.rulesCommand(),
			p.checksCommand(),
			p.completionCommand(),
			p.versionCommand(),
		},
		Writer:                    p.stdout,
		ErrWriter:                 p.stderr,
		HideHelp:                  true, // arrange and help do that
		HideVersion:               true,
		DisableSliceFlagSeparator: true, // a comma is a part of a file's name
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              onUsageError,
	}
}

func onUsageError(_ *cli.Context, err error, _ bool) error { return usagef("%v", err) }

// An exit is an error with the exit code it asks for; err may be nil for a
// code that needs no words.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// Unwrap returns the cause.
func (e *exit) Unwrap() error { return e.err }

// usagef is an error in how the program was called.
func usagef(format string, args ...any) error {
	return &exit{exitUsage, fmt.Errorf(format, args...)}
}

func exitCode(err error) int {
	if e, ok := errors.AsType[*exit](err); ok {
		return e.code
	}
	if _, ok := errors.AsType[*ops.UserError](err); ok {
		return exitUsage
	}
	switch {
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, ops.ErrNoCase), errors.Is(err, ops.ErrNoPlace), errors.Is(err, query.ErrNoFinding):
		return exitNoSuchID
	}
	if _, ok := errors.AsType[*query.SyntaxError](err); ok {
		return exitUsage
	}
	return exitInput
}

// complain tells the user about an error.
func (p *program) complain(err error) {
	text := err.Error()
	if e, ok := errors.AsType[*exit](err); ok && e.err == nil {
		return
	}
	if exitCode(err) == exitInterrupted {
		text = "interrupted"
	}
	start := "eksleuth: "
	for line := range strings.SplitSeq(text, "\n") { // of mistakes that were joined
		fmt.Fprintf(p.stderr, "%s%s\n", start, report.Visible(line))
		start = "  "
	}
	if exitCode(err) == exitUsage {
		fmt.Fprintln(p.stderr, "Run 'eksleuth --help' for the commands, 'eksleuth COMMAND --help' for their flags.")
	}
}
