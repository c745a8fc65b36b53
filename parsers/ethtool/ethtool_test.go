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

func TestMutations(t *testing.T) {
	m := func(file, from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: file, Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, ethtool.Format,
		m("networking/ethtool.txt", "conntrack_allowance_exceeded: 0", "conntrack_allowance_exceeded: 7", "Interfaces[0].Counters[11].Value: 0 -> 7"),
		m("networking/ethtool.txt", "pps_allowance_exceeded: 784", "pps_allowance_exceeded: 785", "Interfaces[0].Counters[10].Value: 784 -> 785"),
		m("networking/ethtool.txt", "     reset_fail: 0", "     reset_done: 0", "Interfaces[0].Counters[1].Name: reset_fail -> reset_done"),
		m("networking/ethtool.txt", "Interface ens34", "Interface ens35", "Interfaces[0].Name: ens34 -> ens35"),
		m("networking/ethtool.txt", "temperature: unknown", "temperature: hot", "Interfaces[1].Note: temperature: unknown -> temperature: hot"),
		m("networking/ethtool.txt", `Device "eth1"`, `Device "eth2"`, `Notes[0].Text: Device "eth1" does not exist. -> Device "eth2" does not exist.`),
		m("extra/ethtool.txt", "queue_0_tx_cnt: 3925390", "queue_0_tx_cnt: 3925391", "Interfaces[2].Counters[13].Value: 3925390 -> 3925391"),
	)
}
