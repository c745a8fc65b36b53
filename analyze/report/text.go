package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Visible returns s with everything that could move a cursor, hide or reorder
// text written out: ESC is \x1b, a bidi override is \u202e, a byte that is no
// UTF-8 is \xff. Tabs and ends of lines become spaces. Text that is already
// visible stays as it is, so Visible may be applied twice.
func Visible(s string) string {
	if !strings.ContainsFunc(s, hidden) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case !hidden(r):
			b.WriteString(s[i : i+n])
		default:
			b.WriteString(escaped(r))
		}
		i += n
	}
	return b.String()
}

func hidden(r rune) bool { return !unicode.IsPrint(r) }

func escaped(r rune) string {
	switch {
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// columns is how many terminal cells s takes. It must be visible text.
func columns(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return uniseg.StringWidth(s)
		}
	}
	return len(s)
}

// wrap breaks text between words into lines of at most width columns. A word
// that is longer than a line is broken where the line ends, but not the place
// of a line in a file: people copy that.
func wrap(s string, width int) []string {
	width = max(width, 1)
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(Visible(s)) {
		w := columns(word)
		if used > 0 && used+1+w <= width {
			line, used = line+" "+word, used+1+w
			continue
		}
		if room := width - used - 1; used > 0 && w > width && room >= width/4 && !isPlace(word) {
			head := softPrefix(word, room)
			line, word = line+" "+head, word[len(head):]
			w = columns(word)
		}
		if used > 0 {
			lines = append(lines, line)
		}
		for w > width && !isPlace(word) {
			head := softPrefix(word, width)
			lines = append(lines, head)
			word = word[len(head):]
			w = columns(word)
		}
		line, used = word, w
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}

// isPlace reports whether a word is like var_log/messages:123.
func isPlace(word string) bool {
	word = strings.TrimRight(word, ".,;)")
	path := strings.TrimRight(word, "0123456789")
	return path != word && strings.HasSuffix(path, ":") && strings.Contains(path, "/")
}

// cut shortens text to a number of lines; "..." ends the last one if something
// was left out.
func cut(s string, width, lines int) []string {
	out := wrap(s, width)
	if len(out) <= lines {
		return out
	}
	last := out[lines-1]
	out[lines-1] = strings.TrimRight(prefix(last, max(width-3, 1)), " ") + "..."
	return out[:lines]
}

// softPrefix is prefix that rather ends behind a mark such as a comma or a
// slash, if there is one near.
func softPrefix(s string, width int) string {
	head := prefix(s, width)
	if i := strings.LastIndexAny(head, ",;/&="); i > len(head)-20 && i > 0 {
		return head[:i+1]
	}
	return head
}

// prefix returns the longest start of s, at least one character, that fits in
// width columns.
func prefix(s string, width int) string {
	n, used, state := 0, 0, -1
	for rest := s; rest != ""; {
		var c string
		var w int
		c, rest, w, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if n > 0 && used+w > width {
			break
		}
		n, used = n+len(c), used+w
	}
	return s[:n]
}

// shellWord is a text as one word of a command.
func shellWord(s string) string {
	odd := func(r rune) bool {
		return !strings.ContainsRune(`/\._-:~+@`, r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	if !strings.ContainsFunc(s, odd) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
