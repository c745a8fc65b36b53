// Package gpu judges whether the GPUs of a node are all there, and whether what
// joins them runs.
package gpu

import (
	_ "embed"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/machine"
)

//go:embed check.yaml
var doc []byte

// Checks are those of GPUs.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.gpu.count_mismatch": countMismatch,
	"state.gpu.fabricmanager":  fabricManager,
})

// several are the types that have more than one GPU of NVIDIA.
var several = map[string]int{
	"p3.8xlarge": 4, "p3.16xlarge": 8, "p3dn.24xlarge": 8, "p4d.24xlarge": 8, "p4de.24xlarge": 8,
	"p5.48xlarge": 8, "p5e.48xlarge": 8, "p5en.48xlarge": 8, "p6-b200.48xlarge": 8, "p6-b300.48xlarge": 8,
	"g4dn.12xlarge": 4, "g4dn.metal": 8, "g5.12xlarge": 4, "g5.24xlarge": 4, "g5.48xlarge": 8, "g5g.16xlarge": 2, "g5g.metal": 2,
	"g6.12xlarge": 4, "g6.24xlarge": 4, "g6.48xlarge": 8, "g6e.12xlarge": 4, "g6e.24xlarge": 4, "g6e.48xlarge": 8,
}

// one are families whose other types have a single one.
var one = map[string]bool{"p3": true, "p5": true, "g4dn": true, "g5": true, "g5g": true, "g6": true, "g6e": true, "gr6": true}

// gpus is how many GPUs a type has; 0 where that is not known, or none are of
// NVIDIA.
func gpus(t machine.Type) int {
	if n := several[t.Name]; n > 0 {
		return n
	}
	if one[t.Family] {
		return 1
	}
	return 0
}

// switched knows the types whose GPUs are joined by NVSwitch.
func switched(t machine.Type) bool {
	switch t.Family {
	case "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300":
		return several[t.Name] > 1
	}
	return false
}
