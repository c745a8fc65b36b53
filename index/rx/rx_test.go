package rx

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
)

// From kubelet.log of the bundle imds-blocked.
const pleg = `I1121 00:37:49.886701     464 generic.go:358] "Generic (PLEG): container finished" podID="dfc6a3f3-c1ea-4e6a-87b3-4a07dcc89fc8" exitCode=2`

func TestMatch(t *testing.T) {
	f := func(expr, line, want string) {
		t.Helper()
		re, err := Compile(expr)
		if err != nil {
			t.Fatal(err)
		}
		start, end, ok, err := re.FindIndex([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		found, err := re.Match([]byte(line))
		if err != nil || found != ok {
			t.Errorf("Match(%q, %q) = %v, %v, FindIndex says %v", expr, line, found, err, ok)
		}
		if got := line[start:end]; ok != (want != "") || got != want {
			t.Errorf("FindIndex(%q, %q) = %q, want %q", expr, line, got, want)
		}
	}
	f(`exitCode=[^0]`, pleg, `exitCode=2`)
	f(`exitCode=(?!0)\d+`, pleg, `exitCode=2`)
	f(`exitCode=(?!2)\d+`, pleg, ``)
	f(`(?<=podID=")[0-9a-f]+`, pleg, `dfc6a3f3`)
	f(`(\d)\1`, pleg, `11`)
	f(`(?P<digit>\d)\k<digit>{2}`, pleg, ``)
	f(`(?i)GENERIC (?=\()`, pleg, `Generic `)
	f(`container (?!started)\w+`, pleg, `container finished`)

	// The same means the same in both engines.
	f(`\bfoo\b(?=.)`, "fooé", `foo`)
	f(`a\B(?=.)`, "aé", ``)
	f(`[a-z-[aeiou]]+(?=!)`, "x]!", `x]`)
	f(`\Q(?=\E(?=x)`, "(?=x", `(?=`)
	f(`[[:digit:]]+(?=x)`, "12x", `12`)
	f(`[]a]+(?=x)`, "]ax", `]a`)
	f(`[\]a]+(?=x)`, "]ax", `]a`)
	f(`\x{41}\pL(?=1)`, "AB1", `AB`)
	f(`\d(?=.)`, "٣1x", `1`)
	f(`a.b(?=c)`, "a\xffbc", "a\xffb")
	f("a\uFFFDb(?=c)", "a\xffbc", "a\xffb")
	f(`(?=b).*`, "é\xff\xe2\x84b\xff", "b\xff")
	f(`x$(?<=x)`, "x\n", ``)
}

func TestCompile_error(t *testing.T) {
	f := func(expr, want string) {
		t.Helper()
		if _, err := Compile(expr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Compile(%q) = %v, want an error with %q", expr, err, want)
		}
	}
	f(`a(b`, "missing closing )")
	f(`(?=a)(b`, "missing closing )")
	f(`(?>a)`, "invalid or unsupported Perl syntax")
	f(`(?>a)(?=b)`, "invalid or unsupported Perl syntax")
	f(`\1`, "undefined")
	f(`a{1001}`, "invalid repeat count")
	f(`(?=a`, "error parsing regexp")
	f(strings.Repeat("a", 10001), "longer than 10000 bytes")
}

// TestMatch_slow has a pattern that backtracks without end.
func TestMatch_slow(t *testing.T) {
	re, err := Compile(`(?=a)(a+)+$`)
	if err != nil {
		t.Fatal(err)
	}
	line := append(bytes.Repeat([]byte("a"), 4000), 'b')
	if found, err := re.Match(line); found || err != nil {
		t.Errorf("the half without look-around matches nothing, but Match = %v, %v", found, err)
	}
	re, err = Compile(`(?!b)(a+)+(?!.)`)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for i := range maxSlow {
		if found, err := re.Match(line); found || err != nil {
			t.Errorf("Match %d = %v, %v, want no match", i, found, err)
		}
	}
	if _, err := re.Match(line); !errors.Is(err, ErrSlow) {
		t.Errorf("Match = %v, want ErrSlow", err)
	}
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("%d lines took %v", maxSlow+1, d)
	}
	if re.Slow() != maxSlow+1 {
		t.Errorf("Slow() = %d", re.Slow())
	}
	if _, err := re.FindAllIndex(line, 3); !errors.Is(err, ErrSlow) {
		t.Errorf("FindAllIndex = %v, want ErrSlow", err)
	}
}

func TestMatch_long_line(t *testing.T) {
	re, err := Compile(`a(?!b)`)
	if err != nil {
		t.Fatal(err)
	}
	long := bytes.Repeat([]byte("a"), maxLine+1)
	if found, err := re.Match(long); found || err != nil || re.Slow() != 1 {
		t.Errorf("Match = %v, %v with %d lines given up, want 1 given up", found, err, re.Slow())
	}
	if found, err := re.Match(long[:maxLine]); !found || err != nil {
		t.Errorf("Match = %v, %v, want a match", found, err)
	}
}

// TestMatch_engines adds look-around that changes nothing to random
// expressions: the other engine must find the same bytes.
func TestMatch_engines(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	pick := func(s ...string) string { return s[rnd.IntN(len(s))] }
	var expr func(depth int) string
	expr = func(depth int) string {
		if depth == 0 {
			return pick("a", "b", "ab", `\d`, ".", "[ab]", "[^a]", `\b`, "é", `\w`, `\s`, "^", "$", "[é-ü]", `\x{e9}`, "\uFFFD", `\PL`)
		}
		x, y := expr(depth-1), expr(depth-1)
		return pick(x+y, x+y, "(?:"+x+"|"+y+")", "(?:"+x+")?"+y, "(?:"+x+")+"+y, "("+x+")*?"+y, "(?:"+x+"){2}")
	}
	matched := 0
	for range 5000 {
		source := expr(2)
		plain, err := regexp.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		re, err := Compile(`(?!\x00)(?:` + source + `)`)
		if err != nil {
			t.Fatal(err)
		}
		var line []byte
		for range rnd.IntN(8) {
			line = append(line, pick("a", "b", "1", "é", "É", " ", "\xff", "\xe2\x84", "٣", "\r")...)
		}
		want := plain.FindAllIndex(line, 1)
		got, err := re.FindAllIndex(line, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) || len(got) > 0 && (got[0][0] != want[0][0] || got[0][1] != want[0][1]) {
			t.Errorf("FindAllIndex(%q, %q) = %v, RE2 finds %v", source, line, got, want)
		}
		matched += len(want)
	}
	if matched < 1000 {
		t.Errorf("only %d texts matched: the test says little", matched)
	}
}

// FuzzCompile holds that no expression does harm, and that the part without
// look-around matches whatever the whole matches.
func FuzzCompile(f *testing.F) {
	f.Add(`exitCode=(?!0)\d+`, pleg)
	f.Add(`(\d)\1`, pleg)
	f.Add(`(?<=a)\k<x>[]a-[b]](?i)`, "a\xff")
	f.Fuzz(func(t *testing.T, expr, line string) {
		re, err := Compile(expr)
		if err != nil {
			return
		}
		found, err := re.Match([]byte(line))
		if err != nil {
			return
		}
		loose := regexp.MustCompile(re.Loose())
		if found && !loose.MatchString(line) {
			t.Errorf("%q matches %q, its loose half %q does not", expr, line, re.Loose())
		}
		start, end, ok, err := re.FindIndex([]byte(line))
		if err == nil && re.Slow() == 0 && (ok != found || start < 0 || end > len(line) || start > end) {
			t.Errorf("FindIndex(%q, %q) = %d, %d, %v; Match says %v", expr, line, start, end, ok, found)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	for _, expr := range []string{`exitCode=[1-9]`, `exitCode=(?!0)`} {
		b.Run(expr, func(b *testing.B) {
			re, err := Compile(expr)
			if err != nil {
				b.Fatal(err)
			}
			line := []byte(pleg)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := re.Match(line); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
