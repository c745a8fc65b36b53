package analyze

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEventBlock_bounds ends blocks where the next one starts, and begins them behind
// the one before.
func TestEventBlock_bounds(t *testing.T) {
	f := func(from, until string, lines string, at int, want string) {
		t.Helper()
		rules := parseBlock(t, fmt.Sprintf("{from: '%s', until: '%s', before: 9, after: 9}", from, until), nil)
		var split [][]byte
		for _, s := range strings.Fields(lines) {
			split = append(split, []byte(s))
		}
		first, last, begins, ends := rules[0].Block.bounds(regexp.MustCompile("^m"), split, at)
		if got := fmt.Sprintf("%d-%d %v %v", first, last, begins, ends); got != want {
			t.Errorf("block around %d of %q: %s, want %s", at, lines, got, want)
		}
	}
	f("", "", "a b m c", 2, "0-3 false false")
	f("^s", "^e", "a s b m c e d", 3, "1-5 true true")
	f("^s", "^e", "s m s m e", 1, "0-1 true false")
	f("^s", "^e", "s m s m e", 3, "2-4 true true")
	f("^s", "^e", "s m e m e", 3, "3-4 false true") // the second lacks its start
	f("^m", "", "a m b m c", 1, "1-2 true false")
	f("", "^m", "a m b", 1, "0-1 false true")
	f("^s", "^e", "m", 0, "0-0 false false")
	f("^s", "", "s a m b c m", 2, "0-5 true false")
	f("^s", "", "s a m b c m", 5, "3-5 false false") // its start is not in the log
	f("", "", "a m b m", 3, "0-3 false false")
}

// parseBlock reads a rule that matches "m" with a block; problems are compared
// if there should be some.
func parseBlock(t *testing.T, block string, problems []string) []*Rule {
	t.Helper()
	rules, err := parseRules("test.yaml", []byte(fmt.Sprintf(`
- id: test.block
  title: t
  severity: low
  component: node
  source: [kernel]
  match: 'made (?P<process>\w+)|^m'
  slow: true
  block: %s
`, block)))
	var got []string
	if err != nil {
		got = strings.Split(err.Error(), "\n")
	}
	if len(got) != len(problems) {
		t.Fatalf("problems %q, want %q", got, problems)
	}
	for i := range got {
		if !strings.HasSuffix(got[i], problems[i]) {
			t.Errorf("problem %q, want %q", got[i], problems[i])
		}
	}
	return rules
}

// TestEventBlock_problems refuses what cannot work.
func TestEventBlock_problems(t *testing.T) {
	parseBlock(t, "{after: 401}", []string{"block: before and after must be 0 to 400"})
	parseBlock(t, "{after: 1, say: ['{process} of {pods}']}", []string{`block: nothing captures "pods", which say wants`})
	parseBlock(t, "{after: 1, capture: [{unless: x}]}", []string{"block: a capture without an expression"})
	parseBlock(t, "{after: 1, capture: [{match: '(?P<pod_uid>x)'}], say: ['{pod}']}", nil)
	large := "{match: '[ab]{900}'}"
	parseBlock(t, "{after: 1, capture: ["+strings.Repeat(large+", ", 5)+large+"]}", []string{"and 4096 are allowed"})
}

// TestIncident_say leaves out phrases of which something is not known.
func TestIncident_say(t *testing.T) {
	in := Incident{Facts: []Told{{"process", "java", 1}, {"pid", "42", 1}, {"limit", "1kB", 3}}}
	f := func(phrases []string, want string) {
		t.Helper()
		if got := in.say(phrases); got != want {
			t.Errorf("say %q = %q, want %q", phrases, got, want)
		}
	}
	f([]string{"{process} (pid {pid}) was killed", "it belongs to {pod}", "the limit is {limit}"}, "java (pid 42) was killed; the limit is 1kB.")
	f([]string{"of {pod}", "the limit is {limit}"}, "The limit is 1kB.")
	f([]string{"of {pod}"}, "")
	f(nil, "")
}

// TestIncident_read takes each fact of the first line that has it, from a
// capture rather than from the match.
func TestIncident_read(t *testing.T) {
	rules := parseBlock(t, "{before: 3, after: 3, capture: [{match: 'really (?P<process>\\w+)'}, {match: 'limit (?P<limit>\\d+)', unless: swap}]}", nil)
	e, err := New(rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	for _, s := range []string{"swap limit 1", "limit 2", "made tea", "limit 3", "really coffee"} {
		lines = append(lines, []byte(s))
	}
	in := Incident{Line: 12, First: 12, Last: 12}
	in.read(e.rules[0], lines, 10, 2)
	want := Incident{Line: 12, First: 11, Last: 14, Facts: []Told{{"process", "coffee", 14}, {"limit", "2", 11}}, end: 14}
	if diff := cmp.Diff(want, in, cmp.AllowUnexported(Incident{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
