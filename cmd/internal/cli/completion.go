package cli

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/report"
)

// completeCommand is the hidden command that the scripts of all shells ask. It
// gets the words behind the name of the program, the last one being the one to
// complete, and prints a candidate a line: word, tab, description. The line
// ":files" means names of files.
const completeCommand = "__complete"

var (
	//go:embed completion/bash.sh
	bashScript string
	//go:embed completion/zsh.sh
	zshScript string
	//go:embed completion/fish.fish
	fishScript string
	//go:embed completion/powershell.ps1
	powershellScript string
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

const completionHelp = `
The script completes commands, flags, the values of flags, cases and files.

bash:
  eksleuth completion bash > ~/.local/share/bash-completion/completions/eksleuth
zsh:
  eksleuth completion zsh > "${fpath[1]}/_eksleuth"
fish:
  eksleuth completion fish > ~/.config/fish/completions/eksleuth.fish
PowerShell:
  eksleuth completion powershell >> $PROFILE`

func (p *program) completionCommand() *cli.Command {
	return &cli.Command{
		Name:        "completion",
		Usage:       "print a script that completes commands in a shell",
		ArgsUsage:   strings.Join(shells, "|"),
		Description: completionHelp,
		Action:      p.completion,
	}
}

func (p *program) completion(c *cli.Context) error {
	shell, err := oneArgument(c, "the name of a shell: "+strings.Join(shells, ", "))
	if err != nil {
		return err
	}
	script := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript, "powershell": powershellScript}[shell]
	if script == "" {
		return usagef("there is no completion for %s, but for %s", quoted(shell), strings.Join(shells, ", "))
	}
	_, err = fmt.Fprint(p.stdout, script)
	return err
}

// complete prints what may stand for the last of words.
func (p *program) complete(ctx context.Context, app *cli.App, words []string) error {
	words, bare := joinEquals(words)
	if len(words) == 0 {
		words = []string{""}
	}
	before, current := words[:len(words)-1], words[len(words)-1]
	for _, s := range p.candidates(ctx, app, before, current) {
		word, about, _ := strings.Cut(s, "\t")
		if !strings.HasPrefix(word, current) && word != ":files" {
			continue
		}
		if bare {
			_, word, _ = strings.Cut(word, "=")
		}
		fmt.Fprintf(p.stdout, "%s\t%s\n", report.Visible(word), report.Visible(about))
	}
	return nil
}

// joinEquals undoes how bash splits "--format=js" into three words. Then only
// the value is wanted.
func joinEquals(words []string) (joined []string, bare bool) {
	for i := 0; i < len(words); i++ {
		if n := len(joined); words[i] == "=" && n > 0 && strings.HasPrefix(joined[n-1], "--") {
			joined[n-1] += "="
			if i+1 < len(words) {
				i++
				joined[n-1] += words[i]
			}
			bare = i >= len(words)-1
			continue
		}
		joined = append(joined, words[i])
	}
	return joined, bare
}

// candidates lists words with their descriptions; the caller drops what does
// not begin like current.
func (p *program) candidates(ctx context.Context, app *cli.App, before []string, current string) []string {
	command, waiting := parsed(app, before)
	if name, _, ok := strings.Cut(current, "="); ok && strings.HasPrefix(current, "--") {
		return prefixEach(name+"=", flagValues(command, strings.TrimLeft(name, "-")))
	}
	switch {
	case waiting != "":
		return flagValues(command, waiting)
	case strings.HasPrefix(current, "-"):
		return flagCandidates(command)
	case command == nil:
		return commandCandidates(app.Commands)
	case len(command.Subcommands) > 0 && command.Args:
		return append(commandCandidates(command.Subcommands), ":files")
	case len(command.Subcommands) > 0:
		return commandCandidates(command.Subcommands)
	}
	return p.arguments(ctx, command, before)
}

