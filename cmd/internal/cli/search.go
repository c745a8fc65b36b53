package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
	"github.com/eksleuth/eksleuth/cmd/internal/term"
	"github.com/eksleuth/eksleuth/index/query"
)

const searchHelp = `
CASE is the ID of a case (see eksleuth cases), the start of one, an instance
ID (its newest case), or the path of the bundle. With --all there is no CASE
and every case is searched. Put the query in single quotes, so that the shell
leaves it alone; one that begins with - goes behind --.

The first search in a case that was analyzed with --no-index makes its index.

Examples:
  eksleuth search i-0123456789abcdef0 '"timed out" level:>=error'
  eksleuth search i-0123456789abcdef0 'conntrack full since:-2h' -C 2
  eksleuth search i-0123456789abcdef0 --regex 'IMDS|169\.254\.169\.254.*refused'
  eksleuth search i-0123456789abcdef0 'time:@F-001-5m..+1m' --sort time
  eksleuth search --all 'xtables lock' --facets
  eksleuth search i-0123456789abcdef0 imds --format jsonl -o hits.jsonl`

const searchLimit = 100

func (p *program) searchCommand() *cli.Command {
	return &cli.Command{
		Name:        "search",
		Usage:       "find the lines of a case that match a query",
		ArgsUsage:   "CASE QUERY",
		Description: searchHelp,
		UsageText:   "The query:\n\n" + query.Help,
		Flags: concat(outputFlags(), []cli.Flag{
			&cli.BoolFlag{Name: "regex", Usage: "take the query as one regular expression"},
			&cli.StringFlag{Name: "after", Aliases: []string{"A"}, Usage: "show `N` lines behind each one found"},
			&cli.StringFlag{Name: "before", Aliases: []string{"B"}, Usage: "show `N` lines before each one found"},
			&cli.StringFlag{Name: "context", Aliases: []string{"C"}, Usage: "show `N` lines before and behind"},
			&cli.BoolFlag{Name: "count", Usage: "print only how many lines match; with --facets, that and how they are spread"},
			&cli.StringFlag{Name: "limit", Usage: fmt.Sprintf("show the first `N` lines; all are counted (default: %d)", searchLimit)},
			&cli.StringFlag{Name: "sort", Value: string(ops.ByFile), Usage: "show the first lines in the order of `KEY`; those without a time are the last"},
			&cli.BoolFlag{Name: "facets", Usage: "count the lines by file, component, level and hour; a table shows only that"},
			&cli.BoolFlag{Name: "wide", Usage: "do not cut long lines to the terminal"},
			&cli.BoolFlag{Name: "all", Usage: "search all cases; --limit and --sort are for all together"},
			&cli.StringFlag{Name: "timeout", Usage: "stop reading a case after `TIME`, such as 90s or 5m (default: 1m)"},
			homeFlag(),
		}),
		Action: p.search,
	}
}

func (p *program) search(c *cli.Context) error {
	req, err := p.searchRequest(c)
	if err != nil {
		return err
	}
	// A result that cannot be written is told before the search.
	out, err := p.open(c)
	if err != nil {
		return err
	}
	r, err := p.searched(c, req)
	if err != nil {
		return out.close(err)
	}
	t := &searchTable{out: out, all: c.Bool("all"), count: c.Bool("count"), wide: c.Bool("wide")}
	p.tell(r, &req, t.count || req.Facets && out.format == "table")
	err = t.write(r)
	for _, of := range r.Cases {
		if of.Err != nil {
			fmt.Fprintf(p.stderr, "eksleuth: case %s: %s\n", report.Visible(of.Case), report.Visible(of.Error))
		}
	}
	return errors.Join(out.close(err), failed(r))
}

// failed is the exit code of a search in which a case could not be read.
func failed(r *ops.SearchResult) error {
	for _, of := range r.Cases {
		if of.Err != nil && exitCode(of.Err) == exitInput {
			return &exit{code: exitInput}
		}
	}
	return nil
}

