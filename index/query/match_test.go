package query

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/eksleuth/eksleuth/index/rx"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/google/go-cmp/cmp"
)

// Lines of kubelet.log and containerd-log.txt of the bundle imds-blocked, and
// of the public excerpts on full conntrack tables.
const (
	pleg = `Nov 21 00:37:49 ip-10-0-7-118.us-west-2.compute.internal kubelet[464]: I1121 00:37:49.886701     464 generic.go:358] "Generic (PLEG): container finished" podID="dfc6a3f3-c1ea-4e6a-87b3-4a07dcc89fc8" exitCode=2`
	stop = `Nov 21 00:37:45 ip-10-0-7-118.us-west-2.compute.internal containerd[439]: time="2026-11-21T00:37:45.638501830Z" level=info msg="StopContainer for \"116fed22\" with timeout 2 (s)"`
	full = `[12445.678901] nf_conntrack: nf_conntrack: table full, dropping packet`
)

func mustParse(t testing.TB, s string) Expr {
	t.Helper()
	e, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestMatch(t *testing.T) {
	f := func(in, line string, want bool) {
		t.Helper()
		got, err := Compile(mustParse(t, in)).Match(&Line{Text: []byte(line)})
		if err != nil || got != want {
			t.Errorf("%q matches %q = %v, %v, want %v", in, line, got, err, want)
		}
	}
	f(`conntrack`, full, false) // _ is part of the word
	f(`nf_conntrack`, full, true)
	f(`NF_ConnTrack TABLE`, full, true)
	f(`nf_conn`, full, false)
	f(`nf_conn*`, full, true)
	f(`conn*`, full, false)
	f(`"conntrack: TABLE"`, full, true)
	f(`full,`, full, true)
	f(`ful,`, full, false)
	f(`12445.678901`, full, true)
	f(`2445.678901`, full, false)
	f(`packet -table`, full, false)
	f(`packet -tables`, full, true)
	f(`tables OR packet`, full, true)
	f(`tables OR packets`, full, false)

	f(`kubelet.go:2627 OR generic.go:358`, pleg, true)
	f(`generic.go:35`, pleg, false)
	f(`generic.go:35*`, pleg, true)
	f(`ip-10-0-7-118`, pleg, true)
	f(`ip-10-0-7-11`, pleg, false)
	f(`p-10-0-7-118`, pleg, false)
	f(`/exitCode=[1-9]/`, pleg, true)
	f(`/exitcode=[1-9]/`, pleg, false)
	f(`/exitcode=[1-9]/i`, pleg, true)
	f(`/exitCode=2$/`, pleg+"\r\n", true)
	f(`/exitCode=(?!2)/`, pleg, false)
	f(`/exitCode=(?!1)/`, pleg, true)
	f(`"(PLEG):" exitcode`, pleg, true)
	f(`"\"116FED22\\\""`, stop, true)
	f(`=info`, stop, true)
	f(`=inf`, stop, false)
	f(`-kubelet`, stop, true)

	// Case beyond ASCII, and bytes that are no text.
	f(`élan`, "l'ÉLAN vital", true)
	f(`disk`, "the di\u017f\u212a is full", true)
	f(`disk`, "the di\u017f\u212as is full", false)
	f(`"ΣΊΣΥΦΟΣ"`, "σίσυφος", true)
	f(`disk`, "\xffdisk", true)
	f(`disk`, "édisk", false)
	f(`disk`, "diske\u0301", false)
	f(`disk`, "²disk", false)
	f(`disk`, "\u2018disk\u2019", true) // as util-linux quotes
	f(`disk`, "\u25cfdisk\u2192\u00a0", true)
	f(`disk`, "\u00a0disk\ufffd", true)
	f(`disk`, "\xc3disk\xe2\x80", true)
	f("\u2018disk", "a\u2018disk\u2019", true)
	f(`"disk"`, "\xffdisk\xc5", true)
	f(`disk`, "\xff disk\x00", true)
	f(`é`, "e\xc3", false)
	f(`"`+"\uFFFD"+`"`, "a\xff", false)
	f(`-a`, "", true)
	f(`a`, "", false)
}

func TestMatch_fields(t *testing.T) {
	// The files are those of the bundle healthy-1.
	ipamd := &FileInfo{Path: "var_log/aws-routed-eni/ipamd.log", Format: "ipamd", Component: "vpc-cni"}
	pod := &FileInfo{Path: "var_log/kube-system_aws-node-gtzv6_c00817cb-22e2-4a19-88fc-65980d213742/aws-node/1.log",
		Format: "cri", Pod: "aws-node-gtzv6", Container: "aws-node", Namespace: "kube-system"}
	calls := 0
	at := time.Date(2026, 11, 21, 0, 37, 49, 886701000, time.UTC)
	header := func([]byte) ([]byte, parsers.Level, time.Time) {
		calls++
		return []byte("kubelet"), parsers.Warn, at
	}
	env := Env{
		End: time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC),
		Finding: func(id string) (first, last time.Time, lines map[string][]int, ok bool) {
			return at.Add(-time.Second), at.Add(time.Minute), map[string][]int{ipamd.Path: {3, 7}}, id == "F-001"
		},
	}
	f := func(in string, file *FileInfo, want bool) {
		t.Helper()
		e, err := mustParse(t, in).Resolve(env)
		if err != nil {
			t.Errorf("Resolve(%q): %v", in, err)
			return
		}
		m := Compile(e)
		line := &Line{Text: []byte(pleg), Num: 7, File: file, Header: header}
		calls = 0
		got, err := m.Match(line)
		if err != nil || got != want || calls > 1 {
			t.Errorf("%q matches = %v, %v with %d calls of Header, want %v", in, got, err, calls, want)
		}
		line.File = nil
		if got, err := m.For(file).Match(line); err != nil || got != want {
			t.Errorf("%q matches lines of %s = %v, %v, want %v", in, file.Path, got, err, want)
		}
		if got && !FileMayMatch(e, *file) {
			t.Errorf("%q matches, but not the file %s", in, file.Path)
		}
	}
	f(`file:ipamd`, ipamd, true)
	f(`file:IPAMD.log PLEG`, ipamd, true)
	f(`file:*.log`, ipamd, true)
	f(`file:ipam?.log`, ipamd, true)
	f(`file:var_log/*.log`, ipamd, false)
	f(`file:var_log/*/*.log`, ipamd, true)
	f(`file:var_log/**/*.log`, pod, true)
	f(`file:**/aws-node/[0-9].log`, pod, true)
	f(`file:var_log/**`, pod, true)
	f(`file:**/var_log/**/aws-node/**/1.log`, pod, true)
	f(`file:**/2.log`, pod, false)
	f(`format:ipamd component:VPC-cni`, ipamd, true)
	f(`format:ipam`, ipamd, false)
	f(`format:ipam*`, ipamd, true)
	f(`pod:aws-node`, pod, true)
	f(`pod:aws-node-*`, pod, true)
	f(`pod:aws-*-gt?v6 container:aws-node ns:kube-system`, pod, true)
	f(`pod:node-*`, pod, false)
	f(`pod:*`, ipamd, false)
	f(`-pod:*`, ipamd, true)
	f(`container:aws`, pod, false)
	f(`unit:kubelet`, pod, true)
	f(`unit:kubelet.service`, pod, true)
	f(`unit:kube*`, pod, true)
	f(`unit:containerd`, pod, false)
	f(`level:warn`, pod, true)
	f(`level:>=warn`, pod, true)
	f(`level:>warn`, pod, false)
	f(`level:<=warn level:<error level:>info level:=warn`, pod, true)
	f(`level:<warn`, pod, false)
	f(`finding:F-001`, ipamd, true)
	f(`finding:F-001`, pod, false)
	f(`-finding:F-001`, pod, true)
	f(`absent level:warn`, pod, false)

	f(`since:2026-11-21`, pod, true)
	f(`since:2026-11-22`, pod, false)
	f(`until:2026-11-21`, pod, true)
	f(`until:2026-11-20`, pod, false)
	f(`until:2026-11-21T00:37`, pod, true)
	f(`until:2026-11-21T00:37:49Z`, pod, true)
	f(`until:"2026-11-21 00:37:49.8"`, pod, true)
	f(`until:2026-11-21T00:37:49.88`, pod, true)
	f(`until:2026-11-21T00:37:49.886700`, pod, false)
	f(`since:2026-11-21T01:37:49+01:00`, pod, true)
	f(`since:2026-11-21T01:37:50+01:00`, pod, false)
	f(`since:-22m`, pod, false)
	f(`since:-23m`, pod, true)
	f(`since:-1d until:-20m`, pod, true)
	f(`time:-30m..-20m`, pod, true)
	f(`time:-30m..+5m`, pod, false)
	f(`time:-30m..+8m`, pod, true)
	f(`time:..2026-11-20`, pod, false)
	f(`time:2026-11-20..`, pod, true)
	f(`time:2026-11-21T00:37`, pod, true)
	f(`time:2026-11-21T00:30..+7m`, pod, false)
	f(`time:2026-11-21T00:30..+8m`, pod, true)
	f(`time:@F-001`, pod, true)
	f(`time:@F-001-5m..+1m`, pod, true)
	f(`time:@F-001-5m..-1m`, pod, false)
	f(`since:@F-001+2s`, pod, false)
	f(`until:@F-001+2s`, pod, true)
	f(`time:@F-001..+0s`, pod, false)

	// A line that says nothing of itself.
	at = time.Time{}
	f(`since:2000-01-01`, pod, false)
	f(`until:2030-01-01`, pod, false)
	f(`-since:2000-01-01`, pod, true)
	header = func([]byte) ([]byte, parsers.Level, time.Time) { return nil, parsers.NoLevel, time.Time{} }
	f(`level:<=fatal OR level:>=debug OR unit:*`, pod, false)
}

