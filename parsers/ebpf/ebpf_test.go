package ebpf_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/ebpf"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ebpf.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ebpf.Format) }

func TestMutations(t *testing.T) {
	const data, maps, cp = "networking/ebpf-data.txt", "networking/ebpf-maps-data.txt", "networking/ebpf-cp-maps-data.txt"
	parserstest.Mutate(t, ebpf.Format,
		parserstest.Mutation{File: data, Old: "Map ID:  7455", New: "Map ID:  7456", Want: []string{"Programs[0].Maps[2].ID: 7455 -> 7456"}},
		parserstest.Mutation{File: data, Old: "Direction : ingress", New: "Direction : egress", Want: []string{"Programs[1].Direction: ingress -> egress"}},
		parserstest.Mutation{File: maps, Old: "StartPort -  80", New: "StartPort -  81", Want: []string{"Maps[0].Entries[0].Rules[0].StartPort: 80 -> 81"}},
		parserstest.Mutation{File: maps, Old: "State -  2", New: "State -  1", Want: []string{"Maps[1].States[0].State: 2 -> 1"}},
		parserstest.Mutation{File: cp, Old: "Priority  - 10", New: "Priority  - 11", Want: []string{"Maps[0].Entries[0].Rules[0].Priority: 10 -> 11"}},
	)
}

// The collector appends with >>: what its earlier runs saw is stale.
func TestSecondRun(t *testing.T) {
	f := func(file, text string, repeats int, want ...string) {
		t.Helper()
		d, err := ebpf.Parse(file, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range d.Programs {
			got = append(got, fmt.Sprintf("%d: %s %d", p.Line, p.PinPath, p.ID))
		}
		for _, m := range d.Maps {
			got = append(got, fmt.Sprintf("%d: %d, %d entries, done %d", m.Line, m.ID, len(m.Entries), m.Done))
		}
		if diff := cmp.Diff(want, got); diff != "" || d.Repeats != repeats {
			t.Errorf("Repeats = %d, want %d; programs and maps (-want +got):\n%s", d.Repeats, repeats, diff)
		}
	}
	const head = "*** EBPF loaded data ***\n"
	const ingress = "PinPath:  /sys/fs/bpf/a_handle_ingress\nProg ID:  1\n"
	const egress = "PinPath:  /sys/fs/bpf/a_handle_egress\nProg ID:  2\n"
	f("networking/ebpf-data.txt", head+ingress+egress, 0, "2: /sys/fs/bpf/a_handle_ingress 1", "4: /sys/fs/bpf/a_handle_egress 2")
	f("networking/ebpf-data.txt", head+ingress+head+egress, 1, "5: /sys/fs/bpf/a_handle_egress 2")
	f("networking/ebpf-data.txt", head+ingress+head, 1)

	const some = "*** EBPF Maps Data for Map ID 40 ***\nKey : IP/Prefixlen - 10.0.0.1/32\nDone reading all entries\n"
	const none = "*** EBPF Maps Data for Map ID 40 ***\nNo Entries found, Empty map\n"
	const other = "*** EBPF Maps Data for Map ID 41 ***\nNo Entries found, Empty map\n"
	f("networking/ebpf-maps-data.txt", some+other, 0, "1: 40, 1 entries, done 3", "4: 41, 0 entries, done 0")
	f("networking/ebpf-maps-data.txt", some+other+none, 1, "4: 41, 0 entries, done 0", "6: 40, 0 entries, done 0")
	f("networking/ebpf-maps-data.txt", some+none+some, 2, "6: 40, 1 entries, done 8")
	f("networking/ebpf-maps-data.txt", other+some+none, 1, "6: 40, 0 entries, done 0")
}
