package cli

import (
	"bufio"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/entity"
	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
	"github.com/eksleuth/eksleuth/cmd/internal/term"
)

const entityHelp = `
NAME is a pod (namespace/name, or its name), the UID of a pod, the ID of a
container or sandbox (its first six digits are enough), an IP address, a network
interface (eni-… or the node's), a process ID, a volume or a device. The forms
of other tools are understood too: pod/NAME, containerd://ID, ADDRESS/32.

From one part of a pod the answer goes on to the others: its sandboxes,
containers, processes, addresses and volumes, each with the line that says so.
Findings are listed that name the pod or a part of it. An address is used again
by other pods, so for one all of them are told, with their times. What has no
time was so when the bundle was collected.

Examples:
  eksleuth entity i-0123456789abcdef0 kube-system/aws-node-gtzv6
  eksleuth entity i-0123456789abcdef0 10.0.5.60
  eksleuth entity i-0123456789abcdef0 34aa0fbc2786 --format json`

func (p *program) entityCommand() *cli.Command {
	return &cli.Command{
		Name:        "entity",
		Usage:       "print all that is known of a pod, container, address or volume",
		ArgsUsage:   "CASE NAME",
		Description: entityHelp,
		Flags:       concat(outputFlags(), []cli.Flag{homeFlag()}),
		Action:      p.entity,
	}
}

func (p *program) entity(c *cli.Context) error {
	if c.NArg() != 2 || c.Args().Get(0) == "" || c.Args().Get(1) == "" {
		return usagef("entity needs a case and the name of a thing")
	}
	out, err := p.open(c)
	if err != nil {
		return err
	}
	r, err := p.entityOf(c)
	if err != nil {
		return out.close(err)
	}
	if out.format != "table" {
		return out.close(out.document(r))
	}
	t := &entityTable{b: bufio.NewWriter(out.w), out: out}
	t.write(r)
	return out.close(t.b.Flush())
}

// entityOf asks, with a bar while the search index is made.
func (p *program) entityOf(c *cli.Context) (*ops.EntityResult, error) {
	req := ops.EntityRequest{Home: c.String("home"), Case: c.Args().Get(0), Name: c.Args().Get(1)}
	done := func() {}
	if term.Is(p.stderr) {
		req.Progress, done = term.Progress(p.stderr, "making the index")
	}
	r, err := p.ops.entity(c.Context, req)
	done()
	if errors.Is(err, ops.ErrNoPlace) {
		return nil, fmt.Errorf("%w (eksleuth search finds a part of a name)", err)
	}
	if err == nil {
		for _, n := range r.Notes {
			fmt.Fprintf(p.stderr, "eksleuth: %s\n", report.Visible(n))
		}
	}
	return r, aboutCases(err)
}

// entityTable writes what is known of a thing.
type entityTable struct {
	b   *bufio.Writer
	out *output
}

func (t *entityTable) write(r *ops.EntityResult) {
	switch {
	case len(r.Candidates) > 0:
		t.heading(fmt.Sprintf("%s can be one of these:", beginning(r.Name)))
		for _, c := range r.Candidates {
			t.thing(c)
		}
	case len(r.Things) == 0:
		t.line("Nothing says what %s is.", beginning(r.Name))
	default:
		t.things(r)
		t.events(r)
	}
	if len(r.Findings) > 0 {
		t.heading("\nFINDINGS")
		for _, f := range r.Findings {
			head := fmt.Sprintf("  %s  %-8s  ", f.ID, f.Severity)
			for _, l := range rows(strings.Fields(f.Title), t.out.layout.Width-len(head)) {
				t.line("%s%s", head, l)
				head = strings.Repeat(" ", len(head))
			}
		}
	}
	t.lines(r)
	if r.Cut {
		t.line("\nThere is more than is shown here.")
	}
}

func (t *entityTable) things(r *ops.EntityResult) {
	t.heading(strings.ToUpper(string(r.Things[0].Kind)))
	for i, x := range r.Things {
		if i == 1 {
			t.heading("\nBELONGS TO IT")
		}
		times := ""
		if x.First != "" {
			times = fmt.Sprintf("%s to %s", clock(x.First), clock(x.Last))
		}
		t.thing(x.Thing)
		if times != "" {
			t.faint("  %-9s  %s", "", times)
		}
	}
}

