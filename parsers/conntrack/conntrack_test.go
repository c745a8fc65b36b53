package conntrack_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, conntrack.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, conntrack.Format) }

func TestMutations(t *testing.T) {
	const v4 = "networking/conntrack.txt"
	parserstest.Mutate(t, conntrack.Format,
		parserstest.Mutation{File: v4, Old: "invalid=137", New: "invalid=138", Want: []string{"CPUs[1].Counters[1].Value: 137 -> 138"}},
		parserstest.Mutation{File: v4, Old: "sport=58408", New: "sport=58409", Want: []string{"Flows[0].Orig.SrcPort: 58408 -> 58409"}},
		parserstest.Mutation{File: v4, Old: "6 73 SYN_SENT", New: "6 72 SYN_SENT", Want: []string{"Flows[0].Timeout: 73 -> 72"}},
		parserstest.Mutation{File: v4, Old: "mark=7 zone=5", New: "mark=7 zone=6", Want: []string{"Flows[0].Zone: 5 -> 6"}},
		parserstest.Mutation{File: v4, Old: "early_drop		0", New: "early_drop		3", Want: []string{"Global.Counters[11].Value: 0 -> 3"}},
	)
}

// A table of any size is counted in full and kept in part.
func TestBounds(t *testing.T) {
	const flows = 120_000
	var b bytes.Buffer
	b.WriteString("*** Output of conntrack -L ***\n")
	for i := range flows {
		fmt.Fprintf(&b, "tcp      6 73 SYN_SENT src=10.0.12.34 dst=10.%d.%d.7 sport=58408 dport=443 [UNREPLIED] src=172.20.0.1 dst=10.0.12.34 sport=443 dport=64339 mark=0 use=1\n", i/256%256, i%256)
	}
	table, err := conntrack.Parse("networking/conntrack.txt", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if table.Total != flows || table.Count("tcp", "SYN_SENT") != flows || table.Unreplied() != flows {
		t.Errorf("Total = %d, Count = %d, Unreplied = %d, want %d", table.Total, table.Count("tcp", "SYN_SENT"), table.Unreplied(), flows)
	}
	if len(table.Flows) != 500 || len(table.Destinations) != 50_000 || !table.Cut {
		t.Errorf("%d flows, %d destinations, Cut = %v", len(table.Flows), len(table.Destinations), table.Cut)
	}
	if d := table.Destinations[0]; d.Flows != 2 || len(d.Lines) != 2 || d.Unreplied != 2 {
		t.Errorf("the most frequent destination = %+v, want 2 flows", d)
	}
}

func TestSum(t *testing.T) {
	f := func(text, counter string, want uint64, wantOK bool) {
		t.Helper()
		table, err := conntrack.Parse("networking/conntrack.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := table.Sum(counter); got != want || ok != wantOK {
			t.Errorf("Sum(%q) = %d, %v, want %d, %v", counter, got, ok, want, wantOK)
		}
	}
	cpus := "cpu=0 found=0 invalid=685 ignore=11379\ncpu=1 found=0 invalid=39\n"
	f(cpus, "invalid", 724, true)
	f(cpus, "ignore", 11379, true)
	f(cpus, "drop", 0, false)
	f("entries   \t\t90\ninsert_failed\t\t4\n", "insert_failed", 4, true)
}

func BenchmarkParse(b *testing.B) {
	line := []byte("tcp      6 431996 ESTABLISHED src=10.0.12.34 dst=10.0.9.201 sport=45144 dport=443 src=10.0.9.201 dst=10.0.12.34 sport=443 dport=45144 [ASSURED] mark=0 use=1\n")
	text := bytes.Repeat(line, 10_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conntrack.Parse("networking/conntrack.txt", text); err != nil {
			b.Fatal(err)
		}
	}
}
