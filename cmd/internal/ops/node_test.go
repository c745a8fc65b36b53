package ops

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

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
			golden := filepath.Join("testdata", "node", name+".txt")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
