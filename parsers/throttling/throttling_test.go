package throttling_test

import (
	"testing"

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
