package xfs_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/xfs"
)

func Test(t *testing.T)       { parserstest.Run(t, xfs.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, xfs.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, xfs.Format,
		parserstest.Mutation{File: "storage/xfs.txt", Old: "average free extent size 82677.5", New: "average free extent size 12.5", Want: []string{"Devices[0].Free.Average: 82677.5 -> 12.5"}},
		parserstest.Mutation{File: "storage/xfs.txt", Old: "ftype=1", New: "ftype=0", Want: []string{"Devices[0].FType: 1 -> 0"}},
		parserstest.Mutation{File: "storage/xfs.txt", Old: "      1       1     130      130", New: "      1       1     131      130", Want: []string{"Devices[0].Free.Buckets[0].Extents: 130 -> 131"}},
	)
}
