package tcpdump_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/tcpdump"
)

func Test(t *testing.T)            { parserstest.Run(t, tcpdump.Format) }
func FuzzFormat(f *testing.F)      { parserstest.Fuzz(f, tcpdump.Format) }
func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, tcpdump.Format) }

func TestSniff(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		if got := tcpdump.Format.Sniff([]byte(text)); got != want {
			t.Errorf("Sniff(%q) = %v, want %v", text, got, want)
		}
	}
	f("# a title\n\n11:29:12.031922 IP 10.0.97.30.37472 > 169.254.169.254.80: Flags [S], seq 238168980, length 0\n", true)
	f("11:29:12.031922 ARP, Request who-has 10.0.97.1 tell 10.0.97.30, length 28\n", true)
	f("11:29:12.031922 something > other: text\n", false)
	f("2026-11-21 11:29:12.031922 IP pool > 3: text\n", true)
	f("2026-11-21 11:29:12.031922 IP pool is too low\n", false)
	f("IP 10.0.97.30.37472 > 169.254.169.254.80: Flags [S]\n", false)
}