func TestResolve_error(t *testing.T) {
	known := Env{Finding: func(id string) (first, last time.Time, lines map[string][]int, ok bool) {
		return first, last, nil, true
	}}
	f := func(in string, env Env, col int, want error) {
		t.Helper()
		e, err := mustParse(t, in).Resolve(env)
		se, ok := errors.AsType[*SyntaxError](err)
		if e != nil || !ok || se.Col != col || !errors.Is(err, want) || !strings.Contains(se.Msg, want.Error()) {
			t.Errorf("Resolve(%q) = %v, %v, want %v at column %d", in, e, err, want, col)
		}
	}
	f(`a OR -(b since:-2h)`, Env{}, 16, ErrNoTime)
	f(`finding:F-009`, Env{}, 9, ErrNoFinding)
	f(`finding:F-001 -finding:f-009`, Env{Finding: func(id string) (first, last time.Time, lines map[string][]int, ok bool) {
		return first, last, nil, id == "F-001"
	}}, 24, ErrNoFinding)
	f(`é time:"2026-11-21..@F-009"`, Env{}, 9, ErrNoFinding)
	f(`until:2026-11-21 since:@F-001`, known, 24, ErrNoTime)
	f(`a time:2026-11-22..2026-11-20`, known, 8, errBackward)
	if _, err := mustParse(t, `finding:F-001`).Resolve(known); err != nil {
		t.Errorf("Resolve of a known finding: %v", err)
	}
	if _, err := (Field{Name: "since", Value: "noon"}).Resolve(known); err == nil || err.Error() != errMoment.Error() {
		t.Errorf("Resolve of a Field that was not parsed = %v", err)
	}

	if _, err := Compile(mustParse(t, `a OR since:-2h`)).Match(&Line{Text: []byte("x")}); !errors.Is(err, errUnresolved) {
		t.Errorf("Match of an unresolved query = %v", err)
	}
	e, err := mustParse(t, `time:2026-11-21T00:37..2026-11-21`).Resolve(Env{})
	if want := "time:2026-11-21T00:37:00Z..2026-11-21T23:59:59.999999999Z"; err != nil || e.String() != want {
		t.Errorf("resolved = %v, %v, want %s", e, err, want)
	}
}

