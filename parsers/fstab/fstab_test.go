package fstab_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/fstab"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, fstab.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, fstab.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, fstab.Format,
		parserstest.Mutation{File: "storage/fstab.txt", Old: "_netdev,tls,nofail", New: "_netdev,tls", Want: []string{"Entries[2].Options: _netdev,tls,nofail -> _netdev,tls"}},
		parserstest.Mutation{File: "storage/fstab.txt", Old: "1   1", New: "1   2", Want: []string{"Entries[0].Pass: 1 -> 2"}},
	)
}