// thing writes a kind and a name, which can need several lines.
func (t *entityTable) thing(x entity.Thing) {
	kind := string(x.Kind)
	for _, piece := range pieces(x.ID, t.out.layout.Width-13) {
		t.line("  %-9s  %s", kind, piece)
		kind = ""
	}
}

// beginning is what is repeated of a name: enough to know it.
func beginning(name string) string {
	const most = 40
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}

// pieces breaks a long name, after a slash where there is one.
func pieces(s string, width int) (all []string) {
	s = report.Visible(s)
	width = max(width, 20)
	for len(s) > width {
		at := strings.LastIndexByte(s[:width], '/') + 1
		if at <= 1 {
			at = width
			for at > 1 && !utf8.RuneStart(s[at]) {
				at--
			}
		}
		all = append(all, s[:at])
		s = s[at:]
	}
	return append(all, s)
}

// clock is a time of a result without its fraction.
func clock(s string) string {
	s, _, _ = strings.Cut(s, ".")
	return strings.Replace(s, "T", " ", 1)
}

func (t *entityTable) events(r *ops.EntityResult) {
	now := false
	for i, e := range r.Events {
		if i == 0 && e.Time != "" {
			t.heading("\nWHEN (UTC)")
		}
		if e.Time == "" && !now {
			now = true
			t.heading("\nAT THE COLLECTION")
		}
		var things []string
		for i, x := range e.Things {
			words := string(x.Kind) + " " + short(x)
			if i < len(e.Things)-1 {
				words += ","
			}
			things = append(things, pieces(words, t.out.layout.Width-4)...)
		}
		if e.Time != "" {
			t.line("  %s  %s", clock(e.Time), e.What)
		} else {
			t.line("  %s", e.What)
		}
		for _, l := range rows(things, t.out.layout.Width-4) {
			t.line("    %s", l)
		}
		for _, l := range pieces(place(e.File, e.Line), t.out.layout.Width-4) {
			t.faint("    %s", l)
		}
	}
}

// rows puts words on lines of a width.
func rows(words []string, width int) (lines []string) {
	line := ""
	for _, w := range words {
		switch {
		case line == "":
			line = w
		case len(line)+1+len(w) > max(width, 40):
			lines = append(lines, line)
			line = w
		default:
			line += " " + w
		}
	}
	return append(lines, line)
}

// short is the part of a long ID that people tell it by.
func short(x entity.Thing) string {
	if x.Kind == entity.Cgroup {
		return path.Base(x.ID)
	}
	if (x.Kind == entity.Container || x.Kind == entity.Sandbox) && len(x.ID) > 12 {
		return x.ID[:12]
	}
	return x.ID
}

func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// shownFiles is how many files with the name are listed.
const shownFiles = 8

func (t *entityTable) lines(r *ops.EntityResult) {
	if r.Lines == 0 {
		return
	}
	t.heading(fmt.Sprintf("\n%d LINES HOLD THIS NAME", r.Lines))
	for i, f := range r.Files {
		if i == shownFiles {
			t.line("  and %d more files", len(r.Files)-i)
			break
		}
		head := fmt.Sprintf("  %6d  ", f.Count)
		for _, l := range pieces(f.Value, t.out.layout.Width-len(head)) {
			t.line("%s%s", head, l)
			head = strings.Repeat(" ", len(head))
		}
	}
}

func (t *entityTable) heading(s string) {
	if rest, ok := strings.CutPrefix(s, "\n"); ok {
		t.b.WriteByte('\n')
		s = rest
	}
	t.b.WriteString(t.out.painted("1", s) + "\n")
}

func (t *entityTable) line(format string, args ...any) {
	s, ok := strings.CutPrefix(fmt.Sprintf(format, args...), "\n")
	if ok {
		t.b.WriteByte('\n')
	}
	t.b.WriteString(report.Visible(s) + "\n")
}

func (t *entityTable) faint(format string, args ...any) {
	t.b.WriteString(t.out.painted("2", fmt.Sprintf(format, args...)) + "\n")
}
