package size_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

func TestParse(t *testing.T) {
	f := func(s string, unit, want uint64, ok bool) {
		t.Helper()
		if got, is := size.Parse(s, unit); got != want || is != ok {
			t.Errorf("Parse(%q, %d) = %d, %v, want %d, %v", s, unit, got, is, want, ok)
		}
	}
	f("0", 1, 0, true)
	f("0B", 1, 0, true)
	f("512B", 1024, 512, true)
	f("4.0K", 1, 4096, true)
	f("24G", 1, 24<<30, true)
	f("1.5T", 1, 3<<39, true)
	f("<20.00g", 1, 20<<30, true)
	f("820.00m", 1, 820<<20, true)
	f("2.03GiB", 1, 2179695903, true)
	f("2984.5", 1<<20, 3129475072, true)
	f("92052", 1024, 92052<<10, true)
	f("18446744073709551615", 1, 1<<64-1, true)
	f("99999999999E", 1, 0, false)
	f("-1", 1, 0, false)
	f("-1K", 1, 0, false)
	f("", 1, 0, false)
	f("G", 1, 0, false)
	f("NaN", 1024, 0, false)
	f("infK", 1, 0, false)
	f("1x", 1, 0, false)
}

func TestCounter(t *testing.T) {
	f := func(s string, want uint64, ok bool) {
		t.Helper()
		if got, is := size.Counter(s); got != want || is != ok {
			t.Errorf("Counter(%q) = %d, %v, want %d, %v", s, got, is, want, ok)
		}
	}
	f("0", 0, true)
	f("1512", 1512, true)
	f("105K", 105_000, true)
	f("2110M", 2_110_000_000, true)
	f("9223372036854775807", 1<<63-1, true)
	f("9223372036854775808", 0, false)
	f("99999P", 0, false)
	f("1KK", 0, false)
	f("1k", 0, false)
	f("-1", 0, false)
	f("K", 0, false)
	f("", 0, false)
}
