package constraint

import (
	"regexp"
	"strconv"
	"strings"
)

// A Version is the version of a program, as programs, packages and images
// write it:
//
//	v1.33.5-eks-113cf36
//	6.1.0-50-cloud-amd64
//	1.7.27-1.eks.amzn2023.0.1
//	v1.20.4-eksbuild.2
type Version struct {
	numbers []uint64 // of 1.7.27, before anything else
	build   []part   // what is behind them
}

// A part is one number or word behind the numbers of a version.
type part struct {
	number uint64
	word   string // "" for a number
}

// A version is found in a text like "containerd github.com/... v1.7.28", too.
var numbers = regexp.MustCompile(`(?:^|[\sv:])(\d+(?:\.\d+)*)`)

var parts = regexp.MustCompile(`\d+|[a-z]+`)

// maxVersion is the length above which a text is no version.
const maxVersion = 200

// ParseVersion reads a version. An epoch ("1:2.0", as dpkg writes) does not count.
func ParseVersion(s string) (v Version, ok bool) {
	if len(s) > maxVersion {
		return v, false
	}
	if epoch, rest, found := strings.Cut(s, ":"); found && strings.Trim(epoch, "0123456789") == "" {
		s = rest
	}
	at := numbers.FindStringSubmatchIndex(s)
	if at == nil {
		return v, false
	}
	for _, digits := range strings.Split(s[at[2]:at[3]], ".") {
		n, err := strconv.ParseUint(digits, 10, 64)
		if err != nil {
			return v, false
		}
		v.numbers = append(v.numbers, n)
	}
	build, _, _ := strings.Cut(s[at[3]:], " ")
	for _, p := range parts.FindAllString(strings.ToLower(build), -1) {
		n, err := strconv.ParseUint(p, 10, 64)
		if err != nil {
			v.build = append(v.build, part{word: p})
		} else {
			v.build = append(v.build, part{number: n})
		}
	}
	return v, true
}

// Compare compares a version with another as far as that one goes: 1.28.9 is
// equal to 1.28, and v1.20.4-eksbuild.2 to 1.20.4. A release candidate is lower
// than what it is a candidate of.
func (v Version) Compare(with Version) int {
	for i, n := range with.numbers {
		var own uint64
		if i < len(v.numbers) {
			own = v.numbers[i]
		}
		if c := compare(own, n); c != 0 {
			return c
		}
	}
	if len(with.build) == 0 {
		if len(with.numbers) >= len(v.numbers) && v.candidate() {
			return -1
		}
		return 0
	}
	if v.candidate() != with.candidate() {
		return compare(stage(v.candidate()), stage(with.candidate()))
	}
	for i, p := range with.build {
		if i >= len(v.build) {
			return -1
		}
		if c := v.build[i].compare(p); c != 0 {
			return c
		}
	}
	return 0
}

// candidate reports whether the version is one of before its release.
func (v Version) candidate() bool {
	if len(v.build) == 0 {
		return false
	}
	switch v.build[0].word {
	case "alpha", "beta", "rc", "pre", "dev":
		return true
	}
	return false
}

func stage(candidate bool) uint64 {
	if candidate {
		return 0
	}
	return 1
}

// compare orders numbers by value, words by letters, words before numbers.
func (p part) compare(q part) int {
	if p.word == "" || q.word == "" {
		if p.word == q.word {
			return compare(p.number, q.number)
		}
		return strings.Compare(q.word, p.word)
	}
	return strings.Compare(p.word, q.word)
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// branch reports whether two versions are of one branch: those whose first two
// numbers are the same.
func (v Version) branch(of Version) bool {
	return len(v.numbers) > 1 && len(of.numbers) > 1 && v.numbers[0] == of.numbers[0] && v.numbers[1] == of.numbers[1]
}
