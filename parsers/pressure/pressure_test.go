package pressure_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/pressure"
)

func Test(t *testing.T)       { parserstest.Run(t, pressure.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, pressure.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, pressure.Format,
		parserstest.Mutation{File: "system/pressure_io.txt", Old: "avg60=0.17", New: "avg60=17.17", Want: []string{"Full.Avg60: 0.17 -> 17.17"}},
	)
}
