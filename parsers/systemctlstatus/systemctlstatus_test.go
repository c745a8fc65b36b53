package systemctlstatus_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/systemctlstatus"
)

func Test(t *testing.T)       { parserstest.Run(t, systemctlstatus.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, systemctlstatus.Format) }

func TestMutations(t *testing.T) {
	const soci = "containerd/soci-snapshotter/soci-snapshotter-status.txt"
	parserstest.Mutate(t, systemctlstatus.Format,
		parserstest.Mutation{File: soci, Old: "active (running) since Fri", New: "active (exited) since Fri", Want: []string{"Units[0].Sub: running -> exited"}},
		parserstest.Mutation{File: soci, Old: "717.8M", New: "512M", Want: []string{"Units[0].Memory: 752667853 -> 536870912"}},
		parserstest.Mutation{File: soci, Old: "Tasks: 40 ", New: "Tasks: 41 ", Want: []string{"Units[0].Tasks: 40 -> 41"}},
		parserstest.Mutation{File: soci, Old: "Main PID: 1230", New: "Main PID: 1231", Want: []string{"Units[0].MainPID: 1230 -> 1231"}},
		parserstest.Mutation{File: soci, Old: "8min ago", New: "9min ago", Want: []string{"Units[0].Ago: 8min ago -> 9min ago"}},
		parserstest.Mutation{File: soci, Old: "(Result: exit-code)", New: "(Result: timeout)", Want: []string{"Units[0].Result: exit-code -> timeout"}},
	)
}

// Nothing grows with a hostile text.
func TestBounds(t *testing.T) {
	text := "* a.service - A\n     CGroup: /a\n" + strings.Repeat("             |-1 /x\n", 2000) + strings.Repeat("* b.service\n", 20_000)
	s, err := systemctlstatus.Parse("x", []byte(text))
	if err != nil || len(s.Units) != 10_000 || len(s.Units[0].Processes) != 1000 || !s.Cut {
		t.Errorf("%d units, cut: %v, %v", len(s.Units), s.Cut, err)
	}
}
