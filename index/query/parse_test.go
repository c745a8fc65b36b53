package query

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// places leaves out where the parts of a query stand.
var places = cmp.Options{cmpopts.IgnoreFields(Field{}, "Col"), cmpopts.IgnoreFields(Regexp{}, "Col")}

func TestParse(t *testing.T) {
	f := func(in string, want Expr) {
		t.Helper()
		got, err := Parse(in)
		if err != nil {
			t.Errorf("Parse(%q): %v", in, err)
			return
		}
		if d := cmp.Diff(want, got, places); d != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", in, d)
		}
		checkRound(t, got)
	}
	w := func(s string) Expr { return Word{Text: s} }

	f("conntrack", w("conntrack"))
	f("  table   full\t", And{w("table"), w("full")})
	f("a AND b", And{w("a"), w("b")})
	f("a b OR c", Or{And{w("a"), w("b")}, w("c")})
	f("a (b OR c)", And{w("a"), Or{w("b"), w("c")}})
	f("a OR (b OR c) OR (d)", Or{w("a"), w("b"), w("c"), w("d")})
	f("(a b) (c)", And{w("a"), w("b"), w("c")})
	f("NOT a -b", And{Not{w("a")}, Not{w("b")}})
	f("-(a b)", Not{And{w("a"), w("b")}})
	f("NOT NOT a", Not{Not{w("a")}})
	f("or and not Or", And{w("or"), w("and"), w("not"), w("Or")})
	f(`"OR"`, Phrase{"OR"})

	f("aws-node", w("aws-node"))
	f("--max-pods=29", w("--max-pods=29"))
	f("-it", Not{w("it")})
	f("nf_conn*", Word{"nf_conn", true})
	f(`-"a b"`, Not{Phrase{"a b"}})
	f(`"msg=\"Failed\" C:\\x \d"`, Phrase{`msg="Failed" C:\x \d`})
	f("foo(bar)", And{w("foo"), w("bar")})

	// A colon makes a field only behind the name of one.
	f("kubelet.go:2627", w("kubelet.go:2627"))
	f("http://169.254.169.254/latest", w("http://169.254.169.254/latest"))
	f("10.0.0.1:53", w("10.0.0.1:53"))
	f("unix:///run/containerd/containerd.sock", w("unix:///run/containerd/containerd.sock"))
	f("arn:aws:iam::111122223333:role/x", w("arn:aws:iam::111122223333:role/x"))
	f("dns:x error: nginx:1.25 [::1]:80", And{w("dns:x"), w("error:"), w("nginx:1.25"), w("[::1]:80")})
	f("file:ipamd.log", Field{Name: "file", Value: "ipamd.log"})
	f(`since:"2026-11-21 00:30"`, Field{Name: "since", Value: "2026-11-21 00:30"})
	f("level:>=WARN", Field{Name: "level", Op: ">=", Value: "warn"})
	f("level:error", Field{Name: "level", Value: "error"})
	f("finding:f-003", Field{Name: "finding", Value: "F-003"})
	f("time:@F-003-5m..+1m x", And{Field{Name: "time", Value: "@F-003-5m..+1m"}, w("x")})
	f("-file:var_log/**/0.log", Not{Field{Name: "file", Value: "var_log/**/0.log"}})
	f(`file:"a \"b\" (c)"`, Field{Name: "file", Value: `a "b" (c)`})

	// An expression ends with a slash that has nothing right behind it.
	f("/etc/cni/net.d", w("/etc/cni/net.d"))
	f("/var /etc/x", And{w("/var"), w("/etc/x")})
	f("/exitCode=[^0]/", Regexp{Source: "exitCode=[^0]"})
	f(`/a b/i (/c\/d\\/)`, And{Regexp{Source: "a b", Fold: true}, Regexp{Source: `c/d\\`}})
	f(`/(?!x)y/`, Regexp{Source: "(?!x)y"})
	f("// /", And{w("//"), w("/")})
	f(`\/dev/ \/a[b]/*`, And{w("/dev/"), Word{"/a[b]/", true}})
}

