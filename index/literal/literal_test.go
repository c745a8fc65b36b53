package literal

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRequired(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		got, err := Required(expr)
		if err != nil {
			t.Fatal(err)
		}
		var s []string
		for _, c := range got {
			text := fmt.Sprintf("%q", c.Texts)
			if c.Fold {
				text += "i"
			}
			s = append(s, text)
		}
		if got := strings.Join(s, " "); got != want {
			t.Errorf("Required(%q) = %s, want %s", expr, got, want)
		}
	}
	f(`nf_conntrack: table full(?: in netns \d+)?, dropping`, `["nf_conntrack: table full"] [", dropping"]`)
	f(`[Ff]ailed to (?:load|read) config`, `["failed to load config" "failed to read config"]i`)
	f(`Unable to retrieve.*metadata`, `["Unable to retrieve"] ["metadata"]`)
	f(`(?i)unable to pull`, `["unable to pull"]i`)
	f(`(?i)disk is`, `["di"]i`[:0]) // every part between k and s is too short
	f(`a|b`, ``)
	f(`error|warn\d+`, `["error" "warn"]`)
	f(`code=[1-3]`, `["code=1" "code=2" "code=3"]`)
	f(`first.*one|second.*two`, `["first" "second"] ["one" "two"]`)
	f(`x*`, ``)
	f(`(abc)+`, `["abc"]`)
	f(`(abc)*def`, `["def"]`)
	f(`pod=\\*"(?P<pod>[^"]+)" failed`, `["\" failed"] ["pod="]`)
	f("bad\uFFFDbyte", `["byte"]i ["bad"]i`) // the rune in the middle matches any broken byte
}

// TestRequired_random draws expressions and texts that they match, and looks
// for every clause in them.
func TestRequired_random(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	matched := 0
	for range 20000 {
		expr := randomExpr(rnd, 3)
		re, err := regexp.Compile(expr)
		if err != nil {
			continue
		}
		clauses, err := Required(expr)
		if err != nil {
			t.Fatal(err)
		}
		text := randomText(rnd)
		if !re.MatchString(text) {
			continue
		}
		matched++
		for _, c := range clauses {
			if !c.in(text) {
				t.Fatalf("%q matches %q, which has none of %q (fold %v)", expr, text, c.Texts, c.Fold)
			}
		}
	}
	if matched < 1000 {
		t.Errorf("only %d texts matched: the test says little", matched)
	}
}

func TestStarts(t *testing.T) {
	f := func(expr string, want ...string) {
		t.Helper()
		got, err := Starts(expr)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("Starts(%q) = %q, want %q", expr, got, want)
		}
	}
	f(`nf_conntrack: table full(?: in netns \d+)?, dropping`, "nf_conntrack: table full")
	f(`(?:(?P<error>Insufficient(?:FreeAddressesInSubnet|CidrBlocks))|no free address)(?:.* for (?P<subnet>subnet-\w+))?`,
		"InsufficientCidrBlocks", "InsufficientFreeAddressesInSubnet", "no free address")
	f(`"?https://(?P<host>[^/]+)/`) // a quote alone says too little
	f(`(?:code )?exit=[1-3]\b`, "code ", "exit=1", "exit=2", "exit=3")
	f(`(?:warn|error)+: `, "error", "warn")
	f(`(?i)unable to pull`)
	f(`Probe (?:failed|errored)|probe for |[Pp]ull`, "Probe errored", "Probe failed", "Pull", "probe for ", "pull")
	f(`(?:abc|\d+)`)
	f(`\bunable`)
	f(`(?:^|foo)bar`)
	f(`(?:abc)*def`, "abc", "def")
	f(`.*abc`)
}

// TestStarts_random draws expressions and texts: a search that begins at the
// first of the texts finds the same.
func TestStarts_random(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	cut := 0
	for range 50000 {
		expr := randomExpr(rnd, 3)
		switch rnd.IntN(4) {
		case 0:
			expr = []string{`\b`, `^`, `(?:^|abc)`, `\B`}[rnd.IntN(4)] + expr
		case 1, 2:
			expr = []string{`(?:kas|abc)`, `(?:abc)?(kas)`, `(c[ab]c|abk)+`, `ab[ck]`, `[Aa]b[cC]`, `[Kk]as`}[rnd.IntN(6)] + expr
		}
		re, err := regexp.Compile(expr)
		if err != nil {
			continue
		}
		begins, err := Starts(expr)
		if err != nil {
			t.Fatal(err)
		}
		text := randomText(rnd)
		want := re.FindStringSubmatchIndex(text)
		at := len(text) + 1
		for _, s := range begins {
			if i := strings.Index(text, s); i >= 0 {
				at = min(at, i)
			}
		}
		if begins == nil {
			continue
		}
		var got []int
		if at <= len(text) {
			got = re.FindStringSubmatchIndex(text[at:])
			for i := range got {
				if got[i] >= 0 {
					got[i] += at
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q in %q from %d on: %v, want %v (begins with %q)", expr, text, at, got, want, begins)
		}
		if at > 0 && want != nil {
			cut++
		}
	}
	if cut < 500 {
		t.Errorf("only %d searches began later: the test says little", cut)
	}
}

func (c Clause) in(text string) bool {
	if c.Fold {
		text = Lower(text)
	}
	for _, s := range c.Texts {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

func randomExpr(rnd *rand.Rand, depth int) string {
	pick := func(s ...string) string { return s[rnd.IntN(len(s))] }
	if depth == 0 {
		return pick("abc", "ab", "kas", "c", `\d`, ".", "[ab]", "[^a]", "(?i:abk)", "é", "")
	}
	a, b := randomExpr(rnd, depth-1), randomExpr(rnd, depth-1)
	return pick(a+b, a+b, "(?:"+a+"|"+b+")", "(?:"+a+")?"+b, "(?:"+a+")+"+b, "(?:"+a+")*"+b, "(?i)"+a+b, "(?:"+a+"){2}")
}

func randomText(rnd *rand.Rand) string {
	var b strings.Builder
	for range rnd.IntN(12) {
		b.WriteString([]string{"abc", "ABC", "abk", "AB\u212a", "ka\u017f", "kas", "c", "1", "é", "\xff", "ab"}[rnd.IntN(11)])
	}
	return b.String()
}
