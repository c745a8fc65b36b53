package ops

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/report"
)

// TestNode compares the identity card of each bundle of testdata/bundles with
// testdata/node/NAME.txt. UPDATE_GOLDEN=1 writes them anew.
func TestNode(t *testing.T) {
	for _, name := range scenarioNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := analyzed(t, AnalyzeRequest{Input: filepath.Join(scenarios, name), Home: t.TempDir(), NoIndex: true})
			var got bytes.Buffer
			if err := report.Node(&got, &r.Case, report.Options{Width: 80}); err != nil {
				t.Fatal(err)
			}
			analyzetest.GoldenFile(t, filepath.Join("testdata", "node", name+".txt"), got.String())
		})
	}
}
