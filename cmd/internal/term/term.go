// Package term knows the terminal that the program runs in: whether there is
// one, how wide it is, whether to paint, and how to show progress.
package term

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// A When says when to paint.
type When string

// The values of --color.
const (
	Auto   When = "auto"
	Always When = "always"
	Never  When = "never"
)

// Is reports whether w is a terminal.
func Is(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Color decides whether to paint what is written to w. What the user says
// decides; then NO_COLOR, CLICOLOR_FORCE and TERM=dumb, in this order, as
// no-color.org and bixense.com/clicolors have them; then whether w is a
// terminal. getenv is os.Getenv or a stand-in.
func Color(when When, w io.Writer, getenv func(string) string) bool {
	switch {
	case when == Always:
		return true
	case when == Never || getenv("NO_COLOR") != "":
		return false
	case getenv("CLICOLOR_FORCE") != "" && getenv("CLICOLOR_FORCE") != "0":
		return true
	case getenv("TERM") == "dumb":
		return false
	}
	return Is(w) && escapes(w.(*os.File))
}

// Width is how many columns to use on w: those of the terminal, else $COLUMNS,
// else 80; never more than 120, as longer lines are hard to read.
func Width(w io.Writer, getenv func(string) string) int {
	width := 0
	if f, ok := w.(*os.File); ok {
		width, _, _ = term.GetSize(int(f.Fd()))
	}
	if width <= 0 {
		width, _ = strconv.Atoi(getenv("COLUMNS"))
	}
	if width <= 0 {
		width = 80
	}
	return min(width, 120)
}
