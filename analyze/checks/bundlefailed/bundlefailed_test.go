package bundlefailed_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/bundlefailed"
)

func Test(t *testing.T) { analyzetest.Run(t, bundlefailed.Check) }