func TestMayMatch(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	env := Env{
		End: day(21),
		Finding: func(string) (first, last time.Time, lines map[string][]int, ok bool) {
			return day(19), day(20), map[string][]int{"messages": {10, 500}}, true
		},
	}
	b := Block{File: &FileInfo{Path: "messages", Format: "journald"}, First: 11, Last: 499,
		From: day(10), To: day(12), Levels: bit(parsers.NoLevel) | bit(parsers.Info)}
	f := func(in string, want, file bool) {
		t.Helper()
		e, err := mustParse(t, in).Resolve(env)
		if err != nil {
			t.Fatal(err)
		}
		if got := MayMatch(e, b); got != want {
			t.Errorf("MayMatch(%q) = %v, want %v", in, got, want)
		}
		if got := FileMayMatch(e, *b.File); got != file {
			t.Errorf("FileMayMatch(%q) = %v, want %v", in, got, file)
		}
	}
	f(`a`, true, true)
	f(`-a`, true, true)
	f(`a file:messages`, true, true)
	f(`a file:dmesg`, false, false)
	f(`a OR file:dmesg`, true, true)
	f(`-(a OR file:messages)`, false, false)
	f(`-(a file:messages)`, true, true)
	f(`-file:dmesg`, true, true)
	f(`format:klog OR pod:*`, false, false)
	f(`level:>=warn`, false, true)
	f(`level:<warn`, true, true)
	f(`-level:info`, true, true)
	f(`since:2026-11-12`, true, true)
	f(`since:2026-11-12T00:01`, false, true)
	f(`until:2026-11-09`, false, true)
	f(`until:2026-11-10`, true, true)
	f(`-since:2026-11-01`, true, true) // lines may lack a time
	f(`finding:F-001`, false, true)
	f(`finding:F-001 file:x`, false, false)
	f(`unit:kubelet`, true, true)
	b.Last = 500
	f(`finding:F-001`, true, true)
	b.First, b.Last = 1, 10
	f(`finding:F-001`, true, true)
}

