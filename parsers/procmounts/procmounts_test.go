package procmounts_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/procmounts"
)

func Test(t *testing.T)       { parserstest.Run(t, procmounts.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, procmounts.Format) }

func TestMutations(t *testing.T) {
	const file = "bottlerocket-logs/proc-mounts"
	parserstest.Mutate(t, procmounts.Format,
		parserstest.Mutation{File: file, Old: "/dev/nvme1n1p1 /local xfs rw", New: "/dev/nvme1n1p1 /local xfs ro", Want: []string{
			"Mounts[8].Options: rw,nosuid,nodev,noatime,seclabel,attr2,inode64,logbufs=8,logbsize=32k,noquota -> ro,nosuid,nodev,noatime,seclabel,attr2,inode64,logbufs=8,logbsize=32k,noquota"}},
		parserstest.Mutation{File: file, Old: "/dev/shm", New: `/dev\040shm`, Want: []string{"Mounts[2].Target: /dev/shm -> /dev shm"}},
		parserstest.Mutation{File: file, Old: "/dev/dm-0 / erofs", New: "/dev/dm-0 / ext4", Want: []string{"Mounts[0].Type: erofs -> ext4"}},
	)
}

func TestAt(t *testing.T) {
	table, err := procmounts.Parse("proc-mounts", []byte("/dev/a /x xfs rw,ro 0 0\n/dev/b /x ext4 ro,noatime 0 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	m, ok := table.At("/x")
	if !ok || m.Source != "/dev/b" || !m.ReadOnly() || table.Mounts[0].ReadOnly() {
		t.Errorf("At(/x) = %+v %v, want the last mount, read-only", m, ok)
	}
	if _, ok := table.At("/y"); ok {
		t.Error("At(/y) found a mount")
	}
}
