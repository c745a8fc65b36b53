package ipset_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/ipset"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ipset.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ipset.Format) }

func TestMutations(t *testing.T) {
	const file = "networking/ipset.txt"
	parserstest.Mutate(t, ipset.Format,
		parserstest.Mutation{File: file, Old: "References: 1", New: "References: 2", Want: []string{"Sets[3].References: 1 -> 2"}},
		parserstest.Mutation{File: file, Old: "172.20.0.1,tcp:443", New: "172.20.0.1,tcp:444", Want: []string{"Sets[1].Members[0].Entry: 172.20.0.1,tcp:443 -> 172.20.0.1,tcp:444"}},
		parserstest.Mutation{File: file, Old: "timeout 119 packets 0", New: "timeout 118 packets 0", Want: []string{"Sets[2].Members[0].Rest: timeout 119 packets 0 bytes 0 -> timeout 118 packets 0 bytes 0"}},
	)
}

func TestMaxElem(t *testing.T) {
	s, err := ipset.Parse("networking/ipset.txt", []byte("create A hash:ip family inet hashsize 1024 maxelem 65536\ncreate B list:set size 8\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := s.Set("A").MaxElem(), s.Set("B").MaxElem(); a != 65536 || b != 0 {
		t.Errorf("MaxElem = %d, %d, want 65536, 0", a, b)
	}
	if s.Set("C") != nil {
		t.Error("Set(C) is there")
	}
}

func TestBounds(t *testing.T) {
	const members = 150_000
	b := bytes.NewBufferString("Name: A\nType: hash:ip\nMembers:\n")
	for i := range members {
		fmt.Fprintf(b, "10.%d.%d.%d\n", i>>16, i>>8&255, i&255)
	}
	s, err := ipset.Parse("networking/ipset.txt", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Set("A"); a.Entries != members || len(a.Members) != 100_000 || !s.Cut {
		t.Errorf("Entries = %d, %d members, Cut = %v", a.Entries, len(a.Members), s.Cut)
	}
}
