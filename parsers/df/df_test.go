package df_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, df.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, df.Format) }

func TestMutations(t *testing.T) {
	const mounts, inodes = "storage/mounts.txt", "storage/inodes.txt"
	parserstest.Mutate(t, df.Format,
		parserstest.Mutation{File: mounts, Old: "1.9G  93% /", New: "1.9G  97% /", Want: []string{"Space[1].Percent: 93 -> 97"}},
		parserstest.Mutation{File: mounts, Old: "xfs (rw,", New: "xfs (ro,", Want: []string{
			"Mounts[1].Options: rw,noatime,attr2,inode64,logbufs=8,logbsize=32k,noquota -> ro,noatime,attr2,inode64,logbufs=8,logbsize=32k,noquota"}},
		parserstest.Mutation{File: inodes, Old: "15750", New: "15751", Want: []string{"Inodes[2].Used: 15750 -> 15751"}},
	)
}
