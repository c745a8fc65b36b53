package lvm_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/lvm"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, lvm.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, lvm.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, lvm.Format,
		parserstest.Mutation{File: "storage/lvs.txt", Old: "0.00   0.98", New: "91.5   0.98", Want: []string{"Volumes[1].DataPercent: 0 -> 91.5"}},
		parserstest.Mutation{File: "storage/vgs.txt", Old: "<19.00g     0", New: "<19.00g  4.0g", Want: []string{"Groups[1].Free: 0 -> 4294967296"}},
		parserstest.Mutation{File: "storage/pvs.txt", Old: "/dev/sdb      lvm2", New: "/dev/sdb   rl lvm2", Want: []string{"Disks[1].Group:  -> rl"}},
		parserstest.Mutation{File: "storage/pvs.txt", Old: "5.00g 5.00g", New: "5.00g 4.00g", Want: []string{"Disks[1].Free: 5368709120 -> 4294967296"}},
	)
}
