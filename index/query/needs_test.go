package query

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func terms(text string) []string {
	var all []string
	Terms([]byte(text), func(field byte, term []byte) { all = append(all, fmt.Sprintf("%c:%s", field, term)) })
	return all
}

func TestTerms(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, terms(text)); d != "" {
			t.Errorf("Terms(%q) (-want +got):\n%s", text, d)
		}
	}
	f(`generic.go:358] "Generic (PLEG): container`, "a:generic", "n:358", "a:generic", "a:pleg", "a:container")
	f("eth0 1500ms pod_sandbox", "a:eth", "n:eth0", "n:1500ms", "a:pod", "a:sandbox", "n:pod_sandbox")
	f("dfc6a3f3-c1ea-4e6a-87b3-4a07dcc89fc8", "a:dfc", "n:dfc6a3f3", "n:c1ea", "n:4e6a", "n:87b3", "a:dcc", "n:4a07dcc89fc8")
	f("00:37:49.886701 7 a ab _ x_", "n:00", "n:37", "n:49", "n:8867", "n:x_")
	f("116FED22CEC0AAAAA4271", "a:fed", "a:cec", "a:aaaaa", "n:116fed22cec0")
	f("Éa \xff \xff\xfe é", "n:"+fold("Éa"), "n:"+fold("é"))
	f("\u2018overlay\u2019 \u25cfkubelet.service\xff sda²", "a:overlay", "a:kubelet", "a:service", "a:sda", "n:sda²")
	f("DI\u017fK \u212a9", "a:disk", "n:k9")
	f("", []string(nil)...)
	long := strings.Repeat("abcdefgh", 13) // 104 letters
	f(long, "a:"+long[:64], "a:"+long[32:96], "a:"+long[64:])
	f(long[:64], "a:"+long[:64])
	f(strings.Repeat("é", 20), "n:"+fold(strings.Repeat("é", 6)))
}

func TestNeeds(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		need := Needs(mustParse(t, in))
		got := "nothing"
		if need != nil {
			got = need.String()
		}
		if got != want {
			t.Errorf("Needs(%q) = %s, want %s", in, got, want)
		}
	}
	f(`conntrack`, `a exact "conntrack"`)
	f(`ConnTr*`, `a prefix "conntr"`)
	f(`nf_conntrack`, `all(n exact "nf_conntrack", a exact "conntrack")`)
	f(`aws-node`, `all(a exact "node", a exact "aws")`)
	f(`10.0.0.1`, `n exact "10"`)
	f(`i-0abc1234`, `all(n exact "0abc1234", a exact "abc")`)
	f(`kubelet.go:2627`, `all(a exact "kubelet", n exact "2627")`)
	f(`123456*`, `n prefix "1234"`)
	f(`12ab*`, `n prefix "12ab"`)
	f(`"able ful"`, `all(a suffix "able", a prefix "ful")`)
	f(`"led to cre"`, `all(a prefix "cre", a suffix "led")`)
	f(`" table full,"`, `all(a exact "table", a exact "full")`)
	f(`"sandbox"`, `a contains "sandbox"`)
	f(`"ab cd"`, `nothing`)
	f(`"=12345"`, `n prefix "1234"`)
	f(`"12345="`, `nothing`)
	f(`-conntrack level:warn`, `nothing`)
	f(`conntrack -table`, `a exact "conntrack"`)
	f(`oom OR disk`, `any(a exact "oom", a exact "disk")`)
	f(`oom OR -disk`, `nothing`)
	f(`(oom OR disk) full full`, `all(a exact "full", any(a exact "oom", a exact "disk"))`)
	f(`/exitCode=[1-9] x/`, `a suffix "exitcode"`)
	f(`/(?i)disk pressure/`, `all(a prefix "pressure", a suffix "disk")`)
	f(`/disk pressure/i`, `all(a prefix "pressure", a suffix "disk")`)
	f(`/[Ff]ailed to (load|read)/`, `any(all(a suffix "failed", a prefix "load"), all(a suffix "failed", a prefix "read"))`)
	f(`/timed out|EC2MetadataError|imds/`, `any(a prefix "metadataerror", a contains "imds", all(a suffix "timed", a prefix "out"))`)
	f(`/table (?!full)fu/`, `a suffix "table"`)
	f(`/(abc)\1/`, `a contains "abc"`)
	f(`/\d+ms/`, `nothing`)
	f(`/a.*b/`, `nothing`)
}

// meets reports whether the terms of a text meet the need.
func meets(text []byte, n Need) bool {
	switch n := n.(type) {
	case nil:
		return true
	case AllOf:
		return !slices.ContainsFunc(n, func(sub Need) bool { return !meets(text, sub) })
	case AnyOf:
		return slices.ContainsFunc(n, func(sub Need) bool { return meets(text, sub) })
	}
	want := n.(Term)
	compare := map[Kind]func(term, text []byte) bool{
		Exact: bytes.Equal, Prefix: bytes.HasPrefix, Suffix: bytes.HasSuffix, Contains: bytes.Contains,
	}[want.Kind]
	found := false
	Terms(text, func(field byte, term []byte) {
		found = found || field == want.Field && compare(term, []byte(want.Text))
	})
	return found
}

