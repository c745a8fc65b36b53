package netstat_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/netstat"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, netstat.Checks) }