func TestParse_error(t *testing.T) {
	f := func(in string, col int, want string) {
		t.Helper()
		e, err := Parse(in)
		se, ok := errors.AsType[*SyntaxError](err)
		if !ok {
			t.Errorf("Parse(%q) = %v, %v, want a SyntaxError", in, e, err)
			return
		}
		if se.Col != col || !strings.Contains(se.Msg, want) {
			t.Errorf("Parse(%q) = column %d: %s, want column %d with %q", in, se.Col, se.Msg, col, want)
		}
	}
	f("", 1, "empty")
	f(" \t", 1, "empty")
	f("a )", 3, "not opened")
	f("(a", 1, "not closed")
	f("OR a", 1, `write "OR" to search`)
	f("finding:no", 9, `"no" is not the ID`)
	f("a ()", 3, "nothing in these")
	f("a OR", 5, "missing")
	f("a OR OR b", 6, "missing before OR")
	f("OR a", 1, "missing before OR")
	f("a AND", 6, "missing")
	f("a NOT", 3, "nothing to leave out")
	f("a - b", 3, "nothing stands right behind -")
	f(`a "b`, 3, "not closed")
	f(`""`, 1, "nothing between")
	f(`msg="x"`, 5, "quotation mark within a word")
	f("timed.*out", 7, "only at the end")
	f("a *", 3, "only at the end")
	f("imds|metadata", 5, "--regex")
	f("a && b", 3, "not needed")
	f("/exit.*[0-9] b", 1, "a path begins with")
	f("/a(b/", 2, "missing closing )")
	f("x /ab[/", 6, "missing closing ]")
	f("namespace:kube-system", 1, "ns: is one")
	f("levle:error", 1, "level: is one")
	f("LEVEL:error", 1, "level: is one")
	f(`colour:"red"`, 1, "file: format: component: unit: level: pod: container: ns: finding: since: until: time:")
	f("level:", 1, "level:>=warn")
	f("level:=>error", 7, "=> is not one of")
	f("level:high", 7, "debug info warn error fatal")
	f("level:>=", 1, "needs one value")
	f("file:(a OR b)", 1, "needs one value")
	f(`file:a"b"`, 7, "within a value")
	f("x file:a[b", 8, "[ without ]")
	f("finding:3", 9, "F-001")
	f("since:yesterday", 7, "not a time")
	f("since:2026-13-01", 7, "not a time")
	f("until:-5", 7, "not a time")
	f("until:-99999d", 7, "offset")
	f("time:..", 6, "not a time")
	f("time:..+1m", 6, "+ counts")
	f("since:@F-x-5m", 7, "not the ID")
	f("a\xffb", 2, "UTF-8")
	f(strings.Repeat("a", 10001), 10001, "10000")
	f(strings.Repeat("(", 200)+"a", 101, "within each other")
	f(strings.Repeat("NOT ", 200)+"a", 401, "within each other")
}

func TestParseRegexp(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		e, err := ParseRegexp(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.String(); got != want {
			t.Errorf("ParseRegexp(%q) = %s, want %s", in, got, want)
		}
		checkRound(t, e)
	}
	f(`169.254.169.254.*timed out|EC2MetadataError|IMDS`, `/169.254.169.254.*timed out|EC2MetadataError|IMDS/`)
	f(`a\/b/c`, `/a\/b\/c/`)
	f(`\\/`, `/\\\//`)
	f(` `, `/ /`)

	for in, col := range map[string]int{"": 1, `a|(b`: 1, `ab\`: 3, `\Qa\`: 4} {
		_, err := ParseRegexp(in)
		if se, ok := errors.AsType[*SyntaxError](err); !ok || se.Col != col {
			t.Errorf("ParseRegexp(%q) = %v, want an error at column %d", in, err, col)
		}
	}
}

func TestCaret(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		_, err := Parse(in)
		se, ok := errors.AsType[*SyntaxError](err)
		if !ok {
			t.Fatal(err)
		}
		if got := se.Caret(in); got != strings.Join(want, "\n") {
			t.Errorf("Caret(%q) =\n%s\nwant\n%s", in, got, strings.Join(want, "\n"))
		}
	}
	f(`imds "timed out`,
		`imds "timed out`,
		`     ^`)
	f("é\x1b[1m )",
		`é.[1m )`,
		`      ^`)
	f(strings.Repeat("long ", 30)+") "+strings.Repeat("tail ", 10),
		`...`+strings.Repeat("long ", 8)+`) tail tail tail tail tai...`,
		strings.Repeat(" ", 43)+`^`)
	if got := (&SyntaxError{Col: 99}).Caret("a"); got != "a\n ^" {
		t.Errorf("Caret beyond the end = %q", got)
	}
}

