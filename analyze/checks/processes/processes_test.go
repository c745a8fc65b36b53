package processes_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/processes"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, processes.Checks) }
