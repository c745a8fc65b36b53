package services_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/services"
)

// A list of nothing but failed units, and names without an end, give few and
// short findings.
func TestHostile(t *testing.T) {
	const head = "  UNIT LOAD ACTIVE SUB DESCRIPTION\n"
	for _, rows := range []string{
		strings.Repeat("* a.service loaded failed failed A\n", 100_000),
		strings.Repeat("* a.scope loaded failed failed A\n", 100_000),
		"* " + strings.Repeat("a", 1<<20) + ".service loaded failed failed A\n",
		"* a.service loaded failed failed " + strings.Repeat("a", 1<<20) + "\n",
	} {
		p := analyzetest.Pass(&txtar.Archive{Files: []txtar.File{{Name: "system/services.txt", Data: []byte(head + rows)}}})
		for _, c := range services.Checks {
			p.Check = c
			v, err := c.Run(t.Context(), p)
			if err != nil || len(v.Matches) > 1 {
				t.Errorf("%.40q...: %d matches, %v", rows, len(v.Matches), err)
			}
			for _, m := range v.Matches {
				if len(m.Summary) > 1000 || len(m.At) > 10 {
					t.Errorf("%.40q...: a summary of %d bytes, %d places", rows, len(m.Summary), len(m.At))
				}
			}
		}
	}
}
