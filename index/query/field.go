package query

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
)

// A field is what may stand before a colon.
type field struct {
	name     string
	example  string
	compares bool // a comparison may stand before the value

	// check returns the value in the form that the query keeps.
	check func(value string) (string, error)

	// of is set for what all lines of a file have in common, and match for
	// how it is compared with a value.
	of    func(f *FileInfo) string
	match func(value, have string) bool
}

var fields = []field{
	{name: "file", example: "file:ipamd.log", check: checkGlob, match: pathMatches, of: func(f *FileInfo) string { return f.Path }},
	{name: "format", example: "format:klog", check: anyName, match: nameMatches[string], of: func(f *FileInfo) string { return f.Format }},
	{name: "component", example: "component:kubelet", check: anyName, match: nameMatches[string], of: func(f *FileInfo) string { return f.Component }},
	{name: "unit", example: "unit:kubelet", check: anyName},
	{name: "level", example: "level:>=warn", compares: true, check: checkLevel},
	{name: "pod", example: "pod:coredns", check: anyName, match: partMatches, of: func(f *FileInfo) string { return f.Pod }},
	{name: "container", example: "container:aws-node", check: anyName, match: nameMatches[string], of: func(f *FileInfo) string { return f.Container }},
	{name: "ns", example: "ns:kube-system", check: anyName, match: nameMatches[string], of: func(f *FileInfo) string { return f.Namespace }},
	{name: "finding", example: "finding:F-001", check: checkFinding},
	{name: "since", example: "since:-2h", check: checkMoment},
	{name: "until", example: "until:2026-11-21", check: checkMoment},
	{name: "time", example: "time:@F-001-5m..+1m", check: checkSpan},
}

// A FileInfo is what fields know of a file. Empty means that it has none.
type FileInfo struct {
	Path, Format, Component   string
	Pod, Container, Namespace string
}

// accepts reports whether a file has the value. It must have one at all.
func (f *field) accepts(file *FileInfo, value string) bool {
	have := f.of(file)
	return have != "" && f.match(value, have)
}

func fieldNamed(name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

func fieldNames() []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.name+":")
	}
	return names
}

// others are names that people try, and the field they mean.
var others = map[string]string{
	"path": "file", "filename": "file", "files": "file", "fmt": "format", "comp": "component",
	"namespace": "ns", "pods": "pod", "ident": "unit", "units": "unit", "severity": "level", "lvl": "level",
	"after": "since", "before": "until", "findings": "finding",
}

// closeTo returns the field that a name is a slip of, or "". Of short names
// only known slips count: dns: and unix: stand in many logs.
func closeTo(name string) string {
	if f := fieldNamed(strings.ToLower(name)); f != nil {
		return f.name
	}
	if meant := others[name]; meant != "" {
		return meant
	}
	for _, f := range fields {
		if len(f.name) >= 5 && oneSlip(name, f.name) {
			return f.name
		}
	}
	return ""
}

// oneSlip reports whether one letter more, less or other makes b of a, or two
// that changed places.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	if len(a) < len(b) {
		return a == b[1:]
	}
	return len(a) > 0 && a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}

func anyName(value string) (string, error) { return value, nil }

func checkFinding(value string) (string, error) {
	id := strings.ToUpper(value)
	if !isFinding(id) {
		return "", fmt.Errorf("%q is not the ID of a finding, such as F-001", value)
	}
	return id, nil
}

func isFinding(id string) bool {
	digits, ok := strings.CutPrefix(id, "F-")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

func checkLevel(value string) (string, error) {
	value = strings.ToLower(value)
	if levelNamed(value) == parsers.NoLevel {
		return "", fmt.Errorf("%q is not one of debug info warn error fatal", value)
	}
	return value, nil
}

func levelNamed(name string) parsers.Level {
	for l := parsers.Debug; l <= parsers.Fatal; l++ {
		if l.String() == name {
			return l
		}
	}
	return parsers.NoLevel
}

// levels returns the levels that a comparison accepts, as bits. A line that
// says no level is accepted by none.
func levels(op, value string) (set uint8) {
	want := levelNamed(value)
	for l := parsers.Debug; l <= parsers.Fatal; l++ {
		ok := l == want && op != "<" && op != ">"
		ok = ok || l < want && (op == "<" || op == "<=")
		ok = ok || l > want && (op == ">" || op == ">=")
		if ok {
			set |= bit(l)
		}
	}
	return set
}

// bit is the place of a level in a set of levels.
func bit(l parsers.Level) uint8 { return 1 << l }

const wildcards = "*?["

func checkGlob(value string) (string, error) {
	if !strings.ContainsAny(value, wildcards) {
		return value, nil
	}
	for dir := range strings.SplitSeq(value, "/") {
		if _, err := path.Match(dir, ""); err != nil {
			return "", errors.New("a [ without ] in this pattern, or a backslash with nothing behind it")
		}
	}
	return value, nil
}

// pathMatches reports whether a value of file: is a part of the path or, with
// wildcards, a pattern of it; without a slash, of its last element. Case does
// not matter.
func pathMatches(value, name string) bool {
	value, name = strings.ToLower(value), strings.ToLower(name)
	switch {
	case !strings.ContainsAny(value, wildcards):
		return strings.Contains(name, value)
	case !strings.Contains(value, "/"):
		name = path.Base(name)
	}
	return elementsMatch(strings.Split(value, "/"), strings.Split(name, "/"))
}

// elementsMatch compares a path with a pattern, element by element; ** stands
// for any number of elements.
func elementsMatch(pattern, name []string) bool {
	return wildMatch(len(pattern), len(name),
		func(i int) bool { return pattern[i] == "**" },
		func(i, j int) bool {
			ok, _ := path.Match(pattern[i], name[j])
			return ok
		})
}

// nameMatches compares a name with a value in which * stands for any text and
// ? for any byte. Case does not matter.
func nameMatches[T string | []byte](value string, name T) bool {
	return wildMatch(len(value), len(name),
		func(i int) bool { return value[i] == '*' },
		func(i, j int) bool { return value[i] == '?' || lower[value[i]] == lower[name[j]] })
}

// wildMatch compares a pattern with a name, both of so many parts. A part of the
// pattern for which star holds stands for any number of parts of the name, another
// one for a part that is the same. Only the last star needs to be tried again.
func wildMatch(pattern, name int, star func(i int) bool, same func(i, j int) bool) bool {
	retry, at := -1, 0 // the star to try again, and from which part of the name
	i, j := 0, 0
	for j < name || i < pattern {
		switch {
		case i < pattern && star(i):
			retry, at = i, j
			i++
		case i < pattern && j < name && same(i, j):
			i++
			j++
		case retry >= 0 && at < name:
			at++
			i, j = retry+1, at
		default:
			return false
		}
	}
	return true
}

// partMatches is nameMatches for a value that may be a part of the name.
func partMatches(value, name string) bool {
	if strings.ContainsAny(value, "*?") {
		return nameMatches(value, name)
	}
	return strings.Contains(strings.ToLower(name), strings.ToLower(value))
}
