package procpid_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/procpid"
)

func Test(t *testing.T)       { parserstest.Run(t, procpid.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, procpid.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, procpid.Format,
		parserstest.Mutation{File: "system/allprocstat.txt", Old: "(systemd) S", New: "(systemd) D", Want: []string{"Processes[0].State: S -> D"}},
		parserstest.Mutation{File: "system/allprocstat.txt", Old: " 342 ", New: " 343 ", Want: []string{"Processes[0].BlockTicks: 342 -> 343"}},
	)
}
