package top_test

import (
	"testing"
	"time"

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
		parserstest.Mutation{File: "system/top.txt", Old: "     206h qemu", New: "  543210h qemu", Want: []string{"Processes[1].Time: 741600000000000 -> 1955556000000000000"}},
		parserstest.Mutation{File: "system/top.txt", Old: " 12074:06 java", New: "    201,14 java", Want: []string{"Processes[0].Time: 724446000000000 -> 724440000000000"}},
		parserstest.Mutation{File: "system/top.txt", Old: "242.3  3.7", New: "    ?  3.7", Want: []string{"Processes[1].CPU: 242.3 -> -1"}},
	)
}

// The forms of scale_tics of procps 3.3 and 4.0, which has nine characters.
func TestTimes(t *testing.T) {
	const head = "top - 00:22:06 up 13 min,  0 user,  load average: 14.12, 11.36, 6.50\n" +
		"    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n" +
		"    464 root      20   0 1342136  92052  59068 S  28.6   3.0 "
	f := func(cell string, want time.Duration) {
		t.Helper()
		s, err := top.Parse("system/top.txt", []byte(head+cell+" kubelet\n"))
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Processes) != 1 || s.Processes[0].Time != want || s.Processes[0].Command != "kubelet" {
			t.Errorf("%q: processes %+v, want one of %v; notes %v", cell, s.Processes, want, s.Notes)
		}
	}
	const day = 24 * time.Hour
	f("  4:36.07", 4*time.Minute+36*time.Second+70*time.Millisecond)
	f("100000:59", 100000*time.Minute+59*time.Second)
	f("     0.03", 30*time.Millisecond)
	f("    12,34", 12*time.Hour+34*time.Minute)
	f("543210,07", 543210*time.Hour+7*time.Minute)
	f("  543210h", 543210*time.Hour)
	f("    4d+5h", 4*day+5*time.Hour)
	f("   12w+3d", 87*day)
	f("      17w", 119*day)
	f("     206H", 206*time.Hour)
	f("        ?", -1)
	f("99999999w", 1<<62)

	for _, bad := range []string{"12,64", "12,", "4d+", "+5h", "h", "4d5h", "4x"} {
		s, err := top.Parse("system/top.txt", []byte(head+bad+" kubelet\n"))
		if err != nil || len(s.Processes) != 0 || len(s.Notes) != 1 {
			t.Errorf("%q: %+v, %v, want a note", bad, s, err)
		}
	}
}
