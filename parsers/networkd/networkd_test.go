package networkd_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/networkd"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, networkd.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, networkd.Format) }

func TestMutations(t *testing.T) {
	const link = "networking/systemd-network/99-default.link"
	parserstest.Mutate(t, networkd.Format,
		parserstest.Mutation{File: link, Old: "MACAddressPolicy=none\n", New: "MACAddressPolicy=random\n", Want: []string{"Settings[4].Value: none -> random"}},
		parserstest.Mutation{File: link, Old: "[Link]\nNamePolicy", New: "[Other]\nNamePolicy", Want: []string{
			"Settings[1].Section: Link -> Other", "Settings[2].Section: Link -> Other", "Settings[3].Section: Link -> Other"}},
		parserstest.Mutation{File: "networking/systemd-network/80-ec2.network", Old: "MTUBytes=9001", New: "MTUBytes=1500", Want: []string{"Settings[2].Value: 9001 -> 1500"}},
	)
}

func parse(t *testing.T, text string) *networkd.Config {
	t.Helper()
	c, err := networkd.Parse("networking/systemd-network/99-default.link", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMACAddressPolicy(t *testing.T) {
	f := func(text, want string, line int) {
		t.Helper()
		s, ok := parse(t, text).MACAddressPolicy()
		if s.Value != want || s.Line != line || ok != (line != 0) {
			t.Errorf("MACAddressPolicy of %q = %+v, %v, want %q in line %d", text, s, ok, want, line)
		}
	}
	const base = "# /usr/lib/systemd/network/99-default.link\n[Link]\nMACAddressPolicy=persistent\n"
	f(base, "persistent", 3)
	f(base+"\n# /etc/systemd/network/99-default.link.d/a.conf\n[Link]\nMACAddressPolicy=none\n", "none", 7)
	f(base+"\n# /etc/systemd/network/99-default.link.d/a.conf\n[Match]\nMACAddressPolicy=none\n", "persistent", 3)
	f(base+"\n# /etc/systemd/network/99-default.link.d/a.conf\n[Link]\n#MACAddressPolicy=none\n", "persistent", 3)
	f("[Link]\nNamePolicy=keep\n", "", 0)
}

func TestMatches(t *testing.T) {
	f := func(match, key, value string, want bool) {
		t.Helper()
		if got := parse(t, "[Match]\n"+match).Matches(key, value); got != want {
			t.Errorf("%q: Matches(%q, %q) = %v, want %v", match, key, value, got, want)
		}
	}
	f("OriginalName=*\n", "OriginalName", "eni776d0ffff46", true)
	f("OriginalName=ens* eth*\n", "OriginalName", "eth0", true)
	f("OriginalName=ens* eth*\n", "OriginalName", "eni776d0ffff46", false)
	f("Kind=!veth bond\n", "Kind", "veth", false)
	f("Kind=!veth bond\n", "Kind", "vlan", true)
	f("Driver=ena\nDriver=vif\n", "Driver", "ena", true)
	f("Driver=ena\nDriver=\nDriver=vif\n", "Driver", "ena", false)
	f("Driver=ena\n", "OriginalName", "eth0", true)
}

// An assignment that never ends is read in one pass and cut.
func TestEndlessValue(t *testing.T) {
	c := parse(t, "[Match]\nName="+strings.Repeat("a\\\n", 1_000_000))
	if s, ok := c.Last("Match", "Name"); !ok || len(s.Value) > 2000 || !c.Cut {
		t.Errorf("%d bytes, %v, Cut = %v", len(s.Value), ok, c.Cut)
	}
}
