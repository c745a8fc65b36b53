package literal

import (
	"fmt"
	"math/rand/v2"
	"regexp"
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
