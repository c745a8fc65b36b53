package sysctl

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/parsers"
)

// tunables are the parameters that kubelet wants, and their values. From
// setupKernelTunables in pkg/kubelet/cm/container_manager_linux.go of Kubernetes.
var tunables = []struct {
	name string
	want uint64
}{
	{"vm.overcommit_memory", 1},
	{"vm.panic_on_oom", 0},
	{"kernel.panic", 10},
	{"kernel.panic_on_oops", 1},
	{"kernel.keys.root_maxkeys", 1000000},
	{"kernel.keys.root_maxbytes", 25000000},
}

// kernelFlags finds parameters that kubelet wants otherwise and may not set.
//
//	"protectKernelDefaults": true
//	vm.overcommit_memory = 0
func kernelFlags(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var wrong, missing []string
	var at []parsers.Pos
	for _, t := range tunables {
		v, note := readNumber(p, t.name)
		switch {
		case note != "":
			missing = append(missing, note)
		case v.n != t.want:
			wrong = append(wrong, fmt.Sprintf("%s is %d and not %d", t.name, v.n, t.want))
			at = append(at, v.at)
		}
	}
	protect := node.Kubelet(p.Facts).ProtectKernelDefaults
	switch {
	case len(missing) == len(tunables):
		return noData(missing[0])
	case len(wrong) == 0 && len(missing) > 0 && !(protect.Set() && !protect.Value):
		return noData(missing[0])
	case len(wrong) == 0:
		return isClear("all parameters are as kubelet wants them")
	case !protect.Set():
		return noData(strings.Join(wrong, ", ") + "; no configuration of kubelet says protectKernelDefaults")
	case !protect.Value:
		return isClear(strings.Join(wrong, ", ") + "; kubelet may set it")
	}
	return found(analyze.Match{
		Summary: strings.Join(wrong, ", ") + ": kubelet may not change it, and exits when it starts",
		At:      append(at, parsers.Pos{File: protect.File, Line: protect.Line}),
	})
}
