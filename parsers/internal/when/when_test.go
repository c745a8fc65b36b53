package when_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// show writes a stamp as the kind and the time, "" for none.
func show(s parsers.Stamp, n int) string {
	if n == 0 {
		return ""
	}
	kinds := [...]string{"", "zoned", "local", "noyear", "boot"}
	if s.Kind == parsers.SinceBoot {
		return fmt.Sprintf("boot %d %d", s.Nano, n)
	}
	return fmt.Sprintf("%s %s %d", kinds[s.Kind], time.Unix(0, s.Nano).UTC().Format(time.RFC3339Nano), n)
}

func TestShort(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := show(when.Short([]byte(in))); got != want {
			t.Errorf("Short(%q) = %q, want %q", in, got, want)
		}
	}
	f("Nov 21 00:20:02 ip-10-0-12-34 kubelet[431]: ", "noyear 1972-11-21T00:20:02Z 15")
	f("Jul  6 14:46:14 node1 kernel: ", "noyear 1972-07-06T14:46:14Z 15")
	f("Mar 18 22:26:04.123456 host", "noyear 1972-03-18T22:26:04.123456Z 22")
	f("Feb 29 23:59:59", "noyear 1972-02-29T23:59:59Z 15")
	f("Feb 30 23:59:59", "")
	f("Apr 31 00:00:00", "")
	f("Nov  0 00:00:00", "")
	f("Nov 00 00:00:00", "")
	f("Nov 21 24:00:00", "")
	f("Nov 21 00:60:00", "")
	f("Nov 21 00:00:60", "")
	f("nov 21 00:20:02", "")
	f("Nov 21 00:20:0", "")
	f("", "")
}

func TestKlog(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := show(when.Klog([]byte(in))); got != want {
			t.Errorf("Klog(%q) = %q, want %q", in, got, want)
		}
	}
	f("1121 00:19:43.405489     467 file.go:2627] ", "noyear 1972-11-21T00:19:43.405489Z 20")
	f("0229 00:00:00.000001 1", "noyear 1972-02-29T00:00:00.000001Z 20")
	f("0230 00:00:00.000001 1", "")
	f("1321 00:19:43.405489", "")
	f("0021 00:19:43.405489", "")
	f("1121 00:19:43", "")
	f("1121 00:19:43.", "")
	f("112  00:19:43.405489", "")
}

func TestISO(t *testing.T) {
	f := func(in, want string, wantOffset time.Duration) {
		t.Helper()
		s, offset, n := when.ISO([]byte(in))
		if got := show(s, n); got != want || time.Duration(offset) != wantOffset {
			t.Errorf("ISO(%q) = %q, %v, want %q, %v", in, got, time.Duration(offset), want, wantOffset)
		}
	}
	f("2026-11-21T00:01:45.1393721Z stderr F", "zoned 2026-11-21T00:01:45.1393721Z 28", 0)
	f("2026-11-21T00:01:45.123456789123Z", "zoned 2026-11-21T00:01:45.123456789Z 33", 0)
	f("2026-11-21T00:20:58Z kubelet-eks", "zoned 2026-11-21T00:20:58Z 20", 0)
	f("2026-03-18T22:26:10.123456+0000 ip", "zoned 2026-03-18T22:26:10.123456Z 31", 0)
	f("2026-11-21T00:00:21.918205+00:00 localhost", "zoned 2026-11-21T00:00:21.918205Z 32", 0)
	f("2024-10-07T21:13:52.999479468+09:00 stdout", "zoned 2024-10-07T12:13:52.999479468Z 35", 9*time.Hour)
	f("2024-01-01T00:30:00-05:30", "zoned 2024-01-01T06:00:00Z 25", -5*time.Hour-30*time.Minute)
	f("2024-05-30 07:02:00,123 - util.py", "local 2024-05-30T07:02:00.123Z 23", 0)
	f("2025/01/05 18:28:55 INF", "local 2025-01-05T18:28:55Z 19", 0)
	f("2024-02-29T00:00:00Z", "zoned 2024-02-29T00:00:00Z 20", 0)
	f("1970-01-01T00:00:00Z", "zoned 1970-01-01T00:00:00Z 20", 0)
	f("2261-12-31T23:59:59.999999999Z", "zoned 2261-12-31T23:59:59.999999999Z 30", 0)
	f("2025-02-29T00:00:00Z", "", 0)
	f("2100-02-29T00:00:00Z", "", 0)
	f("2026-13-01T00:00:00Z", "", 0)
	f("2026-00-01T00:00:00Z", "", 0)
	f("2026-11-31T00:00:00Z", "", 0)
	f("0001-01-01T00:00:00Z", "", 0)
	f("2262-01-01T00:00:00Z", "", 0)
	f("2026/11-21T00:00:00Z", "", 0)
	f("2026-11-21T00:00:00+99:00", "local 2026-11-21T00:00:00Z 19", 0)
	f("2026-11-21T00:00:00+1", "local 2026-11-21T00:00:00Z 19", 0)
	f("2026-11-21T00:00:00+12:3", "local 2026-11-21T00:00:00Z 19", 0)
	f("2026-11-21X00:00:00Z", "", 0)
	f("2026-11-21T00:00", "", 0)
}

func TestCtime(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := show(when.Ctime([]byte(in))); got != want {
			t.Errorf("Ctime(%q) = %q, want %q", in, got, want)
		}
	}
	f("Fri Nov 20 23:59:59 2026] BIOS-e820", "local 2026-11-20T23:59:59Z 24")
	f("Thu Oct  3 03:06:53 2024]", "local 2024-10-03T03:06:53Z 24")
	f("Fri Nov 31 23:59:59 2026", "")
	f("Fri Nov 20 23:59:59 1026", "")
	f("Fri Nov 20 23:59:59.9 202", "")
}

