package lsblk_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/lsblk"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, lsblk.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, lsblk.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, lsblk.Format,
		parserstest.Mutation{File: "storage/lsblk.txt", Old: "0  24G  0 part /", New: "0  25G  0 part /", Want: []string{"Devices[1].Size: 25769803776 -> 26843545600"}},
		parserstest.Mutation{File: "storage/lsblk.txt", Old: "0  407M  0 disk [SWAP]", New: "0  407M  0 disk", Want: []string{"Devices[0].Mounts: - -> <nil>", "Devices[0].Mounts[0]: [SWAP] -> -"}},
		parserstest.Mutation{File: "storage/lsblk.txt", Old: "  |-vgvagrant", New: "`-vgvagrant", Want: []string{"Devices[3].Depth: 2 -> 1", "Devices[3].Parent: sda5 -> sda", "Devices[4].Parent: sda5 -> vgvagrant-root"}},
	)
}
