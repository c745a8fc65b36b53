package systemdanalyze_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/systemdanalyze"
)

func Test(t *testing.T)       { parserstest.Run(t, systemdanalyze.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, systemdanalyze.Format) }

func TestMutations(t *testing.T) {
	const blame, chain = "bottlerocket-logs/systemd-analyze-blame", "bottlerocket-logs/systemd-analyze-critical-chain"
	parserstest.Mutate(t, systemdanalyze.Format,
		parserstest.Mutation{File: blame, Old: "3.370s settings", New: "1min 3.370s settings", Want: []string{"Units[1].Took: 3370000000 -> 63370000000"}},
		parserstest.Mutation{File: blame, Old: "635ms early", New: "635us early", Want: []string{"Units[3].Took: 635000000 -> 635000"}},
		parserstest.Mutation{File: chain, Old: "+3.432s", New: "+4s", Want: []string{"Chain[3].Took: 3432000000 -> 4000000000"}},
		parserstest.Mutation{File: chain, Old: "@5.515s", New: "@2h 1min", Want: []string{"Chain[5].At: 5515000000 -> 7260000000000"}},
	)
}
