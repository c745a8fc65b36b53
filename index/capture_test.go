package index_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/pcap"
)

// A capture of packets passes through the store to the byte, whatever its bytes
// are, and becomes a fact, also when the case is read again.
func TestBuild_capture(t *testing.T) {
	example := parserstest.Files(t, "../parsers/pcap/testdata")[0]
	file := filepath.Join(t.TempDir(), "pod.pcap")
	if err := os.WriteFile(file, example.Text, 0o600); err != nil {
		t.Fatal(err)
	}
	beside, err := bundle.Open(file, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	src := open(t, map[string]string{"system/region.txt": "us-west-2\n", "networking/pod.pcap": string(example.Text)})
	r := newRecorder()
	opt := &index.Options{Formats: all.Formats(), Workers: 2, Index: true}
	c, err := index.Build(t.Context(), t.TempDir(), src, []*bundle.Source{beside}, r, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, path := range []string{"networking/pod.pcap", "extra/pod.pcap"} {
		if got := r.texts()[path]; got != string(example.Text) {
			t.Errorf("%s: %d bytes in the store, want %d", path, len(got), len(example.Text))
		}
		if fact := captureOf(c, path); fact == nil || fact.Packets == 0 || len(fact.Flows) == 0 {
			t.Errorf("%s: fact %+v", path, fact)
		}
	}
	built := captureOf(c, "extra/pod.pcap").Flows
	if err := c.Replay(t.Context(), newRecorder(), opt); err != nil {
		t.Fatal(err)
	}
	if got := captureOf(c, "extra/pod.pcap").Flows; len(got) != len(built) {
		t.Errorf("%d flows when the case is read again, want %d", len(got), len(built))
	}
}

func captureOf(c *index.Case, path string) *pcap.Capture {
	for _, f := range c.Facts {
		if v, ok := f.Value.(*pcap.Capture); ok && f.File.Path == path {
			return v
		}
	}
	return nil
}
