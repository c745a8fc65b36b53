package gostack_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/gostack"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, gostack.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, gostack.Format) }

func TestMutations(t *testing.T) {
	const trace = "docker/docker-trace.txt"
	parserstest.Mutate(t, gostack.Format,
		parserstest.Mutation{File: trace, Old: "locked to thread", New: "something new", Want: []string{"Locked: 1 -> 0", "Waiting[1].Locked: true -> false"}},
		parserstest.Mutation{File: trace, Old: "(idle), 3 minutes", New: "(idle), 4 minutes", Want: []string{
			"States[2].MaxMinutes: 3 -> 4", "Places[4].MaxMinutes: 3 -> 4", "Waiting[4].Minutes: 3 -> 4"}},
		parserstest.Mutation{File: trace, Old: "stop.go:46", New: "stop.go:47", Want: []string{
			"Waiting[2].At: /builddir/docker/daemon/stop.go:46 -> /builddir/docker/daemon/stop.go:47"}},
	)
}

// The longest waiting stay, in the order of the text; nothing grows with it.
func TestBounds(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "goroutine %d [state %d, %d minutes]:\nexample.com/p.f%d(0x1)\n\n", i, i%300, i%1000, i)
	}
	d, err := gostack.Parse("containerd/containerd.1.stacks.log", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if d.Goroutines != 20_000 || len(d.States) != 100 || len(d.Places) != 50 || d.Cut == 0 {
		t.Errorf("%d goroutines, %d states, %d places, %d cut", d.Goroutines, len(d.States), len(d.Places), d.Cut)
	}
	if len(d.Waiting) != 50 || d.Waiting[0].Minutes != 999 || d.Waiting[0].ID != 999 || d.Waiting[19].ID != 19_999 || d.Waiting[20].Minutes != 998 {
		t.Errorf("waiting: %+v", d.Waiting)
	}
}

// Each goroutine is counted in one state.
func TestCounts(t *testing.T) {
	for _, file := range parserstest.Files(t, "testdata") {
		d, err := gostack.Parse(file.Path, file.Text)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, s := range d.States {
			sum += s.Count
		}
		if want := strings.Count(string(file.Text), "]:\n"); sum != want || d.Goroutines != want {
			t.Errorf("%s: %d goroutines, %d in states, want %d", file.Case, d.Goroutines, sum, want)
		}
		if !slices.IsSortedFunc(d.Waiting, func(a, b gostack.Goroutine) int { return b.Minutes - a.Minutes }) {
			t.Errorf("%s: Waiting is not sorted", file.Case)
		}
	}
}
