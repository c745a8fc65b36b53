// Package words writes amounts as people do: [Count] of 1 and "request" is
// "1 request", of 2 it is "2 requests".
package words

import "fmt"

// Count is a number with what it counts, and with the verb that has to agree, as in
// "address is kept" and "addresses are kept".
func Count[N int | int64 | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
