package ps_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

func Test(t *testing.T)       { parserstest.Run(t, ps.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ps.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, ps.Format,
		parserstest.Mutation{File: "system/ps.txt", Old: "?        D    Nov20   0:41", New: "?        S    Nov20   0:41", Want: []string{"Processes[1].State: D -> S"}},
		parserstest.Mutation{File: "system/ps.txt", Old: "1342136 92052", New: "1342136 92053", Want: []string{"Processes[3].RSS: 94261248 -> 94262272"}},
		parserstest.Mutation{File: "system/ps.txt", Old: "0:00  |   \\_ [sh]", New: "0:00  \\_ [sh]", Want: []string{"Processes[6].Depth: 2 -> 1", "Processes[6].PPID: 4130 -> 4102", "Processes[7].PPID: 4130 -> 4188"}},
		parserstest.Mutation{File: "system/ps-threads.txt", Old: "4012  4020", New: "4013  4020", Want: []string{"Threads[1].Count: 2 -> 1", "Threads[1].Time: 93915000000000 -> 93784000000000", "Threads[2].User: - -> root", "Threads[2].PID: - -> 4013", "Threads[2].PPID: - -> 1", "Threads[2].Count: - -> 1", "Threads[2].RSS: - -> 100372480", "Threads[2].Start: - -> Mar10", "Threads[2].Time: - -> 131000000000", "Threads[2].Command: - -> /usr/bin/kubelet --cloud-provider aws", "Threads[2].Line: - -> 4"}},
	)
}
