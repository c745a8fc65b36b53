package osstate_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/osstate"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, osstate.Checks) }
