package tcpdump_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/tcpdump"
)

func TestPackets(t *testing.T) {
	f := func(path string, want ...string) {
		t.Helper()
		var got []string
		for p := range tcpdump.Packets(linesOf(example(t, path))) {
			got = append(got, fmt.Sprintf("%d %s", p.Line, brief(&p)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	f("extra/pod.txt",
		`3 41352.031891 ARP "" > "" len 28`,
		`4 41352.031915 ARP "" > "" len 28`,
		`5 41352.031922 IPv4 TCP "10.0.97.30" 37472 > "169.254.169.254" 80 [S] 238168980 len 0`,
		`6 41352.032021 IPv4 TCP "10.0.97.30" 37472 > "169.254.169.254" 80 [P.] 1:97 len 96`,
		`7 41352.032291 IPv4 TCP "169.254.169.254" 80 > "10.0.97.30" 37472 [.] len 0`,
		`8 41352.032298 IPv4 TCP "10.0.97.30" 37472 > "169.254.169.254" 80 [.] len 0`,
		`9 41352.032401 IPv4 TCP "10.0.97.30" 38546 > "169.254.169.254" 81 [S] 912366492 len 0`,
		`10 41352.032516 IPv4 TCP "10.0.97.30" 37840 > "169.254.169.254" 8181 [S] 2158258516 len 0`,
		`11 41353.033250 IPv4 TCP "10.0.97.30" 37840 > "169.254.169.254" 8181 [S] 2158258516 len 0`,
		`12 41354.057225 IPv4 TCP "10.0.97.30" 37840 > "169.254.169.254" 8181 [S] 2158258516 len 0`,
		`13 41354.235199 IPv4 TCP "10.0.97.30" 37488 > "169.254.169.254" 80 [S] 1724475417 len 0`,
		`14 41354.235465 IPv4 ICMP "10.0.97.1" > "10.0.97.30" len 68 expired`,
		`15 41357.257252 ARP "" > "" len 28`,
		`16 41357.801264 IPv4 TCP "10.0.97.30" 38622 > "198.51.100.9" 443 [S] 1755020208 len 0`,
		`17 41358.240504 IPv4 UDP "10.0.97.30" 50540 > "10.0.12.1" 53`,
		`18 41358.742165 IPv4 ICMP "10.0.12.1" > "10.0.97.30" len 56`,
		`19 41358.742374 IPv6 ICMPv6 "fd00:97::30" > "ff02::1:ff00:1" len 32`,
		`20 41358.742403 IPv6 ICMPv6 "fd00:97::1" > "fd00:97::30" len 32`,
		`21 41358.742419 IPv6 TCP "fd00:97::1" 443 > "fd00:97::30" 42864 [R.] 0 len 0`,
		`22 41358.742522 IPv4 TCP "10.0.97.30" 44668 > "10.42.0.1" 10250 [S] 3684667375 len 0`)
	f("extra/epoch.txt",
		`1 zoned IPv4 TCP "10.0.97.30" 56588 > "10.0.66.7" 443 [S] 3314168209 len 0`,
		`2 zoned IPv4 TCP "10.0.97.30" 38622 > "198.51.100.9" 443 [S] 1755020208 len 0`,
		`3 zoned IPv4 TCP "10.0.97.30" 38622 > "198.51.100.9" 443 [S] 1755020208 len 0`,
		`4 zoned IPv4 TCP "10.0.97.30" 38622 > "198.51.100.9" 443 [S] 1755020208 len 0`)
	f("extra/untimed.txt",
		`1 0.000000 IPv4 TCP "10.0.97.30" 38546 > "169.254.169.254" 81 [S] 912366492 len 0`,
		`2 0.000012 IPv4 TCP "169.254.169.254" 81 > "10.0.97.30" 38546 [R.] 0 len 0`,
		`3 - IPv4 TCP "10.0.97.30" 38546 > "169.254.169.254" 81 [S] 912366492 len 0`,
		`4 - IPv4 TCP "169.254.169.254" 81 > "10.0.97.30" 38546 [R.] 0 len 0`)
	f("extra/any-old.txt",
		`1 41352.032401 In IPv4 TCP "10.0.97.30" 38546 > "169.254.169.254" 81 [S] 912366492 len 0`,
		`2 41352.032403 Out IPv4 TCP "10.0.97.30" 38546 > "169.254.169.254" 81 [S] 912366492 len 0`,
		`3 41352.032411 In IPv4 TCP "169.254.169.254" 81 > "10.0.97.30" 38546 [R.] 0 len 0`,
		`4 41352.032413 Out IPv4 TCP "169.254.169.254" 81 > "10.0.97.30" 38546 [R.] 0 len 0`)
	f("extra/links.txt",
		`1 41352.031891 ARP "" > "" len 28`,
		`2 41352.031915 ARP "" > "" len 28`,
		`3 41352.032401 IPv4 TCP "10.0.97.30" 38546 > "169.254.169.254" 81 [S] 912366492 len 0`,
		`4 41352.032413 IPv4 TCP "169.254.169.254" 81 > "10.0.97.30" 38546 [R.] 0 len 0`,
		`5 41352.032401 IPv4 TCP "10.42.0.2" 38546 > "10.42.0.1" 10250 [S] 912366492 len 0`)
	f("extra/verbose.txt",
		`1 41352.032515 eni0 In IPv4 ttl 64 TCP "10.0.97.30" 37840 > "169.254.169.254" 8181 [S] 2158258516 len 0`,
		`3 41352.032517 ens5 Out IPv4 ttl 63 TCP "10.0.97.30" 37840 > "169.254.169.254" 8181 [S] 2158258516 len 0`,
		`5 41352.032524 ens5 In IPv4 ttl 1 TCP "169.254.169.254" 8181 > "10.0.97.30" 37840 [S.] 2808616520 len 0`,
		`7 41352.032592 ens5 Out IPv4 ttl 64 ICMP "10.0.12.34" > "169.254.169.254" len 68 expired`+
			` quotes - IPv4 ttl 1 TCP "169.254.169.254" 8181 > "10.0.97.30" 37840 [S.] 2808616520 len 0`,
		`11 41358.240504 eni0 In IPv4 ttl 64 UDP "10.0.97.30" 50540 > "10.0.12.1" 53`,
		`13 41358.240567 ens5 Out IPv4 ttl 63 UDP "10.0.97.30" 50540 > "10.0.12.1" 53`,
		`15 41358.741900 eni0 In IPv4 ttl 64 UDP "10.0.97.30" 60218 > "10.0.12.1" 9999 len 20`,
		`17 41358.741920 ens5 Out IPv4 ttl 63 UDP "10.0.97.30" 60218 > "10.0.12.1" 9999 len 20`,
		`19 41358.742160 ens5 In IPv4 ttl 64 ICMP "10.0.12.1" > "10.0.97.30" len 56`+
			` quotes - IPv4 ttl 63 UDP "10.0.97.30" 60218 > "10.0.12.1" 9999 len 20`,
		`23 41358.742403 IPv6 ttl 255 ICMPv6 "fd00:97::1" > "fd00:97::30" len 32`,
		`25 41358.742412 IPv6 ttl 64 TCP "fd00:97::30" 42864 > "fd00:97::1" 443 [S] 755901456 len 0`,
		`26 41358.742419 IPv6 ttl 64 TCP "fd00:97::1" 443 > "fd00:97::30" 42864 [R.] 0 len 0`)
	f("extra/contents.txt",
		`2 41352.032021 IPv4 TCP "10.0.97.30" 37472 > "169.254.169.254" 80 [P.] 238168981:238169077 len 96`,
		`10 41352.032401 IPv4 TCP "10.0.97.30" 38546 > "169.254.169.254" 81 [S] 912366492 len 0`)
	f("extra/page.txt",
		`1 9061.494635 eni In IPv4 ttl 127 TCP "<Pod IP>" 44604 > "169.254.169.254" 80 [P.] 1:97 len 96`,
		`8 9061.494644 ens5 Out IPv4 ttl 126 TCP "<Node IP>" 43858 > "169.254.169.254" 80 [P.] 1:97 len 96`)
}

// brief writes the fields of a packet that are set.
func brief(p *tcpdump.Packet) string {
	var b strings.Builder
	switch {
	case p.Stamp.Kind == parsers.Zoned:
		b.WriteString("zoned")
	case p.Stamp.Kind == parsers.Local:
		b.WriteString("local")
	case p.Clock >= 0:
		fmt.Fprintf(&b, "%.6f", p.Clock.Seconds())
	default:
		b.WriteString("-")
	}
	for _, s := range []string{p.Interface, p.Direction, string(p.Family)} {
		if s != "" {
			b.WriteString(" " + s)
		}
	}
	if p.TTL > 0 {
		fmt.Fprintf(&b, " ttl %d", p.TTL)
	}
	if p.Proto != "" {
		b.WriteString(" " + string(p.Proto))
	}
	fmt.Fprintf(&b, " %q", p.Src.Host)
	if p.Src.Port != "" {
		b.WriteString(" " + p.Src.Port)
	}
	fmt.Fprintf(&b, " > %q", p.Dst.Host)
	if p.Dst.Port != "" {
		b.WriteString(" " + p.Dst.Port)
	}
	if p.Flags != "" {
		b.WriteString(" [" + p.Flags + "]")
	}
	if p.Seq != "" {
		b.WriteString(" " + p.Seq)
	}
	if p.Length >= 0 {
		fmt.Fprintf(&b, " len %d", p.Length)
	}
	if p.Expired() {
		b.WriteString(" expired")
	}
	if p.Quoted != nil {
		b.WriteString(" quotes " + brief(p.Quoted))
	}
	return b.String()
}

func TestFlags(t *testing.T) {
	f := func(flags string, syn, synack, rst bool) {
		t.Helper()
		p := tcpdump.Packet{Flags: flags}
		if p.SYN() != syn || p.SYNACK() != synack || p.RST() != rst {
			t.Errorf("%q: SYN %v, SYNACK %v, RST %v", flags, p.SYN(), p.SYNACK(), p.RST())
		}
	}
	f("S", true, false, false)
	f("SEW", true, false, false)
	f("S.", false, true, false)
	f("S.E", false, true, false)
	f("R", false, false, true)
	f("R.", false, false, true)
	f("P.", false, false, false)
	f(".", false, false, false)
	f("", false, false, false)
}

func example(t testing.TB, path string) []byte {
	t.Helper()
	for _, file := range parserstest.Files(t, "testdata") {
		if file.Path == path {
			return file.Text
		}
	}
	t.Fatalf("no example %s", path)
	return nil
}

// linesOf yields the lines of a text with their numbers.
func linesOf(text []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		num := 0
		for line := range strings.Lines(string(text)) {
			num++
			if !yield(num, []byte(line)) {
				return
			}
		}
	}
}

func FuzzPackets(f *testing.F) {
	for _, file := range parserstest.Files(f, "testdata") {
		f.Add(file.Text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		last := 0
		for p := range tcpdump.Packets(linesOf(text)) {
			if p.Line <= last || len(p.Text) > 500 {
				t.Errorf("packet at line %d after %d, %d bytes of text", p.Line, last, len(p.Text))
			}
			last = p.Line
		}
	})
}
