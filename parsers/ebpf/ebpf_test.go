package ebpf_test

import (
	"testing"

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
