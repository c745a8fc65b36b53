package procstat_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/procstat"
)

func Test(t *testing.T)       { parserstest.Run(t, procstat.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, procstat.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "system/procstat.txt", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, procstat.Format,
		m("cpu  85763 0 126690 46917 356", "cpu  85763 0 126690 46917 357", "CPU.IOWait: 356 -> 357"),
		m("11827 0 0 0", "11827 9 0 0", "CPU.Steal: 0 -> 9"),
		m("cpu1 42884", "cpu1 42885", "Each[1].User: 42884 -> 42885"),
		m("cpu0 1132 34 1441 11311718 3675 127 438", "cpu0 1132 34 1441 11311718 3675 127 439", "Each[0].SoftIRQ: 438 -> 439"),
		m("btime 1795219725", "btime 1795219726", "BootTime: 2026-11-21T00:08:45Z -> 2026-11-21T00:08:46Z"),
		m("procs_running 5", "procs_running 6", "Running.Value: 5 -> 6"),
		m("procs_blocked 0", "procs_blocked 4", "Blocked.Value: 0 -> 4"),
		m("ctxt 2472222", "ctxt 2472223", "Switches.Value: 2472222 -> 2472223"),
		m("processes 15950", "processes 15951", "Forks.Value: 15950 -> 15951"),
		m("intr 1475705", "intr 1475706", "Interrupts.Value: 1475705 -> 1475706"),
		m("softirq 728880", "softirq 728881", "SoftIRQs.Value: 728880 -> 728881"),
		m("swap 1 0", "swap 2 0", "Notes[2].Text: swap 1 0 -> swap 2 0"),
	)
}
