package analyze

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRules_examples runs each rule over its own examples.
func TestRules_examples(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		if len(r.Examples.Match) == 0 {
			t.Errorf("%s: rule %q has no example that matches", r.at, r.ID)
		}
		if len(r.Examples.NoMatch) == 0 && !r.Mark {
			t.Errorf("%s: rule %q has no example that must not match", r.at, r.ID)
		}
		for _, e := range r.Examples.Match {
			line := e.Line
			if !r.matches(line) {
				t.Errorf("%s: rule %q does not match its example %q", r.at, r.ID, line)
			}
		}
		for _, e := range r.Examples.NoMatch {
			line := e.Line
			if r.matches(line) {
				t.Errorf("%s: rule %q matches %q, which it must not", r.at, r.ID, line)
			}
		}
	}
}

// TestRules_search tries every rule on the examples of all rules, alone and one
// behind another: where a match can begin makes no difference.
func TestRules_search(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	for _, r := range rules {
		for _, e := range slices.Concat(r.Examples.Match, r.Examples.NoMatch) {
			lines = append(lines, []byte(e.Line))
		}
	}
	for i := 0; i < len(lines)-1; i += 8 {
		lines = append(lines, slices.Concat(lines[i], lines[i+1]))
	}
	hits, late := 0, 0
	for n, r := range rules {
		c := compile(n, r)
		for _, line := range lines {
			if !c.worthTrying(line) {
				continue
			}
			got := c.search(line)
			want := r.match.FindSubmatchIndex(line)
			if r.unless != nil && r.unless.Match(line) {
				want = nil
			}
			if c.names == nil && want != nil {
				want = whole
			}
			if !slices.Equal(got, want) {
				t.Fatalf("rule %q in %q: %v, want %v", r.ID, line, got, want)
			}
			if got != nil {
				hits++
			}
			if begin(c.starts, line) > 0 {
				late++
			}
		}
	}
	if hits < 1000 || late < 1000 {
		t.Errorf("%d hits, %d searches that began later: the test says little", hits, late)
	}
}

// TestRules_errors reads what a rule takes for the error: the reason stands
// behind the address or the quoted name, not before it.
func TestRules_errors(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	cut := regexp.MustCompile(`(?:^|[ ,])(?:Get|Head|Post|Put|Container image)$`)
	read := 0
	for n, r := range rules {
		c := compile(n, r)
		if !slices.Contains(c.names, "error") {
			continue
		}
		for _, e := range r.Examples.Match {
			line := []byte(e.Line)
			loc := c.search(line)
			for i, v := range entitiesAt(c.names, line, loc) {
				if c.names[i] != "error" || v == "" {
					continue
				}
				read++
				if cut.MatchString(v) {
					t.Errorf("rule %q takes %q for the error of %q", r.ID, v, line)
				}
			}
		}
	}
	if read < 100 {
		t.Errorf("%d errors read: the test says little", read)
	}
}

// TestRules_origin reads examples that stand as plain text and with their origin.
func TestRules_origin(t *testing.T) {
	rule := func(examples string) ([]*Rule, error) {
		return parseRules("test.yaml", []byte("[{id: test.origin, title: t, severity: low, component: node, source: [kernel], match: ' made ', examples: {match: "+examples+"}}]"))
	}
	rules, err := rule(`[a made b, {line: c made d, from: linux mm/slub.c}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []ExampleLine{{"a made b", ""}, {"c made d", "linux mm/slub.c"}}
	if got := rules[0].Examples.Match; !slices.Equal(got, want) {
		t.Errorf("examples %q, want %q", got, want)
	}
	for examples, want := range map[string]string{
		`[{line: a made b, form: x}]`: `unknown key "form"`,
		`[{from: x}]`:                 "an example without a line",
		`[[a made b]]`:                "a map is wanted here",
	} {
		if _, err := rule(examples); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("examples %s: error %v, want %q", examples, err, want)
		}
	}
}

// withoutOrigin is how many examples of a rule do not say where they are from:
// texts of services without public source, and lines made for their rule. It
// only gets shorter.
var withoutOrigin = map[string]int{
	"ami.yum_lock_or_update":            2,
	"aws.sts.expired":                   1,
	"cloudinit.bootstrap_error":         1,
	"containerd.config.invalid":         1,
	"containerd.plugin.load_failed":     1,
	"csi.s3.mount_failed":               1,
	"image.pull.no_space":               1,
	"image.pull.qps":                    1,
	"imds.v1_usage":                     1,
	"kernel.bug.other":                  1,
	"kernel.oops":                       1,
	"kernel.pid.cgroup_fork_rejected":   1,
	"kubelet.cri.connection_lost":       1,
	"kubelet.device_plugin":             1,
	"kubelet.node.status_update_failed": 1,
	"kubelet.process.fork_failed":       1,
	"kubelet.standalone":                1,
	"kubelet.start.fatal":               2,
	"mark.ena.link_up":                  1,
	"mark.gpu.no_nvswitch":              1,
	"mark.node.bootstrap":               1,
	"net.link.down":                     2,
	"net.networkd.dhcp_failed":          1,
	"neuron.driver.error":               2,
	"neuron.hw.error":                   1,
	"nma.condition_reported":            1,
	"pod.go_panic":                      2,
	"soci.snapshotter.failed":           1,
}

// excerpt is a file of testdata in an origin.
var excerpt = regexp.MustCompile(`\btestdata/[^\s,]+`)

// TestRules_where wants to know of each example who saw it or writes it, and
// looks for the excerpts and bundles that are named.
func TestRules_where(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]int{}
	for _, r := range rules {
		for _, e := range slices.Concat(r.Examples.Match, r.Examples.NoMatch) {
			if e.From == "" {
				missing[r.ID]++
			}
			for _, name := range excerpt.FindAllString(e.From, -1) {
				if _, err := os.Stat("../" + name); errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: rule %q has an example from %s, which is not there", r.at, r.ID, name)
				}
			}
		}
	}
	if diff := cmp.Diff(withoutOrigin, missing); diff != "" {
		t.Errorf("examples without an origin (-want +got):\n%s", diff)
	}
}
