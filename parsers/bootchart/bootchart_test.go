package bootchart_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/bootchart"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, bootchart.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, bootchart.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, bootchart.Format,
		parserstest.Mutation{File: "system/systemd-analyze.svg", Old: "798ms (kernel)", New: "898ms (kernel)", Want: []string{"Kernel: 798000000 -> 898000000"}},
		parserstest.Mutation{File: "system/systemd-analyze.svg", Old: "Connection reset", New: "Connection refused", Want: []string{
			"Notes[1].Text: Failed to get timestamp properties of unit bootup.slice: Connection reset by peer -> Failed to get timestamp properties of unit bootup.slice: Connection refused by peer"}},
		parserstest.Mutation{File: "system/systemd-analyze.svg", Old: "(950us)", New: "(950s)", Want: []string{"Slowest[2].Took: 950000 -> 90012000000", "Slowest[2].Name: nodeadm-run.service -> dev-disk-by\\x2dlabel-a&b.device", "Slowest[2].Line: 9 -> 7", "Slowest[1].Name: dev-disk-by\\x2dlabel-a&b.device -> nodeadm-run.service", "Slowest[1].Took: 90012000000 -> 950000000000", "Slowest[1].Line: 7 -> 9"}},
	)
}
