package iptables_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/iptables"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, iptables.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, iptables.Format) }

// TestRules compares the rules of the examples with testdata/*.want, a line
// for each chain and rule. UPDATE_GOLDEN=1 writes them.
func TestRules(t *testing.T) {
	got := map[string]*strings.Builder{}
	for _, f := range parserstest.Files(t, "testdata") {
		if got[f.Case] == nil {
			got[f.Case] = &strings.Builder{}
		}
		print(got[f.Case], f.Path, f.Text)
	}
	for name, g := range got {
		name = strings.TrimSuffix(name, ".txtar") + ".want"
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(name, []byte(g.String()), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), g.String()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// print writes one line for each chain and rule.
func print(w *strings.Builder, file string, text []byte) {
	rs, err := iptables.Parse(file, text)
	if err != nil {
		fmt.Fprintf(w, "error %v\n", err)
		return
	}
	fmt.Fprintf(w, "%s v6=%t listing=%t backend=%q total=%d\n", file, rs.V6, rs.Listing, rs.Backend, rs.Total)
	if rs.SavedLine != 0 {
		fmt.Fprintf(w, "%d saved %s\n", rs.SavedLine, time.Unix(0, rs.Saved.Nano).UTC().Format(time.DateTime))
	}
	for _, c := range rs.Chains {
		fmt.Fprintf(w, "%d chain %s %s policy=%q refs=%d%s\n", c.Line, c.Table, c.Name, c.Policy, c.References, counters(c.Counters))
	}
	for _, r := range rs.Rules {
		fmt.Fprintf(w, "%d rule %s %s %s\n", r.Line, r.Table, r.Chain, ruleText(r)+counters(r.Counters))
	}
	for _, n := range rs.Notes {
		fmt.Fprintf(w, "%d note %s\n", n.Line, n.Text)
	}
}

func counters(c iptables.Counters) string {
	if !c.Known {
		return ""
	}
	return fmt.Sprintf(" [%d:%d]", c.Packets, c.Bytes)
}

// ruleText is what a rule says, without its counters.
func ruleText(r iptables.Rule) string {
	var b strings.Builder
	add := func(key, v string, not bool) {
		if v != "" && not {
			v = "!" + v
		}
		if v != "" {
			fmt.Fprintf(&b, " %s=%s", key, v)
		}
	}
	add("proto", r.Proto, r.NotProto)
	add("src", r.Src.String(), false)
	add("dst", r.Dst.String(), false)
	add("in", r.In.Name, r.In.Not)
	add("out", r.Out.Name, r.Out.Not)
	add("sport", r.SrcPorts.Text, r.SrcPorts.Not)
	add("dport", r.DstPorts.Text, r.DstPorts.Not)
	if r.Owner != nil {
		add("uid", r.Owner.UID, r.Owner.NotUID)
		add("gid", r.Owner.GID, r.Owner.NotGID)
	}
	for _, m := range r.Matches {
		fmt.Fprintf(&b, " {%s}", m)
	}
	fmt.Fprintf(&b, " -> %q", r.Target)
	if r.Goto {
		b.WriteString(" goto")
	}
	add("args", r.TargetArgs, false)
	add("comment", r.Comment, false)
	return strings.TrimSpace(b.String())
}

// The listings and iptables-save of a node say the same: every rule has the
// same fields in both, but for the text of unknown matches and of targets.
func TestListingAgreesWithSave(t *testing.T) {
	rules := map[string][]string{}
	for _, f := range parserstest.Files(t, "testdata") {
		if filepath.Base(f.Case) != "imds-blocked.txtar" {
			continue
		}
		rs, err := iptables.Parse(f.Path, f.Text)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs.Rules {
			// A listing says /32 of a single address by leaving it out.
			r.Src.Text, r.Dst.Text = bounds(r.Src), bounds(r.Dst)
			r.Matches, r.TargetArgs, r.Goto = nil, "", false
			key := fmt.Sprint(r.Table, rs.Listing)
			rules[key] = append(rules[key], r.Chain+" "+ruleText(r))
		}
	}
	for _, table := range []string{"filter", "mangle", "nat"} {
		if len(rules[table+"true"]) == 0 {
			t.Errorf("no rules in the listing of %s", table)
		}
		if d := cmp.Diff(rules[table+"false"], rules[table+"true"]); d != "" {
			t.Errorf("%s (-save +listing):\n%s", table, d)
		}
	}
}

func bounds(a iptables.Addr) string {
	if a.Any() {
		return ""
	}
	return a.From.String() + "-" + a.To.String()
}

// Listings of iptables 1.8.9 and 1.8.7: numbers, names of /etc/protocols, and
// names of its own. A protocol that nothing knows is told by the column behind it.
func TestProtocols(t *testing.T) {
	f := func(head, row, target, proto string) {
		t.Helper()
		text := "Chain FORWARD (policy ACCEPT 0 packets, 0 bytes)\n" + head + row + "\n=======\nTotal Number of Rules: 1\n"
		rs, err := iptables.Parse("networking/iptables-filter.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(rs.Rules) != 1 || rs.Total != 1 {
			t.Errorf("%q: %d rules, notes %v", row, len(rs.Rules), rs.Notes)
			return
		}
		if r := rs.Rules[0]; r.Target != target || r.Proto != strings.TrimPrefix(proto, "!") || r.NotProto != strings.HasPrefix(proto, "!") || !r.Src.Any() || !r.Dst.Any() {
			t.Errorf("%q: target %q, protocol %q, not %v, from %v to %v", row, r.Target, r.Proto, r.NotProto, r.Src, r.Dst)
		}
	}
	const wide = " pkts bytes target     prot opt in     out     source               destination         \n"
	f(wide, "    0     0 ACCEPT     135  --  *      *       0.0.0.0/0            0.0.0.0/0           ", "ACCEPT", "ipv6-mh")
	f(wide, "    0     0           !135  --  *      *       0.0.0.0/0            0.0.0.0/0           ", "", "!ipv6-mh")
	f(wide, "    0     0 ACCEPT     108  --  *      *       0.0.0.0/0            0.0.0.0/0           ", "ACCEPT", "ipcomp")
	f(wide, "    0     0 ACCEPT     254  --  *      *       0.0.0.0/0            0.0.0.0/0           ", "ACCEPT", "254")
	f(wide, "    0     0 ACCEPT     ipv6-mh    *      *       ::/0                 ::/0                ", "ACCEPT", "ipv6-mh")
	f(wide, "    0     0            ipcomp    *      *       ::/0                 ::/0                ", "", "ipcomp")

	const narrow = "target     prot opt source               destination         \n"
	f(narrow, "ACCEPT     mobility-header --  anywhere             anywhere            ", "ACCEPT", "ipv6-mh")
	f(narrow, "          !mobility-header --  anywhere             anywhere            ", "", "!ipv6-mh")
	f(narrow, "ACCEPT     ipcomp --  anywhere             anywhere            ", "ACCEPT", "ipcomp")
	f(narrow, "          !ipcomp --  anywhere             anywhere            ", "", "!ipcomp")
	f(narrow, "ACCEPT     xns-idp --  anywhere             anywhere            ", "ACCEPT", "xns-idp")
	f(narrow, "           ax.25 -f  anywhere             anywhere            ", "", "ax.25")
	f(narrow, "all        all  --  anywhere             anywhere            ", "all", "")
	f(narrow, "           all  --  anywhere             anywhere            ", "", "")
	f(narrow, "0          0    --  anywhere             anywhere            ", "0", "")
}

func TestWhole(t *testing.T) {
	f := func(base, text string, want bool) {
		t.Helper()
		rs, err := iptables.Parse("networking/"+base, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if rs.Whole != want {
			t.Errorf("%q: Whole = %v, want %v", text, rs.Whole, want)
		}
	}
	const save = "iptables-save.txt"
	f(save, "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", true)
	f(save, "*filter\r\n:INPUT ACCEPT [0:0]\r\nCOMMIT", true)
	f(save, "*filter\n:INPUT ACCEPT [0:0]\n", false)
	f(save, "*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n", false)
	f(save, "*filter\n:INPUT ACCEPT [0:0]\n*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n", false)
	f(save, "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-N A\n", true)
	f(save, "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n", false)

	const list = "Chain INPUT (policy ACCEPT)\nChain FORWARD (policy ACCEPT)\nChain OUTPUT (policy ACCEPT)\ntarget     prot opt source               destination\n" +
		"DROP       tcp  --  anywhere             anywhere\n"
	f("iptables.txt", list, true)
	f("iptables.txt", list[:len(list)-1], false)
	f("iptables.txt", list+"=======\nTotal Number of Rules: 1\n", true)
	f("iptables.txt", list+"=======\nTotal Number of Rules: 2\n", false)
	f("iptables.txt", "Chain INPUT (policy ACCEPT)\nChain FORWARD (policy ACCEPT)\n", false)
	f("iptables-nat.txt", "Chain PREROUTING (policy ACCEPT)\n", true)
}

func TestAddr(t *testing.T) {
	imds := netip.MustParseAddr("169.254.169.254")
	f := func(opts string, want bool) {
		t.Helper()
		rs, err := iptables.Parse("networking/iptables-save.txt", []byte("*filter\n-A OUTPUT "+opts+" -j DROP\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := rs.Rules[0].Dst.Contains(imds); got != want {
			t.Errorf("%q contains %v = %v, want %v", opts, imds, got, want)
		}
	}
	f("", true)
	f("-d 0.0.0.0/0", true)
	f("-d 169.254.169.254/32", true)
	f("-d 169.254.0.0/16", true)
	f("-d 169.254.0.0/255.255.0.0", true)
	f("-m iprange --dst-range 169.254.169.250-169.254.169.255", true)
	f("! -d 169.254.169.254/32", false)
	f("-d ! 169.254.169.254/32", false) // iptables before 1.4.3
	f("! -d 10.0.0.0/8", true)
	f("-d 169.254.172.0/22", false)
	f("-d 169.254.169.253/32", false)
	f("-d some.name", false)
	f("! -d some.name", false)
	f("-d fd00:ec2::254/128", false)
}

// TestLongLine keeps the start of a line that is longer than any rule, and the
// rules around it.
func TestLongLine(t *testing.T) {
	f := func(file, head, long, rule string) {
		t.Helper()
		rs, err := iptables.Parse(file, []byte(head+long+"\n"+rule))
		if err != nil {
			t.Fatal(err)
		}
		if len(rs.Rules) != 1 || rs.Rules[0].Target != "DROP" || rs.Rules[0].Line != 3 {
			t.Errorf("%.10q: %d rules, want the one of line 3", long, len(rs.Rules))
		}
		if len(rs.Notes) != 1 || rs.Notes[0].Line != 2 || len(rs.Notes[0].Text) > 1000 || !strings.HasPrefix(long, rs.Notes[0].Text) {
			t.Errorf("%.10q: notes %.200v, want the start of line 2", long, rs.Notes)
		}
	}
	const n = 1 << 20
	save := func(long string) {
		t.Helper()
		f("networking/iptables-save.txt", "*filter\n", long, "-A OUTPUT -j DROP\n")
	}
	save(strings.Repeat("- ", n))
	save("-A OUTPUT" + strings.Repeat(" -m a", n))
	save("[1:2] " + strings.Repeat("- ", n))
	save(":" + strings.Repeat("a ", n))
	save("# " + strings.Repeat("a ", n))
	f("networking/iptables-filter.txt", "Chain OUTPUT (policy ACCEPT)\n", "DROP tcp -- anywhere anywhere"+strings.Repeat(" a", n),
		"DROP       tcp  --  anywhere             anywhere\n")
}

// TestLongLine_memory reads a line of words without a copy of each.
func TestLongLine_memory(t *testing.T) {
	text := []byte("*filter\n-A OUTPUT -j DROP\n" + strings.Repeat("- ", 1<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := iptables.Parse("networking/iptables-save.txt", text); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got, want := after.TotalAlloc-before.TotalAlloc, uint64(3*len(text)); got > want {
		t.Errorf("reading %d bytes takes %d bytes, want at most %d", len(text), got, want)
	}
}

func TestOwnerRoot(t *testing.T) {
	f := func(opts string, want bool) {
		t.Helper()
		rs, err := iptables.Parse("networking/iptables-save.txt", []byte("*filter\n-A OUTPUT "+opts+" -j DROP\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := rs.Rules[0].Owner.Root(); got != want {
			t.Errorf("%q: Root() = %v, want %v", opts, got, want)
		}
	}
	f("", true)
	f("-m owner --uid-owner 0", true)
	f("-m owner --uid-owner root", true)
	f("-m owner --uid-owner 0-999", true)
	f("-m owner --uid-owner 1000-10000", false)
	f("-m owner ! --uid-owner 0", false)
	f("-m owner ! --uid-owner 1000", true)
	f("-m owner --gid-owner 100", false)
}

func BenchmarkParse(b *testing.B) {
	for _, f := range parserstest.Files(b, "testdata") {
		if filepath.Base(f.Case) != "imds-blocked.txtar" {
			continue
		}
		text := []byte(strings.Repeat(string(f.Text), 5<<20/len(f.Text)))
		b.Run(filepath.Base(f.Path), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := iptables.Parse(f.Path, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestMutations(t *testing.T) {
	m := func(file, from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: file, Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, iptables.Format,
		m("networking/iptables-save.txt", "-A FORWARD -d 169.254.169.254/32 -j DROP", "-A FORWARD -d 169.254.169.254/32 -j ACCEPT", "Rules[7].Target: DROP -> ACCEPT"),
		m("networking/iptables-save.txt", "--uid-owner 0 ", "--uid-owner 1 ", "Rules[12].Owner.UID: 0 -> 1"),
		m("networking/iptables-save.txt", "--dport 80 -m owner", "--dport 81 -m owner", "Rules[12].DstPorts.Ranges[0].First: 80 -> 81", "Rules[12].DstPorts.Ranges[0].Last: 80 -> 81", "Rules[12].DstPorts.Text: 80 -> 81"),
		m("networking/iptables-save.txt", "-A INPUT -j KUBE-FIREWALL", "-A OUTPUT -j KUBE-FIREWALL", "Rules[6].Chain: INPUT -> OUTPUT"),
		m("networking/iptables-save.txt", "kubernetes health check", "other health check", "Rules[4].Comment: kubernetes health check service ports -> other health check service ports"),
		m("networking/iptables-save.txt", "[5:300]", "[6:300]", "Rules[0].Packets: 5 -> 6"),
		m("networking/iptables-save.txt", ":OUTPUT ACCEPT [12:3400]", ":OUTPUT DROP [12:3400]", "Chains[0].Policy: ACCEPT -> DROP"),
		m("networking/iptables-save.txt", "Fri Mar  1 10:00:00 2024", "Fri Mar  1 10:00:01 2024", "Saved.Nano: 1709287200000000000 -> 1709287201000000000"),
		m("networking/iptables-filter.txt", "Total Number of Rules: 2", "Total Number of Rules: 3", "Total: 2 -> 3"),
		m("networking/iptables-filter.txt", "DOCKER-USER (1 ref", "DOCKER-USER (2 ref", "Chains[0].References: 1 -> 2"),
		m("networking/iptables-filter.txt", "DROP       tcp  --  eth0", "DROP       17   --  eth0", "Rules[0].Proto: tcp -> udp"),
		m("networking/ip6tables-filter.txt", "fd00::ac:0/118", "fd00::ac:0/119", "Rules[0].Dst.Text: fd00::ac:0/118 -> fd00::ac:0/119", "Rules[0].Dst.To: fd00::ac:3ff -> fd00::ac:1ff"),
		m("extra/iptables-L.txt", "1000-10000", "1000-10001", "Rules[0].Owner.UID: 1000-10000 -> 1000-10001"),
	)
}