// TestNeeds_random holds that no text with a match lacks what the query needs.
func TestNeeds_random(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	matched, useful := 0, 0
	for matched < 5000 {
		e, err := Parse(randomQuery(rnd))
		if err != nil || !withoutFields(e) {
			continue
		}
		need := Needs(e)
		m := Compile(e)
		for range 4 {
			line := randomText(rnd, 12)
			ok, err := m.Match(&Line{Text: []byte(line)})
			if err != nil {
				t.Fatal(err)
			}
			text := []byte(randomText(rnd, 6, "\n") + "\n" + line + "\n" + randomText(rnd, 6, "\n"))
			if ok && !meets(text, need) {
				t.Fatalf("%s matches %q, whose terms lack %v", e, line, need)
			}
			if ok {
				matched++
			} else if !meets(text, need) {
				useful++
			}
		}
	}
	if useful < 1000 {
		t.Errorf("only %d texts were ruled out: the test says little", useful)
	}
}

// TestNeeds_parts takes parts of a text as phrases, words and expressions: all
// of them match.
func TestNeeds_parts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(13, 14))
	long := strings.Repeat("abcdefgh", 20)
	real := []string{pleg, stop, full, long, "x" + long[5:] + "1 é" + long[:70] + "_", "DI\u017fK \u212aéÉ12345678901234"}
	for range 5000 {
		line := real[rnd.IntN(len(real))]
		if rnd.IntN(3) == 0 {
			line = randomText(rnd, 20)
		}
		i := rnd.IntN(len(line) + 1)
		j := i + rnd.IntN(len(line)-i+1)
		part := strings.ToValidUTF8(line[i:j], "")
		if !strings.Contains(line, part) || part == "" {
			continue
		}
		for _, e := range []Expr{
			Phrase{part}, Phrase{strings.ToUpper(part)}, Word{part, true}, Word{part, false}, Word{strings.ToTitle(part), false},
			Regexp{Source: quoteMeta(part)}, Regexp{Source: quoteMeta(part), Fold: true}, Regexp{Source: quoteMeta(part) + "(?=)"},
		} {
			ok, err := Compile(e).Match(&Line{Text: []byte(line)})
			if err != nil {
				t.Fatal(err)
			}
			if need := Needs(e); ok && !meets([]byte(line), need) {
				t.Fatalf("%s matches %q, whose terms lack %v", e, line, need)
			}
			if _, phrase := e.(Phrase); phrase && !ok && e == (Phrase{part}) {
				t.Fatalf("%s is not found in %q", e, line)
			}
		}
	}
}

func quoteMeta(s string) string {
	return strings.NewReplacer(`\`, `\\`, `.`, `\.`, `+`, `\+`, `*`, `\*`, `?`, `\?`, `(`, `\(`, `)`, `\)`, `|`, `\|`,
		`[`, `\[`, `]`, `\]`, `{`, `\{`, `}`, `\}`, `^`, `\^`, `$`, `\$`).Replace(s)
}

// TestTerms_pieces holds that a text cut at a line end has the terms of its
// parts.
func TestTerms_pieces(t *testing.T) {
	rnd := rand.New(rand.NewPCG(15, 16))
	for range 2000 {
		a, b := randomText(rnd, 20, "\n"), randomText(rnd, 20, "\n")
		if d := cmp.Diff(append(terms(a), terms(b)...), terms(a+"\n"+b)); d != "" {
			t.Fatalf("Terms(%q, %q) (-apart +together):\n%s", a, b, d)
		}
	}
}

func FuzzTerms(f *testing.F) {
	f.Add([]byte(pleg))
	f.Add([]byte("DI\u017fK \xff\u212a_1" + strings.Repeat("a", 200)))
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		Terms(text, func(field byte, term []byte) {
			longest := map[byte]int{Letters: maxLetters, Mixed: maxMixed}[field]
			if len(term) < 2 || len(term) > longest {
				t.Errorf("term %c:%q", field, term)
			}
		})
		if !bytes.Equal(text, before) {
			t.Error("the text was changed")
		}
		folded := appendFold(nil, text, 4*len(text)+1)
		if d := cmp.Diff(terms(string(text)), terms(string(folded))); d != "" {
			t.Errorf("folding changes the terms of %q (-text +folded):\n%s", text, d)
		}
	})
}

func BenchmarkTerms(b *testing.B) {
	text := []byte(strings.Repeat(pleg+"\n"+stop+"\n"+full+"\n", 500))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	n := 0
	emit := func(_ byte, term []byte) { n += len(term) }
	for b.Loop() {
		Terms(text, emit)
	}
}
