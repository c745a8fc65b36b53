package kubeletconfig

import (
	"strconv"
	"strings"
)

// units are the suffixes of quantities, the longer ones first.
var units = []struct {
	suffix string
	factor float64
}{
	{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"m", 1e-3}, {"", 1},
}

// Quantity reads an amount as settings have it: "100Mi", "1Gi", "1e9". ok is
// false for what is none, as "10%".
func Quantity(text string) (n float64, ok bool) {
	for _, u := range units {
		if number, is := strings.CutSuffix(text, u.suffix); is {
			n, err := strconv.ParseFloat(number, 64)
			return n * u.factor, err == nil
		}
	}
	return 0, false
}