func TestMail(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := show(when.Mail([]byte(in))); got != want {
			t.Errorf("Mail(%q) = %q, want %q", in, got, want)
		}
	}
	f("Fri, 08 Jan 2025 14:01:22 +0000. Up 30.86 seconds.", "zoned 2025-01-08T14:01:22Z 31")
	f("Fri, 20 Feb 2026 05:49:25 -0800", "zoned 2026-02-20T13:49:25Z 31")
	f("Fri, 30 Feb 2026 05:49:25 +0000", "")
	f("Fri, 20 Feb 2026 05:49:25 UTC+0", "")
}

func TestBoot(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := show(when.Boot([]byte(in))); got != want {
			t.Errorf("Boot(%q) = %q, want %q", in, got, want)
		}
	}
	f("[ 1761.536806] veth0", "boot 1761536806000 14")
	f("[    0.000000] Linux", "boot 0 14")
	f("[2833841.216211] nf_conntrack", "boot 2833841216211000 16")
	f("[111111111.111] nvidia", "boot 111111111111000000 15")
	f("[99999999999999999999.000000] x", "")
	f("[9999999999.000000] x", "")
	f("[ 1761] x", "")
	f("[ 1761.5", "")
	f("[ ] x.5]", "")
	f("[ERROR] plugin", "")
}

func TestEpoch(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := show(when.Epoch([]byte(in))); got != want {
			t.Errorf("Epoch(%q) = %q, want %q", in, got, want)
		}
	}
	f(`1711089818.4551878,"caller"`, "zoned 2024-03-22T06:43:38.4551878Z 18")
	f("1727300113642.7864}", "zoned 2024-09-25T21:35:13.6427864Z 18")
	f("1727300113642", "zoned 2024-09-25T21:35:13.642Z 13")
	f("1.7e9", "")
	f("99999999999", "")
	f("99999999999999999999999", "")
	f("-5", "")
}

func TestDated(t *testing.T) {
	f := func(klog, line, want string) {
		t.Helper()
		s, _ := when.Klog([]byte(klog))
		by, offset, _ := when.ISO([]byte(line))
		got, ok := when.Dated(s, by, offset)
		if g := show(got, 1); ok && g != "zoned "+want+" 1" || ok != (want != "") {
			t.Errorf("Dated(%q, %q) = %q, %v, want %q", klog, line, g, ok, want)
		}
	}
	f("1121 00:00:35.286841", "2026-11-21T00:00:35Z", "2026-11-21T00:00:35.286841Z")
	f("1121 00:00:35.286841", "2026-11-21T00:00:36+09:00", "2026-11-20T15:00:35.286841Z")
	f("0101 00:00:00.000001", "2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000001Z")
	f("1231 23:59:59.999999", "2027-01-01T00:00:01Z", "2026-12-31T23:59:59.999999Z")
	f("0101 00:00:00.100000", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00.1Z")
	f("0229 12:00:00.000000", "2028-02-29T12:00:01Z", "2028-02-29T12:00:00Z")
	f("0229 12:00:00.000000", "2027-03-01T12:00:00Z", "")
	f("0301 00:00:00.500000", "2027-03-01T00:00:00Z", "2027-03-01T00:00:00.5Z")
	f("0301 00:00:00.500000", "2028-03-01T00:00:00Z", "2028-03-01T00:00:00.5Z")
	f("1119 00:00:00.500000", "2026-11-21T00:00:00Z", "")
	f("1121 00:00:00.500000", "2261-11-21T00:00:00Z", "2261-11-21T00:00:00.5Z")
}

// The arithmetic is compared with package time, for each day that there is.
func TestEachDay(t *testing.T) {
	last := time.Date(2261, 12, 31, 0, 0, 0, 0, time.UTC)
	for d := time.Date(1970, 1, 1, 13, 14, 15, 0, time.UTC); d.Before(last); d = d.AddDate(0, 0, 1) {
		in := d.Format("2006-01-02T15:04:05Z")
		if s, _, _ := when.ISO([]byte(in)); s != parsers.StampAt(d) {
			t.Fatalf("ISO(%q) = %v, want %v", in, s, parsers.StampAt(d))
		}
		short := d.Format("0102 15:04:05.000000")
		s, n := when.Klog([]byte(short))
		if got, ok := when.Dated(s, parsers.StampAt(d.Add(time.Second)), 0); n == 0 || !ok || got != parsers.StampAt(d) {
			t.Fatalf("Dated(%q in %d) = %v, %v, want %v", short, d.Year(), got, ok, parsers.StampAt(d))
		}
	}
}

func FuzzReaders(f *testing.F) {
	for _, s := range []string{
		"Nov 21 00:20:02.5", "1121 00:19:43.405489", "2026-11-21T00:01:45.1393721+09:00", "[ 1761.536806]",
		"Fri Nov 20 23:59:59 2026", "Fri, 08 Jan 2025 14:01:22 +0000", "1727300113642.7864",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		check := func(s parsers.Stamp, n int) {
			t.Helper()
			if n < 0 || n > len(b) || (n == 0) != (s == parsers.Stamp{}) {
				t.Errorf("read %v in %d of %d bytes of %q", s, n, len(b), b)
			}
		}
		check(when.Short(b))
		check(when.Klog(b))
		check(when.Ctime(b))
		check(when.Mail(b))
		check(when.Boot(b))
		check(when.Epoch(b))
		s, offset, n := when.ISO(b)
		check(s, n)
		noYear, _ := when.Klog(b)
		if d, ok := when.Dated(noYear, s, offset); ok != (d.Kind == parsers.Zoned) || !ok && d != noYear {
			t.Errorf("Dated(%v, %v, %d) = %v, %t", noYear, s, offset, d, ok)
		}
	})
}
