package conntrack_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/conntrack"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, conntrack.Checks) }
