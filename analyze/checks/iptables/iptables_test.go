package iptables_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/iptables"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, iptables.Checks) }

// The severity follows the number of rules of the largest table.
func TestTotal(t *testing.T) {
	i := slices.IndexFunc(iptables.Checks, func(c *analyze.Check) bool { return c.ID == "state.iptables.rules_total" })
	f := func(rules int, want analyze.Severity) {
		t.Helper()
		var b strings.Builder
		b.WriteString("*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n")
		for n := range rules {
			fmt.Fprintf(&b, "-A KUBE-SERVICES -d 172.20.%d.%d/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-%d\n", n/250%250, n%250, n)
		}
		b.WriteString("COMMIT\n")
		p := analyzetest.Pass(&txtar.Archive{Files: []txtar.File{{Name: "networking/iptables-save.txt", Data: []byte(b.String())}}})
		p.Check = iptables.Checks[i]
		v, err := p.Check.Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		got := analyze.Severity("")
		if v.Outcome == analyze.Found {
			got = v.Matches[0].Severity
		}
		if got != want {
			t.Errorf("%d rules: %s %q, want %q", rules, v.Outcome, got, want)
		}
	}
	f(5000, "")
	f(5001, analyze.Low)
	f(20_001, analyze.Medium)
	f(40_001, analyze.High)
}

// Rules without end, each of them to be told, give findings of a bounded size.
func TestHostile(t *testing.T) {
	const head = "*filter\n:FORWARD DROP [0:0]\n"
	for _, rules := range []string{
		strings.Repeat("-A FORWARD -s 10.0.0.1/32 -j DROP\n", 100_000),
		strings.Repeat("-A KUBE-SEP-A -p tcp -j DNAT --to-destination 10.0.0.1:80\n", 100_000),
		strings.Repeat("-A PREROUTING -p tcp --dport 10250 -j REDIRECT\n", 100_000),
	} {
		ar := &txtar.Archive{Files: []txtar.File{{Name: "networking/iptables-save.txt", Data: []byte(head + rules + "COMMIT\n*nat\n" + rules + "COMMIT\n")}}}
		p := analyzetest.Pass(ar)
		for _, c := range iptables.Checks {
			p.Check = c
			v, err := c.Run(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range v.Matches {
				if len(m.At) > 50 || len(m.Summary) > 4000 {
					t.Errorf("%s: %d places, a summary of %d bytes", c.ID, len(m.At), len(m.Summary))
				}
			}
		}
	}
}
