package resolv_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/resolv"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, resolv.Checks) }
