package largeenv_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/largeenv"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, largeenv.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, largeenv.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, largeenv.Format,
		parserstest.Mutation{File: "system/large_environments.txt", Old: "1043", New: "1044", Want: []string{"Processes[0].Count: 1043 -> 1044"}},
	)
}
