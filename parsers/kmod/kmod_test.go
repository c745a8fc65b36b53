package kmod_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/kmod"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, kmod.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, kmod.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, kmod.Format,
		parserstest.Mutation{File: "modinfo/ip_vs", Old: "184320  6", New: "184320  7", Want: []string{"Loaded[1].Used: 6 -> 7"}},
		parserstest.Mutation{File: "modinfo/lustre", Old: "2.12.8", New: "2.15.3", Want: []string{"Fields[2].Value: 2.12.8 -> 2.15.3"}},
	)
}
