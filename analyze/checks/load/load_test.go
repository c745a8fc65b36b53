package load_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/load"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, load.Checks) }
