package analyze

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
)

// bruteForce tries every expression on every line: what Scan.Block must equal.
func bruteForce(e *Engine, place string, text []byte) []string {
	format := parsers.Detect(all.Formats(), place, text)
	set := e.setFor(place)
	if format != nil && format.Join != nil {
		// Joining is tested with the format; here only its lines matter.
		if joined, _ := format.Join(text); joined != nil {
			panic("no partial lines in this test")
		}
	}
	var out []string
	for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		var ident []byte
		if format != nil && format.Header != nil {
			ident = format.Header(line).Ident
		}
		for _, r := range set.rules {
			if r.Rule.matches(string(line)) && r.wants(ident) {
				out = append(out, fmt.Sprintf("%d %s", i+1, r.ID))
			}
		}
	}
	slices.Sort(out)
	return out
}

func scanned(e *Engine, place string, text []byte) []string {
	s := e.NewScan()
	b := &index.Block{File: &index.File{Path: place}, Format: parsers.Detect(all.Formats(), place, text), Line: 1}
	found, _ := s.Block(b, text).(looked)
	hits := found.hits
	var out []string
	for _, h := range hits {
		out = append(out, fmt.Sprintf("%d %s", h.line, e.rules[h.rule].ID))
	}
	slices.Sort(out)
	return out
}

// TestBlock_equals_brute_force feeds the examples of all rules, whole, cut,
// glued and in the wrong case, to the files of all sources.
func TestBlock_equals_brute_force(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	odd, err := parseRules("odd.yaml", []byte(oddRules))
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(append(rules, odd...), nil)
	if err != nil {
		t.Fatal(err)
	}
	var examples []string
	for _, r := range append(rules, odd...) {
		for _, e := range r.Try() {
			examples = append(examples, e.Text)
		}
	}
	places := []string{
		"kernel/dmesg.current", "kubelet/kubelet.log", "containerd/containerd-log.txt", "var_log/messages",
		"var_log/aws-routed-eni/ipamd.log", "var_log/aws-routed-eni/plugin.log", "nodeadm/nodeadm-run.log", "some/other.txt",
		"var_log/coredns-5d78c9869d-abcde_kube-system_coredns-" + strings.Repeat("0a", 32) + ".log",
		"var_log/kube-proxy-7xk2m_kube-system_kube-proxy-" + strings.Repeat("0b", 32) + ".log",
	}
	rnd := rand.New(rand.NewPCG(7, 8))
	found := 0
	for round := range 6 {
		var text bytes.Buffer
		for range 150 {
			text.WriteString(mutate(rnd, examples))
			text.WriteByte('\n')
		}
		for _, place := range places {
			want := bruteForce(e, place, text.Bytes())
			if diff := cmp.Diff(want, scanned(e, place, text.Bytes())); diff != "" {
				t.Fatalf("round %d, %s: brute force and scan differ (-want +got):\n%s", round, place, diff)
			}
			found += len(want)
		}
	}
	if found < 500 {
		t.Errorf("only %d matches: the test says little", found)
	}
}

// TestBlock_long_lines looks at the start of long lines, with the automaton and
// by brute force, and says how many were cut.
func TestBlock_long_lines(t *testing.T) {
	e := oddEngine(t)
	fill := strings.Repeat("x", maxLook-len("ab"))
	text := "ab" + fill + "\n" + fill + "ab\n" + "ab" + fill + "x\n" + fill + "xab\n"
	for _, brute := range []bool{false, true} {
		s := e.NewScan()
		s.BruteForce = brute
		found := s.Block(&index.Block{File: &index.File{Path: "kernel/dmesg.current"}, Line: 1}, []byte(text)).(looked)
		var got []int32
		for _, h := range found.hits {
			got = append(got, h.line)
		}
		if want := []int32{1, 2, 3}; !slices.Equal(got, want) || found.hard.cut != 2 {
			t.Errorf("brute force %v: lines %d, %d cut; want %d, 2 cut", brute, got, found.hard.cut, want)
		}
	}
}

