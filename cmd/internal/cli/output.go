package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/term"
)

// outputFlags are the flags of every command that prints a result.
func outputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "format", Value: "table", Usage: "print as `FORMAT`"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the result to `FILE`, which appears when it is complete"},
		&cli.StringFlag{Name: "color", Value: string(term.Auto), Usage: "paint `WHEN`"},
	}
}

// An output is where a result goes and how it is written.
type output struct {
	format string
	w      io.Writer
	layout report.Options
	file   *os.File // a new file beside the target of -o; nil for stdout
	target string
	mode   os.FileMode
}

// open reads the output flags. The caller must close what it returns.
func (p *program) open(c *cli.Context) (*output, error) {
	format, err := choice(c, "format")
	if err != nil {
		return nil, err
	}
	color, err := choice(c, "color")
	if err != nil {
		return nil, err
	}
	o := &output{format: format, w: p.stdout, target: c.String("output")}
	if c.IsSet("output") {
		if err := o.create(); err != nil {
			return nil, err
		}
	}
	o.layout.Color = term.Color(term.When(color), o.w, p.getenv)
	o.layout.Width = term.Width(o.w, p.getenv)
	return o, nil
}

// create opens a file that will take the place of the target. What is no
// regular file, such as /dev/stdout or a pipe, is written to as it is.
func (o *output) create() (err error) {
	if o.target == "" {
		return usagef("--output needs the name of a file")
	}
	o.mode = 0o644
	info, err := os.Stat(o.target)
	if err == nil {
		o.mode = info.Mode().Perm()
	}
	switch {
	case err == nil && info.IsDir():
		return usagef("--output %s: it is a folder", o.target)
	case err == nil && !info.Mode().IsRegular():
		o.file, err = os.OpenFile(o.target, os.O_WRONLY, 0)
		o.target = ""
	default:
		folder := filepath.Dir(o.target)
		if o.file, err = os.CreateTemp(folder, ".eksleuth-*"); err != nil {
			err = noTemp(folder, err)
		}
	}
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	o.w = o.file
	return nil
}

// noTemp is the error of making a file in a folder, without the name that the file
// would have had.
func noTemp(folder string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s", folder)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("make a file in %s: %w", folder, err)
}

// close ends the output: after a failure the target stays as it was.
func (o *output) close(failure error) error {
	if o.file == nil {
		return failure
	}
	err := errors.Join(failure, o.file.Close())
	if o.target == "" {
		return err
	}
	if err == nil {
		err = errors.Join(os.Chmod(o.file.Name(), o.mode), os.Rename(o.file.Name(), o.target))
	}
	if err != nil {
		os.Remove(o.file.Name())
	}
	return err
}

// document writes v as JSON or YAML.
func (o *output) document(v any) error {
	if o.format == "yaml" {
		return report.YAML(o.w, v)
	}
	return report.JSON(o.w, v, true)
}

// table writes rows in columns that are as wide as their widest cell. On a terminal
// that is too narrow for that, the last cells of a row, as many as below says,
// stand in a line below the others.
func (o *output) table(rows [][]string, below int) error {
	wide := columnWidths(rows)
	total := 2 * (len(wide) - 1)
	for _, n := range wide {
		total += n
	}
	split := len(wide)
	if term.Is(o.w) && total > o.layout.Width {
		split -= below
	}
	b := bufio.NewWriter(o.w)
	for _, r := range rows {
		fmt.Fprintln(b, padded(r[:split], wide))
		if split < len(r) {
			fmt.Fprintf(b, "    %s\n", padded(r[split:], wide[split:]))
		}
	}
	return b.Flush()
}

func columnWidths(rows [][]string) []int {
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell))
		}
	}
	return wide
}

// padded joins cells, each but the last with spaces up to the width of its column.
func padded(cells []string, wide []int) string {
	var b strings.Builder
	for i, cell := range cells {
		fmt.Fprintf(&b, "%-*s  ", wide[i], cell)
	}
	return strings.TrimRight(b.String(), " ")
}

// painted makes a text visible and, on a terminal, gives it a style: the
// parameter of an SGR sequence.
func (o *output) painted(style, text string) string {
	text = report.Visible(text)
	if !o.layout.Color {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// concat joins groups of flags.
func concat(groups ...[]cli.Flag) []cli.Flag { return slices.Concat(groups...) }
