package ledger

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

// params is where the collector writes the parameters of the kernel.
const params = "sysctls/sysctl_all.txt"

// Numbers reads a parameter of the kernel that is a list of numbers, by one of
// its names. Without it, the note says why.
//
//	fs.file-nr = 928	0	9223372036854775807
func (b *Bundle) Numbers(want int, names ...string) (all []uint64, at parsers.Pos, note string) {
	note = b.absent(params)
	for _, f := range facts[sysctl.Params](b) {
		for _, name := range names {
			s, ok := f.value.Get(name)
			if !ok {
				note = fmt.Sprintf("%s has no %s", f.path, names[0])
				continue
			}
			at := parsers.Pos{File: f.path, Line: s.Line}
			if all = numbers(s.Value); len(all) == want {
				return all, at, ""
			}
			return nil, at, fmt.Sprintf("%s:%d: %s is %s", f.path, s.Line, name, not(want))
		}
	}
	return nil, parsers.Pos{}, note
}

// numbers are those of a list of nothing else; nil for another text.
func numbers(text string) (all []uint64) {
	for _, word := range strings.Fields(text) {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return nil
		}
		all = append(all, n)
	}
	return all
}

func not(want int) string {
	if want == 1 {
		return "no number"
	}
	return fmt.Sprintf("no list of %d numbers", want)
}

// param reads a parameter that is a number; nil without it, and the note says
// why.
func (b *Bundle) param(names ...string) (*Amount, string) {
	n, at, note := b.Numbers(1, names...)
	if note != "" {
		return nil, note
	}
	return amount(n[0], at.File, at.Line), ""
}
