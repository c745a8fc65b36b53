package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadSpeeds reads what go test -count 2 -cpu 1 of Go 1.26 printed.
func TestReadSpeeds(t *testing.T) {
	const text = `goos: linux
goarch: amd64
pkg: github.com/eksleuth/eksleuth/parsers/klog
cpu: AMD EPYC
BenchmarkHeader 	   46372	      2288 ns/op	 994.03 MB/s	       0 B/op	       0 allocs/op
BenchmarkHeader 	   40316	      2959 ns/op	 768.46 MB/s	       0 B/op	       0 allocs/op
PASS
ok  	github.com/eksleuth/eksleuth/parsers/klog	0.261s
pkg: github.com/eksleuth/eksleuth/parsers/cri
BenchmarkHeader 	    9013	     13206 ns/op	 786.11 MB/s	       0 B/op	       0 allocs/op
PASS
ok  	github.com/eksleuth/eksleuth/parsers/cri	0.148s
`
	got := map[string]float64{"journald": 0}
	readSpeeds(strings.NewReader(text), got)
	want := map[string]float64{"klog": 994.03, "cri": 786.11, "journald": 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("speeds (-want +got):\n%s", diff)
	}
}
