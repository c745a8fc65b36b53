package ena

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
)

// oldDriver looks at the version that the driver says when it is loaded. That of
// Linux itself has none any more, and goes by the version of the kernel.
//
//	[    2.353125] ena 0000:00:05.0: Elastic Network Adapter (ENA) v2.16.1g
func oldDriver(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	hits := p.Hits("mark.ena.driver")
	if len(hits) == 0 {
		return network.NoData("the kernel log does not say the version of the ENA driver"), nil
	}
	last := hits[len(hits)-1]
	for _, h := range hits {
		if h.At.After(last.At) {
			last = h // the log of the boot before may be there too
		}
	}
	version := last.Entities["version"]
	major, minor, ok := release(version)
	if !ok {
		return network.NoData(fmt.Sprintf("%q is no version of a driver", version)), nil
	}
	if major > 2 || major == 2 && float64(minor) >= p.Limit("minor") {
		return network.Clear("the ENA driver is " + version), nil
	}
	return network.Found(analyze.Match{
		Entities: map[string][]string{"version": {version}, "driver": {"ena"}},
		Summary:  "the ENA driver is " + version,
		At:       []parsers.Pos{last.Pos},
	}), nil
}

// release is the 2 and the 16 of "2.16.1".
func release(version string) (major, minor int, ok bool) {
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	major, err := strconv.Atoi(first)
	minor, err2 := strconv.Atoi(second)
	return major, minor, err == nil && err2 == nil
}
