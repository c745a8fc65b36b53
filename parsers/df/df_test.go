package df_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// The collector appends with >>: what its earlier run saw is stale.
func TestSecondRun(t *testing.T) {
	const heads = "Filesystem      Inodes IUsed   IFree IUse% Mounted on\n"
	const full = heads + "/dev/nvme0n1p1 3813080 3813080 0 100% /\n/dev/sdb1 10 1 9 10% /old\n"
	const free = heads + "/dev/nvme0n1p1 3813080 15750 3797330 1% /\n"
	got := parse(t, "storage/inodes.txt", full+free+free)
	want := []df.Usage{{Source: "/dev/nvme0n1p1", Target: "/", Size: 3813080, Used: 15750, Avail: 3797330, Percent: 1, Line: 7}}
	if diff := cmp.Diff(want, got.Inodes); diff != "" || got.Repeats != 2 {
		t.Errorf("Repeats = %d, want 2; inodes (-want +got):\n%s", got.Repeats, diff)
	}

	const mount = "/dev/nvme0n1p1 on / type xfs (rw)\n\n"
	const space = "Filesystem      Size  Used Avail Use% Mounted on\n/dev/nvme0n1p1   24G   23G  1.9G  93% /\n"
	f := func(text string, mounts, line, repeats int) {
		t.Helper()
		got := parse(t, "storage/mounts.txt", text)
		if len(got.Mounts) != mounts || len(got.Space) != 1 || got.Space[0].Line != line || got.Repeats != repeats {
			t.Errorf("%q: %d mounts, space %+v, Repeats %d, want %d mounts, a row of line %d, %d",
				text, len(got.Mounts), got.Space, got.Repeats, mounts, line, repeats)
		}
	}
	f(mount+space, 1, 4, 0)
	f(mount+space+space, 1, 6, 1)
	f(mount+space+mount+space, 1, 8, 1)
	f(space+mount, 1, 2, 0)
}

// What stands between the rows and is none, even when it has as many words.
func TestNotes(t *testing.T) {
	got := parse(t, "storage/mounts.txt", strings.Join([]string{
		"mount: failed to read mtab: No such file or directory",
		"/dev/nvme0n1p1 on / type xfs (rw)",
		"",
		"df: '/mnt/nfs': Stale file handle",
		"Filesystem      Size  Used Avail Use% Mounted on",
		"/dev/nvme0n1p1   24G   23G  1.9G  93% /",
		"df: /mnt/dead: Transport endpoint is not connected",
		"//files/my share  1.5T -1.0M  1.5T   1% /mnt/a  b",
		"tmpfs           299M  720K",
		"alone",
	}, "\n"))
	var notes []int
	for _, n := range got.Notes {
		notes = append(notes, n.Line)
	}
	if diff := cmp.Diff([]int{1, 4, 7, 9, 10}, notes); diff != "" {
		t.Errorf("lines of notes (-want +got):\n%s", diff)
	}
	want := []df.Usage{
		{Source: "/dev/nvme0n1p1", Target: "/", Size: 24 << 30, Used: 23 << 30, Avail: 2040109465, Percent: 93, Line: 6},
		{Source: "//files/my share", Target: "/mnt/a  b", Size: 3 << 39, Avail: 3 << 39, Percent: 1, Line: 8},
	}
	if diff := cmp.Diff(want, got.Space); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestMountForms(t *testing.T) {
	f := func(line string, want df.Mount) {
		t.Helper()
		want.Line = 1
		got := parse(t, "storage/mounts.txt", line).Mounts
		if diff := cmp.Diff([]df.Mount{want}, got); diff != "" {
			t.Errorf("mount %q (-want +got):\n%s", line, diff)
		}
	}
	f("overlay on /a type overlay (rw,relatime,lowerdir=/l,upperdir=/u (1),workdir=/w)",
		df.Mount{Source: "overlay", Target: "/a", Type: "overlay", Options: "rw,relatime,lowerdir=/l,upperdir=/u (1),workdir=/w"})
	f("overlay on /a type of type overlay (rw,upperdir=/u type x (1),workdir=/w)",
		df.Mount{Source: "overlay", Target: "/a type of", Type: "overlay", Options: "rw,upperdir=/u type x (1),workdir=/w"})
	f("disk on chip on /mnt (1) type ext4 (ro)", df.Mount{Source: "disk on chip", Target: "/mnt (1)", Type: "ext4", Options: "ro"})
	f("/dev/sda1 on /boot type ext4 (rw,relatime) [boot]", df.Mount{Source: "/dev/sda1", Target: "/boot", Type: "ext4", Options: "rw,relatime"})
	f("none on /x type fuse.s3fs ()", df.Mount{Source: "none", Target: "/x", Type: "fuse.s3fs"})
}

// Paths as long as no kernel has them are no rows but shortened notes, and only
// the start of endless options is kept.
func TestLongLines(t *testing.T) {
	const good = "/dev/sda1 on / type xfs (rw)\n"
	const head = "Filesystem Size Used Avail Use% Mounted on\n"
	long := strings.Repeat("/d", 3000)
	endless := strings.Repeat(long, 1000)
	for _, line := range []string{
		"x on " + endless + " type xfs (rw)\n",
		"x on " + long + " type xfs (rw)\n",
		head + "x 1G 1G 0 100% " + endless,
		head + "x 1G 1G 0 100% " + long,
		head + long + "\n  1G 1G 0 100% /",
		strings.Repeat("- ", 1<<20),
	} {
		got := parse(t, "storage/mounts.txt", good+line)
		if len(got.Mounts) != 1 || len(got.Space) != 0 || len(got.Notes) == 0 || len(got.Notes[0].Text) > 1000 {
			t.Errorf("%.80q: %d mounts, %d rows, %d notes", line, len(got.Mounts), len(got.Space), len(got.Notes))
		}
	}
	m, ok := parse(t, "storage/mounts.txt", good+"x on /a type xfs (ro,"+endless+")\n").MountAt("/a")
	if !ok || !m.ReadOnly() || len(m.Options) > 100_000 {
		t.Errorf("mount with %d bytes of options: ReadOnly = %v, %v", len(m.Options), m.ReadOnly(), ok)
	}
}

func parse(t *testing.T, file, text string) *df.Table {
	t.Helper()
	in := []byte(text)
	got, err := df.Parse(file, in)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(in, []byte(text)) {
		t.Error("Parse changed the text")
	}
	return got
}
