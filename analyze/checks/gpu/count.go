package gpu

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/machine"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/nvidia"
)

// A tally is how many GPUs one source knows of.
type tally struct {
	by string // who counts
	n  int    // -1 when it does not say
	at []parsers.Pos
}

// countMismatch compares the GPUs that are seen with those that the type has.
func countMismatch(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	of := machine.Of(p)
	want := gpus(of)
	switch {
	case of.Known() && !strings.HasPrefix(of.Series, "g") && of.Series != "p" || of.Family == "g4ad":
		return network.Clear(of.Name + " has no GPUs of NVIDIA"), nil
	case want == 0:
		return network.NoData(fmt.Sprintf("how many GPUs of NVIDIA this instance (%q) has is not known", of.Name)), nil
	}
	var said []string
	for _, t := range []tally{bySMI(p), byDriver(p), onBus(p)} {
		switch {
		case t.n < 0:
			continue
		case t.n < want:
			return network.Found(missing(of, want, t)), nil
		}
		said = append(said, fmt.Sprintf("%s %d", t.by, t.n))
	}
	if len(said) == 0 {
		return network.NoData(whole.Absent(p, "gpu/nvidia-bug-report.log.gz") + ", and the log of the kernel does not go back to the boot"), nil
	}
	return network.Clear(fmt.Sprintf("%s has %d GPUs: %s", of.Name, want, strings.Join(said, ", "))), nil
}

func missing(of machine.Type, want int, t tally) analyze.Match {
	return analyze.Match{
		Count:   want - t.n,
		Summary: fmt.Sprintf("%s has %d GPUs, and %s %d", of.Name, want, t.by, t.n),
		At:      of.Cite(t.at),
	}
}

// bySMI is what nvidia-smi counts.
//
//	Attached GPUs                             : 7
func bySMI(p *analyze.Pass) tally {
	for _, f := range analyze.Facts[nvidia.Report](p) {
		if n := f.Value.Attached; n.Line > 0 && n.Value >= 0 && n.Value < 1000 {
			return tally{"nvidia-smi counts", int(n.Value), []parsers.Pos{{File: f.Path, Line: n.Line}}}
		}
	}
	return tally{n: -1}
}

// byDriver is what the driver knows, when the report came to its end. One that
// it was told to leave out counts: it is there.
//
//	*** /proc/driver/nvidia/./gpus/0000:31:00.0/information
func byDriver(p *analyze.Pass) tally {
	for _, f := range analyze.Facts[nvidia.Report](p) {
		if len(f.Value.Devices) == 0 || !f.Value.Complete || f.Value.Cut {
			continue
		}
		return tally{"the driver knows", len(f.Value.Devices), []parsers.Pos{{File: f.Path, Line: f.Value.Devices[0].Line}}}
	}
	return tally{n: -1}
}

// onBus is what the kernel found at the boot, if its ring buffer goes back to
// it: other logs may have lost lines.
//
//	[    0.412345] pci 0000:10:1c.0: [10de:20b0] type 00 class 0x030200
func onBus(p *analyze.Pass) tally {
	t := tally{by: "the kernel found", n: -1}
	begins := map[string]bool{}
	for _, h := range p.Hits("mark.kernel.boot") {
		begins[h.Pos.File] = strings.Contains(path.Base(h.Pos.File), "dmesg")
	}
	seen := map[string]bool{}
	for _, h := range p.Hits("mark.gpu.on_bus") {
		bus := h.Entities["device"]
		if !begins[h.Pos.File] || bus == "" || seen[bus] {
			continue
		}
		seen[bus] = true
		t.n = len(seen)
		if len(t.at) < 8 {
			t.at = append(t.at, h.Pos)
		}
	}
	return t
}
