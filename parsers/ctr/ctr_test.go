package ctr_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ctr.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ctr.Format) }

func TestMutations(t *testing.T) {
	const images, tasks, plugins = "containerd/containerd-images.txt", "containerd/containerd-tasks.txt", "containerd/containerd-plugins.txt"
	parserstest.Mutate(t, ctr.Format,
		parserstest.Mutation{File: images, Old: " 1.2 GiB ", New: " 1.0 GiB ", Want: []string{"Images[1].Size: 1288490189 -> 1073741824"}},
		parserstest.Mutation{File: images, Old: "1023.9 KiB", New: "lots of it", Want: []string{"Images[2].Size: 1048474 -> -1"}},
		parserstest.Mutation{File: images, Old: "pinned=pinned", New: "pinned=not", Want: []string{
			"Images[4].Labels: io.cri-containerd.pinned=pinned -> io.cri-containerd.pinned=not", "Images[4].Pinned: true -> false"}},
		parserstest.Mutation{File: tasks, Old: "3289    STOPPED", New: "3289    PAUSED", Want: []string{"Tasks[0].Status: STOPPED -> PAUSED"}},
		parserstest.Mutation{File: tasks, Old: "3289    STOPPED", New: "3288    STOPPED", Want: []string{"Tasks[0].PID: 3289 -> 3288"}},
		parserstest.Mutation{File: plugins, Old: "aufs                     linux/amd64    error", New: "aufs                     linux/amd64    skip ",
			Want: []string{"Plugins[1].Status: error -> skip"}},
	)
}

// What is left out is counted.
func TestBounds(t *testing.T) {
	text := "TASK    PID     STATUS    \n" + strings.Repeat("abcd    1       RUNNING\n", 50_001) + strings.Repeat("ctr: odd\n", 102)
	v, err := ctr.Parse("containerd/containerd-tasks.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := v.(*ctr.Tasks)
	if len(got.Tasks) != 50_000 || len(got.Notes) != 100 || got.Cut != 3 {
		t.Errorf("%d tasks, %d notes, %d cut, want 50000, 100, 3", len(got.Tasks), len(got.Notes), got.Cut)
	}
}