// parsed finds the command that words name, and the flag that waits for its value.
func parsed(app *cli.App, words []string) (command *cli.Command, waiting string) {
	commands := app.Commands
	for _, w := range words {
		if waiting != "" {
			waiting = ""
			continue
		}
		if strings.HasPrefix(w, "-") && len(w) > 1 {
			f := find(allFlags(app.Commands), strings.TrimLeft(w, "-"))
			if f != nil && takesValue(f) {
				waiting = f.Names()[0]
			}
			continue
		}
		for _, c := range commands {
			if c.HasName(w) {
				command, commands = c, c.Subcommands
				break
			}
		}
	}
	return command, waiting
}

func flagValues(command *cli.Command, name string) []string {
	if v := valuesOf(command, name); v != nil {
		return v
	}
	return []string{":files"}
}

func prefixEach(prefix string, words []string) []string {
	words = slices.Clone(words)
	for i, w := range words {
		if w != ":files" {
			words[i] = prefix + w
		}
	}
	return words
}

func flagCandidates(command *cli.Command) []string {
	out := []string{"--help\tshow the help"}
	if command == nil {
		return append(out, "--version\tprint the version")
	}
	for _, f := range command.Flags {
		_, usage := placeholder(f.(cli.DocGenerationFlag).GetUsage())
		out = append(out, "--"+f.Names()[0]+"\t"+usage)
	}
	return out
}

func commandCandidates(commands []*cli.Command) []string {
	var out []string
	for _, c := range commands {
		out = append(out, c.Name+"\t"+c.Usage)
	}
	return out
}

// arguments completes the arguments of a command.
func (p *program) arguments(ctx context.Context, command *cli.Command, before []string) []string {
	switch {
	case command.Name == "completion":
		return shells
	case slices.Contains(before, "checks"):
		if command.Name == "show" && !slices.ContainsFunc(before, isRule) {
			return checkCandidates()
		}
		return append(p.caseCandidates(ctx, before), ":files")
	case command.Name == "show" || command.Name == "list" && slices.Contains(before, "rules"):
		return ruleCandidates()
	case strings.HasPrefix(command.ArgsUsage, "ID CASE") && !slices.ContainsFunc(before, isRule):
		return ruleCandidates()
	case strings.Contains(command.ArgsUsage, "FILE"):
		return []string{":files"}
	case strings.Contains(command.ArgsUsage, "BUNDLE"), strings.Contains(command.ArgsUsage, "ARCHIVE"):
		return []string{":files"}
	case strings.Contains(command.ArgsUsage, "CASE"):
		return append(p.caseCandidates(ctx, before), ":files")
	}
	return nil
}

// isRule reports whether a word looks like the ID of a rule.
func isRule(word string) bool { return strings.Contains(word, ".") && !strings.HasPrefix(word, "-") }

func ruleCandidates() []string {
	docs, err := ruleSet("", nil)
	if err != nil {
		return nil
	}
	var out []string
	for _, d := range docs {
		out = append(out, d.ID+"\t"+d.Title)
	}
	return out
}

func checkCandidates() []string {
	docs, err := ruleSet("", nil)
	if err != nil {
		return nil
	}
	var out []string
	for _, d := range docs {
		if d.Kind == "check" {
			out = append(out, d.ID+"\t"+d.Title)
		}
	}
	return out
}

// caseCandidates are the IDs of the cases below the home that words name.
func (p *program) caseCandidates(ctx context.Context, words []string) []string {
	home := ""
	for i, w := range words {
		if v, ok := strings.CutPrefix(w, "--home="); ok {
			home = v
		} else if w == "--home" && i+1 < len(words) {
			home = words[i+1]
		}
	}
	cases, err := p.ops.cases(ctx, home)
	if err != nil {
		return nil // a shell that completes has no place for errors
	}
	var out []string
	for _, c := range cases {
		out = append(out, c.ID+"\t"+c.Bundle)
	}
	return out
}