// TestBlock_work stops looking at lines that were made to be looked at by all rules.
func TestBlock_work(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, r := range rules {
		for _, ex := range r.Examples.Match {
			s := ex.Line
			all.WriteString(strings.ReplaceAll(s, "\n", " ")[:min(len(s), 100)] + " ")
		}
	}
	line := strings.Repeat(all.String(), maxLook/all.Len()) + "\n"
	text := []byte(strings.Repeat(line, index.BlockSize/len(line)))
	s := e.NewScan()
	file := &index.File{Path: "kubelet/kubelet.log"}
	b := &index.Block{File: file, Line: 1}
	s.Collect(b, s.Block(b, text))
	if s.hard[file].tired != 1 {
		t.Errorf("%d of 1 block given up", s.hard[file].tired)
	}
	b.Line = 100
	s.Collect(b, s.Block(b, []byte(line)))
	if s.hard[file].tired != 1 || s.hard[file].cut != 0 {
		t.Errorf("after a block with one such line: %+v", s.hard[file])
	}
}

func oddEngine(t *testing.T) *Engine {
	t.Helper()
	odd, err := parseRules("odd.yaml", []byte(`
- id: odd.literal
  title: a required text
  severity: low
  component: node
  source: [kernel]
  match: 'ab'
  slow: true
`))
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(odd, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// mutate draws an example and sometimes damages it. Lines never hold the mark
// of a partial CRI line.
func mutate(rnd *rand.Rand, examples []string) string {
	s := examples[rnd.IntN(len(examples))]
	switch rnd.IntN(8) {
	case 0:
		s = s[rnd.IntN(len(s)+1):]
	case 1:
		s = s[:rnd.IntN(len(s)+1)]
	case 2:
		s += " " + examples[rnd.IntN(len(examples))]
	case 3:
		s = strings.ToUpper(s)
	case 4:
		s = ""
	case 5:
		s = strings.Repeat("\xff\x00 ", rnd.IntN(4)) + s
	}
	s = strings.NewReplacer("\n", " ", "std"+"out P ", "stdout F ", "stderr P ", "stderr F ").Replace(s)
	return s
}

// oddRules are what users may write: without a required text, folded, and with
// letters that fold beyond ASCII.
const oddRules = `
- id: odd.none
  title: no required text
  severity: low
  component: node
  source: [any]
  match: '\d{5}$|^$'
  slow: true
  examples: {match: ["12345", ""], no_match: ["x"]}
- id: odd.fold
  title: folded
  severity: low
  component: node
  source: [any]
  match: '(?i)kubelet.*(?P<error>task)'
  examples: {match: ["KUBELET TASK", "\u212aubelet ta\u017fk"], no_match: ["cube"]}
- id: odd.short
  title: short texts
  severity: low
  component: node
  source: [kernel]
  match: 'a|b'
  slow: true
  unless: 'c'
  examples: {match: ["a"], no_match: ["abc"]}
`

// No rule reads the bytes of a file that is no text.
func TestBlock_binary(t *testing.T) {
	e := oddEngine(t)
	for _, binary := range []bool{false, true} {
		s := e.NewScan()
		b := &index.Block{File: &index.File{Path: "kernel/dmesg.current"}, Format: &parsers.Format{Binary: binary}, Line: 1}
		found, _ := s.Block(b, []byte("ab\n")).(looked)
		if got := len(found.hits); (got == 0) != binary {
			t.Errorf("with Binary = %v: %d matches", binary, got)
		}
	}
}

func TestCleanEntity_quotes(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := cleanEntity("error", []byte(in)); got != want {
			t.Errorf("cleanEntity(%q) = %q, want %q", in, got, want)
		}
	}
	f(`secret "db" not found`, `secret "db" not found`)
	f(`secret \"db\" not found\"`, `secret "db" not found`)
	f(`secret \\\"db\\\" not found`, `secret "db" not found`)
	f(`open C:\dir\file: denied`, `open C:\dir\file: denied`)
	f(`a`+strings.Repeat(`\`, 150)+`"b"c`, `a"b"c`)
}

func TestCleanEntity_volume(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := cleanEntity("volume", []byte(in)); got != want {
			t.Errorf("cleanEntity(%q) = %q, want %q", in, got, want)
		}
	}
	f("vol0771c312871baaaaa", "vol-0771c312871baaaaa")
	f("vol-0771c312871baaaaa", "vol-0771c312871baaaaa")
	f("volume-of-21-letters1", "volume-of-21-letters1")
	f("vol0771", "vol0771")
	f("data", "data")
}
