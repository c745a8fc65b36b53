// Package size reads amounts as commands write them for people.
package size

import (
	"strconv"
	"strings"
)

// Parse reads "24G", "1.9g", "0B", "<20.00g" and "4.0K", in powers of 1024. A
// number without a letter is in units of so many bytes. ok is false for what
// is no amount.
func Parse(s string, unit uint64) (bytes uint64, ok bool) {
	s = strings.TrimLeft(s, "<>")
	digits := strings.TrimRight(s, "KMGTPEBkmgtpebi")
	factor := float64(unit)
	if letters := s[len(digits):]; letters != "" {
		factor = 1
		for range 1 + strings.IndexByte("KMGTPE", letters[0]&^0x20) {
			factor *= 1024
		}
	}
	if n, err := strconv.ParseUint(digits, 10, 64); err == nil && factor == 1 {
		return n, true
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(v >= 0) || v*factor >= 1<<63 {
		return 0, false
	}
	return uint64(v*factor + 0.5), true
}

// Counter reads a count of packets or bytes: "1512", "105K", "16M". The units are
// powers of 1000, and the digits behind them are lost.
func Counter(s string) (n uint64, ok bool) {
	digits, unit := strings.TrimRight(s, "KMGTP"), uint64(1)
	if letters := s[len(digits):]; len(letters) == 1 {
		for range 1 + strings.IndexByte("KMGTP", letters[0]) {
			unit *= 1000
		}
	} else if letters != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || n > 1<<63/unit {
		return 0, false
	}
	return n * unit, true
}
