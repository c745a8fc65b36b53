package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// A call is a command line in the order in which package urfave/cli reads it:
// the command, its flags, then the arguments.
type call struct {
	command *cli.Command // nil when none is named
	args    []string
	help    bool
}

// arrange lets flags stand anywhere, as in "analyze BUNDLE --format json", and
// tells unknown commands and flags with the name that was probably meant.
func arrange(app *cli.App, args []string) (call, error) {
	a := arranger{app: app}
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		var err error
		switch {
		case word == "--":
			a.rest = append(a.rest, args...)
			args = nil
		case len(word) > 1 && word[0] == '-':
			args, err = a.flag(word, args)
		default:
			err = a.word(word)
		}
		if err != nil {
			return call{}, err
		}
	}
	return a.call()
}

type arranger struct {
	app     *cli.App
	command *cli.Command
	path    []string
	flags   []string // as they are passed on
	names   []string // of the flags
	rest    []string
	help    bool
}

// flag takes a flag and, if it has one, its value.
func (a *arranger) flag(word string, args []string) ([]string, error) {
	name, _, hasValue := strings.Cut(strings.TrimLeft(word, "-"), "=")
	switch {
	case name == "help" || name == "h":
		a.help = true
		return args, nil
	case name == "version" && a.command == nil:
		return args, a.word("version")
	}
	f := find(allFlags(a.app.Commands), name)
	if f == nil {
		return nil, a.unknownFlag(word, name)
	}
	a.names = append(a.names, name)
	a.flags = append(a.flags, word)
	if hasValue || !takesValue(f) {
		return args, nil
	}
	if len(args) == 0 {
		return nil, usagef("%s needs a value", word)
	}
	a.flags = append(a.flags, args[0])
	return args[1:], nil
}

// word takes the name of a command or an argument.
func (a *arranger) word(word string) error {
	commands := a.app.Commands
	if a.command != nil {
		commands = a.command.Subcommands
	} else if word == "help" {
		a.help = true
		return nil
	}
	if len(commands) == 0 || len(a.rest) > 0 {
		a.rest = append(a.rest, word)
		return nil
	}
	for _, c := range commands {
		if c.HasName(word) {
			a.command = c
			a.path = append(a.path, c.Name)
			return nil
		}
	}
	if a.command != nil && a.command.Args { // it has commands and does something itself
		a.rest = append(a.rest, word)
		return nil
	}
	return usagef("unknown command %q%s", strings.Join(append(a.path, word), " "), didYouMean(word, commandNames(commands), ""))
}

// call checks that the flags are those of the command.
func (a *arranger) call() (call, error) {
	if a.command == nil {
		a.help = true
	}
	if a.help {
		return call{command: a.command, help: true}, nil
	}
	for _, name := range a.names {
		if find(a.command.Flags, name) == nil {
			return call{}, a.unknownFlag("--"+name, name)
		}
	}
	return call{command: a.command, args: slices.Concat(a.path, a.flags, []string{"--"}, a.rest)}, nil
}

func (a *arranger) unknownFlag(word, name string) error {
	flags := allFlags(a.app.Commands)
	what := "flag"
	if a.command != nil {
		flags = a.command.Flags
		what = "flag of " + strings.Join(a.path, " ")
	}
	word, _, _ = strings.Cut(word, "=")
	hint := didYouMean(name, flagNames(flags), "--")
	if a.command != nil && a.command.Name == "search" && hint == "" {
		hint = "; a query that begins with - goes behind --"
	}
	return usagef("unknown %s: %s%s", what, word, hint)
}

func allFlags(commands []*cli.Command) []cli.Flag {
	var flags []cli.Flag
	for _, c := range commands {
		flags = append(flags, c.Flags...)
		flags = append(flags, allFlags(c.Subcommands)...)
	}
	return flags
}

func find(flags []cli.Flag, name string) cli.Flag {
	i := slices.IndexFunc(flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
	if i < 0 {
		return nil
	}
	return flags[i]
}

func takesValue(f cli.Flag) bool {
	d, ok := f.(cli.DocGenerationFlag)
	return ok && d.TakesValue()
}

func flagNames(flags []cli.Flag) []string {
	names := []string{"help"}
	for _, f := range flags {
		names = append(names, f.Names()[0])
	}
	return names
}

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.Names()...)
	}
	return names
}

// didYouMean names the nearest of the known words, if one is near.
func didYouMean(word string, known []string, prefix string) string {
	best, distance := "", len(word)/3+2
	for _, k := range known {
		if len(word) > 2 && strings.HasPrefix(k, word) {
			return "; did you mean " + prefix + k + "?" // the start of it
		}
		if d := edits(word, k); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + prefix + best + "?"
}

// edits counts the letters to insert, drop or change to make b out of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
