package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// helpWidth is the width that help texts are laid out for.
const helpWidth = 80

const exitCodes = `Exit codes: 0 done; 1 findings at or above --fail-on; 2 wrong usage;
3 the input is no bundle or cannot be read; 4 no such case or finding;
130 interrupted.`

// help prints the help of a command, or of the program for nil.
func help(w io.Writer, app *cli.App, c *cli.Command) error {
	b := bufio.NewWriter(w)
	if c == nil {
		programHelp(b, app)
	} else {
		commandHelp(b, app, c)
	}
	return b.Flush()
}

func programHelp(b *bufio.Writer, app *cli.App) {
	fmt.Fprintf(b, "%s - %s\n\n", app.Name, app.Usage)
	fmt.Fprintf(b, "Usage: %s COMMAND [flags] [arguments]\n\nCommands:\n", app.Name)
	commandList(b, app.Commands)
	fmt.Fprint(b, `
Examples:
  eksleuth analyze eks_i-0123456789abcdef0_2026-11-20_0101-UTC_0.7.9.tar.gz
  eksleuth findings i-0123456789abcdef0 --severity high
  eksleuth findings i-0123456789abcdef0 --id F-001
  eksleuth network i-0123456789abcdef0 --sections ipamd,eni
  eksleuth search i-0123456789abcdef0 '"timed out" level:>=error'
  eksleuth read i-0123456789abcdef0 kubelet.log:100-120

`, exitCodes, `

'eksleuth COMMAND --help' has the flags and examples of a command.
`)
}

func commandList(b *bufio.Writer, commands []*cli.Command) {
	for _, c := range commands {
		if !c.Hidden {
			entry(b, strings.Join(c.Names(), ", "), 18, c.Usage)
		}
	}
}

// commandHelp prints the help of a command; its UsageText goes behind the flags.
func commandHelp(b *bufio.Writer, app *cli.App, c *cli.Command) {
	name := app.Name + " " + pathTo(app.Commands, c)
	fmt.Fprintf(b, "%s - %s\n\n", name, c.Usage)
	usage := name
	if len(c.Flags) > 0 {
		usage += " [flags]"
	}
	fmt.Fprintf(b, "Usage: %s\n", strings.TrimSpace(usage+" "+c.ArgsUsage))
	if c.Description != "" {
		fmt.Fprintf(b, "\n%s\n", strings.TrimSpace(c.Description))
	}
	if len(c.Subcommands) > 0 {
		fmt.Fprint(b, "\nCommands:\n")
		commandList(b, c.Subcommands)
	}
	if len(c.Flags) > 0 {
		fmt.Fprint(b, "\nFlags:\n")
		for _, f := range c.Flags {
			flagHelp(b, c, f)
		}
	}
	if c.UsageText != "" {
		fmt.Fprintf(b, "\n%s\n", strings.TrimSpace(c.UsageText))
	}
}

// pathTo is the words that lead to a command: "cases rm".
func pathTo(commands []*cli.Command, want *cli.Command) string {
	for _, c := range commands {
		if c == want {
			return c.Name
		}
		if p := pathTo(c.Subcommands, want); p != "" {
			return c.Name + " " + p
		}
	}
	return ""
}

func flagHelp(b *bufio.Writer, c *cli.Command, f cli.Flag) {
	d := f.(cli.DocGenerationFlag)
	value, usage := placeholder(d.GetUsage())
	name := dashed(f)
	if value != "" {
		name += " " + value
	}
	if v := valuesOf(c, f.Names()[0]); len(v) > 0 {
		usage += ": " + strings.Join(v, ", ")
	}
	entry(b, name, 24, usage)
}

// dashed writes the names of a flag: "-o, --output".
func dashed(f cli.Flag) string {
	var short, long []string
	for _, n := range f.Names() {
		if len(n) == 1 {
			short = append(short, "-"+n)
		} else {
			long = append(long, "--"+n)
		}
	}
	return strings.Join(append(short, long...), ", ")
}

// placeholder splits "write to `FILE`" into FILE and "write to FILE".
func placeholder(usage string) (value, text string) {
	before, rest, ok := strings.Cut(usage, "`")
	value, after, closed := strings.Cut(rest, "`")
	if !ok || !closed {
		return "", usage
	}
	return value, before + value + after
}

// entry writes a name and, beside or below it, its wrapped text.
func entry(b *bufio.Writer, name string, column int, text string) {
	line := "  " + name
	if len(line) > column-2 {
		fmt.Fprintln(b, line)
		line = ""
	}
	line += strings.Repeat(" ", column-len(line))
	used := false
	for _, word := range strings.Fields(text) {
		if used && len(line)+1+len(word) > helpWidth {
			fmt.Fprintln(b, line)
			line, used = strings.Repeat(" ", column), false
		}
		if used {
			line += " "
		}
		line, used = line+word, true
	}
	fmt.Fprintln(b, strings.TrimRight(line, " "))
}
