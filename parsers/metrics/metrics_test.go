package metrics_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/metrics"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, metrics.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, metrics.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "ipamd/metrics.json", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, metrics.Format,
		m("awscni_assigned_ip_addresses 4", "awscni_assigned_ip_addresses 5", "Samples[1].Value: 4 -> 5"),
		m(`fn="CreateTags"} 1`, `fn="CreateNetworkInterface"} 1`, "Samples[16].Labels[0].Value: CreateTags -> CreateNetworkInterface"),
		m("awscni_eni_max 1", "awscni_eni_max 1.5e+03", "Samples[20].Value: 1 -> 1500"),
		m("awscni_eni_max 1", "awscni_eni_max NaN", "Samples[20].Value: 1 -> NaN"),
	)
}

func TestGet(t *testing.T) {
	m, err := metrics.Parse("ipamd/metrics.json", []byte("a{x=\"1\",b=\"q\\\"\\\\\"} 1\nb 2\na{x=\"3\"} +Inf\n"))
	if err != nil {
		t.Fatal(err)
	}
	a := m.Get("a")
	if len(a) != 2 || a[0].Label("b") != `q"\` || a[1].Label("x") != "3" || a[1].Label("y") != "" || !math.IsInf(float64(a[1].Value), 1) {
		t.Errorf("Get(a) = %+v", a)
	}
}

func TestNumber(t *testing.T) {
	f := func(n float64, want string) {
		t.Helper()
		if got, err := json.Marshal(metrics.Number(n)); string(got) != want || err != nil {
			t.Errorf("%v as JSON = %s, %v, want %s", n, got, err, want)
		}
	}
	f(1.5, "1.5")
	f(math.Inf(-1), `"-Inf"`)
	f(math.NaN(), `"NaN"`)
}

// What a hostile file has too much of is counted and not kept.
func TestBounds(t *testing.T) {
	var b bytes.Buffer
	for i := range 150_000 {
		fmt.Fprintf(&b, "a{i=\"%d\"} 1\n", i)
	}
	m, err := metrics.Parse("ipamd/metrics.json", b.Bytes())
	if err != nil || len(m.Samples) != 100_000 || m.More != 50_000 {
		t.Errorf("%d samples and %d more, %v", len(m.Samples), m.More, err)
	}
	m, err = metrics.Parse("ipamd/metrics.json", []byte("a 1\n"+strings.Repeat("{\n", 1<<20)))
	if err != nil || len(m.Notes) != 100 || m.Unread != 1<<20 {
		t.Errorf("%d notes of %d lines, %v", len(m.Notes), m.Unread, err)
	}
}
