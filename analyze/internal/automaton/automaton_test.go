package automaton

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/index/literal"
)

// slow finds the same as Scan, text by text.
func slow(texts []string, data string) string {
	data = literal.Lower(data)
	var out []string
	for end := range len(data) + 1 {
		for i, text := range texts {
			if text != "" && strings.HasSuffix(data[:end], literal.Lower(text)) {
				out = append(out, fmt.Sprintf("%d@%d", i, end))
			}
		}
	}
	return strings.Join(out, " ")
}

func fast(texts []string, data string) string {
	var out []string
	New(texts).Scan([]byte(data), func(text int32, end int) { out = append(out, fmt.Sprintf("%d@%d", text, end)) })
	return strings.Join(out, " ")
}

func TestScan_random(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	word := func(n int) string {
		var b strings.Builder
		for range rnd.IntN(n) {
			b.WriteByte("abAB\n\xff"[rnd.IntN(6)])
		}
		return b.String()
	}
	for range 3000 {
		var texts []string
		for range rnd.IntN(6) {
			texts = append(texts, word(5))
		}
		data := word(40)
		if got, want := fast(texts, data), slow(texts, data); got != want {
			t.Fatalf("texts %q in %q = %s, want %s", texts, data, got, want)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	texts := []string{"Error syncing pod, skipping", "PLEG is not healthy", "failed to load Kubelet config file", "Eviction manager: attempting to reclaim", "restart counter is at", "x509: certificate has expired"}
	line := `Nov 21 00:20:10 ip-10-0-7-118.us-west-2.compute.internal kubelet[464]: I1121 00:20:10.570766     464 kubelet.go:2627] "SyncLoop (PLEG): event for pod" pod="default/report-gen-2k6ln45h8-ljzwf"` + "\n"
	data := []byte(strings.Repeat(line, 5000))
	a := New(texts)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		a.Scan(data, func(int32, int) {})
	}
}
