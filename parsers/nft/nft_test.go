package nft_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/nft"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, nft.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, nft.Format) }

func TestMutations(t *testing.T) {
	const file = "networking/nftables-ip-kube-proxy.txt"
	parserstest.Mutate(t, nft.Format,
		parserstest.Mutation{File: file, Old: "priority filter + 5; policy drop", New: "priority filter + 5; policy accept", Want: []string{"Tables[0].Chains[6].Policy: drop -> accept"}},
		parserstest.Mutation{File: file, Old: "counter packets 12 bytes 340 drop", New: "counter packets 13 bytes 340 drop", Want: []string{
			"Tables[0].Chains[6].Rules[0].Packets: 12 -> 13",
			"Tables[0].Chains[6].Rules[0].Text: ct state { established, new } counter packets 12 bytes 340 drop -> ct state { established, new } counter packets 13 bytes 340 drop"}},
		parserstest.Mutation{File: file, Old: "172.20.0.1, 172.20.0.10 }", New: "172.20.0.1 }", Want: []string{"Tables[0].Sets[1].Elements: 2 -> 1"}},
	)
}

func TestVerdict(t *testing.T) {
	f := func(rule, verdict, target, comment string) {
		t.Helper()
		s, err := nft.Parse("networking/nftables-ip-x.txt", []byte("table ip x {\n\tchain y {\n\t\t"+rule+"\n\t}\n}\n"))
		if err != nil {
			t.Fatal(err)
		}
		r := s.Tables[0].Chain("y").Rules[0]
		if r.Verdict != verdict || r.Target != target || r.Comment != comment {
			t.Errorf("%s: %q, %q, %q, want %q, %q, %q", rule, r.Verdict, r.Target, r.Comment, verdict, target, comment)
		}
	}
	f("counter packets 0 bytes 0 drop", "drop", "", "")
	f(`ct state invalid log prefix "drop: " reject with icmp admin-prohibited`, "reject", "", "")
	f(`ip saddr 10.0.9.202 jump drop comment "accept { all"`, "jump", "drop", "accept { all")
	f("meta l4proto tcp dnat to 10.0.9.201:443", "dnat", "", "")
	f("numgen random mod 2 vmap { 0 : goto ep1, 1 : goto ep2 }", "vmap", "", "")
	f("meta mark set meta mark | 0x00004000", "", "", "")
	f(`oifname "accept" ip daddr != { 10.0.0.0/16, 10.1.0.0/16 } masquerade fully-random`, "masquerade", "", "")
}

func TestLookups(t *testing.T) {
	s, err := nft.Parse("networking/nftables-inet-x.txt", []byte("table inet x {\n\tset a {\n\t\ttype ipv4_addr\n\t}\n\tchain y {\n\t}\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	x := &s.Tables[0]
	if x.Set("a") == nil || x.Set("b") != nil || x.Chain("y") == nil || x.Chain("z") != nil {
		t.Errorf("lookups in %+v", x)
	}
}

// A head that is too long to be one is a note.
func TestLongHead(t *testing.T) {
	long := strings.Repeat(" ", 3000)
	s, err := nft.Parse("networking/nftables-inet-x.txt", []byte("table inet x {\n\tchain"+long+"{\n}\n}\ntable "+long+"{\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Notes) == 0 || len(s.Tables) != 1 || len(s.Tables[0].Chains) != 0 {
		t.Errorf("%+v", s)
	}
}
