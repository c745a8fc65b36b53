package netpolicy_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/netpolicy"
)

func Test(t *testing.T) { analyzetest.Run(t, netpolicy.Check) }
