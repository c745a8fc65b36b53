package top_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/top"
)

func Test(t *testing.T)       { parserstest.Run(t, top.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, top.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, top.Format,
		parserstest.Mutation{File: "system/top.txt", Old: "up 13 min", New: "up 3 days,  2:01", Want: []string{"Uptime: 780000000000 -> 266460000000000"}},
		parserstest.Mutation{File: "system/top.txt", Old: "11.36", New: "11.37", Want: []string{"Load[1]: 11.36 -> 11.37"}},
		parserstest.Mutation{File: "system/top.txt", Old: "0 zombie", New: "7 zombie", Want: []string{"Tasks.Zombie: 0 -> 7"}},
		parserstest.Mutation{File: "system/top.txt", Old: "2497.4 avail", New: "2497.5 avail", Want: []string{"Memory.Available: 2618713702 -> 2618818560"}},
		parserstest.Mutation{File: "system/top.txt", Old: "1073737728 total", New: "1073737729 total", Want: []string{"Swap.Total: 1073737728 -> 1073737729"}},
		parserstest.Mutation{File: "system/top.txt", Old: "0.7sy", New: "0.8sy", Want: []string{"CPUs[0].System: 0.7 -> 0.8"}},
	)
}
