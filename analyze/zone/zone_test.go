package zone_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/analyze/zone"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// Each txtar of testdata is a bundle with the zone that it tells in its section
// want; UPDATE_GOLDEN=1 rewrites that.
func TestFind(t *testing.T) {
	analyzetest.Golden(t, "testdata", func(_ *testing.T, ar *txtar.Archive) string { return render(find(ar)) })
}

func find(ar *txtar.Archive) zone.Zone {
	p := analyzetest.Pass(ar)
	_, named, _ := bundle.Info(p.Case.Bundle)
	return zone.Find(&zone.Bundle{Files: p.Files, Facts: p.Facts, Lines: p.Lines, Collected: named})
}

func render(z zone.Zone) string {
	var b strings.Builder
	line := func(key string, p *zone.Proof) {
		if p != nil {
			fmt.Fprintf(&b, "%s: %s at %s, %s: %s\n", key, timeline.ZoneName(p.Offset), p.At.Format(time.RFC3339), p.Pos, p.How)
		}
	}
	line("zone", z.Proof)
	line("before", z.Before)
	line("after", z.After)
	for i := range z.Against {
		line("against", &z.Against[i])
	}
	ahead, known := z.Offset()
	fmt.Fprintf(&b, "offset: %s, known: %v\n", timeline.ZoneName(ahead), known)
	return b.String()
}

// FuzzFind reads any text as a log of the journal, of kubelet and of a container.
func FuzzFind(f *testing.F) {
	for _, s := range []string{
		`Nov 21 09:00:33 host containerd[418]: time="2026-11-21T00:00:33.031547130Z" level=info msg="loading plugin"`,
		`2026-11-21T09:00:21.918205+09:00 localhost kernel: [    0.035739]   Normal   empty`,
		`Nov 21 09:20:02 host kubelet[467]: observedRunningTime="2026-11-21 09:20:02.0768289 +0900 JST m=+525.260214981"`,
		`2024-10-07T21:13:53.028863236+09:00 stdout F {"client-addr":"127.0.0.1:35778"}`,
		` +9 JST m=+`, `1 2 3 m=+`, `2026-11-21T00:00:00+99:99 stdout F`,
	} {
		f.Add([]byte(s + "\n" + s + "\n"))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(text, []byte("\n-- ")) {
			return
		}
		z := find(&txtar.Archive{Files: []txtar.File{
			{Name: "containerd/containerd-log.txt", Data: text},
			{Name: "kubelet/kubelet.log", Data: text},
			{Name: "var_log/coredns-5d78c9869d-abcde_kube-system_coredns-0.log", Data: text},
		}})
		if ahead, known := z.Offset(); ahead.Abs() > timeline.MaxZone || ahead%(15*time.Minute) != 0 || known && z.Proof == nil {
			t.Errorf("zone %v, known %v", ahead, known)
		}
	})
}