func TestSpans(t *testing.T) {
	f := func(in, line string, limit int, want ...string) {
		t.Helper()
		var got []string
		for _, s := range Compile(mustParse(t, in)).Spans([]byte(line), limit) {
			got = append(got, line[s[0]:s[1]])
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("Spans(%q) (-want +got):\n%s", in, d)
		}
	}
	f(`nf_conntrack "table full"`, full, 9, "nf_conntrack", "nf_conntrack", "table full")
	f(`nf_conntrack "table full"`, full, 2, "nf_conntrack", "nf_conntrack")
	f(`"e fu" "table" -packet`, full, 9, "table fu")
	f(`packet OR absent OR drop*`, full, 9, "drop", "packet")
	f(`/[a-z]+code=./i OR exitcode`, pleg, 9, "exitCode=2")
	f(`/(?<=kube)let/`, pleg, 9, "let")
	f(`/x*/`, "axxa\n", 9, "xx")
	f(`sk`, "a \u017f\u212a ské sk\xff Sk", 9, "\u017f\u212a", "sk", "Sk")
	f(`level:info`, full, 9)
	f(`a`, "a a a a", 0)
}

func TestMatch_slow(t *testing.T) {
	m := Compile(mustParse(t, `-/(?!b)(a+)+(?!.)/`))
	m = m.For(&FileInfo{})
	line := &Line{Text: append(bytes.Repeat([]byte("a"), 3000), 'b')}
	var err error
	for range 10 {
		if _, err = m.Match(line); err != nil {
			break
		}
	}
	if !errors.Is(err, rx.ErrSlow) || m.Slow() < 2 {
		t.Errorf("Match = %v with %d lines given up, want rx.ErrSlow", err, m.Slow())
	}
	if se, ok := errors.AsType[*SyntaxError](err); !ok || se.Col != 3 {
		t.Errorf("Match = %v, want an error at column 3", err)
	}
}

