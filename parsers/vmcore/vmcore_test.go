package vmcore_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/vmcore"
)

func Test(t *testing.T) { parserstest.Run(t, vmcore.Format) }

func FuzzFormat(f *testing.F) {
	f.Add(head())
	parserstest.Fuzz(f, vmcore.Format)
}

// head lays a head out as makedumpfile's struct disk_dump_header.
func head() []byte {
	b := make([]byte, 4096)
	copy(b, "KDUMP   \x06")
	for i, s := range []string{"Linux", "ip-10-0-12-34.us-west-2.compute.internal", "6.1.55", "#1 SMP PREEMPT_DYNAMIC", "x86_64", "(none)"} {
		copy(b[12+65*i:], s)
	}
	binary.LittleEndian.PutUint64(b[408:], 1795220318)
	binary.LittleEndian.PutUint32(b[424:], 0x8)
	return b
}

func TestParse(t *testing.T) {
	got, err := vmcore.Parse("vmcore.dump", head())
	if err != nil {
		t.Fatal(err)
	}
	want := &vmcore.Dump{
		Node: "ip-10-0-12-34.us-west-2.compute.internal", Release: "6.1.55", Version: "#1 SMP PREEMPT_DYNAMIC", Machine: "x86_64",
		Time: time.Unix(1795220318, 0).UTC(), Incomplete: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !vmcore.Format.Sniff(head()) || vmcore.Format.Sniff([]byte("KDUMP: text\n")) {
		t.Error("Sniff does not tell a dump from text")
	}
}

// A dump is made of bytes, so its fields are changed here.
func TestMutations(t *testing.T) {
	before, err := vmcore.Parse("vmcore.dump", head())
	if err != nil {
		t.Fatal(err)
	}
	f := func(at int, text string, want func(*vmcore.Dump)) {
		t.Helper()
		b := head()
		copy(b[at:], text)
		got, err := vmcore.Parse("vmcore.dump", b)
		if err != nil {
			t.Fatal(err)
		}
		w := *before
		want(&w)
		if diff := cmp.Diff(&w, got); diff != "" {
			t.Errorf("%q at %d (-want +got):\n%s", text, at, diff)
		}
	}
	f(12, "Other", func(*vmcore.Dump) {})
	f(77, "ip-10-0-12-35", func(d *vmcore.Dump) { d.Node = "ip-10-0-12-35.us-west-2.compute.internal" })
	f(142, "6.12.73", func(d *vmcore.Dump) { d.Release = "6.12.73" })
	f(207, "#2", func(d *vmcore.Dump) { d.Version = "#2 SMP PREEMPT_DYNAMIC" })
	f(272, "aarch64", func(d *vmcore.Dump) { d.Machine = "aarch64" })
	f(408, "\x5f", func(d *vmcore.Dump) { d.Time = d.Time.Add(time.Second) })
	f(415, "\x01", func(d *vmcore.Dump) { d.Time = time.Time{} })
	f(424, "\x00", func(d *vmcore.Dump) { d.Incomplete = false })
	f(424, "\x0c", func(*vmcore.Dump) {})
	f(4000, "memory", func(*vmcore.Dump) {})
}
