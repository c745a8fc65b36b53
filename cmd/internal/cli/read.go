package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
	"github.com/eksleuth/eksleuth/cmd/internal/term"
)

const readHelp = `
PLACE is the path of a file in the bundle, or an end of it that only one file
has, maybe with a line or two (kubelet.log:120, kubelet.log:120-140); the ID
of a finding, which is its first evidence; or the ID of a line that a search
found. The bytes are printed as they stood in the bundle, and nothing else;
only on a terminal are control characters written out.

Lines are counted from 1 and both ends belong to the part, bytes from 0 and
the second end does not. Numbers below 0 count from the end: -1 is the last
line. A part that goes on beyond the file ends with it, as for sed, and a note
on standard error says so. One that begins behind the end does not exist (exit
code 4); one with nothing in it, such as 5:3, is a mistake (exit code 2).
--lines, --bytes and --tail are for a PLACE without a line, --around is for one
with a line.

Examples:
  eksleuth read i-0123456789abcdef0 kubelet/kubelet.log:120-140
  eksleuth read i-0123456789abcdef0 F-001 --around 5
  eksleuth read i-0123456789abcdef0 S-12-120
  eksleuth read i-0123456789abcdef0 ipamd.log --tail 20
  eksleuth read i-0123456789abcdef0 var_log/messages --lines 1000:
  eksleuth read i-0123456789abcdef0 var_log/messages --bytes -4096: -o end.bin`

func (p *program) readCommand() *cli.Command {
	return &cli.Command{
		Name:        "read",
		Usage:       "print a file of a case, or a part of it, byte for byte",
		ArgsUsage:   "CASE PLACE",
		Description: readHelp,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "lines", Usage: "print the lines `A:B`; A-B and a single number work too, and one of A and B may be left out"},
			&cli.StringFlag{Name: "bytes", Usage: "print the bytes `A:B`"},
			&cli.StringFlag{Name: "tail", Usage: "print the last `N` lines"},
			&cli.StringFlag{Name: "around", Usage: "print `N` lines before and behind the place too"},
			&cli.BoolFlag{Name: "raw", Usage: "leave control characters as they are on a terminal too"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the result to `FILE`, which appears when it is complete"},
			homeFlag(),
		},
		Action: p.read,
	}
}

func (p *program) read(c *cli.Context) error {
	req, err := readRequest(c)
	if err != nil {
		return err
	}
	out := &output{w: p.stdout, target: c.String("output")}
	if c.IsSet("output") {
		if err := out.create(); err != nil {
			return err
		}
	}
	w := out.w
	v := &visibleWriter{w: out.w}
	if term.Is(out.w) && !c.Bool("raw") {
		w = v
	}
	note, err := p.ops.read(c.Context, req, w)
	if note != "" {
		fmt.Fprintf(p.stderr, "eksleuth: %s\n", report.Visible(note))
	}
	return out.close(errors.Join(aboutCases(err), v.flush()))
}

// readRequest reads the arguments and flags.
func readRequest(c *cli.Context) (req ops.ReadRequest, err error) {
	if c.NArg() != 2 || c.Args().Get(0) == "" || c.Args().Get(1) == "" {
		return req, usagef("read needs a case and a place, such as kubelet.log:120, F-001 or S-12-120")
	}
	req = ops.ReadRequest{Home: c.String("home"), Case: c.Args().Get(0), Place: c.Args().Get(1)}
	parts := 0
	for _, name := range []string{"lines", "bytes", "tail", "around"} {
		if c.IsSet(name) {
			parts++
		}
	}
	if parts > 1 {
		return req, usagef("read takes one of --lines, --bytes, --tail and --around")
	}
	switch {
	case c.IsSet("lines"):
		req.Lines, err = lineRange(c.String("lines"))
	case c.IsSet("bytes"):
		req.Bytes, err = byteRange(c.String("bytes"))
	case c.IsSet("tail"):
		var n int
		n, err = positive(c, "tail")
		req.Lines = &ops.Range{From: -int64(n), ToEnd: true}
	case c.IsSet("around"):
		req.Around, err = whole(c, "around", 0)
	}
	return req, err
}

// dashedRange is two numbers with a dash between.
var dashedRange = regexp.MustCompile(`^([0-9]+)-(-?[0-9]+)$`)

// lineRange reads "7:9", "7:", ":9", "-3:", "7-9" and "7".
func lineRange(s string) (*ops.Range, error) {
	from, to, ok := strings.Cut(s, ":")
	if !ok {
		from, to = s, s
		if m := dashedRange.FindStringSubmatch(s); m != nil {
			from, to = m[1], m[2]
		}
	}
	if from == "" && to != "" {
		from = "1"
	}
	r, ok := parseRange(from, to)
	if !ok || r.From == 0 || r.To == 0 && !r.ToEnd {
		return nil, usagef("--lines %s: it must be like 7:9, 7:, -3: or 7-9; lines are counted from 1, or -1 from the end", quoted(s))
	}
	return r, nil
}

// byteRange reads "0:100", "100:" and "-100:".
func byteRange(s string) (*ops.Range, error) {
	from, to, ok := strings.Cut(s, ":")
	if from == "" && to != "" {
		from = "0"
	}
	r, valid := parseRange(from, to)
	if !ok || !valid {
		return nil, usagef("--bytes %s: it must be like 0:100, 100: or -100:", quoted(s))
	}
	return r, nil
}

func parseRange(from, to string) (r *ops.Range, ok bool) {
	r = &ops.Range{ToEnd: to == ""}
	var err error
	if r.From, err = strconv.ParseInt(from, 10, 64); err == nil && !r.ToEnd {
		r.To, err = strconv.ParseInt(to, 10, 64)
	}
	return r, err == nil
}

// A visibleWriter writes out the control characters of what passes, but for the
// ends of lines.
type visibleWriter struct {
	w    io.Writer
	part []byte // of a character that is not complete
}

func (v *visibleWriter) Write(text []byte) (int, error) {
	v.part = append(v.part, text...)
	whole := len(v.part)
	for i := 1; i < utf8.UTFMax && i <= len(v.part); i++ {
		if last := v.part[len(v.part)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				whole -= i
			}
			break
		}
	}
	err := v.show(v.part[:whole])
	v.part = append(v.part[:0], v.part[whole:]...)
	return len(text), err
}

// flush writes what is left when nothing follows.
func (v *visibleWriter) flush() error { return v.show(v.part) }

func (v *visibleWriter) show(text []byte) error {
	for len(text) > 0 {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		end := ""
		if ended {
			end = "\n"
		}
		if _, err := fmt.Fprint(v.w, report.Visible(string(line)), end); err != nil {
			return err
		}
		text = rest
	}
	return nil
}
