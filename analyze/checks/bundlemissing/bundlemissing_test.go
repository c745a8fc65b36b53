package bundlemissing_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/bundlemissing"
)

func Test(t *testing.T) { analyzetest.Run(t, bundlemissing.Check) }
