package gpu_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/gpu"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, gpu.Checks) }
