package ipvsadm_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/ipvsadm"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ipvsadm.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ipvsadm.Format) }

func TestMutations(t *testing.T) {
	const file = "networking/ipvsadm.txt"
	parserstest.Mutate(t, ipvsadm.Format,
		parserstest.Mutation{File: file, Old: "10.0.9.202:https -m -w 1", New: "10.0.9.202:https -m -w 0", Want: []string{"Saved[0].Backends[1].Weight: 1 -> 0"}},
		parserstest.Mutation{File: file, Old: "-s rr\n", New: "-s wrr\n", Want: []string{"Saved[0].Scheduler: rr -> wrr"}},
		parserstest.Mutation{File: file, Old: "215      343", New: "216      343", Want: []string{"Rates[0].Values.InBytes: 215 -> 216"}},
		parserstest.Mutation{File: file, Old: "111769    74613", New: "111768    74613", Want: []string{"Stats[0].Values.InPackets: 111769 -> 111768"}},
	)
}

func TestAll(t *testing.T) {
	f := func(text string, want int) {
		t.Helper()
		s, err := ipvsadm.Parse("networking/ipvsadm.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(s.All()); got != want {
			t.Errorf("All of %q has %d servers, want %d", text, got, want)
		}
	}
	const head = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port\n"
	f("-A -t 172.20.0.1:443 -s rr\n", 1)
	f(head, 0)
	f(head+"TCP  172.20.0.1:443 1 2 3 4 5\nUDP  172.20.0.10:53 1 2 3 4 5\n", 2)
}
