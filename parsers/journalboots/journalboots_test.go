package journalboots_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/journalboots"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, journalboots.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, journalboots.Format) }

func TestMutations(t *testing.T) {
	const file, nested = "bottlerocket-logs/journalctl-boots", "bottlerocket/logdog/bottlerocket-logs.tar.gz/bottlerocket-logs/journalctl-boots"
	parserstest.Mutate(t, journalboots.Format,
		parserstest.Mutation{File: file, Old: "20:05:50", New: "20:05:51", Want: []string{"Boots[1].First: 2023-08-25T20:05:50Z -> 2023-08-25T20:05:51Z"}},
		parserstest.Mutation{File: file, Old: " -2 ", New: " -3 ", Want: []string{"Boots[0].Index: -2 -> -3"}},
		parserstest.Mutation{File: nested, Old: "22:21:40", New: "22:21:41", Want: []string{"Boots[0].Last: 2016-06-21T22:21:40Z -> 2016-06-21T22:21:41Z"}},
	)
}
