package gates_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/gates"
)

// Each txtar of testdata is a bundle with the gates that it gives in its
// section want; UPDATE_GOLDEN=1 rewrites that. Daemons that are not meant to
// run on the node are left out.
func TestAll(t *testing.T) {
	analyzetest.Golden(t, "testdata", func(_ *testing.T, ar *txtar.Archive) string {
		return render(gates.All(analyzetest.Pass(ar)))
	})
}

func render(all []*gates.Gate) string {
	var b strings.Builder
	for _, g := range all {
		if g.Wanted == nil {
			continue
		}
		fmt.Fprintln(&b, strings.TrimSpace(fmt.Sprintf("%s: %s %s", g.Name, g.State, g.Note)))
		fmt.Fprintf(&b, "\twanted: %s %s\n", g.Wanted.Text, g.Wanted.At)
		for _, p := range g.Which(gates.Up, gates.Down, gates.Halfway) {
			fmt.Fprintf(&b, "\t%s %s: %s %s\n", p.Source, p.Says, p.Text, p.At)
		}
	}
	return b.String()
}

// Without anything nothing is alive, and nothing is dead.
func TestAll_empty(t *testing.T) {
	for _, g := range gates.All(analyzetest.Pass(&txtar.Archive{})) {
		if g.State != gates.Unknown || g.Note == "" {
			t.Errorf("%s is %s (%q) in an empty bundle", g.Name, g.State, g.Note)
		}
	}
}

func TestProgram(t *testing.T) {
	f := func(command, want string) {
		t.Helper()
		if got := gates.Program(command); got != want {
			t.Errorf("Program(%q) = %q, want %q", command, got, want)
		}
	}
	f("/usr/bin/kubelet --config=/etc/kubernetes/kubelet/config.json", "kubelet")
	f("./aws-k8s-agent", "aws-k8s-agent")
	f("/hyperkube kubelet --v=2", "kubelet")
	f("[kubelet] <defunct>", "kubelet")
	f("/usr/bin/containerd-shim-runc-v2 -namespace k8s.io", "containerd-shim-runc-v2")
	f("", "")
}
