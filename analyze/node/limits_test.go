package node

import (
	"strings"
	"testing"
)

// TestLimits has the figures of the EC2 user guide.
func TestLimits(t *testing.T) {
	f := func(kind string, interfaces, addresses, pods int) {
		t.Helper()
		l, ok := LimitsOf(kind)
		if !ok || l.Interfaces != interfaces || l.Addresses != addresses || l.MaxPods() != pods {
			t.Errorf("LimitsOf(%s) = %+v, %v with %d pods, want %d, %d, %d", kind, l, ok, l.MaxPods(), interfaces, addresses, pods)
		}
	}
	f("t3.medium", 3, 6, 17)
	f("m5.large", 3, 10, 29)
	f("m5.xlarge", 4, 15, 58)
	f("c5.18xlarge", 15, 50, 737)
	f("a1.medium", 2, 4, 8)
	if _, ok := LimitsOf("m5.huge"); ok {
		t.Error("m5.huge has limits")
	}
	lines := 0
	for line := range strings.Lines(instancesTable) {
		if !strings.HasPrefix(line, "#") {
			lines++
		}
	}
	for kind, l := range limits() {
		if l.Interfaces < 1 || l.Addresses < 1 || l.Cards < 1 {
			t.Errorf("%s has %+v", kind, l)
		}
	}
	if len(limits()) != lines || !strings.Contains(instancesTable, LimitsDate) {
		t.Errorf("%d of %d lines were read, as of %s", len(limits()), lines, LimitsDate)
	}
}
