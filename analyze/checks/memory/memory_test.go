package memory_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/memory"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, memory.Checks) }