// checkRound holds that the String of a query is the query.
func checkRound(t *testing.T, e Expr) {
	t.Helper()
	again, err := Parse(e.String())
	if err != nil {
		t.Errorf("Parse(%q), the String of %#v: %v", e, e, err)
		return
	}
	if d := cmp.Diff(e, again, places); d != "" {
		t.Errorf("String() = %q reads as another query (-was +now):\n%s", e, d)
	}
}

// pieces is what random queries are made of.
var pieces = []string{
	"a", "Error", "aws-node", "kubelet.go:2627", "10.0.0.1", "--v=2", "/etc/cni", "nf_conn*", "é", "i-0a1b2c3d", "disk", "ſk", "K", "_",
	`"table full"`, `" "`, `"a\"b\\c"`, `"é É"`, `"ed to cr"`, "/a+b/", "/exit[=:][0-9]/i", `/a\/b/`, "/(?i)disk|kube[lr]et/", "/(?!a)err(or)?/",
	"(", ")", "(", ")", "OR", "AND", "NOT ", "-", " ", " ", " ", "file:", "file:*.log", "level:>=warn", "unit:kubelet", "since:-2h",
	"time:@F-001-5m..+1m", "finding:F-001", `ns:"a b"`, "*", "|", ":", "/", `\`, `"`,
}

func randomQuery(rnd *rand.Rand) string {
	var b strings.Builder
	for range 1 + rnd.IntN(8) {
		b.WriteString(pieces[rnd.IntN(len(pieces))])
		if rnd.IntN(4) > 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func TestString_round_trip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	parsed := 0
	for range 20000 {
		in := randomQuery(rnd)
		e, err := Parse(in)
		if err != nil {
			se, ok := errors.AsType[*SyntaxError](err)
			if !ok || se.Col < 1 || se.Col > len(in)+1 {
				t.Errorf("Parse(%q) = %v", in, err)
			}
			continue
		}
		parsed++
		checkRound(t, e)
	}
	if parsed < 2000 {
		t.Errorf("only %d queries parsed: the test says little", parsed)
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range pieces {
		f.Add(p + " " + p)
	}
	f.Add(`a (b OR -"c d") /e\/f/i level:>=warn time:@F-003-5m..+1m`)
	f.Fuzz(func(t *testing.T, in string) {
		for _, parse := range []func(string) (Expr, error){Parse, ParseRegexp} {
			e, err := parse(in)
			if err != nil {
				if se, ok := errors.AsType[*SyntaxError](err); !ok || se.Col < 1 || se.Col > len(in)+1 || se.Caret(in) == "" {
					t.Errorf("parse %q: %v", in, err)
				}
				continue
			}
			if len(e.String()) <= maxQuery {
				checkRound(t, e)
			}
			Needs(e)
			Compile(e)
		}
	})
}

func TestHelp(t *testing.T) {
	for i, line := range strings.Split(Help, "\n") {
		if len(line) > 80 || strings.TrimRight(line, " ") != line {
			t.Errorf("line %d has %d columns or spaces at its end: %q", i+1, len(line), line)
		}
	}
	for _, name := range fieldNames() {
		if !strings.Contains(Help, "\n  "+name) && !strings.Contains(Help, "  "+name+"  ") && !strings.Contains(Help, "  "+name+" ") {
			t.Errorf("Help does not explain %s", name)
		}
	}
	_, examples, _ := strings.Cut(Help, "EXAMPLES\n")
	for line := range strings.Lines(examples) {
		if _, err := Parse(strings.TrimSuffix(line, "\n")); err != nil {
			t.Errorf("example %q: %v", line, err)
		}
	}
}
