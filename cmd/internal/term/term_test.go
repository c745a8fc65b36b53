package term

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for _, p := range pairs {
			if v, ok := strings.CutPrefix(p, name+"="); ok {
				return v
			}
		}
		return ""
	}
}

func TestColor(t *testing.T) {
	f := func(when When, want bool, pairs ...string) {
		t.Helper()
		if got := Color(when, &bytes.Buffer{}, env(pairs...)); got != want {
			t.Errorf("Color(%s) with %q = %t, want %t", when, pairs, got, want)
		}
	}
	f(Auto, false)
	f(Always, true)
	f(Always, true, "NO_COLOR=1", "TERM=dumb")
	f(Never, false, "CLICOLOR_FORCE=1")
	f(Auto, true, "CLICOLOR_FORCE=1")
	f(Auto, true, "CLICOLOR_FORCE=1", "TERM=dumb")
	f(Auto, false, "CLICOLOR_FORCE=0")
	f(Auto, false, "CLICOLOR_FORCE=1", "NO_COLOR=1")
}

func TestWidth(t *testing.T) {
	f := func(want int, pairs ...string) {
		t.Helper()
		if got := Width(&bytes.Buffer{}, env(pairs...)); got != want {
			t.Errorf("Width with %q = %d, want %d", pairs, got, want)
		}
	}
	f(80)
	f(100, "COLUMNS=100")
	f(120, "COLUMNS=300")
	f(80, "COLUMNS=wide")
	f(80, "COLUMNS=-1")
}

func TestFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if Is(f) || Color(Auto, f, env("TERM=xterm")) {
		t.Error("a file counts as a terminal")
	}
}

func TestProgress(t *testing.T) {
	for _, total := range []int64{1000, -1} {
		var out bytes.Buffer
		report, done := Progress(&out, "bundle.tar.gz")
		var wg sync.WaitGroup
		for i := range int64(20) {
			wg.Go(func() { report(i*50, total) })
		}
		wg.Wait()
		report(2000, total)
		done()
		if !strings.Contains(out.String(), "bundle.tar.gz") {
			t.Errorf("total %d: no label in %q", total, out.String())
		}
		n := out.Len()
		report(5, total)
		if out.Len() != n {
			t.Errorf("total %d: a report after the end writes %q", total, out.String()[n:])
		}
	}
}
