package scriptparams_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/scriptparams"
)

func Test(t *testing.T)       { parserstest.Run(t, scriptparams.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, scriptparams.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, scriptparams.Format,
		parserstest.Mutation{File: "system/script-params.txt", Old: "ignore_metrics: false", New: "ignore_metrics: true", Want: []string{"All[1].Value: false -> true"}},
	)
}
