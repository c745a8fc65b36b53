package ops

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/score"
)

// unsaid are lines that prove a problem and that nothing reads yet.
var unsaid = map[string][]place{}

// TestTruth analyzes the bundles of the folder that $EKSLEUTH_TRUTH names:
// NAME.tar.gz beside NAME.truth.json.
func TestTruth(t *testing.T) {
	dir := os.Getenv("EKSLEUTH_TRUTH")
	if dir == "" {
		t.Skip("EKSLEUTH_TRUTH names no folder with bundles; TestScenarios has small ones")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.truth.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no *.truth.json in %s", dir)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".truth.json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			label, err := score.ParseLabel(text)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			r := analyzed(t, AnalyzeRequest{Input: filepath.Join(dir, name+".tar.gz"), Home: t.TempDir()})
			checkTruth(t, score.Judge(r, label))
			checkOwned(t, r)
		})
	}
}

func checkTruth(t *testing.T, r *score.Result) {
	for _, w := range r.Wants {
		at := place{w.File, w.Line}
		said := w.State == score.Met || w.State == score.Held
		switch missing := slices.Contains(unsaid[w.Problem], at); {
		case missing && said:
			t.Errorf("%s: %s is in the report; take it from unsaid", w.Problem, at)
		case !missing && !said:
			t.Errorf("%s: %s: %s", w.Problem, at, w.Note)
		}
		t.Logf("%s %s: %s", w.Problem, at, strings.Join(w.By, ", "))
	}
	for _, f := range r.Findings {
		if f.Verdict == score.False {
			t.Errorf("%s: %s %s %q, %s:%d", f.Why, f.Severity, f.Rule, f.Title, f.File, f.Line)
		}
	}
	if r.Cause == score.Missed {
		t.Errorf("the most likely root cause is %q, which is no root problem", r.Hypothesis)
	}
}

// checkOwned says how much of a bundle a format has read: of the files at least
// 98 %, of the lines 97 %. Lines that a format could not read are not its own.
func checkOwned(t *testing.T, r *analyze.Report) {
	var files, lines, allFiles, allLines int
	for _, f := range r.Coverage.Files {
		allFiles, allLines = allFiles+1, allLines+f.Lines
		if f.Format == "" || f.Error != "" {
			t.Logf("%s has no format: %s", f.Path, f.Error)
			continue
		}
		files, lines = files+1, lines+f.Lines-f.Unparsed
	}
	if files*100 < allFiles*98 || lines*100 < allLines*97 {
		t.Errorf("%d of %d files and %d of %d lines have a format, want 98 %% and 97 %%", files, allFiles, lines, allLines)
	}
	t.Logf("%d of %d files, %d of %d lines", files, allFiles, lines, allLines)
}
