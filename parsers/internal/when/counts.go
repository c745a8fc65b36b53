package when

import (
	"math"

	"github.com/eksleuth/eksleuth/parsers"
)

// Boot reads the kernel's seconds since the boot with their brackets.
//
//	[ 1761.536806] veth0: renamed from eth0
//	[    0.000000] Linux version 6.1.0
func Boot(b []byte) (parsers.Stamp, int) {
	if len(b) < len("[0.0]") || b[0] != '[' {
		return parsers.Stamp{}, 0
	}
	i := 1
	for i < len(b) && b[i] == ' ' {
		i++
	}
	sec, n := number(b[i:], math.MaxInt64/second-1)
	frac, f := fraction(b[i+n:])
	i += n + f
	if n == 0 || f == 0 || i >= len(b) || b[i] != ']' {
		return parsers.Stamp{}, 0
	}
	return parsers.Stamp{Kind: parsers.SinceBoot, Nano: sec*second + frac}, i + 1
}

// millisFrom is where a count of seconds would be in the year 5138 and is
// therefore one of milliseconds.
const millisFrom = 100_000_000_000

// Epoch reads a JSON number that counts from 1970: seconds, as zap's default
// encoder writes them, or milliseconds, as klog's JSON does.
//
//	1711089818.4551878
//	1727300113642.7864
func Epoch(b []byte) (parsers.Stamp, int) {
	v, n := number(b, math.MaxInt64/1_000_000-1)
	if n == 0 {
		return parsers.Stamp{}, 0
	}
	frac, f := fraction(b[n:])
	n += f
	if n < len(b) && (b[n] == 'e' || b[n] == 'E') {
		return parsers.Stamp{}, 0
	}
	if v >= millisFrom {
		return parsers.Stamp{Kind: parsers.Zoned, Nano: v*1e6 + frac/1e3}, n
	}
	if v > math.MaxInt64/second-1 {
		return parsers.Stamp{}, 0
	}
	return parsers.Stamp{Kind: parsers.Zoned, Nano: v*second + frac}, n
}

// number reads an integer that is at most limit; n is 0 when there is none.
func number(b []byte, limit int64) (v int64, n int) {
	for n < len(b) && digit(b[n]) {
		v = v*10 + int64(b[n]-'0')
		if v > limit {
			return 0, 0
		}
		n++
	}
	return v, n
}
