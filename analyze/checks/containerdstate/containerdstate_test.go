package containerdstate_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/containerdstate"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, containerdstate.Checks) }
