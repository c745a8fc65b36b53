package bundledamaged_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/bundledamaged"
)

func Test(t *testing.T) { analyzetest.Run(t, bundledamaged.Check) }
