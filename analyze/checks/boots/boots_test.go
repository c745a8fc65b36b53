package boots_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/boots"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, boots.Checks) }
