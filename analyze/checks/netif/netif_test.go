package netif_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/netif"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, netif.Checks) }
