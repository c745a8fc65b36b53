package node_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/analyze/node"
)

func TestParseType(t *testing.T) {
	f := func(name string, want node.Type) {
		t.Helper()
		if d := cmp.Diff(want, node.ParseType(name)); d != "" {
			t.Errorf("ParseType(%q) (-want +got):\n%s", name, d)
		}
	}
	f("m5.large", node.Type{Name: "m5.large", Family: "m5", Series: "m", Generation: 5, Size: "large"})
	f("c7i-flex.2xlarge", node.Type{Name: "c7i-flex.2xlarge", Family: "c7i-flex", Series: "c", Generation: 7, Options: "i-flex", Size: "2xlarge"})
	f("u-6tb1.112xlarge", node.Type{Name: "u-6tb1.112xlarge", Family: "u-6tb1", Series: "u", Generation: 1, Size: "112xlarge"})
	f("p4d.24xlarge", node.Type{Name: "p4d.24xlarge", Family: "p4d", Series: "p", Generation: 4, Options: "d", Size: "24xlarge"})
	f("p6-b200.48xlarge", node.Type{Name: "p6-b200.48xlarge", Family: "p6-b200", Series: "p", Generation: 6, Options: "-b200", Size: "48xlarge"})
	f("m99999999999999999999.large", node.Type{})
	f("m5.", node.Type{})
	f("hybrid", node.Type{})
	f("", node.Type{})
}
