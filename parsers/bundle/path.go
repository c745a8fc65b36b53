package bundle

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shownBytes is how much of an overlong path is shown.
const shownBytes = 200

// clean turns the name of an entry into a relative path with slashes. The
// reason is not "" for a name that is not to be read; clean then returns what
// can be shown of it. The name is "" for the archive's own top folder.
//
// A backslash counts as a separator in every archive: zips from Windows have
// it, and a path that is harmless here must be harmless there.
func clean(raw string, limit int) (name, reason string) {
	if len(raw) > limit {
		return printable(raw[:min(len(raw), shownBytes)]), fmt.Sprintf("path of %d bytes is over the limit of %d", len(raw), limit)
	}
	p := strings.ReplaceAll(raw, `\`, "/")
	if strings.HasPrefix(p, "/") || hasDrive(p) {
		return printable(p), "absolute path"
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." {
			return printable(p), `".." in path`
		}
	}
	p = path.Clean(p)
	if p == "." {
		return "", ""
	}
	if hasDrive(p) {
		return printable(p), "absolute path"
	}
	return printable(p), ""
}

// hasDrive reports a path that starts with a drive of Windows: "C:".
func hasDrive(p string) bool {
	return len(p) >= 2 && p[1] == ':' && 'a' <= p[0]|0x20 && p[0]|0x20 <= 'z'
}

// printable returns s with every byte that could act on a terminal, and every
// byte that is not UTF-8, as %XX. Letters of all scripts stay; marks that turn
// the direction of text do not.
func printable(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) {
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// junk says why a file that a desktop put beside the real ones is left out.
func junk(p string) string {
	base := path.Base(p)
	switch {
	case base == ".DS_Store", strings.HasPrefix(base, "._"):
		return "macOS metadata"
	case base == "__MACOSX", strings.HasPrefix(p, "__MACOSX/"), strings.Contains(p, "/__MACOSX/"):
		return "macOS metadata"
	}
	return ""
}
