package pkglist_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/pkglist"
)

func Test(t *testing.T)       { parserstest.Run(t, pkglist.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, pkglist.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, pkglist.Format,
		parserstest.Mutation{File: "system/pkglist.txt", Old: "containerd-2.2.5-1", New: "containerd-2.2.6-1", Want: []string{"Packages[0].Version: 2.2.5-1.amzn2023.0.1 -> 2.2.6-1.amzn2023.0.1"}},
		parserstest.Mutation{File: "system/pkglist.txt", Old: "rc  lxd", New: "ii  lxd", Want: []string{"Packages[2].State: rc -> ii"}},
	)
}