// TestMatch_allocations holds that a line costs no memory.
func TestMatch_allocations(t *testing.T) {
	e, err := mustParse(t, `kubelet "container finished" -absent /exitCode=[1-9]/ level:warn unit:kubelet.service since:2026-11-21`).Resolve(Env{})
	if err != nil {
		t.Fatal(err)
	}
	m := Compile(e)
	unit := []byte("kubelet")
	line := &Line{Text: []byte(pleg), Header: func([]byte) ([]byte, parsers.Level, time.Time) {
		return unit, parsers.Warn, time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)
	}}
	if n := testing.AllocsPerRun(100, func() {
		if ok, err := m.Match(line); !ok || err != nil {
			t.Error(ok, err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// slowMatch is what a Matcher does, without any haste.
func slowMatch(e Expr, line string) bool {
	switch e := e.(type) {
	case And:
		return !slices.ContainsFunc(e, func(sub Expr) bool { return !slowMatch(sub, line) })
	case Or:
		return slices.ContainsFunc(e, func(sub Expr) bool { return slowMatch(sub, line) })
	case Not:
		return !slowMatch(e.Of, line)
	case Word:
		return slowFind(e.Text, line, func(start, end int) bool {
			first, last := []rune(e.Text)[0], []rune(e.Text)[len([]rune(e.Text))-1]
			before, _ := utf8.DecodeLastRuneInString(line[:start])
			behind, _ := utf8.DecodeRuneInString(line[end:])
			return !(wordRune(first) && wordRune(before)) && !(!e.Prefix && wordRune(last) && wordRune(behind))
		})
	case Phrase:
		return slowFind(e.Text, line, func(int, int) bool { return true })
	case Regexp:
		return slowRegexp(e, line)
	}
	panic(fmt.Sprintf("%T", e))
}

func slowRegexp(e Regexp, line string) bool {
	re, err := rx.Compile(e.expr())
	if err != nil {
		panic(err)
	}
	ok, err := re.Match([]byte(line))
	return ok && err == nil
}

// wordRune knows what words are made of: bytes that are not UTF-8, which decode
// as U+FFFD, are no part of any.
func wordRune(r rune) bool { return wordChar.MatchString(string(r)) }

var wordChar = regexp.MustCompile(`^[\w\pL\pM\pN]$`)

// slowFind tries each part of a line whose runes equal the text's.
func slowFind(text, line string, ok func(start, end int) bool) bool {
	for start := range line {
		for end := start + 1; end <= len(line); end++ {
			part := line[start:end]
			if utf8.ValidString(part) && strings.EqualFold(text, part) && ok(start, end) {
				return true
			}
		}
	}
	return false
}

func TestSlowFind(t *testing.T) {
	for _, line := range []string{"xDISK", "di\u017f\u212a", "\xffdisk"} {
		if !slowFind("disk", line, func(int, int) bool { return true }) {
			t.Errorf("%q is not found in %q", "disk", line)
		}
	}
}

// withoutFields reports whether a query is about the text alone.
func withoutFields(e Expr) bool {
	switch e := e.(type) {
	case And:
		return !slices.ContainsFunc(e, func(sub Expr) bool { return !withoutFields(sub) })
	case Or:
		return !slices.ContainsFunc(e, func(sub Expr) bool { return !withoutFields(sub) })
	case Not:
		return withoutFields(e.Of)
	case Field:
		return false
	}
	return true
}

// fragments is what random texts are made of.
var fragments = []string{
	"a", "A", "b", "Error", "ERROR", "err", "or", "aws-node", "kubelet.go:2627", "10.0.0.1", "1", "0", ".", "-", "--v=2", "/etc/cni", "/",
	"nf_conntrack", "NF_CONN", "é", "É", "\u00c3", "i-0a1b2c3d", "disk", "di\u017fk", "K", "k", "\u212a", "\u017f", "_", " ", " ", " ", "\t",
	"table full", "failed to create", "exit=1", "exitcode:3", "aab", "KUBELET", "kuber", "\xff", "\xc3", "\xa9", "\xe2\x84", "\x00", "\uFFFD", "\u2018", "\u2019", "\u00b2", "\u0301", "\u2192", `a"b\c`,
}

func randomText(rnd *rand.Rand, pieces int, more ...string) string {
	var b strings.Builder
	for range rnd.IntN(pieces) {
		if n := rnd.IntN(len(fragments) + len(more)); n < len(fragments) {
			b.WriteString(fragments[n])
		} else {
			b.WriteString(more[n-len(fragments)])
		}
	}
	return b.String()
}

// checkLine compares a Matcher with slowMatch on a line, and what a match must
// go with.
func checkLine(t *testing.T, e Expr, m *Matcher, line string) bool {
	t.Helper()
	got, err := m.Match(&Line{Text: []byte(line)})
	if err != nil {
		t.Errorf("%s on %q: %v", e, line, err)
		return false
	}
	if want := slowMatch(e, line); got != want {
		t.Errorf("%s matches %q = %v, want %v", e, line, got, want)
	}
	return got
}

func TestMatch_random(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	matched, missed := 0, 0
	for matched < 1500 || missed < 1500 {
		e, err := Parse(randomQuery(rnd))
		if err != nil || !withoutFields(e) {
			continue
		}
		m := Compile(e)
		for range 4 {
			if checkLine(t, e, m, randomText(rnd, 12)) {
				matched++
			} else {
				missed++
			}
		}
	}
}

// TestCandidates_random compares the lines that the candidates lead to with
// those that match.
func TestCandidates_random(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	found, skipped := 0, 0
	for found < 1000 || skipped < 1000 {
		e, err := Parse(randomQuery(rnd))
		if err != nil || !withoutFields(e) {
			continue
		}
		m := Compile(e)
		text := randomText(rnd, 40, "\n", "\n", "\n", "\r\n")
		var want []int
		for start := 0; start < len(text); {
			end := next([]byte(text), start, '\n')
			if ok, err := m.Match(&Line{Text: []byte(text[start:end])}); ok && err == nil {
				want = append(want, start)
			}
			start = end + 1
		}
		var got []int
		lines := 0
		for start, end := range m.Candidates([]byte(text)) {
			lines++
			if ok, err := m.Match(&Line{Text: []byte(text[start:end])}); ok && err == nil {
				got = append(got, start)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s in %q: candidates lead to lines at %v, want %v", e, text, got, want)
		}
		found += len(want)
		if lines < strings.Count(text, "\n") {
			skipped++
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add(`kubelet -"table full" nf_conn*`, full)
	f.Add(`/exit(Code)?=[1-9]/i OR (a b)`, pleg)
	f.Add("di\u017fk \u212a*", "DISK K\xff\xc3")
	f.Fuzz(func(t *testing.T, in, text string) {
		e, err := Parse(in)
		if err != nil || !withoutFields(e) || len(in) > 200 || len(text) > 300 || hasLookaround(e) {
			return
		}
		m := Compile(e)
		need := Needs(e)
		for line := range strings.SplitSeq(text, "\n") {
			line = strings.TrimSuffix(line, "\r")
			if checkLine(t, e, m, line) && !meets([]byte(text), need) {
				t.Errorf("%s matches %q, whose terms lack %v", e, line, need)
			}
			m.Spans([]byte(line), 5)
		}
	})
}

// hasLookaround reports whether time may run out in a query.
func hasLookaround(e Expr) bool {
	for _, re := range Compile(e).regexps {
		if !re.RE2() {
			return true
		}
	}
	return false
}

func BenchmarkMatch(b *testing.B) {
	for _, in := range []string{`kubelet`, `conntrack`, `"container died"`, `disk`, `/exitCode=[1-9]/`, `/timed out|EC2MetadataError|IMDS/`, `/\d+ms/`, `/(?!a)exitCode=[3-9]/`} {
		b.Run(in, func(b *testing.B) {
			m := Compile(mustParse(b, in))
			line := &Line{Text: []byte(pleg)}
			b.SetBytes(int64(len(pleg)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Match(line); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCandidates(b *testing.B) {
	text := []byte(strings.Repeat(pleg+"\n"+stop+"\n"+full+"\n", 1000))
	for _, in := range []string{`absent`, `conntrack_max`, `kubelet`, `/oom-kill|Out of memory/`, `-kubelet`} {
		b.Run(in, func(b *testing.B) {
			m := Compile(mustParse(b, in))
			line := &Line{}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for start, end := range m.Candidates(text) {
					line.Text = text[start:end]
					if _, err := m.Match(line); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// TestResolve_finding has lines between the milliseconds that a finding tells.
func TestResolve_finding(t *testing.T) {
	first := time.Date(2026, 11, 21, 0, 56, 7, 418e6, time.UTC)
	last := first.Add(30 * time.Second)
	env := Env{Finding: func(string) (time.Time, time.Time, map[string][]int, bool) { return first, last, nil, true }}
	f := func(q string, at time.Time, want bool) {
		t.Helper()
		e, err := Parse(q)
		if err != nil {
			t.Fatal(err)
		}
		if e, err = e.Resolve(env); err != nil {
			t.Fatal(err)
		}
		l := &Line{Header: func([]byte) ([]byte, parsers.Level, time.Time) { return nil, parsers.NoLevel, at }}
		if got, err := Compile(e).Match(l); got != want || err != nil {
			t.Errorf("%s at %v = %v, %v, want %v", q, at, got, err, want)
		}
	}
	within, behind := 400*time.Microsecond, time.Millisecond
	f("time:@F-001", first, true)
	f("time:@F-001", last.Add(within), true)
	f("time:@F-001", last.Add(behind), false)
	f("until:@F-001", first.Add(within), true)
	f("until:@F-001", first.Add(behind), false)
	f("since:@F-001", first.Add(within), true)
}
