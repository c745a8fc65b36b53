package imdsblock_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/imdsblock"
)

func Test(t *testing.T) { analyzetest.Run(t, imdsblock.Check) }

// A file that is made of such rules, or of jumps in a circle, takes no longer
// than it is long.
func TestHostile(t *testing.T) {
	const head = "*filter\n:OUTPUT ACCEPT [0:0]\n"
	for _, rules := range []string{
		strings.Repeat("-A OUTPUT -d 169.254.169.254/32 -j DROP\n", 100_000),
		strings.Repeat("-A OUTPUT -d 169.254.169.254/32 -j ACCEPT\n", 50_000) + strings.Repeat("-A OUTPUT -d 169.254.169.254/32 -j DROP\n", 50_000),
		strings.Repeat("-A OUTPUT -j A\n-A A -d 169.254.169.254/32 -j B\n-A B -j A\n-A B -j B\n", 25_000),
		strings.Repeat("-A X -d 169.254.169.254/32 -j DROP\n", 100_000),
	} {
		p := analyzetest.Pass(&txtar.Archive{Files: []txtar.File{{Name: "networking/iptables-save.txt", Data: []byte(head + rules + "COMMIT\n")}}})
		v, err := imdsblock.Check.Run(t.Context(), p)
		if err != nil || v.Outcome == analyze.NoData {
			t.Errorf("%.40q...: %v, %v", rules, v.Outcome, err)
		}
		for _, m := range v.Matches {
			if len(m.At) > 50 || len(m.Summary) > 4000 {
				t.Errorf("%.40q...: %d places, a summary of %d bytes", rules, len(m.At), len(m.Summary))
			}
		}
	}
}
