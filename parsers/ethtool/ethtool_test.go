package ethtool_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/ethtool"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ethtool.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ethtool.Format) }

// The collector appends with >>: the counters of its last run count.
func TestSecondRun(t *testing.T) {
	const twice = "Interface ens5\nNIC statistics:\n     linklocal_allowance_exceeded: 7\n\n\n"
	const run1 = twice + "Interface ens5\nNIC statistics:\n     linklocal_allowance_exceeded: 7\n\n\nInterface gone\nno stats available\n\n\nInterface lo\nno stats available\n\n\n"
	const run2 = twice + "Interface ens5\nNIC statistics:\n     linklocal_allowance_exceeded: 9\n\n\nInterface lo\nno stats available\n\n\n"
	got, err := ethtool.Parse("networking/ethtool.txt", []byte(run1+run2))
	if err != nil {
		t.Fatal(err)
	}
	want := []ethtool.Interface{
		{Name: "ens5", Line: 24, Counters: []ethtool.Counter{{Name: "linklocal_allowance_exceeded", Value: 9, Line: 26}}},
		{Name: "lo", Line: 29, Note: "no stats available", NoteLine: 30},
	}
	if diff := cmp.Diff(want, got.Interfaces); diff != "" || got.Repeats != 1 {
		t.Errorf("Repeats = %d, want 1; interfaces (-want +got):\n%s", got.Repeats, diff)
	}
}