// searchRequest reads the arguments and flags.
func (p *program) searchRequest(c *cli.Context) (req ops.SearchRequest, err error) {
	req = ops.SearchRequest{Home: c.String("home"), Regex: c.Bool("regex"), Facets: c.Bool("facets")}
	if req.Case, req.Query, err = searchArguments(c); err != nil {
		return req, err
	}
	sort, err := choice(c, "sort")
	if err != nil {
		return req, err
	}
	req.Sort = ops.Order(sort)
	if req.Limit, err = whole(c, "limit", searchLimit); err != nil {
		return req, err
	}
	around, err := whole(c, "context", 0)
	if err != nil {
		return req, err
	}
	if req.Before, err = whole(c, "before", around); err != nil {
		return req, err
	}
	if req.After, err = whole(c, "after", around); err != nil {
		return req, err
	}
	if c.Bool("count") || c.Bool("facets") && c.String("format") == "table" {
		req.Limit = 0
	}
	if c.Bool("wide") {
		req.TextLimit = wideText
	}
	for _, name := range []string{"count", "facets"} {
		if c.Bool(name) && c.String("format") == "jsonl" {
			return req, usagef("--%s has no place in jsonl, which is a line for each hit; json has both", name)
		}
	}
	req.Timeout, err = timeout(c)
	return req, err
}

// wideText is how much --wide shows of a line.
const wideText = 1 << 20

func searchArguments(c *cli.Context) (ref, text string, err error) {
	args := c.Args().Slice()
	if !c.Bool("all") {
		if len(args) == 0 || args[0] == "" {
			return "", "", usagef("search needs a case and a query")
		}
		ref, args = args[0], args[1:]
	}
	if len(args) == 0 {
		return "", "", usagef("search needs a query: eksleuth help search explains it")
	}
	return ref, strings.Join(args, " "), nil
}

func timeout(c *cli.Context) (time.Duration, error) {
	if !c.IsSet("timeout") {
		return 0, nil
	}
	d, err := time.ParseDuration(c.String("timeout"))
	if err != nil || d <= 0 {
		return 0, usagef("--timeout %s: it must be a time such as 90s or 5m", quoted(c.String("timeout")))
	}
	return d, nil
}

// searched searches, with a bar while the index is made.
func (p *program) searched(c *cli.Context, req ops.SearchRequest) (r *ops.SearchResult, err error) {
	if c.Bool("all") {
		r, err = p.ops.searchAll(c.Context, req)
	} else {
		done := func() {}
		if term.Is(p.stderr) {
			req.Progress, done = term.Progress(p.stderr, "making the index")
		}
		r, err = p.ops.search(c.Context, req)
		done()
	}
	if e, ok := errors.AsType[*query.SyntaxError](err); ok {
		p.caret(e, req.Query)
		return nil, &exit{code: exitCode(e)}
	}
	return r, aboutCases(err)
}

// caret points at what is wrong with a query.
func (p *program) caret(e *query.SyntaxError, text string) {
	fmt.Fprintf(p.stderr, "eksleuth: the query: %s\n", report.Visible(e.Msg))
	for l := range strings.SplitSeq(strings.TrimRight(e.Caret(text), "\n"), "\n") {
		fmt.Fprintf(p.stderr, "  %s\n", report.Visible(l))
	}
	if e.Err == nil {
		fmt.Fprintln(p.stderr, "Run 'eksleuth help search' for the language of queries.")
	}
}

// tell says on stderr what the lines on stdout do not show; counted means that
// only numbers were asked for.
func (p *program) tell(r *ops.SearchResult, req *ops.SearchRequest, counted bool) {
	for _, n := range r.Notes {
		fmt.Fprintf(p.stderr, "eksleuth: %s\n", report.Visible(n))
	}
	switch {
	case req.Case == "" && len(r.Cases) == 0:
		fmt.Fprintln(p.stderr, noCases)
	case counted:
	case r.Total == 0 && r.Unread > 0:
		fmt.Fprintln(p.stderr, "No lines match among those that were read.")
	case r.Total == 0:
		fmt.Fprintln(p.stderr, "No lines match.")
	case r.Total > len(r.Hits):
		fmt.Fprintf(p.stderr, "%d of %d lines that match are shown; --limit shows more.\n", len(r.Hits), r.Total)
	}
}
