package throttling_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/throttling"
)

func Test(t *testing.T)       { parserstest.Run(t, throttling.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, throttling.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, throttling.Format,
		parserstest.Mutation{File: "system/cpu_throttling.txt", Old: "nr_throttled 103964", New: "nr_throttled 103965", Want: []string{"Groups[0].Throttled: 103964 -> 103965", "Groups[0].Stats[1].Value: 103964 -> 103965"}},
		parserstest.Mutation{File: "system/cpu_throttling.txt", Old: "throttled_usec 970041", New: "throttled_usec 970042", Want: []string{"Groups[0].Waited: 970041000 -> 970042000", "Groups[0].Stats[6].Value: 970041 -> 970042"}},
		parserstest.Mutation{File: "system/cpu_throttling.txt", Old: "poda207af95", New: "poda207af96", Want: []string{"Groups[0].Pod: a207af95-18de-463f-a3f6-181f78900fc7 -> a207af96-18de-463f-a3f6-181f78900fc7", "Groups[0].Path: /sys/fs/cgroup/cpu,cpuacct/kubepods/burstable/poda207af95-18de-463f-a3f6-181f78900fc7/071f5ea890c12c15f98a8fdc3c60cd0fd31df4788194effd9add9713442adb23/cpu.stat -> /sys/fs/cgroup/cpu,cpuacct/kubepods/burstable/poda207af96-18de-463f-a3f6-181f78900fc7/071f5ea890c12c15f98a8fdc3c60cd0fd31df4788194effd9add9713442adb23/cpu.stat"}},
		parserstest.Mutation{File: "system/io_throttling.txt", Old: "(kubelet) 342", New: "(kubelet) 343", Want: []string{"Delays[0].Waited: 3420000000 -> 3430000000"}},
	)
}

// The collector appends with >>: what its earlier runs found is stale.
func TestSecondRun(t *testing.T) {
	f := func(text string, repeats int, want ...string) {
		t.Helper()
		c, err := throttling.ParseCPU("system/cpu_throttling.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range c.Groups {
			got = append(got, fmt.Sprintf("%d: %s %d, %d processes", g.Line, g.Path, g.Throttled, len(g.Processes)))
		}
		if diff := cmp.Diff(want, got); diff != "" || c.Repeats != repeats || c.None != 0 {
			t.Errorf("Repeats = %d, want %d; None = %d, want 0; cgroups (-want +got):\n%s", c.Repeats, repeats, c.None, diff)
		}
	}
	const pod1 = "/sys/fs/cgroup/kubepods/pod1/cpu.stat\nnr_periods 104065\nnr_throttled 7\n12248 ?        S      0:00 sleep 10\n\n"
	const later = "/sys/fs/cgroup/kubepods/pod1/cpu.stat\nnr_periods 104065\nnr_throttled 9\n\n"
	const pod2 = "/sys/fs/cgroup/kubepods/pod2/cpu.stat\nnr_throttled 3\n\n"
	f(pod1+pod2, 0, "1: /sys/fs/cgroup/kubepods/pod1/cpu.stat 7, 1 processes", "6: /sys/fs/cgroup/kubepods/pod2/cpu.stat 3, 0 processes")
	f(pod1+later, 1, "6: /sys/fs/cgroup/kubepods/pod1/cpu.stat 9, 0 processes")
	f(pod2+pod1+pod2+later, 1, "9: /sys/fs/cgroup/kubepods/pod2/cpu.stat 3, 0 processes", "12: /sys/fs/cgroup/kubepods/pod1/cpu.stat 9, 0 processes")
	f("No CPU Throttling Found\n"+pod2, 1, "2: /sys/fs/cgroup/kubepods/pod2/cpu.stat 3, 0 processes")
	f("No CPU Throttling Found\n"+pod2+pod2, 2, "5: /sys/fs/cgroup/kubepods/pod2/cpu.stat 3, 0 processes")
}
