package index_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/all"
)

func TestBuild_gaps(t *testing.T) {
	f := func(name, text string, line int, length, second time.Duration) {
		t.Helper()
		c, _ := build(t, map[string]string{name: text}, 2)
		for _, how := range []string{"built", "read again"} {
			g := c.Files[0].Gap
			if g.Line != line || g.Length() != length || g.Second != second {
				t.Errorf("%s, %s: gap of %v before line %d, second %v; want %v before line %d, second %v",
					name, how, g.Length(), g.Line, g.Second, length, line, second)
			}
			if err := c.Replay(t.Context(), newRecorder(), &index.Options{Formats: all.Formats()}); err != nil {
				t.Fatal(err)
			}
		}
	}
	at := func(clock string) string { return "Nov 21 " + clock + " host kubelet[464]: x\n" }

	f("kubelet/kubelet.log", "", 0, 0, 0)
	f("kubelet/kubelet.log", at("00:00:01"), 0, 0, 0)
	f("kubelet/kubelet.log", at("00:00:01")+at("00:00:03")+"no stamp\n"+at("00:01:03")+at("00:01:13"), 4, time.Minute, 10*time.Second)
	// A line that goes back, as those of two streams do, is no gap, nor is what follows.
	f("kubelet/kubelet.log", at("00:00:10")+at("00:00:01")+at("00:00:11")+at("00:00:12"), 3, time.Second, time.Second)
	// The stamps have no year: the turn of one is no gap, but those after it are.
	f("kubelet/kubelet.log", "Dec 31 23:59:59 host kubelet[1]: x\nJan  1 00:00:00 host kubelet[1]: x\nJan  1 00:05:00 host kubelet[1]: x\n", 3, 5*time.Minute, 0)
	f("system/region.txt", at("00:00:01")+at("00:00:03"), 0, 0, 0)

	// The gap is between two blocks, in front of the first line of the second
	// block that has a stamp.
	var long strings.Builder
	for long.Len() < index.BlockSize-100 {
		long.WriteString(at("00:00:01"))
	}
	lines := strings.Count(long.String(), "\n")
	rest := strings.Repeat("no stamp\n", 1000)
	f("kubelet/kubelet.log", long.String()+rest+at("01:00:01")+at("01:00:02"), lines+1001, time.Hour, time.Second)
}

func TestBuild_nuls(t *testing.T) {
	c, _ := build(t, map[string]string{
		"kubelet/kubelet.log":         strings.Repeat("\x00", 1234) + "\nNov 21 00:00:01 host kubelet[1]: x\n",
		"system/ps.txt":               "USER\x00\n",
		"system/services.txt":         "none\n",
		"var_log/aws-routed-eni/x.gz": strings.Repeat("\x00", 3*index.BlockSize),
	}, 2)
	got := ""
	for _, f := range c.Files {
		got += fmt.Sprintf("%s %d\n", f.Path, f.Nuls)
	}
	want := fmt.Sprintf("kubelet/kubelet.log 1234\nsystem/ps.txt 1\nsystem/services.txt 0\nvar_log/aws-routed-eni/x.gz %d\n", 3*index.BlockSize)
	if got != want {
		t.Errorf("NUL bytes:\n%swant\n%s", got, want)
	}
}
